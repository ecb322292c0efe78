"""Figure: the spikes on the solar disk."""

from helioreduce.aia import spikes
from helioreduce.aia.figures.spikes import positions
from helioreduce.io import fits, jsoc_files, plots
from helioreduce.runtime.log import log_to


def main(image: str, spikes_file: str, outputs: list[str]) -> None:
    """Read the frame and its spikes, draw, write."""
    frame, listed = fits.read(image), jsoc_files.read_spikes(spikes_file)[0]
    plots.write(outputs, positions, frame, listed, *spikes.coordinates(frame, listed))


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(snakemake.input.level1, snakemake.input.spikes, list(snakemake.output))
