"""SAFFRON's own settings, file names and file layout, so that its users can change over.

A configuration of SAFFRON (JSON, keys that are sentences) becomes settings of this package; what it cannot mean here is
named. Products are also written as SAFFRON has them: per line one FITS file of six images, without pickles.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np

from helioreduce.errors import InputError
from helioreduce.io.fits import Plane
from helioreduce.spice.level3 import Fitted, spatial_header

_MODE = "file selection mode=> "
_ODD_NAMES = ("::PARAMPLACEHOLDER", "::SAMENAMEL2.5", "::SAMENAME", "::TCONV", "::CONV", "::TIME")


class Translation(NamedTuple):
    """Settings as in the configuration, and notes on keys that have no meaning here."""

    settings: dict[str, object]
    notes: list[str]


def settings(text: str) -> Translation:
    """Settings of a SAFFRON configuration.

    Raises
    ------
    InputError
        If the text is no JSON, or its selection mode is unknown.
    """
    try:
        given = json.loads(text)
        mode = str(given["SELECTION_MODE"]).lower()
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"is no SAFFRON configuration ({error!r})", cure="Expected JSON with SELECTION_MODE") from error
    modes = {"list": _from_list, "folder": _from_folder, "intervale": _from_dates, "date intervale": _from_dates}
    if mode not in modes:
        raise InputError(f"SELECTION_MODE is {given['SELECTION_MODE']!r}", cure=f"Use one of {', '.join(modes)}")
    result = {**modes[mode](given), **_from_arguments(given.get("fit_raster_args", {}))}
    notes = [f"{key} is not needed here" for key in ("Jobs", "weights", "save_data") if key in given.get("fit_raster_args", {})]
    return Translation(result, notes)


def _section(given: Mapping[str, object], *names: str) -> Mapping[str, object]:
    found = next((given[_MODE + name] for name in names if _MODE + name in given), None)
    if not isinstance(found, Mapping):
        raise InputError(f"the section {_MODE + names[0]!r} is missing", cure="Add it to the SAFFRON configuration")
    return found


def _from_list(given: Mapping[str, object]) -> dict[str, object]:
    return {"source": "list", "files": list(_section(given, "list")["files"])}  # type: ignore[call-overload]


def _from_folder(given: Mapping[str, object]) -> dict[str, object]:
    section = _section(given, "folder")
    folder = section.get("L2_folder") or section.get("folder")
    if not folder:
        raise InputError("the folder of level-2 files is not given", cure="Set L2_folder")
    return {"source": "folder", "folder": str(folder)}


def _from_dates(given: Mapping[str, object]) -> dict[str, object]:
    section = _section(given, "date intervale", "intervale")
    keys = {"study": "STD_TYP", "stp": "STP_NUM", "soop": "SOOP_NAM", "misostud": "MISOSTUD_NUM", "name": "in_name"}
    filters = {ours: section.get(theirs) for ours, theirs in keys.items()}
    filters = {key: None if entry in ("all", "ALL", "None", "") else entry for key, entry in filters.items()}
    dates = {ours: section.get(theirs, "all") for ours, theirs in (("year", "YEAR"), ("month", "MONTH"), ("day", "DAY"))}
    return {"source": "dates", "folder": str(section["L2_folder"]), "dates": dates, "filters": filters}


def _from_arguments(given: Mapping[str, object]) -> dict[str, object]:
    """What ``fit_raster_args`` means here; bins are the next odd extents above SAFFRON's 1 + e."""
    result: dict[str, object] = {}
    for ours, theirs in (("despike", "despike"), ("denoise", "denoise")):
        if theirs in given:
            result[ours] = bool(given[theirs])
    extents = [1]
    if given.get("convolute", True) and "convolution_extent_list" in given:
        extents = sorted({1, *(_odd_above(1 + int(e)) for e in given["convolution_extent_list"])})  # type: ignore[attr-defined]
    thresholds = dict(given.get("conv_errors", {}))  # type: ignore[call-overload]
    result["binning"] = {"extents": extents, "thresholds": {key: float(v) for key, v in thresholds.items()}}
    if given.get("window_size"):
        result["area"] = [[None if edge is None else int(edge) for edge in axis] for axis in given["window_size"]]  # type: ignore[attr-defined]
    if given.get("data_filename"):
        result["legacy"] = {"name": str(given["data_filename"])}
    return result


def _odd_above(size: int) -> int:
    return size if size % 2 else size + 1


