"""Which records may be used: those with an image of good quality, and with keywords that the reduction needs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from helioreduce import quality, times
from helioreduce.errors import InputError
from helioreduce.jsoc import records
from helioreduce.jsoc.errors import NoData, Rejected
from helioreduce.jsoc.records import Record
from helioreduce.quality import Policy
from helioreduce.series import EUV, MISSING

#: Keywords without which an image cannot be reduced, beside T_OBS; an exposure is longer than 0.
_NUMBERS = ("EXPTIME", "CRPIX1", "CRPIX2", "CDELT1", "CDELT2")
#: Flaws that a later version of a record may not have.
_PASSING = {"no_image", "near_real_time"}


@dataclass(frozen=True, slots=True)
class Loss:
    """An unavailable frame: why, whether the archive may have it later, what to do meanwhile, the kind of the error."""

    reason: str
    may_return: bool = True
    cure: str = "Leave the frame out"
    kind: str = ""


#: A frame that nobody asked for.
UNMET = Loss("aia.where does not hold for it", may_return=False, cure="Change aia.where")
_OFF_LINE = Loss("the archive has its image off line")


def verdict(record: Record, policy: Policy) -> Loss | None:
    """Return why a record cannot be used, or None."""
    try:
        found = quality.objections(record.keywords, policy)
    except InputError as error:
        return Loss(error.problem)
    if found:
        return Loss(quality.words(found), bool(_PASSING & found.keys()), quality.cure(found))
    if odd := _odd(record):
        return Loss(odd)
    return None if "image" in record.segments else _OFF_LINE


def usable(record_list: str | Path, time: str, policy: Policy) -> Record:
    """Return the record of one slot.

    Raises
    ------
    NoData
        If there is none, or its image is off line.
    Rejected
        If its quality is bad, or one of its keywords of no use.
    """
    if not (record := records.by_slot(record_list).get(times.in_name(time))):
        unmet = times.in_name(time) in records.origin(record_list).get("unmet", ())
        raise NoData(
            (UNMET if unmet else unlisted(record_list)).reason, cure="Leave this time out", where=f"{record_list}, {time}"
        )
    if loss := verdict(record, policy):
        kind = NoData if loss is _OFF_LINE else Rejected
        raise kind(loss.reason, cure=f"{loss.cure}, or set jsoc.on_missing: skip", where=record.name)
    return record


def unlisted(record_list: str | Path) -> Loss:
    """Return why a slot is in no record of a list."""
    odd = sorted({record.keywords.get("T_REC", MISSING) for record in records.load(record_list) if not records.slot(record)})
    return Loss(f"the archive's record has T_REC = {', '.join(odd)}" if odd else "the archive has no record")


def has_spikes(record: Record) -> bool:
    """Return whether a record should have a file of replaced pixels: despiked channel, and NSPIKES is a number above 0.

    The ground pipeline despikes the EUV channels, and 4500 Å since February 2021 only: a missing file is no error there.
    """
    return _euv(record) and _number(record, "NSPIKES") > 0


def may_have_spikes(record: Record) -> bool:
    """Return whether a record may have such a file: despiked channel, and NSPIKES does not say that it has none."""
    return _euv(record) and _number(record, "NSPIKES") != 0


def without_spikes(record: Record) -> str:
    """Return why an image of a despiked channel is used without its spikes; empty where it is not."""
    unknown = may_have_spikes(record) and not has_spikes(record) and "spikes" not in record.segments
    return f"NSPIKES = {record.keywords.get('NSPIKES', MISSING)}, and the archive has no list of them" if unknown else ""


def _euv(record: Record) -> bool:
    return record.keywords.get("WAVELNTH", "") in {str(channel) for channel in EUV}


def _odd(record: Record) -> str:
    """Return which keyword of a record is of no use, as ``EXPTIME = nan``; empty where all are, or are in the file (VSO)."""
    if not record.series.keywords:
        return ""
    wrong = [name for name in _NUMBERS if not math.isfinite(_number(record, name))]
    if not wrong and not _number(record, "EXPTIME") > 0:
        wrong = ["EXPTIME"]
    try:
        times.parse(record.keywords["T_OBS"])
    except (KeyError, InputError):
        wrong.append("T_OBS")
    if "QUALITY" not in record.keywords:
        wrong.append("QUALITY")
    return ", ".join(f"{name} = {record.keywords.get(name, MISSING)}" for name in wrong)


def _number(record: Record, name: str) -> float:
    """Return a keyword's number; NaN where it has none."""
    try:
        return float(record.keywords.get(name, MISSING))
    except ValueError:
        return math.nan
