"""The page of a raster: maps, spectra, quality of the fits, composition."""

import json
from pathlib import Path

from helioreduce.io import fits, plots
from helioreduce.io.atomic import replaced
from helioreduce.runtime.log import log_to
from helioreduce.spice import level3, report


def main(merged: str, radiance: str, velocity: str, composition: str, checks: str, output: str, raster: str) -> None:
    """Read the products of a raster, draw, write one HTML file."""
    products = [fits.read_planes(path) if path else [] for path in (radiance, velocity, composition)]
    found = json.loads(Path(checks).read_text())
    with plots.look():
        page = report.page(raster, level3.from_planes(fits.read_planes(merged)), *products, found)
    with replaced(output) as temporary:
        temporary.write_text(page)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        given = snakemake.input
        composed = given.get("composition", "")
        main(
            given.level3,
            given.radiance,
            given.velocity,
            composed,
            given.checks,
            snakemake.output[0],
            snakemake.wildcards.raster,
        )
