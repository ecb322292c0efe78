"""The components of the telescopes, from SolarSoft's files or the open form, in one open table."""

from pathlib import Path

from helioreduce.aia.response import tables
from helioreduce.io import ecsv, provenance
from helioreduce.runtime import script


def main(inputs: list[str], output: str) -> None:
    """Read every file, the later ones adding channels, and write."""
    channels = {number: channel for file in inputs for number, channel in tables.read_instrument(file).items()}
    origin = "; ".join(f"{tables.origin(file)}, sha256 {provenance.sha256(file)}" for file in map(Path, inputs))
    ecsv.write_table(output, tables.from_instrument(channels, {"origin": origin}))


if __name__ == "__main__":
    script.run(main, snakemake)
