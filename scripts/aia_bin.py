"""A finished image on the coarser grid that the request asks for."""

from helioreduce.aia import binning
from helioreduce.io import fits
from helioreduce.runtime import script


def main(image: str, output: str, grid: dict) -> None:
    """Read one image, bin it, write."""
    fits.write(output, binning.from_settings(fits.read(image), grid), compressed=True)


if __name__ == "__main__":
    script.run(main, snakemake)
