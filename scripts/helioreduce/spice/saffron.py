"""SAFFRON's settings and file names, so that its users can change over.

A SAFFRON configuration (JSON, keys that are sentences) becomes settings of this package; keys without a meaning here are
named.
"""

from __future__ import annotations

import difflib
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
#: Keys without a meaning here, and what is done instead.
_UNNEEDED = {
    "Jobs": "--cores of Snakemake is the number of cores",
    "weights": "samples are always weighted by their noise",
    "preclean": "samples that no line reaches are always left out",
    "save_data": "products are always written",
    "data_save_dir": "products are written to results/spice of the folder in which Snakemake runs",
    "getfile_verbose": "Snakemake says what is done",
    "geninits_verbose": "the starts are drawn by the target spice_views",
    "fit_verbose": "Snakemake says what is done",
}
#: Keys of the fit that are read.
_READ = (
    "despike", "denoise", "convolute", "conv_errors", "convolution_extent_list", "t_convolution_index", "window_size",
    "time_size", "data_filename",
)  # fmt: skip


class Translation(NamedTuple):
    """Settings as in the configuration, and notes on keys that have no meaning here."""

    settings: dict[str, Any]
    notes: list[str]


def settings(text: str) -> Translation:
    """Translate a SAFFRON configuration.

    Raises
    ------
    InputError
        If the text is not JSON, its selection mode is unknown, a key is missing, or a value cannot be used.
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
    top = [key for key in given if key not in ("SELECTION_MODE", "fit_raster_args") and not key.startswith(_MODE)]
    notes = [_note(key) for key in (*top, *arguments) if key not in _READ and "COMMENT" not in key]
    try:
        return Translation({**modes[mode](given), **_from_arguments(arguments)}, notes)
    except (AttributeError, TypeError, ValueError) as error:
        cure = "Write it as in SAFFRON's own template"
        raise InputError(f"a value cannot be used ({error})", cure=cure) from None


def _note(key: str) -> str:
    """Return what to say of a key that is not read."""
    if key in _UNNEEDED:
        return f"{key} has no meaning here: {_UNNEEDED[key]}"
    near = difflib.get_close_matches(key, (*_READ, *_UNNEEDED), 1)
    return f"{key} is no key of SAFFRON, and is not read" + (f"; the nearest is {near[0]}" if near else "")


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
    dates = {key: _days(section.get(key.upper(), "all")) for key in ("year", "month", "day")}
    return {"source": "dates", "folder": _folder(section), "dates": dates, "filters": filters}


def _days(choice: Any) -> int | list[int] | str:
    """Return years, months or days: a number, a list of numbers or ``all``, of numbers that may be text."""
    if choice is None or (isinstance(choice, str) and choice.lower() in ("all", "none", "")):
        return "all"
    return [int(number) for number in choice] if isinstance(choice, Sequence) and not isinstance(choice, str) else int(choice)


def _from_arguments(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of ``fit_raster_args``."""
    result: dict[str, Any] = {key: bool(given[key]) for key in ("despike", "denoise") if key in given}
    thresholds = {key: float(threshold) for key, threshold in given.get("conv_errors", {}).items()}
    result["binning"] = {**_bins(given), "thresholds": thresholds}
    if given.get("window_size") or given.get("time_size"):
        axes = [*(given.get("window_size") or [[None, None]] * 2), *([given["time_size"]] if given.get("time_size") else [])]
        result["area"] = [[None if edge is None else int(edge) for edge in axis] for axis in axes]
    if given.get("data_filename"):
        result["legacy"] = {"name": str(given["data_filename"])}
    return result


def _bins(given: Mapping[str, Any]) -> dict[str, list[int]]:
    """Return extents and times of the bins: the next odd numbers.

    SAFFRON 0.1 averages 1 + e pixels for an extent e; 0.4, which has ``t_convolution_index``, averages e, and 0 and 1 are one
    pixel.
    """
    if not given.get("convolute", True):
        return {"extents": [1], "times": [1]}
    newer = "t_convolution_index" in given
    sizes = [int(extent) + (not newer) for extent in given.get("convolution_extent_list", ())]
    found = {"extents": sorted({1, *(_odd_above(max(1, size)) for size in sizes)})}
    return {**found, "times": sorted({1, _odd_above(max(1, int(given["t_convolution_index"])))})} if newer else found


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
