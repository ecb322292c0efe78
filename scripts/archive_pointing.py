"""The pointing table of the embedded archive, for the images of one day."""

from helioreduce import times
from helioreduce.archive import records
from helioreduce.runtime import script
from helioreduce.sun import calibration
from helioreduce.sun.scenario import Scenario


def main(scenario: dict, day: str, output: str) -> None:
    """Write the rows that start on the day."""
    rows = calibration.pointing_of_day(Scenario.from_mapping(scenario), times.from_compact(f"{day}T000000"))
    records.write(output, records.series("aia.master_pointing3h", rows))


if __name__ == "__main__":
    script.run(main, snakemake)
