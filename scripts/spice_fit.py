"""The lines of a group of windows, fitted in every pixel."""

from pathlib import Path

from helioreduce.errors import InputError
from helioreduce.io import fits, provenance
from helioreduce.runtime import log
from helioreduce.spice import binning, catalogue, fit, group, initial, level3
from helioreduce.spice.fit import STATUS


def main(prepared: str, lines: str, output: str, name: str, bins: dict, model: dict, threads: int) -> None:
    """Read a prepared group, find its start, fit every pixel in the bin it needs, write Level P."""
    fit.use_threads(threads)
    joined = group.from_planes(fits.read_planes(prepared))
    known = catalogue.load(Path(lines).read_text()) if lines else catalogue.built_in()
    header = joined.windows[0].header
    try:
        start = initial.estimate(joined.windows, joined.noise, known, **initial.options(model))
        boxes = binning.levels(bins["extents"], bins["times"], header["CDELT1"], header["CDELT2"])
        asked = {"lines": bins["lines"] or None, "correlation": bins["correlation"]}
        report = log.item_progress(name)
        result = binning.fit_adaptive(joined.cube, *joined.variance, start, boxes, bins["thresholds"], progress=report, **asked)
    except InputError as error:
        raise error.at(prepared) from None
    facts = {text: int((result.fit.status == code).sum()) for code, text in STATUS.items()}
    log.logger.info("%s: %s; ties: %s", name, facts, [tuple(tie) for tie in start.ties])
    planes = level3.to_planes(name, joined, start, result, boxes)
    for plane in planes:
        if plane.name.endswith(("RESULTS", "DATA")):
            provenance.record(plane.header, "fit", facts)
    fits.write_planes(output, planes)


if __name__ == "__main__":
    with log.log_to(snakemake.log[0]):
        lines, params = snakemake.input.get("catalogue", ""), snakemake.params
        name = snakemake.wildcards.group
        main(snakemake.input.prepared, lines, snakemake.output[0], name, params.bins, params.model, snakemake.threads)
