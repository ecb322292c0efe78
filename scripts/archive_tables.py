"""Calibration series of the embedded archive: degradation and errors."""

from helioreduce.archive import records
from helioreduce.runtime import script
from helioreduce.sun import calibration


def main(response: str, error: str) -> None:
    """Write both series."""
    records.write(response, records.series("aia.response", calibration.response_records()))
    records.write(error, records.series("aia.error", calibration.error_records()))


if __name__ == "__main__":
    script.run(main, snakemake)
