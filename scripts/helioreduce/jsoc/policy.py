"""Frames that may be used, by the configuration's policy on QUALITY."""

from __future__ import annotations

from pathlib import Path

from helioreduce import quality
from helioreduce.jsoc import records
from helioreduce.jsoc.errors import Rejected
from helioreduce.jsoc.records import Record
from helioreduce.quality import Policy


def missing(record_list: str | Path, policy: Policy) -> dict[str, str]:
    """Return the requested slots of a list of records that are unavailable, with the reason."""
    return records.missing(record_list, lambda record: quality.words(quality.objections(record.keywords, policy)))


def usable(record_list: str | Path, time: str, policy: Policy) -> Record:
    """Return the record of one slot.

    Raises
    ------
    NoData
        If there is none.
    Rejected
        If its quality is bad.
    """
    record = records.find(record_list, time)
    if found := quality.objections(record.keywords, policy):
        cure = f"{quality.cure(found)}, or jsoc.on_missing: skip"
        raise Rejected(quality.words(found), cure=cure, where=record.name)
    return record
