"""The windows of a group made ready for the fit: joined with their noise, spikes taken out, smoothed if asked."""

from typing import Any

from helioreduce.runtime import script
from helioreduce.runtime.log import logger
from helioreduce.spice import files, raster
from helioreduce.spice.catalogue import read_catalogue
from helioreduce.spice.prepare import recorded


def main(
    level2: str,
    output: str,
    group: str,
    fit: dict[str, list[str]],
    trim: dict[str, list[float]],
    joining: dict[str, Any],
    threshold: float | None,
    denoise: bool,
    model: dict[str, Any],
    catalogue: str = "",
) -> None:
    """Read the windows of one group, prepare them, write them."""
    request = raster.Request(joining, trim, threshold, denoise, model, {})
    with files.naming(level2):
        windows = files.read_windows(level2, fit["windows"])
        own, facts = raster.prepared(group, raster.Fit(**fit), windows, read_catalogue(catalogue), request)
    logger.info("%s: %s", ", ".join(window.name for window in own.windows), facts)
    files.write_prepared(output, recorded(own, facts, level2))


if __name__ == "__main__":
    script.run(main, snakemake)
