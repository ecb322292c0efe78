"""A calibration table, from a file or from the published one, with its SHA-256."""

from pathlib import Path

from helioreduce import ecsv
from helioreduce.aia import tables
from helioreduce.log import log_to


def main(file: str, kind: str, output: str) -> None:
    rows, meta = tables.read(Path(file), kind)
    ecsv.write(output, rows, meta)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(snakemake.input.file, snakemake.wildcards.table, snakemake.output[0])
