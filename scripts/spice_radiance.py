"""Radiance maps of every line, with covariances."""

from helioreduce.runtime import script
from helioreduce.spice import files, maps


def main(level3: str, output: str) -> None:
    """Read the fits, write radiances."""
    files.write_radiances(output, [maps.radiances(fitted) for fitted in files.read_fitted(level3)])


if __name__ == "__main__":
    script.run(main, snakemake)
