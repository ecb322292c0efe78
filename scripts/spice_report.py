"""The page of a raster: maps, spectra, quality of the fits, composition."""

import json
from pathlib import Path

from helioreduce.io import fits, plots
from helioreduce.io.atomic import replaced
from helioreduce.runtime import script
from helioreduce.spice import report
from helioreduce.spice.level3 import from_planes


def main(level3: str, radiance: str, velocity: str, checks: str, output: str, raster: str, composition: str = "") -> None:
    """Read the products of a raster, draw, write one HTML file."""
    products = [fits.read_planes(path) if path else [] for path in (radiance, velocity, composition)]
    found = json.loads(Path(checks).read_text())
    with plots.look():
        page = report.page(raster, from_planes(fits.read_planes(level3)), *products, found)
    with replaced(output) as temporary:
        temporary.write_text(page)


if __name__ == "__main__":
    script.run(main, snakemake)
