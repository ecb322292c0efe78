"""Level 1.5: pointing updated and the image registered."""

from helioreduce.aia import level15, steps
from helioreduce.io import ecsv, fits, provenance
from helioreduce.runtime import script
from helioreduce.runtime.device import Device


def main(image: str, pointing: str, output: str, skipped: dict[str, dict[str, str]], config: dict) -> None:
    """Read one image and the day's pointing table, prep, write; an empty table keeps the header's pointing."""
    where = Device(config["aia"]["device"])
    frame = where.upload(provenance.skip(fits.read(image), skipped["before"]))
    registered = where.download(where.run(level15.from_table, frame, ecsv.read(pointing)))
    result = provenance.skip(registered, skipped["after"])
    fits.write(output, result, compressed=steps.is_finished(result.header))


if __name__ == "__main__":
    script.run(main, snakemake)
