"""Velocity maps of every line, relative to a stated zero."""

from helioreduce.runtime import script
from helioreduce.spice import files, maps


def main(level3: str, output: str, zero: str, gradients: list[str]) -> None:
    """Read the fits, write velocities."""
    groups = files.read_fitted(level3)
    velocities = [own for fitted in groups for own in maps.velocities(fitted, zero=zero, gradients=gradients)]
    files.write_velocities(output, velocities, {"zero": zero, "gradients": ",".join(gradients) or "kept"})


if __name__ == "__main__":
    script.run(main, snakemake)
