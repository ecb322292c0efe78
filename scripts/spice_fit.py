"""The lines of a group of windows, fitted in every pixel."""

from pathlib import Path
from typing import Any

from helioreduce.errors import InputError
from helioreduce.io import fits, provenance
from helioreduce.runtime import log, script
from helioreduce.spice import binning, fit, initial, level3
from helioreduce.spice import catalogue as lines
from helioreduce.spice import group as groups


def main(prepared: str, output: str, group: str, bins: dict[str, Any], model: dict[str, Any], catalogue: str = "") -> None:
    """Read a prepared group, find its start, fit every pixel in the bin it needs, write Level P."""
    known = lines.load(Path(catalogue).read_text()) if catalogue else lines.built_in()
    joined = groups.from_planes(fits.read_planes(prepared))
    header = joined.windows[0].header
    try:
        start = initial.estimate(joined.windows, joined.noise, known, **initial.options(model))
        boxes = binning.levels(bins["extents"], bins["times"], header["CDELT1"], header["CDELT2"])
        asked = {"lines": bins["lines"] or None, "correlation": bins["correlation"], "progress": log.item_progress(group)}
        result = binning.fit_adaptive(joined.cube, *joined.variance, start, boxes, bins["thresholds"], **asked)
    except InputError as error:
        raise error.at(prepared) from None
    facts = {text: int((result.fit.status == code).sum()) for code, text in fit.STATUS.items()}
    log.logger.info("%s: %s; ties: %s", group, facts, [tuple(tie) for tie in start.ties])
    planes = level3.to_planes(group, joined, start, result, boxes)
    for plane in planes:
        if plane.name.endswith(("RESULTS", "DATA")):
            provenance.record(plane.header, "fit", facts)
    fits.write_planes(output, planes)


if __name__ == "__main__":
    script.run(main, snakemake)
