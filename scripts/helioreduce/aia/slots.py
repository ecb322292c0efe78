"""Records of JSOC's slotted series that a request means."""

from __future__ import annotations

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
    if end < start:
        raise InputError(f"aia.end {times.iso(end)} is before aia.start {times.iso(start)}", cure="Swap them")
    step_s = LEVEL1[channel].slot_s
    count = int((end - start).total_seconds() // cadence_s) + 1
    found = (times.slot(start + timedelta(seconds=i * cadence_s), step_s) for i in range(count))
    return list(dict.fromkeys(found))
