"""Level 1.5: pointing updated and the image registered."""

from helioreduce.aia import prep
from helioreduce.io import ecsv, fits, provenance
from helioreduce.numerics import backend
from helioreduce.runtime import script


def main(image: str, table: str, output: str, skipped: dict[str, str], device: str = "cpu") -> None:
    """Read one image and the day's pointing table, prep, write; without a table the header's pointing is kept."""
    where = backend.Device(device)
    frame = where.upload(provenance.skip(fits.read(image), skipped))
    fits.write(output, where.download(where.run(prep.from_table, frame, ecsv.read(table))))


if __name__ == "__main__":
    script.run(main, snakemake)
