"""Figure: counts of the spikes, and of what the despiker put in their place."""

from helioreduce.aia.figures import spikes
from helioreduce.io import jsoc_files, plots
from helioreduce.runtime.log import log_to


def main(files: list[str], channels: list[int], outputs: list[str]) -> None:
    """Read the lists, draw, write."""
    lists = {channel: jsoc_files.read_spikes(file)[0] for channel, file in zip(channels, files, strict=True)}
    plots.write(outputs, spikes.histogram, lists)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(list(snakemake.input), snakemake.params.channels, list(snakemake.output))
