"""FITS cards of an exported file, which come from the database, not from the stored file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from astropy.io.fits import Header

from helioreduce import times
from helioreduce.archive.series import UNSET, Keyword, Series, time_text
from helioreduce.series import BITS, FITS_NAMES, MISSING, REALS, signed

if TYPE_CHECKING:
    from helioreduce.archive.catalogue import Record


def exported(series: Series, record: Record, segment: str) -> Header:
    """Return the header of a staged ``fits`` export: keywords in the order of the series, then the record's identity."""
    header = Header()
    for keyword in series.keywords:
        name = FITS_NAMES.get(keyword.name, keyword.name.upper())
        if keyword.scope == "index" or name in header or not re.fullmatch(r"[A-Z0-9_-]{1,8}", name):
            continue
        header.append((name, card_value(keyword, _text(keyword, record.keywords)), _comment(keyword)), end=True)
    header["RECNUM"] = (record.recnum, "record number")
    header["DRMS_ID"] = (f"{series.name}:{record.recnum}:{segment}", "series:record:segment")
    header["PRIMARYK"] = (", ".join(series.primekeys), "prime keys")
    return header


def card_value(keyword: Keyword, text: str) -> int | float | str:
    """Return the value of a card from its text: missing integers are the lowest, missing reals the text ``nan``."""
    missing = text in (MISSING, "")
    if keyword.type in BITS:
        return signed(UNSET[keyword.type] if missing else text, BITS[keyword.type])
    if keyword.type in REALS:
        return "nan" if missing or text.lower() == "nan" else float(text)
    if keyword.type != "time":
        return "" if text == MISSING else text
    return "" if missing else time_text(times.parse(text), keyword.unit, 3).removesuffix("Z")


def _text(keyword: Keyword, keywords: Mapping[str, str]) -> str:
    """Return the record's text in full precision."""
    return keyword.shown(keywords.get(keyword.name, keywords.get(keyword.name.replace("-", "__"))), full=True)


def _comment(keyword: Keyword) -> str:
    """Return ``[unit] note``, as long as a card allows."""
    unit = "" if keyword.unit in ("", "none") else f"[{keyword.unit}] "
    return f"{unit}{keyword.note}".strip()[:47]
