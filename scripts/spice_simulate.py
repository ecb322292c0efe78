"""A SPICE level-2 raster of a known Sun, its truth, and the contribution functions behind it."""

from helioreduce.io import fits
from helioreduce.runtime import script
from helioreduce.spice import files, simulate


def main(level2: str, truth: str, table: str, settings: dict[str, float]) -> None:
    """Simulate a raster, write it with its truth and contribution functions."""
    windows, known = simulate.raster(simulate.Settings(**settings))
    files.write_table(table, simulate.table())
    files.write_truth(truth, known)
    fits.write_planes(level2, windows)


if __name__ == "__main__":
    script.run(main, snakemake, simulated=True)
