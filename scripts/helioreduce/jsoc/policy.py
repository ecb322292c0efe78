"""Frames that may be used, by the configuration's policy on QUALITY."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from helioreduce import quality
from helioreduce.jsoc import records
from helioreduce.jsoc.errors import Rejected
from helioreduce.jsoc.records import Record


def missing(record_list: str | Path, reject_bits: Collection[int], allow_nrt: bool) -> dict[str, str]:
    """Return the requested slots of a list of records that are unavailable, with the reason."""
    return records.missing(record_list, lambda record: reason(record, reject_bits, allow_nrt))


def usable(record_list: str | Path, time: str, reject_bits: Collection[int], allow_nrt: bool) -> Record:
    """Return the record of one slot.

    Raises
    ------
    NoData
        If there is none.
    Rejected
        If its quality is bad.
    """
    record = records.find(record_list, time)
    if why := reason(record, reject_bits, allow_nrt):
        raise Rejected(why, cure="Leave this time out, or set jsoc.on_missing: skip", where=record.name)
    return record


def reason(record: Record, reject_bits: Collection[int], allow_nrt: bool) -> str:
    """Return why a record is unusable, or an empty string."""
    wanted = {*reject_bits, *(() if allow_nrt else (quality.FLAWS["near_real_time"].bit,))}
    allow = [name for name, flaw in quality.FLAWS.items() if flaw.bit not in wanted]
    refuse = [name for name, flaw in quality.FLAWS.items() if flaw.bit in wanted]
    return quality.objections(record.keywords, quality.Policy(allow, refuse))
