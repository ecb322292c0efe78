"""Figure: relative error of a finished image, and its signal-to-noise ratio."""

from helioreduce.aia.figures import errors
from helioreduce.io import fits, plots
from helioreduce.runtime.log import log_to


def main(image: str, outputs: list[str]) -> None:
    """Read the image, draw, write."""
    plots.write(outputs, errors.error_map, fits.read(image))


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(snakemake.input.image, list(snakemake.output))
