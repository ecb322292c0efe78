"""A day's rows of the master pointing table."""

from pathlib import Path

from helioreduce import ecsv
from helioreduce.aia import tables
from helioreduce.log import log_to


def main(source: str, file: str | None, output: str) -> None:
    rows, meta = tables.read(Path(file), "pointing") if file else ([], {"origin": "header"})
    ecsv.write(output, rows, meta)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(snakemake.params.source, snakemake.input.get("file"), snakemake.output[0])
