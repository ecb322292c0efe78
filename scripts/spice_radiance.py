"""Radiance maps of every line, with covariances."""

from helioreduce.io import fits, provenance
from helioreduce.runtime.log import log_to
from helioreduce.spice import level3, maps


def main(merged: str, output: str) -> None:
    """Read the fits, write radiances."""
    planes = maps.radiances(level3.from_planes(fits.read_planes(merged)))
    for plane in planes:
        provenance.record(plane.header, "radiance", {"formula": "sqrt(2 pi) I s"})
    fits.write_planes(output, planes)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(snakemake.input.level3, snakemake.output[0])
