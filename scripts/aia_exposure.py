"""From counts to counts per second."""

from typing import Any

from helioreduce.aia import exposure
from helioreduce.io import fits, provenance
from helioreduce.runtime import script


def main(image: str, output: str, exposure_time: dict[str, Any], skipped: dict[str, dict[str, str]]) -> None:
    """Read one image, divide by its exposure time, write."""
    frame = provenance.skip(fits.read(image), skipped["before"])
    fits.write(output, provenance.skip(exposure.from_settings(frame, exposure_time), skipped["after"]), compressed=True)


if __name__ == "__main__":
    script.run(main, snakemake)