def tie_of_lock(lines: Mapping[tuple[int, int], str], lock: Mapping[str, object]) -> dict[str, object]:
    """A tie from SAFFRON's ``lock(window_type, window_index, param_1, param_2, {"operation": …, "value": …})``.

    Parameters
    ----------
    lines
        Names of the lines by (window index, line index).
    lock
        ``window_index``, ``param_1`` (leader) and ``param_2`` (follower) as (letter, line index) and ``operation``.
    """
    index = int(lock["window_index"])  # type: ignore[call-overload]
    names = [f"{lines[index, int(line)]} {letter}" for letter, line in (lock["param_1"], lock["param_2"])]  # type: ignore[misc]
    operation = dict(lock["operation"])  # type: ignore[call-overload]
    return {"leader": names[0], "follower": names[1], "operation": operation["operation"], "value": float(operation["value"])}


def file_name(pattern: str, level2: str, parameter: str, extents: Sequence[int], times: Sequence[int], now: datetime) -> str:
    """A product's file name from SAFFRON's placeholders.

    ``::SAMENAME`` the level-2 file's name, ``::SAMENAMEL2.5`` the same with L2 as L2.5, ``::PARAMPLACEHOLDER`` line or
    background, ``::CONV`` and ``::TCONV`` the bins, ``::TIME`` the time of writing.

    Raises
    ------
    InputError
        If a placeholder is unknown, both forms of the name are used, or files of different lines would have one name.
    """
    values = {
        "::PARAMPLACEHOLDER": parameter,
        "::SAMENAMEL2.5": level2.replace("L2", "L2.5", 1),
        "::SAMENAME": level2,
        "::TCONV": "-".join(f"{n:02d}" for n in times),
        "::CONV": "-".join(f"{n:02d}" for n in extents),
        "::TIME": now.strftime("%y%m%dT%H%M%S"),
    }
    if "::PARAMPLACEHOLDER" not in pattern:
        raise InputError(f"the file name {pattern!r} has no ::PARAMPLACEHOLDER", cure="Every line needs a name of its own")
    if "::SAMENAMEL2.5" in pattern and re.search(r"::SAMENAME(?!L2\.5)", pattern):
        raise InputError("::SAMENAME and ::SAMENAMEL2.5 are both used", cure="Use one of them")
    for key in _ODD_NAMES:
        pattern = pattern.replace(key, values[key])
    if "::" in pattern:
        raise InputError(f"{pattern!r} has an unknown placeholder", cure=f"Known: {', '.join(_ODD_NAMES)}")
    return pattern


def line_planes(fitted: Fitted, number: int) -> tuple[str, list[Plane]]:
    """Line identity (``0770.42-ne_8``) and its six images (t, y, x): intensity, wavelength, width, and their errors."""
    line = fitted.fit.model.lines[number]
    ion, wavelength = line.name.rsplit(" ", 1)
    identity = f"{float(wavelength):07.2f}-{ion}"
    q, sigma = fitted.fit.q, fitted.fit.sigma()
    planes = []
    for errors, values in ((False, q), (True, sigma)):
        for i, (measurement, unit) in enumerate((("int", "W/m2/sr/nm"), ("wav", "Angstrom"), ("wid", "Angstrom"))):
            kind = f"{measurement}_err" if errors else measurement
            header = spatial_header(fitted.windows[line.window])
            for key, card in (("OBSERVATORY", "Solar Orbiter"), ("INSTRUMENT", "SPICE"), ("WAVELENGTH", line.wavelength)):
                header[f"HIERARCH {key}"] = card
            header.update(ION=ion, LINE_ID=identity)
            header.update(
                MEASRMNT=kind, BUNIT=unit, BTYPE=kind, WAVEUNIT=-10, LEVEL="L3", L2WINDOW=fitted.windows[line.window].name
            )
            planes.append(Plane("" if not planes else kind, fitted.map(values[:, 3 * number + i]).astype(np.float64), header))
    return identity, planes


def background_planes(fitted: Fitted) -> list[Plane]:
    """Backgrounds and their errors of a group's windows, two images (t, y, x) per window."""
    planes = []
    for number, window in enumerate(fitted.windows):
        k = 3 * len(fitted.fit.model.lines) + number
        for kind, values in (("bg", fitted.fit.q), ("bg_err", fitted.fit.sigma())):
            header = spatial_header(window)
            header.update(MEASRMNT=kind, BUNIT="W/m2/sr/nm", BTYPE=kind, LEVEL="L3", L2WINDOW=window.name)
            planes.append(Plane("" if not planes else f"{kind}{number}", fitted.map(values[:, k]), header))
    return planes
