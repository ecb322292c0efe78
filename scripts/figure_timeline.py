"""Figure: quality, exposure time and spikes of the frames."""

from helioreduce.aia.figures import series
from helioreduce.aia.qa import statistics
from helioreduce.io import plots
from helioreduce.runtime.log import log_to


def main(files: list[str], outputs: list[str]) -> None:
    """Read the frames' numbers, draw, write."""
    plots.write(outputs, series.timeline, statistics.by_channel(files))


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(list(snakemake.input), list(snakemake.output))
