"""The header of a stored file, updated to the state of the database.

JSOC corrects keywords without changing stored files, so the header of an as-is file is that of the day it was made, and of
another series, aia.lev1. The database is authoritative: every card that does not describe the storage comes from the record.
The result equals the header of a staged export.
"""

from __future__ import annotations

import re

from astropy.io.fits import Header

from helioreduce import times
from helioreduce.errors import InputError
from helioreduce.jsoc.errors import Corrupt
from helioreduce.jsoc.records import Keyword, Record
from helioreduce.series import BITS, FITS_NAMES, MISSING, REALS, signed

_TIME = r"(\d{4}[-.]\d\d[-.]\d\d[T_]\d\d:\d\d:\d\d)"


def merge(record: Record, segment: str = "image") -> Header:
    """Return the header of a level-1 image: the keywords of its record, in the order of the series.

    Parameters
    ----------
    record
        The record with all keywords.
    segment
        Name of the file's segment.

    Returns
    -------
    Header
        Without the cards of storage and checksums.

    Raises
    ------
    Corrupt
        If the text of a keyword is not of its type.
    """
    header = Header()
    for name, keyword in record.series.keywords.items():
        card = FITS_NAMES.get(name, name.upper())
        if card in header or not re.fullmatch(r"[A-Z0-9_-]{1,8}", card):
            continue
        text = record.keywords.get(name, MISSING)
        try:
            header.append((card, value(keyword, text), _comment(keyword)), end=True)
        except (ValueError, InputError):
            raise Corrupt(f"{name} = {text!r} is no {keyword.type}", where=record.name) from None
    header["RECNUM"] = (record.recnum, "record number")
    header["DRMS_ID"] = (f"{record.series.name}:{record.recnum}:{segment}", "series:record:segment")
    header["PRIMARYK"] = (", ".join(record.series.primekeys), "prime keys")
    return header


def value(keyword: Keyword, text: str) -> int | float | str:
    """Return the text of a keyword as the value of a card, as in JSOC's exports.

    Missing integers are the lowest of their type, missing reals the text ``nan`` (FITS has no NaN in headers), hexadecimal
    words are signed, times have milliseconds and no Z. Characters that FITS does not allow are question marks.
    """
    missing = text in (MISSING, "")
    if keyword.type in BITS:
        bits = BITS[keyword.type]
        return -(2 ** (bits - 1)) if missing else signed(text, bits)
    if keyword.type in REALS:
        return "nan" if missing or text.lower() == "nan" else float(text)
    if keyword.type != "time":
        return "" if text == MISSING else re.sub(r"[^ -~]", "?", text)
    return "" if missing else _time(text)


def stale(file_header: Header, merged: Header) -> dict[str, tuple[object, object]]:
    """Return the cards that the merge changed: name → (in the file, in the database); None where there is none."""
    names = [name for name in dict.fromkeys([*merged, *file_header]) if name not in ("", "HISTORY", "COMMENT")]
    pairs = {name: (file_header.get(name), merged.get(name)) for name in names}
    return {name: pair for name, pair in pairs.items() if not _equal(*pair)}


def _time(text: str) -> str:
    """Return ``2014-01-01T00:00:01.340`` of an ISO time; other clocks keep their style and name."""
    match = re.fullmatch(_TIME + r"(\.\d+)?(Z|_\w+)?", text)
    if not match:
        times.parse(text)
        raise ValueError(text)
    milliseconds = f"{float(match[2] or 0):.3f}"
    if milliseconds.startswith("1"):
        return _time(times.iso(times.slot(times.parse(text), 1.0)))
    return f"{match[1]}{milliseconds[1:]}{'' if match[3] in ('Z', None) else match[3]}"


def _comment(keyword: Keyword) -> str:
    """Return ``[unit] note``, as long as a card allows."""
    unit = "" if keyword.unit in ("", "none") else f"[{keyword.unit}] "
    return f"{unit}{keyword.note}".strip()[:47]


def _equal(old: object, new: object) -> bool:
    """Return whether two values are equal; times may differ in the digits and the Z that an export writes."""
    if old == new:
        return True
    if isinstance(old, str) and isinstance(new, str) and re.match(_TIME, old) and re.match(_TIME, new):
        return _time(old) == _time(new)
    return False
