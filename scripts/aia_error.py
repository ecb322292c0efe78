"""The error plane, from raw counts."""

from helioreduce.aia import error, level1
from helioreduce.io import ecsv, fits, provenance
from helioreduce.runtime import process
from helioreduce.runtime.log import log_to


def main(image: str, table: str, output: str, systematic: dict[str, bool], skipped: dict[str, str]) -> None:
    """Read one frame and the error table, estimate sigma, write."""
    frame = provenance.skip(level1.ingest(fits.read(image)), skipped)
    fits.write(output, error.from_table(frame, ecsv.read(table), systematic))


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        process.use_threads(snakemake.threads)
        main(
            snakemake.input.image,
            snakemake.input.table,
            snakemake.output[0],
            snakemake.params.systematic,
            snakemake.params.skipped,
        )
