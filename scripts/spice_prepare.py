"""The windows of a group made ready for the fit: joined with their noise, spikes taken out, denoised if asked."""

from pathlib import Path
from typing import Any

from helioreduce.errors import InputError
from helioreduce.io import fits, provenance
from helioreduce.runtime import script
from helioreduce.runtime.log import logger
from helioreduce.spice import catalogue as lines
from helioreduce.spice import group, initial, prepare
from helioreduce.spice.level2 import windows as windows_of


def main(
    level2: str,
    output: str,
    windows: list[int],
    joining: dict[str, Any],
    threshold: float | None,
    denoise: bool,
    model: dict[str, Any],
    catalogue: str = "",
) -> None:
    """Read the windows of one group, prepare them, write them."""
    known = lines.load(Path(catalogue).read_text()) if catalogue else lines.built_in()
    try:
        found = windows_of(fits.read_planes(level2, edited=True), fits.read_tables(level2))
        joined = group.join([found[i] for i in windows], **joining)
        options = initial.options(model) if model else {}
        prepared, facts = prepare.prepare(joined, known, threshold=threshold, denoise=denoise, **options)
    except InputError as error:
        raise error.at(level2) from None
    logger.info("%s: %s", ", ".join(window.name for window in prepared.windows), facts)
    planes = group.to_planes(prepared)
    for plane in planes[::2]:
        provenance.record(plane.header, "prepare", facts, f"level 2 {level2}")
    fits.write_planes(output, planes)


if __name__ == "__main__":
    script.run(main, snakemake)
