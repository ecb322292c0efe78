"""Figure: relative error of a finished image, and its signal-to-noise ratio."""

from helioreduce import fits
from helioreduce.log import log_to
from helioreduce.plotting import errors, style


def main(image: str, outputs: list[str]) -> None:
    """Read the image, draw, write."""
    style.write(outputs, errors.error_map, fits.read(image))


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(snakemake.input.image, list(snakemake.output))
