"""The fits of a raster in one level-3 file, and line by line in SAFFRON's layout."""

from datetime import UTC, datetime
from pathlib import Path

from helioreduce.io import fits
from helioreduce.runtime import script
from helioreduce.spice import saffron_layout
from helioreduce.spice.level3 import from_planes
from helioreduce.spice.saffron import FileNames


def main(groups: list[str], level3: str, saffron: str, raster: str, pattern: str, extents: list[int], times: list[int]) -> None:
    """Read the groups, write them together and apart."""
    planes = [plane for group in groups for plane in fits.read_planes(group)]
    fits.write_planes(level3, planes)
    names = FileNames(pattern, raster, extents, times, datetime.now(UTC))
    for fitted in from_planes(planes):
        for number in range(len(fitted.fit.model.lines)):
            identity, images = saffron_layout.line_planes(fitted, number)
            fits.write_planes(Path(saffron, names.of(identity)), images)
        fits.write_planes(Path(saffron, names.of(f"Background_{fitted.name}")), saffron_layout.background_planes(fitted))


if __name__ == "__main__":
    script.run(main, snakemake)
