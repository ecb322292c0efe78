"""Quick looks: which images have one (``aia.quicklook``)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

Key = tuple[str, str]


def every(settings: Mapping[str, Any]) -> int:
    """Return N where every N-th image of a channel has one; 0 for none."""
    chosen, is_series = settings["quicklook"], settings["output"]["form"] == "series"
    return int({"auto": int(not is_series), "all": 1, "none": 0}.get(chosen, chosen))


def of(settings: Mapping[str, Any], wanted: Iterable[Key], frames: Collection[Key]) -> dict[Key, str]:
    """Return the quick looks of images by channel and time.

    Parameters
    ----------
    settings
        The section ``aia`` of the configuration.
    wanted
        Channel and time of every image of the request: every N-th of a channel is chosen, whichever are missing.
    frames
        Those that are there.
    """
    found: dict[Key, str] = {}
    number: dict[str, int] = {}
    if not (step := every(settings)):
        return found
    for channel, time in wanted:
        at = number[channel] = number.get(channel, -1) + 1
        if at % step == 0 and (channel, time) in frames:
            found[channel, time] = f"results/aia/quicklook/{channel}/{time}.jpg"
    return found
