"""A raster before anything is fitted: images and spectra of its windows, and what each fit would start from."""

from typing import Any

from helioreduce.io import plots
from helioreduce.runtime import script
from helioreduce.spice import files, view
from helioreduce.spice.catalogue import read_catalogue
from helioreduce.spice.raster import Fit, Request, begun


def main(
    level2: str, output: str, raster: str, fits: dict[str, Any], request: dict[str, Any], notes: list[str], catalogue: str = ""
) -> None:
    """Read every window, find the starts, draw, write one HTML file."""
    found, lines = files.read_good_windows(level2), read_catalogue(catalogue)
    known = {window.name: window for window in found.windows}
    own = {name: Fit(**windows) for name, windows in fits.items()}
    starts, failed = begun(own, known, lines, Request(**request))
    refused = [f"refused: {window}: {reason}" for window, reason in {**found.refused, **failed}.items()]
    with plots.look():
        page = view.page(raster, found.windows, [view.Begun(*start) for start in starts], lines, [*notes, *refused])
    files.write_page(output, page)


if __name__ == "__main__":
    script.run(main, snakemake)
