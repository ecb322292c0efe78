"""The loss of sensitivity since launch, divided out."""

from helioreduce.aia import degradation, steps
from helioreduce.io import ecsv, fits, provenance
from helioreduce.runtime import script


def main(image: str, degradation_table: str, output: str, version: int, skipped: dict[str, dict[str, str]]) -> None:
    """Read one image and the degradation table, correct, write."""
    frame = provenance.skip(fits.read(image), skipped["before"])
    corrected = degradation.from_table(frame, ecsv.read(degradation_table), version)
    result = provenance.skip(corrected, skipped["after"])
    fits.write(output, result, compressed=steps.is_finished(result.header))


if __name__ == "__main__":
    script.run(main, snakemake)
