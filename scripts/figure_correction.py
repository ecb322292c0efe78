"""Figure: an image before and after its correction for degradation."""

from helioreduce import fits
from helioreduce.log import log_to
from helioreduce.plotting import degradation, style


def main(before: str, after: str, outputs: list[str]) -> None:
    """Read both images, draw, write."""
    corrected = fits.read(after)
    style.write(outputs, degradation.correction, fits.read(before), corrected, float(corrected.header["DEGFACT"]))


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(snakemake.input.before, snakemake.input.after, list(snakemake.output))
