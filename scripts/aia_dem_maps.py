"""Emission measure in bands, temperature and χ² of a DEM, as a picture."""

from helioreduce.aia.dem import product
from helioreduce.aia.figures import dem
from helioreduce.io import plots
from helioreduce.runtime import script

#: Pixels a side that are drawn at most.
PIXELS = 1024


def main(inputs: list[str], output: str) -> None:
    """Read the product, draw, write."""
    plots.write([output], dem.dem_maps, product.read(inputs[0], PIXELS))


if __name__ == "__main__":
    script.run(main, snakemake)
