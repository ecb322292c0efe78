"""Data series: keywords with type and print format, prime keys, slots, segments."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache, cached_property
from typing import Any

from helioreduce import times
from helioreduce.errors import InputError
from helioreduce.series import BITS, CHANNELS, EXPOSURES, LEVEL1, MISSING, REALS, level1_keywords, signed

#: Default that DRMS shows for a keyword that no record has set, by type.
UNSET = {kind: str(-(2 ** (bits - 1))) for kind, bits in BITS.items()} | {"float": "nan", "double": "nan", "string": ""}
#: Channels, Å, as the pointing series spells them.
WAVES = tuple(f"{channel:03d}" for channel in CHANNELS)
_EPOCH = times.parse("1977-01-01")
#: Value of a keyword in the database: a number, TAI seconds, or text.
Value = float | int | str


@dataclass(frozen=True, slots=True)
class Keyword:
    """A keyword of a series.

    ``type`` is DRMS's (time, int, float, string, …), ``format`` the print format: ``%f``, ``0x%08x``, or for times the
    number of decimals of a second; ``unit`` of a time is ISO, TAI or UTC. ``link`` names the link it comes through: ``lev1``,
    or ``lev1->NAME`` where the name differs there.
    """

    name: str
    type: str
    scope: str = "variable"
    unit: str = "none"
    format: str = "%s"
    link: str = ""
    default: str = ""
    note: str = ""

    @property
    def unset(self) -> str:
        """Default that DRMS shows."""
        if self.default or self.type != "time":
            return self.default or UNSET[self.type]
        return "-4712.01.01_11:59:28Z" if self.format == "0" else "-4712.01.01_11:59:27.82Z"

    def shown(self, text: str | None, *, full: bool = False) -> str:
        """Return the text of ``rs_list``: in the print format or in full precision; ``MISSING`` where there is no value."""
        if text is None and self.scope == "constant":
            text = self.default
        if text is None or text in (MISSING, "nan", "NaN"):
            return self.default if self.format.startswith("0x") and self.default else MISSING
        if full or not text:
            return text
        if self.type in REALS:
            return text if _decimals(text) == _wanted(self.format) else self.format % float(text)
        if self.format.startswith("0x") and not text.lower().startswith("0x"):
            return self.format % (int(text) % 2**32)
        if self.type == "time" and _decimals(text) > int(self.format):
            return time_text(times.parse(text), self.unit, int(self.format))
        return text

    def value(self, text: str | None) -> Value:
        """Return the value in the database: times in TAI seconds, missing reals above all others, as NaN in Postgres."""
        if text is None:
            text = self.default if self.scope == "constant" else MISSING
        if self.type == "string":
            return "" if text == MISSING else text
        if self.type in BITS:
            return signed(UNSET[self.type] if text in (MISSING, "") else text, BITS[self.type])
        if text in (MISSING, "", "nan", "NaN"):
            return math.inf
        return times.tai_seconds(times.parse(text)) if self.type == "time" else float(text)


@dataclass(frozen=True)
class Series:
    """A series; ``steps`` gives the slot length in s of the slotted prime keys."""

    name: str
    note: str
    primekeys: tuple[str, ...]
    keywords: tuple[Keyword, ...]
    steps: Mapping[str, float] = field(default_factory=dict)
    segments: tuple[Mapping[str, object], ...] = ()
    links: tuple[Mapping[str, str], ...] = ()

    @cached_property
    def by_name(self) -> dict[str, Keyword]:
        """Keywords by lower-case name; DRMS ignores case."""
        return {keyword.name.lower(): keyword for keyword in self.keywords}

    def prime(self, keywords: Mapping[str, str]) -> tuple[Value, ...]:
        """Return the values of the prime keys of a record; a slotted time is the number of its slot."""
        return tuple(self.position(key, self.by_name[key.lower()].value(keywords.get(key))) for key in self.primekeys)

    def position(self, key: str, value: Value) -> Value:
        """Return the number of the slot nearest to a time, or the value itself where the key is not slotted."""
        step = self.steps.get(key)
        return round(value / step) if step and isinstance(value, float) and math.isfinite(value) else value

    def record_name(self, keywords: Mapping[str, str]) -> str:
        """Return the name of a record, ``series[T_REC][WAVELNTH]``."""
        shown = (self.by_name[key.lower()].shown(keywords.get(key)) for key in self.primekeys)
        return self.name + "".join(f"[{text}]" for text in shown)


def time_text(time: datetime, unit: str, decimals: int) -> str:
    """Return a time as DRMS prints it: ``2014-01-01T00:00:01.34Z`` (ISO) or ``2014.01.01_00:00:36_TAI``."""
    style = unit.upper()
    if style == "TAI":
        time = _tai_clock(time)
    seconds = f"{time.second + time.microsecond / 1e6:0{3 + decimals if decimals else 2}.{decimals}f}"
    if style == "ISO":
        return f"{time:%Y-%m-%dT%H:%M:}{seconds}Z"
    return f"{time:%Y.%m.%d_%H:%M:}{seconds}_{'TAI' if style == 'TAI' else 'UTC'}"


#: Series of AIA that need no description on disk.
KNOWN = (*EXPOSURES, "aia.lev1_euv_12s", "aia.lev1_uv_24s", "aia.lev1_vis_1h", "aia.master_pointing3h", "aia.response")
_NOTES = {
    "aia.lev1_euv_12s": "AIA level 1, EUV, every 12 s",
    "aia.lev1_uv_24s": "AIA level 1, UV, every 24 s",
    "aia.lev1_vis_1h": "AIA level 1, visible light, every hour",
}


@cache
def known(name: str) -> Series | None:
    """Return one of the :data:`KNOWN` series by its lower-case name, or None."""
    if name in _NOTES:
        return _level1(name, next(series.slot_s for series in LEVEL1.values() if series.name == name), _NOTES[name])
    if name in EXPOSURES:
        return level1_target(name)
    builders = {"aia.master_pointing3h": _pointing, "aia.response": _response}
    return builders[name]() if name in builders else None


def described(struct: Mapping[str, Any]) -> Series:
    """Return a series from a ``series_struct`` reply in a file on disk.

    Raises
    ------
    InputError
        If the description lacks a part.
    """
    try:
        return Series(
            name=struct["name"],
            note=struct.get("note", ""),
            primekeys=tuple(struct["primekeys"]),
            keywords=tuple(_described_keyword(entry) for entry in struct["keywords"]),
            steps={info["name"]: float(info["step"]) for info in struct.get("primekeysinfo", ()) if info.get("slotted")},
            segments=tuple(struct.get("segments", ())),
            links=tuple(struct.get("links", ())),
        )
    except KeyError as missing:
        raise InputError(f"the description of the series lacks {missing}") from None


def _described_keyword(entry: Mapping[str, str]) -> Keyword:
    """Return a keyword from an entry of ``series_struct``."""
    return Keyword(
        name=entry["name"],
        type=entry["type"],
        scope=entry.get("recscope", "variable"),
        unit=entry.get("units") or "none",
        format=entry.get("format") or _usual_format(entry),
        link=entry.get("linkinfo", ""),
        default=entry.get("defval", ""),
        note=entry.get("note", ""),
    )


def _level1(name: str, step: float, note: str) -> Series:
    """Return one of the level-1 series; they share their keywords."""
    keywords = [
        replace(word, default=f"{step:.6f}") if word.name == "T_REC_step" else word
        for word in (Keyword(**row) for row in level1_keywords())
    ]
    segments = (
        {"name": "image", "type": "int", "units": None, "protocol": "link via lev1", "dims": None, "note": "Level-1 image"},
        {"name": "spikes", "type": "int", "units": None, "protocol": "link via lev1", "dims": None, "note": "Replaced pixels"},
    )
    links = ({"name": "lev1", "target": "aia.lev1", "kind": "DYNAMIC", "note": "Level-1 record of the image"},)
    return Series(name, note, ("T_REC", "WAVELNTH"), tuple(keywords), {"T_REC": step}, segments, links)


def level1_target(name: str = EXPOSURES[0]) -> Series:
    """Return a series of single exposures; its prime keys are slots of one second and the exposure number.

    To aia.lev1 the three slotted series link; aia.lev1_nrt2 holds the same near real time.
    """
    series = _level1(name, 1, "AIA level 1")
    keywords = tuple(replace(keyword, link="") for keyword in series.keywords)
    image, spikes = ({**segment, "protocol": "fits"} for segment in series.segments)
    segments = ({**image, "name": "image_lev1"}, spikes)
    return replace(series, primekeys=("T_REC", "FSN"), keywords=keywords, segments=segments, links=())


def _pointing() -> Series:
    """Return aia.master_pointing3h: Sun centre (0-based pixels), plate scale and roll of every channel, every 3 hours."""
    keywords = [Keyword(name, "time", unit="ISO", format="0") for name in ("T_START", "T_STOP", "DATE")]
    keywords.append(Keyword("VERSION", "int", format="%d"))
    for wave in WAVES:
        units = {"X0": "pixel", "Y0": "pixel", "IMSCALE": "arcsec/pixel", "INSTROT": "deg"}
        keywords += [Keyword(f"A_{wave}_{what}", "float", unit=unit, format="%f") for what, unit in units.items()]
    keywords += [Keyword(f"SC_{axis}_INRT_BIAS", "float", unit="arcsec", format="%f") for axis in "YZ"]
    return Series("aia.master_pointing3h", "AIA pointing, every 3 hours", ("T_START",), tuple(keywords))


def _response() -> Series:
    """Return aia.response: effective area and its evolution, one row per channel and epoch."""
    keywords = [Keyword(name, "time", unit="ISO", format="0") for name in ("DATE", "T_START", "T_STOP")]
    keywords += [Keyword("VER_NUM", "int", format="%d"), Keyword("WAVE_STR", "string")]
    keywords.append(Keyword("WAVELNTH", "int", unit="angstrom", format="%d"))
    reals = {"EPERDN": "none", "DNPERPHT": "none", "EFF_AREA": "cm^2", "EFF_WVLN": "angstrom"}
    reals |= {"EFFA_P1": "none", "EFFA_P2": "none", "EFFA_P3": "none", "RMSE": "none"}
    keywords += [Keyword(name, "float", unit=unit, format="%f") for name, unit in reals.items()]
    return Series("aia.response", "AIA degradation", ("T_START", "WAVE_STR"), tuple(keywords))


def _usual_format(entry: Mapping[str, str]) -> str:
    """Return the print format where a description has none; ``series_struct`` does not have it."""
    if entry["type"] == "time":
        return "2" if "27.82" in entry.get("defval", "") else "0"
    if entry["type"] in REALS:
        return "%f"
    return "0x%08x" if str(entry.get("defval", "")).startswith("0x") else "%d" if entry["type"] in BITS else "%s"


def _tai_clock(time: datetime) -> datetime:
    """Return the reading of a TAI clock at a UTC time."""
    return _EPOCH + timedelta(seconds=round(times.tai_seconds(time), 6))


@cache
def _wanted(format_: str) -> int:
    """Return the decimals of a print format: ``%.2f`` has 2, ``%f`` has 6."""
    match = re.fullmatch(r"%\d*(?:\.(\d+))?f", format_)
    return int(match[1] or 6) if match else -1


def _decimals(text: str) -> int:
    """Return the number of digits after the point; 0 without one."""
    digits = re.search(r"\.(\d+)(?:Z|_[A-Z]+)?$", text)
    return len(digits[1]) if digits and not re.fullmatch(r"\d{4}\.\d\d\.\d\d", text) else 0
