"""The page of ``helioreduce status``: a calendar of each year, and why images are not there."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from helioreduce import times
from helioreduce.aia.coverage import Channel, Status
from helioreduce.aia.figures.coverage import draw
from helioreduce.io import pages, plots
from helioreduce.io.atomic import replaced
from helioreduce.io.manifests import AGAIN, ASKED, DONE, FAILED, MISSING

#: End of the name of a folder of simulated images.
SIMULATED = "_simulated"
_COUNTED = (ASKED, DONE, MISSING, FAILED)


def write(file: str | Path, found: Mapping[Path, Status]) -> None:
    """Write the page of the series of some folders."""
    series = [
        {
            "folder": folder,
            "simulated": folder.name.endswith(SIMULATED),
            "years": list(_years(status)),
            "channels": _rows(status),
        }
        for folder, status in found.items()
    ]
    text = pages.render("helioreduce.command", "calendar.html", series=series, counted=_COUNTED, now=times.iso(times.now()))
    with replaced(file) as temporary:
        temporary.write_text(text)


def _years(status: Status) -> Iterator[bytes]:
    """Yield the calendar of each year, as PNG."""
    for year in sorted({int(day[:4]) for channel in status.channels.values() for day in channel.days}):
        png = io.BytesIO()
        with plots.look():
            draw({name: channel.days for name, channel in status.channels.items()}, year).savefig(png, dpi=150)
        yield png.getvalue()


def _rows(status: Status) -> list[dict[str, Any]]:
    """Return what the page says of each channel."""
    return [
        {"name": name, "total": channel.total, "begun": ", ".join(map(times.readable, channel.begun)), "lost": _lost(channel)}
        for name, channel in status.channels.items()
    ]


def _lost(channel: Channel) -> list[str]:
    """Return why images of a channel are not there, the most frequent reason first, and manifests that are damaged."""
    reasons = [f"{number:,} × {reason}" for reason, number in channel.reasons.most_common()]
    return [*reasons, *(f"{file} is damaged. {AGAIN}" for file in channel.damaged)]
