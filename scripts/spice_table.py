"""One table of contribution functions out of files that hold one line each."""

import numpy as np

from helioreduce.io.atomic import replaced
from helioreduce.runtime.log import log_to
from helioreduce.spice import contribution


def main(lines: list[str], output: str) -> None:
    """Read, join, write."""
    joined = contribution.arrays(contribution.join([contribution.read(line) for line in lines]))
    with replaced(output) as temporary, open(temporary, "wb") as file:
        np.savez(file, **joined)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(list(snakemake.input), snakemake.output[0])
