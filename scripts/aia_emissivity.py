"""The emissivity of the plasma, from SolarSoft's files or the open form, in the open form."""

from helioreduce.aia.response import tables
from helioreduce.io import ecsv
from helioreduce.runtime import script


def main(inputs: list[str], output: str) -> None:
    """Read, write."""
    ecsv.write_table(output, tables.from_emissivity(tables.read_emissivity(inputs[0])))


if __name__ == "__main__":
    script.run(main, snakemake)
