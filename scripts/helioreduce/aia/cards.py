"""Cards of a level-1 header, each read by its type: a card without a value is not one of the wrong type."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
from astropy.io.fits.card import Undefined

from helioreduce import times
from helioreduce.aia.channels import known
from helioreduce.errors import InputError

if TYPE_CHECKING:
    from astropy.io import fits

Header = Mapping[str, object]
#: JSOC's missing values: of integers, and, as text, of reals and times.
_MISSING_INTEGER = -(2**31)
_MISSING_TEXT = ("", "nan", "missing")
#: JSOC's statistics of an image; they become wrong as soon as a pixel changes.
STATISTICS = (
    *("DATAMIN", "DATAMAX", "DATAMEDN", "DATAMEAN", "DATARMS", "DATASKEW", "DATAKURT", "DATACENT"),
    *("TOTVALS", "DATAVALS", "MISSVALS", "PERCENTD"),
    *("DATAP01", "DATAP10", "DATAP25", "DATAP75", "DATAP90", "DATAP95", "DATAP98", "DATAP99"),
)
_REFETCH = "Fetch the image again with its JSOC header"


def value(header: Header, key: str) -> object:
    """Return a card's value; None where it is absent, blank, NaN or one of JSOC's missing values."""
    found = header.get(key)
    if isinstance(found, str):
        found = found.strip()
        return None if found.lower() in _MISSING_TEXT else found
    if found is None or isinstance(found, Undefined) or found == _MISSING_INTEGER:
        return None
    return None if isinstance(found, float) and np.isnan(found) else found


def number(header: Header, key: str) -> float | None:
    """Return a card's number; None where it has no :func:`value`.

    Raises
    ------
    InputError
        If the card holds anything but a finite number.
    """
    found = value(header, key)
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int | float) or not np.isfinite(found):
        raise InputError(f"{key} = {found!r} is not a number", cure=_REFETCH)
    return float(found)


def required(header: Header, key: str, cure: str = _REFETCH) -> float:
    """Return a card's number.

    Raises
    ------
    InputError
        If it has none.
    """
    found = number(header, key)
    if found is None:
        raise InputError(f"the keyword {key} is missing" if key not in header else f"{key} has no value", cure=cure)
    return found


def channel(header: Header) -> int:
    """Return WAVELNTH in Å.

    Raises
    ------
    InputError
        If it is missing, not a number, in another unit, or none of AIA's channels.
    """
    found = required(header, "WAVELNTH")
    unit = str(value(header, "WAVEUNIT") or "angstrom").lower()
    if unit not in ("angstrom", "angstroms", "a", "å"):
        raise InputError(f"WAVELNTH = {found:g} {unit}: not in angstrom", cure="Give WAVELNTH and WAVEUNIT in angstrom")
    return known(int(found) if found == int(found) else found)


def time(header: Header, key: str = "T_OBS") -> datetime:
    """Return a time.

    Raises
    ------
    InputError
        If it is missing or no time.
    """
    found = value(header, key)
    if found is None:
        raise InputError(f"the keyword {key} is missing" if key not in header else f"{key} has no value", cure=_REFETCH)
    try:
        return times.parse(str(found))
    except InputError as error:
        raise InputError(f"{key} = {error.problem}", cure=error.cure) from None


def dates(header: Header) -> dict[str, tuple[str, str]]:
    """Return the cards of beginning, middle (T_OBS) and end of the exposure; only the middle where EXPTIME is no time."""
    middle, exposure_s = time(header), value(header, "EXPTIME")
    found = {"TIMESYS": ("UTC", "of all dates"), "DATE-AVG": (_date(middle), "middle of the exposure, T_OBS")}
    if isinstance(exposure_s, int | float) and 0 < exposure_s < 3600:
        half = timedelta(seconds=exposure_s / 2)
        found["DATE-BEG"] = (_date(middle - half), "beginning of the exposure")
        found["DATE-END"] = (_date(middle + half), "end of the exposure")
    return found


def _date(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]


def remove_missing(header: fits.Header) -> None:
    """Remove the cards that hold one of JSOC's missing values, in place."""
    for key in {key: None for key in header if key not in ("COMMENT", "HISTORY", "")}:  # some stand twice
        found = header[key]
        blank = found is None or isinstance(found, Undefined)
        if blank or found == _MISSING_INTEGER or str(found).strip().lower() in _MISSING_TEXT[1:]:
            del header[key]


def remove_statistics(header: fits.Header) -> None:
    """Remove JSOC's statistics of an image, in place, from the header of another image made from it."""
    for key in STATISTICS:
        header.remove(key, ignore_missing=True)
