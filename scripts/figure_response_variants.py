"""Figure: a channel's wavelength response with and without degradation, EVE and crosstalk."""

from helioreduce.aia.figures import response
from helioreduce.io import ecsv, plots
from helioreduce.runtime.log import log_to


def main(table: str, outputs: list[str]) -> None:
    """Read the response, draw, write."""
    plots.write(outputs, response.variants, ecsv.read_table(table))


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(snakemake.input.response, list(snakemake.output))
