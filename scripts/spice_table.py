"""One table of contribution functions out of files that hold one line each."""

from helioreduce.runtime import script
from helioreduce.spice import contribution, files


def main(inputs: list[str], output: str) -> None:
    """Read the lines, join them, write the table."""
    files.write_table(output, contribution.join([files.read_contribution(path) for path in inputs]))


if __name__ == "__main__":
    script.run(main, snakemake)
