"""Figure: the components of a channel's wavelength response."""

from helioreduce import ecsv
from helioreduce.log import log_to
from helioreduce.plotting import response, style


def main(table: str, outputs: list[str]) -> None:
    """Read the response, draw, write."""
    style.write(outputs, response.components, ecsv.read_table(table))


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(snakemake.input.response, list(snakemake.output))
