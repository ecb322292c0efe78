"""Radiance maps of every line, with covariances."""

from helioreduce.io import fits, provenance
from helioreduce.runtime import script
from helioreduce.spice import maps
from helioreduce.spice.level3 import from_planes


def main(level3: str, output: str) -> None:
    """Read the fits, write radiances."""
    planes = maps.radiances(from_planes(fits.read_planes(level3)))
    for plane in planes:
        provenance.record(plane.header, "radiance", {"formula": "sqrt(2 pi) I s"})
    fits.write_planes(output, planes)


if __name__ == "__main__":
    script.run(main, snakemake)
