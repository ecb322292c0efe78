"""The lines of a group of windows, fitted in every pixel."""

from typing import Any

from helioreduce.runtime import script
from helioreduce.runtime.log import item_progress
from helioreduce.spice import files, level3, raster
from helioreduce.spice.catalogue import read_catalogue


def main(prepared: str, output: str, group: str, bins: dict[str, Any], model: dict[str, Any], catalogue: str = "") -> None:
    """Read a prepared group, find its start, fit every pixel in the bin it needs, write Level P."""
    joined = files.read_prepared(prepared, group)
    with files.naming(prepared):
        found = raster.fitted(joined, read_catalogue(catalogue), model, bins, item_progress)
    files.write_fitted(output, level3.planes(*found))


if __name__ == "__main__":
    script.run(main, snakemake)
