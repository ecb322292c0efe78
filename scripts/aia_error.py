"""The error plane, from raw counts."""

from helioreduce import ecsv, fits, provenance
from helioreduce.aia import error, level1, tables
from helioreduce.log import log_to


def main(image: str, table: str, output: str, systematic: dict[str, bool], skipped: dict[str, str]) -> None:
    """Read one frame and the error table, estimate sigma, write."""
    frame = provenance.skip(level1.ingest(fits.read(image)), skipped)
    rows, meta = ecsv.read(table)
    row = tables.error_row(rows, frame.header["WAVELNTH"])
    terms = tuple(name for name, wanted in systematic.items() if wanted)
    fits.write(output, error.estimate(frame, row, systematic=terms, reference=ecsv.reference(meta)))


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            snakemake.input.image,
            snakemake.input.table,
            snakemake.output[0],
            snakemake.params.systematic,
            snakemake.params.skipped,
        )
