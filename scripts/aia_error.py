"""The error plane, from raw counts."""

from helioreduce.aia import error, level1
from helioreduce.io import ecsv, fits, provenance
from helioreduce.quality import Policy
from helioreduce.runtime import script


def main(
    image: str, error_table: str, output: str, systematic: dict[str, bool], skipped: dict[str, dict[str, str]], config: dict
) -> None:
    """Read one frame and the error table, estimate sigma, write."""
    policy = Policy(**config["aia"]["quality"])
    frame = provenance.skip(level1.ingest(fits.read(image), policy), skipped["before"])
    result = error.from_table(frame, ecsv.read(error_table), systematic)
    fits.write(output, provenance.skip(result, skipped["after"]))


if __name__ == "__main__":
    script.run(main, snakemake)
