"""A raster from level 2 to its page in one process; a window that cannot be reduced costs no other."""

from datetime import UTC, datetime
from typing import Any

from helioreduce.io import plots
from helioreduce.runtime import script
from helioreduce.runtime.log import item_progress
from helioreduce.spice import catalogue, files, level2, maps, refused, report
from helioreduce.spice.raster import Fit, Request, reduced
from helioreduce.spice.saffron import FileNames


def main(raster: str, fits: dict[str, Any], request: dict[str, Any], after: dict[str, Any], **names: Any) -> None:
    """Read the windows, fit them, write every product, and say what was refused."""
    source, own = names["level2"], {fit: Fit(**windows) for fit, windows in fits.items()}
    found = files.read_good_windows(source, {window for fit in own.values() for window in fit.windows})
    known = {window.name: window for window in found.windows}
    checks, lines = [level2.quality(window) for window in found.windows], catalogue.read_catalogue(names.get("catalogue", ""))
    planes, failed = reduced(own, known, lines, Request(**request), source, item_progress)
    left_out = refused.record(raster, source, {**found.refused, **failed}, failed=not planes)
    files.write_level3(names["level3"], planes, found.jitter)
    groups = files.fits_of(planes)
    files.write_saffron(names["saffron"], groups, FileNames(raster=raster, written=datetime.now(UTC), **after["layout"]))
    radiances = [maps.radiances(fitted) for fitted in groups]
    files.write_radiances(names["radiance"], radiances)
    velocities = [line for fitted in groups for line in maps.velocities(fitted, **after["velocity"])]
    files.write_velocities(names["velocity"], velocities, after["velocity"])
    bias = None
    if "composition" in names:
        table, dems = names["table"], names.get("dems", ())
        bias = maps.composed(radiances, files.read_table(table), **after["composition"], dems=files.read_dems(dems))
        files.write_composition(names["composition"], bias, after["composition"], table, dems)
    with plots.look():
        page = report.page(raster, groups, radiances, velocities, bias, checks, [*after["notes"], *left_out])
    files.write_page(names["page"], page)


if __name__ == "__main__":
    script.run(main, snakemake)
