"""The spikes of a level-1 file that the user has, with their positions on the Sun."""

from helioreduce.aia.spikes import coordinates
from helioreduce.io import fits, jsoc_files
from helioreduce.runtime import script


def main(image: str, spikes: str, output: str) -> None:
    """Read the list, add the positions, write."""
    values, _ = jsoc_files.read_spikes(spikes)
    fits.write_arrays(output, {"SPIKES": values, "POSITION": coordinates(fits.read(image), values)})


if __name__ == "__main__":
    script.run(main, snakemake)
