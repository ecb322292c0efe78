"""The pointing table of the embedded archive, for the images of one day, month or year."""

from datetime import timedelta

from helioreduce import times
from helioreduce.archive import records
from helioreduce.runtime import script
from helioreduce.sun import calibration
from helioreduce.sun.scenario import Scenario


def main(scenario: dict, period: str, output: str) -> None:
    """Write the rows that start in the period."""
    sun, (start, end) = Scenario.from_mapping(scenario), times.ends(period)
    days = (start + timedelta(days=n) for n in range((end - start).days))
    rows = [row for day in days for row in calibration.pointing_of_day(sun, day)]
    records.write(output, records.series("aia.master_pointing3h", rows))


if __name__ == "__main__":
    script.run(main, snakemake)
