"""The fits of a raster in one level-3 file, and line by line in SAFFRON's layout."""

from datetime import UTC, datetime

from helioreduce.runtime import script
from helioreduce.spice import files
from helioreduce.spice.saffron import FileNames


def main(
    groups: list[str], level2: str, level3: str, saffron: str, raster: str, pattern: str, extents: list[int], times: list[int]
) -> None:
    """Read the groups, write them together and apart."""
    names = FileNames(pattern, raster, extents, times, datetime.now(UTC))
    planes = files.read_planes(groups)
    files.write_level3(level3, planes, files.read_good_windows(level2, []).jitter)
    files.write_saffron(saffron, files.fits_of(planes), names)


if __name__ == "__main__":
    script.run(main, snakemake)
