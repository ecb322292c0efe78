"""A finished image with its residual offset from a reference channel taken out of its coordinates."""

from helioreduce.aia import alignment
from helioreduce.io import ecsv, fits
from helioreduce.runtime import script


def main(image: str, offsets: str, reference: int, output: str) -> None:
    """Read one image and the table of offsets, move CRPIX, write."""
    fits.write(output, alignment.align(fits.read(image), ecsv.read(offsets)[0], reference), compressed=True)


if __name__ == "__main__":
    script.run(main, snakemake)
