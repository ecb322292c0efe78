"""Velocity maps of every line, relative to a stated zero."""

from helioreduce.io import fits, provenance
from helioreduce.runtime.log import log_to
from helioreduce.spice import level3, maps


def main(merged: str, output: str, zero: str, gradients: list[str]) -> None:
    """Read the fits, write velocities."""
    planes = maps.velocities(level3.from_planes(fits.read_planes(merged)), zero=zero, gradients=gradients)
    for plane in planes:
        provenance.record(plane.header, "velocity", {"zero": zero, "gradients": ",".join(gradients) or "kept"})
    fits.write_planes(output, planes)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(snakemake.input.level3, snakemake.output[0], snakemake.params.zero, snakemake.params.gradients)
