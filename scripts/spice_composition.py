"""Map of the FIP bias, by the linear combination ratio."""

from helioreduce.io import fits, provenance
from helioreduce.runtime import script
from helioreduce.spice import composition, maps


def main(radiance: str, table: str, output: str, lines: list[str], log_n: float) -> None:
    """Read radiances and contribution functions, write the FIP bias with its errors."""
    planes = maps.compositions(fits.read_planes(radiance), composition.load(table), lines, log_n)
    for plane in planes:
        provenance.record(plane.header, "composition", {"log_n": log_n}, f"{table}; sha256 {provenance.sha256(table)}")
    fits.write_planes(output, planes)


if __name__ == "__main__":
    script.run(main, snakemake)
