"""The spikes of a level-1 file that the user has, with their positions on the Sun."""

from helioreduce.aia import level1, spikes
from helioreduce.io import fits
from helioreduce.runtime.log import log_to


def main(image: str, spikes_file: str, output: str) -> None:
    """Read the list, add the positions, write."""
    listed, _ = fits.read_spikes(spikes_file)
    frame = level1.ingest(fits.read(image))
    fits.write_arrays(output, {"SPIKES": listed, "POSITION": spikes.coordinates(frame, listed)})


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(snakemake.input.image, snakemake.input.spikes, snakemake.output[0])
