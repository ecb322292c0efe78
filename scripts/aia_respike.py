"""From level 1 to level 0.5: the pixels that the ground pipeline replaced are put back."""

from helioreduce.aia import level1
from helioreduce.aia.spikes import from_list
from helioreduce.io import fits, jsoc_files, provenance
from helioreduce.quality import Policy
from helioreduce.runtime import script


def main(image: str, spikes: str, output: str, skipped: dict[str, dict[str, str]], config: dict) -> None:
    """Read one frame and its spikes, respike, write."""
    policy = Policy(**config["aia"]["quality"])
    frame = provenance.skip(level1.ingest(fits.read(image), policy), skipped["before"])
    fits.write(output, provenance.skip(from_list(frame, jsoc_files.read_spikes(spikes)), skipped["after"]))


if __name__ == "__main__":
    script.run(main, snakemake)
