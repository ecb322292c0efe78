"""``helioreduce status``: how far series are, from the manifests of their parts; any time, also while jobs run elsewhere."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from helioreduce import times
from helioreduce.aia import coverage
from helioreduce.aia.coverage import Status
from helioreduce.errors import InputError, counted
from helioreduce.io.manifests import AGAIN, FAILED, MISSING, UNMET

#: Reasons shown of a channel.
_MOST = 5
_DAY_H = 24.0
_STATES = {MISSING: "missing", FAILED: "failed", UNMET: "left out by aia.where"}


def run(options: argparse.Namespace) -> int:
    """Print how far each series is, or write the page of it."""
    if not Path(options.folder).is_dir():
        raise InputError("there is no such folder", where=options.folder)
    if options.page and Path(options.page).is_dir():
        raise InputError("is a folder", cure="Name the file of the page, as in --page coverage.html", where=options.page)
    folders = sorted(Path(options.folder, "results/aia").glob("series*"))
    found = {folder: status for folder in folders if (status := coverage.status(folder)).channels}
    if not found:
        raise InputError(
            "holds no series",
            cure="Run the workflow with aia.output.form: series; its parts show from the moment it starts",
            where=options.folder,
        )
    if options.page:
        from helioreduce.command import calendar

        calendar.write(options.page, found)
    if options.json:
        print(json.dumps({str(folder): _plain(status) for folder, status in found.items()}, indent=1))
    else:
        print("\n".join(line for folder, status in found.items() for line in lines(folder, status)))
    return 0


def lines(folder: Path, status: Status) -> Iterator[str]:
    """Yield how far the series of a folder are: a line for each channel with the reasons, and one for all."""
    for channel, part in status.channels.items():
        parts, images = counted(len(part.begun), "part"), counted(sum(part.begun.values()), "image")
        begun = f"; {parts} begun, with {images}" if part.begun else ""
        total = part.total
        lost = "".join(f", {total[state]:,} {name}" for state, name in _STATES.items() if total[state])
        yield f"{folder / channel}: {total['done']:,} of {total['asked']:,} images{lost}{begun}"
        yield from (f"  {number:,} × {reason}" for reason, number in part.reasons.most_common(_MOST))
        yield from (f"  {file} is damaged, and not counted. {AGAIN}" for file in part.damaged)
    pace = f"; {status.rate_h:,.0f} images an hour" if status.rate_h else ""
    pace += f", about {_readable(status.left_h)} left" if status.left_h else ""
    last = f"; the last part was finished at {times.iso(status.last.replace(second=0, microsecond=0))}" if status.last else ""
    yield f"{folder}: {status.settled:,} of {status.asked:,} images are there or known to be missing{pace}{last}"


def _plain(status: Status) -> dict[str, Any]:
    """Return the same for programs, by channel and day."""
    channels = {
        channel: {**part.total, "reasons": dict(part.reasons), "begun": part.begun, "damaged": part.damaged, "days": part.days}
        for channel, part in status.channels.items()
    }
    pace = {"images_per_hour": status.rate_h, "hours_left": status.left_h}
    return {"asked": status.asked, "settled": status.settled, **pace, "channels": channels}


def _readable(hours: float) -> str:
    """Return a duration in its natural unit."""
    if hours < 1:
        return f"{60 * hours:.0f} min"
    return f"{hours:.0f} h" if hours < 2 * _DAY_H else f"{hours / _DAY_H:.0f} days"
