"""Map of the FIP bias, by the linear combination ratio."""

from helioreduce.runtime import script
from helioreduce.spice import files, maps


def main(radiance: str, table: str, output: str, lines: list[str], log_n: float) -> None:
    """Read radiances and contribution functions, write the FIP bias with its errors."""
    bias = maps.composed(files.read_radiances(radiance), files.read_table(table), lines, log_n)
    files.write_composition(output, bias, {"log_n": log_n}, table)


if __name__ == "__main__":
    script.run(main, snakemake)
