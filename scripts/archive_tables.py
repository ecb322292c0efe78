"""Calibration series of the embedded archive: pointing, degradation and errors."""

from helioreduce import times
from helioreduce.archive import records
from helioreduce.runtime import script
from helioreduce.sun import calibration
from helioreduce.sun.scenario import Scenario


def main(scenario: dict, start: str, end: str, pointing: str, response: str, error: str) -> None:
    """Write the series that cover the times from ``start`` to ``end``."""
    rows = calibration.pointing_records(Scenario.from_mapping(scenario), times.parse(start), times.parse(end))
    records.write(pointing, records.series("aia.master_pointing3h", rows))
    records.write(response, records.series("aia.response", calibration.response_records()))
    records.write(error, records.series("aia.error", calibration.error_records()))


if __name__ == "__main__":
    script.run(main, snakemake)
