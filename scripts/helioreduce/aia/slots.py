"""Records of JSOC's slotted series that a request means."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from helioreduce import times
from helioreduce.errors import InputError
from helioreduce.series import LEVEL1


def slots(channel: int, start: datetime, end: datetime, cadence_s: float) -> list[datetime]:
    """Return T_REC of the images nearest to start, start + cadence, … ≤ end; each once.

    Names of products follow from the request by arithmetic alone, without a query.

    Raises
    ------
    InputError
        If the end is before the start.
    """
    check_order(start, end)
    step_s = LEVEL1[channel].slot_s
    count = int((end - start).total_seconds() // cadence_s) + 1
    found = (times.slot(start + timedelta(seconds=i * cadence_s), step_s) for i in range(count))
    return list(dict.fromkeys(found))


def check_order(start: datetime, end: datetime) -> None:
    """Refuse a request that ends before it begins.

    Raises
    ------
    InputError
        If the end is before the start.
    """
    if end < start:
        raise InputError(f"aia.end {times.iso(end)} is before aia.start {times.iso(start)}", cure="Swap them")


def of_day(channel: int, day: str, grid: Mapping[str, float], first: int, last: int) -> dict[int, str]:
    """Return the images of a day in a series by their place in it, from 0: T_REC, as it stands in names.

    Parameters
    ----------
    channel
        Å.
    day
        ``20140101``.
    grid
        ``step_s`` between images, a part of a day, and ``phase_s``, the first after midnight.
    first, last
        The first and the last place that is wanted.
    """
    start, step_s = times.from_compact(f"{day}T000000"), LEVEL1[channel].slot_s
    seconds = ((k, grid["phase_s"] + k * grid["step_s"]) for k in range(first, last + 1))
    return {k: times.compact(times.slot(start + timedelta(seconds=after), step_s)) for k, after in seconds}
