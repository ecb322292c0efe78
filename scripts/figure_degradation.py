"""Figure: sensitivity since launch in every version at hand, with the images' own points."""

from datetime import timedelta

from helioreduce import times
from helioreduce.aia import degradation as table
from helioreduce.aia.figures import degradation
from helioreduce.aia.response.history import from_table
from helioreduce.io import ecsv, plots
from helioreduce.runtime.log import log_to


def main(history: str, rows_file: str, channel: int, frames: list[str], version: int, outputs: list[str]) -> None:
    """Read the curves and the table, find the images' factors, draw to six years after the last image, write."""
    rows, _ = ecsv.read(rows_file)
    when = [times.from_compact(time) for time in frames]
    points = [(time, table.factor(rows, channel, version, time)[0]) for time in when]
    until = max(max(when) + timedelta(days=6 * 365), times.parse("2026-01-01"))
    plots.write(outputs, degradation.history, from_table(ecsv.read_table(history)), version, points, until)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            snakemake.input.history,
            snakemake.input.table,
            int(snakemake.wildcards.channel),
            snakemake.params.times,
            snakemake.params.version,
            list(snakemake.output),
        )
