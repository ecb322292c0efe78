"""A SPICE level-2 raster of a known Sun, its truth, and the contribution functions behind it."""

import numpy as np

from helioreduce.io import fits
from helioreduce.io.atomic import replaced
from helioreduce.runtime import script
from helioreduce.spice import contribution, simulate


def main(level2: str, truth: str, table: str, settings: dict[str, float]) -> None:
    """Simulate a raster, write it with its truth and contribution functions."""
    planes, known = simulate.raster(simulate.Settings(**settings))
    with replaced(table) as temporary, open(temporary, "wb") as file:
        np.savez(file, **contribution.arrays(simulate.table()))
    fits.write_planes(truth, known)
    fits.write_planes(level2, planes)


if __name__ == "__main__":
    script.run(main, snakemake)
