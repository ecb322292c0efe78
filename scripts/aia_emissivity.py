"""The emissivity of the plasma, from SolarSoft's files or the open form, in the open form."""

from helioreduce.aia.response import tables
from helioreduce.io import ecsv
from helioreduce.runtime.log import log_to


def main(file: str, output: str) -> None:
    """Read, write."""
    ecsv.write_table(output, tables.from_emissivity(tables.read_emissivity(file)))


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(snakemake.input[0], snakemake.output[0])
