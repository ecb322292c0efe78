"""A SPICE level-2 raster of a known Sun, its truth, and the contribution functions behind it."""

import numpy as np

from helioreduce.io import fits
from helioreduce.io.atomic import replaced
from helioreduce.runtime.log import log_to
from helioreduce.spice import contribution, simulate


def main(raster: str, truth: str, table: str, settings: dict[str, float]) -> None:
    """Simulate, write."""
    level2, known = simulate.raster(simulate.Settings(**settings))
    with replaced(table) as temporary, open(temporary, "wb") as file:
        np.savez(file, **contribution.arrays(simulate.table()))
    fits.write_planes(truth, known)
    fits.write_planes(raster, level2)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(*snakemake.output, snakemake.params.settings)
