"""Neighbours that stand in for slots whose own record is missing, or not good enough (``jsoc.on_missing: nearest``)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime, timedelta

from helioreduce import times
from helioreduce.jsoc import policy, records
from helioreduce.jsoc.records import Record
from helioreduce.quality import Policy

_NONE = policy.Loss("the archive has no record")


def stand_in(
    wanted: Sequence[datetime],
    found: Iterable[Record],
    unmet: Collection[str],
    around: Callable[[list[datetime]], Iterable[Record]],
    within_s: float,
    allowed: Policy,
) -> tuple[list[Record], dict[str, dict[str, str]]]:
    """Return the neighbours that stand in, and by slot (compact T_REC) that of its neighbour (``taken``) and the ``reason``.

    Parameters
    ----------
    wanted, found
        Slots of a request, and their records.
    unmet
        Slots whose records do not meet the condition: nobody asked for them.
    around
        Asks for the records around slots; it is not called where none is missing.
    within_s
        Largest distance of T_OBS from the slot, s.
    allowed
        Policy on quality.
    """
    reasons = {slot: why for slot, why in _lost(wanted, found, allowed).items() if slot not in unmet}
    if not reasons:
        return [], {}
    beside = around([times.from_compact(slot) for slot in reasons])
    taken = chosen(reasons, [times.compact(slot) for slot in wanted], beside, within_s, allowed)
    stand_ins = {own: {"taken": str(records.slot(record)), "reason": reasons[own]} for own, record in taken.items()}
    return list(taken.values()), stand_ins


def _lost(wanted: Iterable[datetime], found: Iterable[Record], allowed: Policy) -> dict[str, str]:
    """Return the slots without a record that may be used, each with the reason."""
    newest = _newest(found)
    losses = {slot: policy.verdict(newest[slot], allowed) if slot in newest else _NONE for slot in map(times.compact, wanted)}
    return {slot: loss.reason for slot, loss in losses.items() if loss}


def _newest(found: Iterable[Record]) -> dict[str, Record]:
    """Return the record made last of each slot."""
    ordered = sorted(found, key=lambda record: record.recnum)
    return {slot: record for record in ordered if (slot := records.slot(record))}


def chosen(
    absent: Collection[str], wanted: Collection[str], around: Iterable[Record], within_s: float, allowed: Policy
) -> dict[str, Record]:
    """Return the record that stands in for each slot, where there is one.

    Parameters
    ----------
    absent
        Slots without a record that may be used.
    wanted
        All slots of the request: a record of one of them stands in for no other.
    around
        Records of the neighbourhood.
    within_s
        Largest distance of T_OBS from the slot, s.
    allowed
        Policy on quality.

    Returns
    -------
    dict
        By slot the record with the nearest T_OBS. A record stands in for one slot only, the nearest.
    """
    others = {slot: record for slot, record in _newest(around).items() if slot not in wanted}
    usable = {slot: record for slot, record in others.items() if not policy.verdict(record, allowed)}
    middles = {slot: times.parse(record.keywords["T_OBS"]) for slot, record in usable.items()}
    pairs = sorted((abs(middle - times.from_compact(own)), own, slot) for own in absent for slot, middle in middles.items())
    found: dict[str, Record] = {}
    taken: set[str] = set()
    for distance, own, slot in pairs:
        if distance <= timedelta(seconds=within_s) and own not in found and slot not in taken:
            found[own] = usable[slot]
            taken.add(slot)
    return found
