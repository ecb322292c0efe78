"""Figure: an image before and after its correction for degradation."""

from helioreduce.aia.figures import degradation
from helioreduce.io import fits, plots
from helioreduce.runtime.log import log_to


def main(before: str, after: str, outputs: list[str]) -> None:
    """Read both images, draw, write."""
    corrected = fits.read(after)
    plots.write(outputs, degradation.correction, fits.read(before), corrected, float(corrected.header["DEGFACT"]))


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(snakemake.input.before, snakemake.input.after, list(snakemake.output))
