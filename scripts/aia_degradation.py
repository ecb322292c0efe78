"""The loss of sensitivity since launch, divided out."""

from helioreduce.aia import degradation
from helioreduce.io import ecsv, fits, provenance
from helioreduce.runtime.log import log_to


def main(image: str, table: str, output: str, version: int, skipped: dict[str, str]) -> None:
    """Read one image and the degradation table, correct, write."""
    frame = provenance.skip(fits.read(image), skipped)
    fits.write(output, degradation.from_table(frame, ecsv.read(table), version))


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            snakemake.input.image,
            snakemake.input.table,
            snakemake.output[0],
            snakemake.params.version,
            snakemake.params.skipped,
        )
