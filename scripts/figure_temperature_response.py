"""Figure: temperature responses at launch and at the date of the images."""

from helioreduce.aia.figures import response
from helioreduce.io import ecsv, plots
from helioreduce.runtime.log import log_to


def main(file: str, outputs: list[str]) -> None:
    """Read the responses, draw those of all channels in the table, write."""
    table = ecsv.read_table(file)
    plots.write(outputs, response.temperature, table, sorted(map(int, table.meta["factors"])))


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(snakemake.input.response, list(snakemake.output))
