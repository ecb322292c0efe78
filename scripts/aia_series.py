"""Statistics of all frames in one table, with the frames whose medians jump."""

from helioreduce.aia.qa import statistics
from helioreduce.io import ecsv
from helioreduce.runtime import script


def main(inputs: list[str], output: str) -> None:
    """Read the statistics of every frame, compare each with its neighbours in time, write one table."""
    rows = statistics.series(ecsv.read(file)[0][0] for file in inputs)
    ecsv.write(output, rows, {"jump_limit": str(statistics.JUMP)})


if __name__ == "__main__":
    script.run(main, snakemake)
