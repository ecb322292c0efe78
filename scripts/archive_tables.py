"""Calibration series of the embedded archive: pointing, degradation and errors."""

from pathlib import Path

from helioreduce import times
from helioreduce.archive import records
from helioreduce.runtime.log import log_to
from helioreduce.sun import calibration
from helioreduce.sun.scenario import Scenario


def main(settings: dict, start: str, end: str, folder: str | Path) -> None:
    """Write the series that cover the times from ``start`` to ``end`` into ``folder``."""
    scenario, span = Scenario.from_mapping(settings), (times.parse(start), times.parse(end))
    pointing = calibration.pointing_records(scenario, *span)
    records.write(Path(folder, "pointing.json"), records.series("aia.master_pointing3h", pointing))
    records.write(Path(folder, "response.json"), records.series("aia.response", calibration.response_records()))
    records.write(Path(folder, "solarsoft", "error.json"), records.series("aia.error", calibration.error_records()))


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            snakemake.params.scenario,
            snakemake.params.start,
            snakemake.params.end,
            Path(snakemake.output.pointing).parent,
        )
