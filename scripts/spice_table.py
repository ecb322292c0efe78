"""One table of contribution functions out of files that hold one line each."""

from pathlib import Path

import numpy as np

from helioreduce.log import log_to
from helioreduce.spice import contribution


def main(files: list[str], output: str) -> None:
    """Read, join, write."""
    temporary = Path(f"{output}.part.npz")
    np.savez(temporary, **contribution.arrays(contribution.join([contribution.read(file) for file in files])))
    temporary.replace(output)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(list(snakemake.input), snakemake.output[0])
