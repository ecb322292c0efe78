"""Degradation of a channel since launch, in every version of the table that is at hand."""

from pathlib import Path

from helioreduce.aia import tables
from helioreduce.aia.response import history
from helioreduce.errors import InputError
from helioreduce.io import ecsv
from helioreduce.runtime import script


def main(inputs: list[str], channel: str, output: str) -> None:
    """Read the degradation tables, compute the curve of each version, write."""
    held = {file: tables.read(Path(file), "degradation")[0] for file in inputs}
    curves = []
    for version, file in history.sources(held).items():
        try:
            curves.append(history.history(held[file], int(channel), version))
        except InputError as error:
            raise error.at(file) from None
    ecsv.write_table(output, history.to_table(curves))


if __name__ == "__main__":
    script.run(main, snakemake)
