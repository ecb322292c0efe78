"""Velocity maps of every line, relative to a stated zero."""

from helioreduce.io import fits, provenance
from helioreduce.runtime import script
from helioreduce.spice import maps
from helioreduce.spice.level3 import from_planes


def main(level3: str, output: str, zero: str, gradients: list[str]) -> None:
    """Read the fits, write velocities."""
    planes = maps.velocities(from_planes(fits.read_planes(level3)), zero=zero, gradients=gradients)
    for plane in planes:
        provenance.record(plane.header, "velocity", {"zero": zero, "gradients": ",".join(gradients) or "kept"})
    fits.write_planes(output, planes)


if __name__ == "__main__":
    script.run(main, snakemake)
