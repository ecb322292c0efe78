"""Figure: reference pixel, scale and rotation matrix before and after registration."""

from helioreduce.aia.figures import registration
from helioreduce.io import fits, plots
from helioreduce.runtime.log import log_to


def main(before: str, after: str, outputs: list[str]) -> None:
    """Read both images, draw, write."""
    plots.write(outputs, registration.wcs, fits.read(before), fits.read(after))


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(snakemake.input.level1, snakemake.input.registered, list(snakemake.output))
