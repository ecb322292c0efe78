"""The 178 keywords of a level-1 record, as JSOC prints them, and the header of the stored file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from helioreduce.io import fits
from helioreduce.series import BITS, FITS_NAMES, MISSING, REALS, level1_keywords, signed
from helioreduce.sun import statistics, telemetry
from helioreduce.sun.scenario import Facts

if TYPE_CHECKING:
    from astropy.io.fits import Header

#: Type and print format of every keyword, in the order of JSOC's replies.
_FORMATS = {row["name"]: (row["type"], row["format"]) for row in level1_keywords() if row["scope"] != "index"}
#: Cards that JSOC corrected later: a stale header has the values of before.
_SCALED_LATER = ("INST_ROT", "CROTA2", "CDELT1", "CDELT2", "IMSCL_MP")


def record(facts: Facts, image: np.ndarray, nspikes: int, changes: Mapping[str, object] | None = None) -> dict[str, str]:
    """Return the keywords of one frame: DRMS name to text in DRMS print format.

    Parameters
    ----------
    facts
        What is known of the frame without its pixels.
    image
        Level-1 counts (ny, nx), DN.
    nspikes
        Number of pixels that the despiker replaced.
    changes
        Values of the scenario that overrule the usual ones.
    """
    values = telemetry.values(facts) | statistics.measure(image) | {"NSPIKES": nspikes, "QUALITY": facts.quality}
    values |= changes or {}
    return {name: text(name, values.get(name)) for name in _FORMATS}


def text(name: str, value: object) -> str:
    """Return a value in the print format of the keyword ``name``; ``None`` and NaN are MISSING."""
    kind, layout = _FORMATS[name]
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return MISSING
    if isinstance(value, datetime):
        return _time(value, int(layout))
    if layout.startswith("0x") and isinstance(value, int):
        return layout % (value & 0xFFFFFFFF)
    return layout % value if kind in REALS else str(value)


def stored_header(keywords: Mapping[str, str], facts: Facts, mode: str = "fresh") -> Header:
    """Return the header of the stored image: cards of ``aia.lev1``, with its T_REC of 1 s.

    ``fresh``: the record's keywords. ``stale``: pointing, gain and date as they were before the database was corrected.
    ``bare``: no cards.
    """
    header = fits.cards()
    if mode == "bare":
        return header
    second = facts.t_obs + timedelta(microseconds=500000)
    for name in _FORMATS:
        if name not in ("DATE-OBS", "CALVER32"):
            header[FITS_NAMES.get(name, name)] = card_value(name, keywords[name])
    for name in ("DATE", "DATE-OBS"):
        header[name] = header[name].removesuffix("Z")
    header.update(T_REC=_time(second, 0), TRECSTEP=1.0, TRECEPOC="1977.01.01_00:00:00_TAI", TRECROUN=1, BLD_VERS="V9R2X")
    if mode == "stale":
        header.update({name: round(header[name] * 0.9995, 6) for name in _SCALED_LATER})
        header.update(MPO_REC="sdo.master_pointing[:#1]", DN_GAIN=1.0, EFF_AREA=1.0)
        header["DATE"] = facts.t_obs.strftime("%Y-%m-%dT23:59:59")
    return header


def card_value(name: str, value: str) -> str | int | float:
    """Return the FITS value of a DRMS text; missing integers are −2³¹, missing reals ``nan``; hexadecimal is signed."""
    kind = _FORMATS[name][0]
    if kind in BITS and value == MISSING:
        return -(2**31)
    if kind in BITS:
        return signed(value) if value.startswith("0x") else int(value)
    if kind in REALS:
        return "nan" if value == MISSING else float(value)
    return "" if value == MISSING else value


def _time(value: datetime, decimals: int) -> str:
    """Return UTC as JSOC prints it: ``2014-01-01T00:00:08.57Z``, cut to the decimals."""
    fraction = f".{value.microsecond // 10 ** (6 - decimals):0{decimals}d}" if decimals else ""
    return f"{value:%Y-%m-%dT%H:%M:%S}{fraction}Z"
