"""Map of the FIP bias, by the linear combination ratio."""

from collections.abc import Sequence

from helioreduce.runtime import script
from helioreduce.spice import files, maps


def main(
    radiance: str, table: str, output: str, lines: list[str], log_n: float, sides: dict[str, str], dems: Sequence[str] = ()
) -> None:
    """Read radiances, contribution functions and DEMs, write the FIP bias with its errors."""
    known = {"dems": files.read_dems(dems), "sides": sides}
    bias = maps.composed(files.read_radiances(radiance), files.read_table(table), lines, log_n, **known)
    files.write_composition(output, bias, {"log_n": log_n, "sides": sides}, table, dems)


if __name__ == "__main__":
    script.run(main, snakemake)
