"""Figure: daily image means of the user, as observed and corrected with each version of the degradation table."""

from pathlib import Path

import numpy as np

from helioreduce import times
from helioreduce.aia import degradation as table
from helioreduce.aia import tables
from helioreduce.aia.figures import degradation
from helioreduce.aia.response.history import trend
from helioreduce.errors import InputError
from helioreduce.io import ecsv, plots
from helioreduce.runtime.log import log_to


def main(means: str, files: list[str], channel: int, outputs: list[str]) -> None:
    """Read the means and the tables, correct with every version, fit the trends, draw, write."""
    observed = ecsv.read_table(means)
    missing = [name for name in ("time", f"mean_{channel}") if name not in observed.colnames]
    if missing:
        raise InputError(f"column {', '.join(missing)} missing", cure="Give time and mean_<channel>", where=means)
    when, raw = [times.parse(str(time)) for time in observed["time"]], np.asarray(observed[f"mean_{channel}"], float)
    curves = {}
    for file in map(Path, files):
        rows, _ = tables.read(file, "degradation")
        for version in sorted({int(row["VER_NUM"]) for row in rows} - set(curves)):
            found = trend(rows, channel, version, when, raw)
            factors = np.array([table.factor(rows, channel, version, time)[0] for time in when])
            curves[version] = (when, raw, raw / factors, found.corrected, found.corrected_error)
    plots.write(outputs, degradation.trend, curves, channel)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(snakemake.input.means, list(snakemake.input.tables), int(snakemake.wildcards.channel), list(snakemake.output))
