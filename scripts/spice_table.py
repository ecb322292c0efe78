"""One table of contribution functions out of files that hold one line each."""

import numpy as np

from helioreduce.io.atomic import replaced
from helioreduce.runtime import script
from helioreduce.spice import contribution


def main(inputs: list[str], output: str) -> None:
    """Read the lines, join them, write the table."""
    joined = contribution.arrays(contribution.join([contribution.read(path) for path in inputs]))
    with replaced(output) as temporary, open(temporary, "wb") as file:
        np.savez(file, **joined)


if __name__ == "__main__":
    script.run(main, snakemake)
