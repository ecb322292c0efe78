"""Figure: reference pixel, scale and rotation matrix before and after registration."""

from helioreduce import fits
from helioreduce.log import log_to
from helioreduce.plotting import registration, style


def main(before: str, after: str, outputs: list[str]) -> None:
    """Read both images, draw, write."""
    style.write(outputs, registration.wcs, fits.read(before), fits.read(after))


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(snakemake.input.level1, snakemake.input.registered, list(snakemake.output))
