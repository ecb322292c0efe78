"""Which frames may be used: what the configuration says about QUALITY."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from helioreduce.jsoc import quality, records
from helioreduce.jsoc.errors import Rejected
from helioreduce.jsoc.records import Record


def missing(record_list: str | Path, reject_bits: Collection[int], allow_nrt: bool) -> dict[str, str]:
    """Slots of a list of records that cannot be had, with the reason."""
    return records.missing(record_list, lambda record: reason(record, reject_bits, allow_nrt))


def usable(record_list: str | Path, time: str, reject_bits: Collection[int], allow_nrt: bool) -> Record:
    """The record of one slot.

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
    """Why a record cannot be used; empty where it can."""
    text = record.keywords["QUALITY"]
    verdict = quality.verdict(text, reject_bits, allow_nrt=allow_nrt)
    return f"QUALITY = {text}: {verdict}" if verdict else ""
