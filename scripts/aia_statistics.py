"""A finished frame in a few numbers."""

from astropy.table import Table

from helioreduce.aia.qa import statistics
from helioreduce.io import ecsv, fits
from helioreduce.runtime.log import log_to


def main(image: str, raw: str, output: str) -> None:
    """Read the finished and the level-1 frame, measure, write one row."""
    ecsv.write_table(output, Table(rows=[statistics.measure(fits.read(image), fits.read(raw))]))


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(snakemake.input.image, snakemake.input.raw, snakemake.output[0])
