"""From level 1 to level 0.5: the pixels that the ground pipeline replaced are put back."""

from helioreduce.aia import level1, spikes
from helioreduce.io import fits
from helioreduce.runtime.log import log_to


def main(image: str, spikes_file: str, output: str) -> None:
    """Read one frame and its spikes, respike, write."""
    fits.write(output, spikes.from_list(level1.ingest(fits.read(image)), *fits.read_spikes(spikes_file)))


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(snakemake.input.image, snakemake.input.spikes, snakemake.output[0])
