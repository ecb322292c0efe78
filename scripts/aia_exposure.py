"""From counts to counts per second."""

from helioreduce.aia import exposure
from helioreduce.io import fits, provenance
from helioreduce.runtime.log import log_to


def main(image: str, output: str, skipped: dict[str, str]) -> None:
    """Read one image, divide by its exposure time, write."""
    frame = provenance.skip(fits.read(image), skipped)
    fits.write(output, exposure.normalise(frame))


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(snakemake.input.image, snakemake.output[0], snakemake.params.skipped)
