"""SAFFRON's settings and file names, so that its users can change over.

A SAFFRON configuration (JSON, keys that are sentences) becomes settings of this package; keys without a meaning here are
named.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from helioreduce.errors import InputError

_MODE = "file selection mode=> "
#: Placeholders of file names; one that begins with another comes first.
_PLACEHOLDERS = ("::PARAMPLACEHOLDER", "::SAMENAMEL2.5", "::SAMENAME", "::TCONV", "::CONV", "::TIME")
#: Filters of this package and their SAFFRON keys.
_FILTERS = {"study": "STD_TYP", "stp": "STP_NUM", "soop": "SOOP_NAM", "misostud": "MISOSTUD_NUM", "name": "in_name"}
_UNNEEDED = ("Jobs", "weights", "save_data")


class Translation(NamedTuple):
    """Settings as in the configuration, and notes on keys that have no meaning here."""

    settings: dict[str, Any]
    notes: list[str]


def settings(text: str) -> Translation:
    """Translate a SAFFRON configuration.

    Raises
    ------
    InputError
        If the text is not JSON, its selection mode is unknown, or a key is missing.
    """
    try:
        given = json.loads(text)
        mode = str(given["SELECTION_MODE"]).lower()
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"is no SAFFRON configuration ({error!r})", cure="Expected JSON with SELECTION_MODE") from error
    modes = {"list": _from_list, "folder": _from_folder, "intervale": _from_dates, "date intervale": _from_dates}
    if mode not in modes:
        raise InputError(f"SELECTION_MODE is {given['SELECTION_MODE']!r}", cure=f"Use one of {', '.join(modes)}")
    arguments = given.get("fit_raster_args", {})
    notes = [f"{key} is not needed here" for key in _UNNEEDED if key in arguments]
    return Translation({**modes[mode](given), **_from_arguments(arguments)}, notes)


def _section(given: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    """Return the first section of these names that the configuration has."""
    for name in names:
        if isinstance(given.get(_MODE + name), Mapping):
            return given[_MODE + name]
    raise InputError(f"the section {_MODE + names[0]!r} is missing", cure="Add it to the SAFFRON configuration")


def _folder(section: Mapping[str, Any]) -> str:
    """Return the folder of level-2 files."""
    folder = section.get("L2_folder") or section.get("folder")
    if not folder:
        raise InputError("the folder of level-2 files is not given", cure="Set L2_folder")
    return str(folder)


def _from_list(given: Mapping[str, Any]) -> dict[str, Any]:
    files = _section(given, "list").get("files")
    if not files:
        raise InputError("the list of level-2 files is not given", cure="Set files")
    return {"source": "list", "files": list(files)}


def _from_folder(given: Mapping[str, Any]) -> dict[str, Any]:
    return {"source": "folder", "folder": _folder(_section(given, "folder"))}


def _from_dates(given: Mapping[str, Any]) -> dict[str, Any]:
    section = _section(given, "date intervale", "intervale")
    filters = {ours: section.get(theirs) for ours, theirs in _FILTERS.items()}
    filters = {key: None if entry in ("all", "ALL", "None", "") else entry for key, entry in filters.items()}
    dates = {"year": section.get("YEAR", "all"), "month": section.get("MONTH", "all"), "day": section.get("DAY", "all")}
    return {"source": "dates", "folder": _folder(section), "dates": dates, "filters": filters}


def _from_arguments(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of ``fit_raster_args``; bins are the next odd extents above SAFFRON's 1 + e."""
    result: dict[str, Any] = {key: bool(given[key]) for key in ("despike", "denoise") if key in given}
    extents = [1]
    if given.get("convolute", True) and "convolution_extent_list" in given:
        extents = sorted({1, *(_odd_above(1 + int(extent)) for extent in given["convolution_extent_list"])})
    thresholds = {key: float(threshold) for key, threshold in given.get("conv_errors", {}).items()}
    result["binning"] = {"extents": extents, "thresholds": thresholds}
    if given.get("window_size"):
        result["area"] = [[None if edge is None else int(edge) for edge in axis] for axis in given["window_size"]]
    if given.get("data_filename"):
        result["legacy"] = {"name": str(given["data_filename"])}
    return result


def _odd_above(size: int) -> int:
    return size if size % 2 else size + 1


@dataclass(frozen=True, slots=True)
class FileNames:
    """File names of one raster's products from SAFFRON's placeholders.

    ``::SAMENAME`` is the level-2 file's name, ``::SAMENAMEL2.5`` the same with L2 as L2.5, ``::PARAMPLACEHOLDER`` the line or
    background, ``::CONV`` and ``::TCONV`` the bins' extents and times, ``::TIME`` the time of writing.

    Raises
    ------
    InputError
        If a placeholder is unknown, both forms of the name are used, or files of different lines would have one name.
    """

    pattern: str
    raster: str
    extents: Sequence[int]
    times: Sequence[int]
    written: datetime

    def __post_init__(self) -> None:
        if "::PARAMPLACEHOLDER" not in self.pattern:
            cure = "Every line needs a name of its own"
            raise InputError(f"the file name {self.pattern!r} has no ::PARAMPLACEHOLDER", cure=cure)
        if "::SAMENAMEL2.5" in self.pattern and re.search(r"::SAMENAME(?!L2\.5)", self.pattern):
            raise InputError("::SAMENAME and ::SAMENAMEL2.5 are both used", cure="Use one of them")
        if "::" in self.of(""):
            raise InputError(f"{self.pattern!r} has an unknown placeholder", cure=f"Known: {', '.join(_PLACEHOLDERS)}")

    def of(self, parameter: str) -> str:
        """Return the file name of a line or background."""
        values = {
            "::PARAMPLACEHOLDER": parameter,
            "::SAMENAMEL2.5": self.raster.replace("L2", "L2.5", 1),
            "::SAMENAME": self.raster,
            "::TCONV": "-".join(f"{n:02d}" for n in self.times),
            "::CONV": "-".join(f"{n:02d}" for n in self.extents),
            "::TIME": self.written.strftime("%y%m%dT%H%M%S"),
        }
        name = self.pattern
        for placeholder in _PLACEHOLDERS:
            name = name.replace(placeholder, values[placeholder])
        return name
