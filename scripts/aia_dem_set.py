"""Six channels at one time on one grid, in DN/s with their errors."""

import numpy as np

from helioreduce.aia.dem import sets
from helioreduce.io import fits
from helioreduce.runtime import script


def main(inputs: list[str], bin_px: int, output: str) -> None:
    """Read the headers, then one image after another; write counts, σ and mask as cubes."""
    found = sets.join((fits.read(file) for file in inputs), [fits.read_header(file) for file in inputs], bin_px)
    fits.write_cube(output, found.data, found.sigma, (~np.isfinite(found.data)).astype(np.uint8), found.header)


if __name__ == "__main__":
    script.run(main, snakemake)
