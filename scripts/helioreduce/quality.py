"""What light is good enough: one policy for the frames of every source.

A frame is judged by the bits of QUALITY and by the keywords from which the ground pipeline sets them, so that a file whose
QUALITY is missing or out of date is judged as well. A configuration names the flaws that it allows or refuses besides.

Source: SDO User Guide (SDOD0060) §7.7.6 and the level-1 keyword document; bits 5–7 and 22–25 from the level-1 pipeline.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from numbers import Number
from typing import NamedTuple

from helioreduce.errors import InputError
from helioreduce.series import MISSING, signed

Keywords = Mapping[str, object]
#: Least share of pixels that must have arrived, percent: as bit 11 has it.
LEAST_PERCENT = 75.0


class Policy(NamedTuple):
    """What a configuration changes: names of :data:`FLAWS` that are allowed, and names that are refused besides."""

    allow: Collection[str] = ()
    refuse: Collection[str] = ()


DEFAULT = Policy()


class Flaw(NamedTuple):
    """Something wrong with a frame.

    Parameters
    ----------
    bit, meaning
        Of QUALITY.
    refused
        Whether a frame that has it is refused unless the configuration allows it.
    keyword, values
        A keyword that says the same when it has one of these values.
    """

    bit: int
    meaning: str
    refused: bool = True
    keyword: str = ""
    values: Callable[[str], bool] = bool


FLAWS = {
    "no_flat_field": Flaw(0, "flat field missing", False),
    "no_orbit": Flaw(1, "orbit data missing", False),
    "no_attitude": Flaw(2, "attitude (ASD) missing", False),
    "no_pointing": Flaw(3, "master pointing missing", False),
    "no_limb_fit": Flaw(4, "limb fit missing", False),
    "instrument_anomaly": Flaw(5, "instrument anomaly", False),
    "misconfigured": Flaw(6, "misconfigured", False),
    "camera_anomaly": Flaw(7, "camera anomaly", False),
    "any_missing_pixels": Flaw(8, "missing pixels", False),
    "missing_1_percent": Flaw(9, "more than 1 % of pixels missing", False),
    "missing_5_percent": Flaw(10, "more than 5 % of pixels missing", False),
    "missing_25_percent": Flaw(11, "more than 25 % of pixels missing", True, "PERCENTD", lambda v: _number(v) < LEAST_PERCENT),
    "not_science_mode": Flaw(12, "spacecraft not in SCIENCE mode", True, "ACS_MODE", lambda value: value != "SCIENCE"),
    "eclipse": Flaw(13, "eclipse", True, "ACS_ECLP", lambda value: value == "YES"),
    "no_sun": Flaw(14, "Sun not present", True, "ACS_SUNP", lambda value: value == "NO"),
    "safe_mode": Flaw(15, "safe mode", True, "ACS_SAFE", lambda value: value == "YES"),
    "dark": Flaw(16, "dark image", True, "IMG_TYPE", lambda value: value == "DARK"),
    "open_loop": Flaw(17, "image stabilisation loop open", True, "AISTATE", lambda value: value == "OPEN"),
    "calibration": Flaw(18, "calibration image"),
    "focus": Flaw(20, "focus out of range"),
    "register": Flaw(21, "register", False),
    "thermal_recovery": Flaw(22, "thermal recovery", False),
    "lunar_transit": Flaw(23, "lunar transit", False),
    "occulted": Flaw(24, "occulted (hard shadow)", False),
    "atmosphere": Flaw(25, "absorption in the atmosphere", False),
    "near_real_time": Flaw(30, "near-real-time data"),
    "no_image": Flaw(31, "no image"),
}

_TOLD = {name: flaw for name, flaw in FLAWS.items() if flaw.keyword}


def word(text: str) -> int:
    """Return QUALITY as 32 unsigned bits, from its text: ``0x40000000`` or a signed decimal.

    A missing value (``MISSING`` in a record, −2³¹ in a header) means that there is no image.

    Raises
    ------
    ValueError
        If the text is no number.
    """
    return 1 << 31 if text in ("", MISSING) else signed(text) % 2**32


def flaws(keywords: Keywords) -> dict[str, str]:
    """Return the flaws of a frame by name, each with what says so.

    Parameters
    ----------
    keywords
        Of a DRMS record (texts) or of a FITS header; a keyword that is absent says nothing.

    Raises
    ------
    InputError
        If QUALITY is no number.
    """
    bits, found = _bits(keywords), {}
    for name, flaw in FLAWS.items() if bits else ():
        if bits >> flaw.bit & 1:
            found[name] = f"QUALITY bit {flaw.bit}: {flaw.meaning}"
    for name, flaw in _TOLD.items():
        value = _text(keywords, flaw.keyword)
        if value and name not in found and flaw.values(value):
            found[name] = f"{flaw.keyword} = {value}: {flaw.meaning}"
    if lost := _lost(keywords):
        found.setdefault("missing_25_percent", f"MISSVALS = {lost:.0f}: {FLAWS['missing_25_percent'].meaning}")
    return found


def objections(keywords: Keywords, policy: Policy = DEFAULT) -> dict[str, str]:
    """Return the flaws for which a frame is refused; none where it may be used. A frame without an image never may."""
    refused = {name for name, flaw in FLAWS.items() if flaw.refused}
    refused = refused - set(policy.allow) | set(policy.refuse) | {"no_image"}
    return {name: reason for name, reason in flaws(keywords).items() if name in refused}


def allowed(keywords: Keywords, policy: Policy) -> dict[str, str]:
    """Return the flaws of a frame that is only taken because the policy allows them."""
    found = flaws(keywords)
    return {name: reason for name, reason in found.items() if name in policy.allow and FLAWS[name].refused}


def words(found: Mapping[str, str]) -> str:
    """Return flaws in words."""
    return "; ".join(found.values())


def cure(found: Collection[str]) -> str:
    """Return what can be done about a frame with these flaws."""
    if "no_image" in found:
        return "Leave the frame out"
    besides = [name for name in found if not FLAWS[name].refused]
    allow = [name for name in found if FLAWS[name].refused]
    ways = [f"set aia.quality.allow: [{', '.join(allow)}]"] if allow else []
    ways += [f"take {', '.join(besides)} out of aia.quality.refuse"] if besides else []
    return f"Leave the frame out, or {' and '.join(ways)}"


def _bits(keywords: Keywords) -> int:
    """Return QUALITY as bits; none are set where there is no such keyword."""
    text = _written(keywords.get("QUALITY", 0))
    try:
        return word(text)
    except ValueError:
        raise InputError(f"QUALITY = {text!r} is not a number", cure="Give QUALITY as JSOC has it, or remove it") from None


def _text(keywords: Keywords, keyword: str) -> str:
    """Return a keyword's value as text; empty where it has none, in the words of DRMS and of its exports."""
    text = _written(keywords.get(keyword, ""))
    return "" if text in (MISSING, "nan", str(-(2**31))) else text


def _written(value: object) -> str:
    """Return a value as text; empty where it is none, as Astropy's object of a blank card."""
    return str(value).strip() if isinstance(value, str | Number) else ""


def _lost(keywords: Keywords) -> float:
    """Return MISSVALS where it counts too many lost pixels: of a full frame, that is, and without PERCENTD."""
    lost, total, *sides = (_number(_text(keywords, key)) for key in ("MISSVALS", "TOTVALS", "NAXIS1", "NAXIS2"))
    full_frame = not _text(keywords, "PERCENTD") and sides[0] * sides[1] == total
    return lost if full_frame and 100 * (1 - lost / total) < LEAST_PERCENT else 0.0


def _number(text: str) -> float:
    """Return a text as a number; NaN, which no comparison holds for, where it is none."""
    try:
        return float(text)
    except ValueError:
        return float("nan")
