"""Statistics of a finished frame."""

from astropy.table import Table

from helioreduce.aia.qa import statistics
from helioreduce.io import ecsv, fits
from helioreduce.runtime import script


def main(image: str, raw: str, output: str) -> None:
    """Read the finished and the level-1 frame, measure, write one row."""
    ecsv.write_table(output, Table(rows=[statistics.measure(fits.read(image), fits.read(raw))]))


if __name__ == "__main__":
    script.run(main, snakemake)
