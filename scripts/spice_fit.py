"""The lines of a group of windows, fitted in every pixel."""

from typing import Any

from helioreduce.runtime import log, script
from helioreduce.spice import binning, files, fit, initial


def main(prepared: str, output: str, group: str, bins: dict[str, Any], model: dict[str, Any], catalogue: str = "") -> None:
    """Read a prepared group, find its start, fit every pixel in the bin it needs, write Level P."""
    joined = files.read_prepared(prepared, group)
    with files.naming(prepared):
        start = initial.estimate(joined, files.read_catalogue(catalogue), initial.Settings.of(model))
        settings = binning.Settings.of(bins, joined.windows[0].header)
        fitted = binning.fit_adaptive(joined, start, settings, log.item_progress(group))
    facts = {text: int((fitted.fit.status == code).sum()) for code, text in fit.STATUS.items()}
    log.logger.info("%s: %s; ties: %s", group, facts, [tuple(tie) for tie in start.model.ties])
    files.write_fitted(output, fitted, start, facts)


if __name__ == "__main__":
    script.run(main, snakemake)
