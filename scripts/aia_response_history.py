"""Degradation of a channel since launch, in every version of the table that is at hand."""

from pathlib import Path

from helioreduce.aia import tables
from helioreduce.aia.response import history
from helioreduce.errors import InputError
from helioreduce.io import ecsv
from helioreduce.runtime.log import log_to


def main(files: list[str], channel: int, output: str) -> None:
    """Read the tables, draw the curve of each version of each, the first table to hold a version counting, write."""
    curves = {}
    for file in files:
        rows, _ = tables.read(Path(file), "degradation")
        for version in sorted({int(row["VER_NUM"]) for row in rows} - set(curves)):
            try:
                curves[version] = history.history(rows, channel, version)
            except InputError as error:
                raise error.at(file) from None
    ecsv.write_table(output, history.to_table([curves[version] for version in sorted(curves)]))


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(list(snakemake.input), int(snakemake.wildcards.channel), snakemake.output[0])
