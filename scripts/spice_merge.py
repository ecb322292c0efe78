"""The fits of a raster in one level-3 file, and line by line in SAFFRON's layout."""

from datetime import UTC, datetime
from pathlib import Path

from helioreduce.io import fits
from helioreduce.runtime.log import log_to
from helioreduce.spice import level3, saffron


def main(groups: list[str], merged: str, folder: str, raster: str, pattern: str, bins: dict[str, list[int]]) -> None:
    """Read the groups, write them together and apart."""
    planes = [plane for group in groups for plane in fits.read_planes(group)]
    fits.write_planes(merged, planes)
    now = datetime.now(UTC)

    def name(parameter: str) -> Path:
        return Path(folder, saffron.file_name(pattern, raster, parameter, bins["extents"], bins["times"], now))

    for fitted in level3.from_planes(planes):
        for number in range(len(fitted.fit.model.lines)):
            identity, images = saffron.line_planes(fitted, number)
            fits.write_planes(name(identity), images)
        fits.write_planes(name(f"Background_{fitted.name}"), saffron.background_planes(fitted))


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        outputs, params = snakemake.output, snakemake.params
        main(snakemake.input.groups, outputs.level3, outputs.saffron, snakemake.wildcards.raster, params.pattern, params.bins)
