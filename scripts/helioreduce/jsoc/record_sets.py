"""Slots of a channel as record sets in the language of DRMS, in pieces: memory and the length of addresses stay bounded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from helioreduce import times
from helioreduce.series import LEVEL1

#: Most slots in one query: by the memory of a reply, and by the length of an address.
_IN_A_RANGE, _IN_A_LIST = 500, 200


def of_slots(channel: int, slots: Sequence[int], series: str = "", where: str = "") -> Iterator[str]:
    """Yield record sets that hold the level-1 records of a channel in these slots.

    Parameters
    ----------
    channel
        Å.
    slots
        By number, T_REC in units of the slot.
    series
        One of single exposures, such as aia.lev1, of which records of neighbouring slots may be found too; by default the
        slotted series of the channel.
    where
        A condition in SQL.
    """
    name, step = LEVEL1[channel]
    equally_spaced = len({after - before for before, after in pairwise(slots)}) == 1 and not series
    size = _IN_A_RANGE if equally_spaced else _IN_A_LIST
    for start in range(0, len(slots), size):
        part = slots[start : start + size]
        if series:
            yield _of_exposures(series, channel, _exposures(part, step), where)
        else:
            yield f"{name}[{_times(part, step)}][{channel}]" + f"[? {where} ?]" * bool(where)


def around(channel: int, slots: Sequence[int], within_s: float, series: str = "", where: str = "") -> Iterator[str]:
    """Yield record sets that hold the records whose T_OBS is within so many seconds of these slots; see :func:`of_slots`."""
    name, step = LEVEL1[channel]
    reach = int(within_s / step + 0.5)
    size = max(1, _IN_A_RANGE // (2 * reach + 1))
    for start in range(0, len(slots), size):
        part = slots[start : start + size]
        if series:
            yield _of_exposures(series, channel, _exposures(part, step, reach), where)
        else:
            windows = (f"{times.iso(times.from_tai((slot - reach) * step))}/{(2 * reach + 1) * step:.0f}s" for slot in part)
            yield f"{name}[{','.join(windows)}][{channel}]" + f"[? {where} ?]" * bool(where)


def _of_exposures(series: str, channel: int, exposures: str, where: str) -> str:
    """Return a record set in a series of single exposures."""
    return f"{series}[{exposures}][? WAVELNTH = {channel}" + f" AND ({where})" * bool(where) + " ?]"


def _times(slots: Sequence[int], step: float) -> str:
    """Return slots as a range where they are equally spaced, otherwise as a list; DRMS reads no exponents."""
    first, *others = [times.iso(times.from_tai(slot * step)) for slot in slots]
    spacing = {after - before for before, after in pairwise(slots)}
    if len(spacing) != 1:
        return ",".join([first, *others])
    return f"{first}-{others[-1]}@{spacing.pop() * step:.0f}s"


def _exposures(slots: Sequence[int], step: float, reach: int = 0) -> str:
    """Return slots, with so many on both sides, in a series of single exposures, whose T_REC is T_OBS to the second."""
    lasts_s = (2 * reach + 1) * step + 2
    return ",".join(f"{times.iso(times.from_tai((slot - reach - 0.5) * step - 1))}/{lasts_s:.0f}s" for slot in slots)
