"""Residual offsets between the channels of a run, at every time."""

import warnings

from helioreduce import times
from helioreduce.aia import alignment, pairing
from helioreduce.errors import InputWarning
from helioreduce.io import ecsv, fits
from helioreduce.runtime import script


def main(curves: list[str], images: list[str], tolerance_s: float, output: str) -> None:
    """Pair the frames in time, measure the offsets of every pair of channels, write one table."""
    found = {int(rows[0]["WAVELNTH"]): rows for rows in (ecsv.read(file)[0] for file in curves)}
    files, rest = {}, iter(images)  # as the curves: by channel and time
    for channel, rows in found.items():
        files[channel] = [next(rest) for _ in rows]
    seconds = {c: [times.parse(str(row["T_OBS"])).timestamp() for row in rows] for c, rows in found.items()}
    table = []
    for group in pairing.groups(seconds, tolerance_s):
        changes = {c: pairing.change(found[c], seconds[c], i, group.spread_s) for c, i in group.frames.items()}
        for channel, change in changes.items():
            if change > 1:
                problem = f"{channel} Å {found[channel][group.frames[channel]]['T_OBS']}: changes by {change:.3g} σ"
                warnings.warn(f"{problem} within the {group.spread_s:.0f} s between the channels", InputWarning, stacklevel=2)
        frames = {c: fits.read(files[c][i]) for c, i in group.frames.items()}
        own = {c: seconds[c][i] for c, i in group.frames.items()}
        table += alignment.rows(frames, own, max((v for v in changes.values() if v == v), default=0.0))
    spread_s = max((float(row["spread_s"]) for row in table), default=0.0)
    ecsv.write(output, table, {"tolerance_s": f"{tolerance_s:g}", "spread_s": f"{spread_s:g}"}, alignment.COLUMNS)


if __name__ == "__main__":
    script.run(main, snakemake)
