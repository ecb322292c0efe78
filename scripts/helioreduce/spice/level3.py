"""Fits on disk: SOLARNET Level P per window, and beside it what is needed to go on computing with full covariances.

Per window ``<window> RESULTS`` (p, t, y, x), p = peak, centre, width per line, background, reduced χ² last; ``SIGMA`` of the
same shape; ``DATA`` (t, λ, y, x), the samples that were fitted, their ``MASK``, and ``TIME`` (t, x). Per group
``<group> COVARIANCE`` (the packed upper triangle of the free parameters' covariance), ``STATUS``, ``LEVEL``, ``MET``,
``SAMPLES`` and ``BOUNDS``; lines, ties, fixed parameters and notes are cards of the first.

Source: SOLARNET metadata recommendations, appendix IX (Level P); SPICE level-3 files follow it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from astropy.io.fits import Header

from helioreduce.errors import InputError
from helioreduce.io import provenance
from helioreduce.io.fits import Plane
from helioreduce.spice.catalogue import spectroscopic
from helioreduce.spice.fit import STATUS, Fit
from helioreduce.spice.fitted import Box, Fitted
from helioreduce.spice.group import Group
from helioreduce.spice.level2 import Window, spatial_header, wavelengths
from helioreduce.spice.model import Line, LineModel, Start, Tie, build
from helioreduce.spice.noise import Noise

#: Name and unit of each parameter of a line, and the factor to nm where it is a wavelength.
_PARAMETERS = (("peak", "W/m2/sr/nm", 1.0), ("centre", "Angstrom", 0.1), ("width", "Angstrom", 0.1))
#: Arrays of a group, in the order of the file.
_ARRAYS = ("COVARIANCE", "STATUS", "LEVEL", "MET", "SAMPLES", "BOUNDS")


def planes(fitted: Fitted, start: Start, facts: Mapping[str, Any]) -> list[Plane]:
    """Return the arrays of a fitted group, to be written.

    Parameters
    ----------
    fitted
        The fits.
    start
        What they started from.
    facts
        What is recorded of the fit in the headers of results and data.
    """
    found = []
    for number in range(len(fitted.group.windows)):
        found += _window_planes(fitted, start, number, facts)
    name, fit = fitted.group.name, fitted.fit
    arrays = {
        "COVARIANCE": fit.packed.astype(np.float32),
        "STATUS": fit.status,
        "LEVEL": fitted.level,
        "MET": fitted.met.astype(np.uint8),
        "SAMPLES": fit.samples.astype(np.int16),
        "BOUNDS": fit.at_bound,
    }
    headers = {"COVARIANCE": _model_cards(fitted)}
    return found + [
        Plane(f"{name} {key}", np.ascontiguousarray(fitted.map(arrays[key])), headers.get(key, Header())) for key in _ARRAYS
    ]


def _window_planes(fitted: Fitted, start: Start, number: int, facts: Mapping[str, Any]) -> list[Plane]:
    """Return results, errors, data and mask of one window."""
    window, noise, fit = fitted.group.windows[number], fitted.group.noise[number], fitted.fit
    own, reduced = fit.model.parameters_of(number), fit.reduced_chi2[:, None]
    values = np.concatenate([fit.q[:, own], reduced], axis=1)
    errors = np.concatenate([fit.sigma()[:, own], np.full_like(reduced, np.nan)], axis=1)
    header = _results_header(window, start, number)
    if np.isfinite(reduced).any():  # FITS has no NaN in cards
        header["CHISQAVG"] = float(np.nanmean(reduced))
    data_header = window.header.copy()
    data_header["NOISE_A"], data_header["NOISE_B"] = noise
    for cards in (header, data_header):
        provenance.record(cards, "fit", facts)
    return [
        Plane(f"{window.name} RESULTS", np.ascontiguousarray(fitted.map(values)), header),
        Plane(f"{window.name} SIGMA", np.ascontiguousarray(fitted.map(errors)), header),
        Plane(f"{window.name} DATA", window.data, data_header),
        Plane(f"{window.name} MASK", window.mask, Header()),
        Plane(f"{window.name} TIME", window.time, _time_header(data_header)),
    ]


def _time_header(header: Header) -> Header:
    """Return the cards of the times (t, x) of a window's exposures."""
    found = Header()
    found.update(BUNIT="s", BTYPE="Middle of the exposure", DATEREF=header.get("DATEREF", header.get("DATE-BEG", "")))
    found.update({key: header[key] for key in ("TIMESYS", "TIMESRC", "CADENCE") if key in header})
    return found


def _model_cards(fitted: Fitted) -> Header:
    """Return the cards from which the model can be built again."""
    model = fitted.fit.model
    lists = {
        "WINDOW": [window.name for window in fitted.group.windows],
        "LINE": [f"{line.name}|{line.wavelength!r}|{line.window}" for line in model.lines],
        "TIE": [f"{tie.follower}|{tie.operation}|{tie.leader}|{float(tie.value)!r}" for tie in model.ties],
        "FIXED": [f"{parameter}|{float(number)!r}" for parameter, number in model.fixed.items()],
        "BOX": [f"{box.t}x{box.y}x{box.x}" for box in fitted.boxes],
        "NOTE": fitted.notes,
        "MARKED": fitted.marked,
    }
    header = Header()
    header["GROUP"] = fitted.group.name
    for key, entries in lists.items():
        for i, entry in enumerate(entries, 1):
            header[f"{key}{i}"] = entry
    header["STATUSES"] = "; ".join(f"{code} {text}" for code, text in STATUS.items())
    return header


def _results_header(window: Window, start: Start, number: int) -> Header:
    """Return the Level P cards of one window's results."""
    header = spatial_header(window.header)
    lines = start.model.lines_of(number)
    header.update(SOLARNET=0.5, OBS_HDU=2, LEVEL="L3", ANA_NCMP=len(lines) + 1, XTYPE1="WAVE", XDIMEN1=3)
    header.update(WCSAXES=4, CTYPE4="PARAMETER", CUNIT4="", CRVAL4=1.0, CRPIX4=1.0, CDELT4=1.0, PC4_4=1.0)
    header["RESEXT"], header["UNCEXT"] = f"{window.name} RESULTS", f"{window.name} SIGMA"
    header["DATAEXT"] = header["PARENTXT"] = f"{window.name} DATA"
    header["SIGMADAT"] = ("sqrt(NOISE_A+NOISE_B*max(model,0))", "of one sample")
    for n, g in enumerate(lines, 1):
        line = start.model.lines[g]
        ion, wavelength = line.name.rsplit(" ", 1)
        header[f"CMPTYP{n}"], header[f"CMP_NP{n}"] = "Gaussian", 3
        header[f"CMPNAM{n}"] = f"{spectroscopic(ion)} {wavelength}"
        header[f"CMPWVL{n}"] = (line.wavelength, "[Angstrom] rest wavelength")
        for i, (letter, parameter) in enumerate(zip("ABC", _PARAMETERS, strict=True)):
            _parameter_cards(header, f"{n}{letter}", parameter, start, 3 * g + i)
    n = len(lines) + 1
    header[f"CMPTYP{n}"], header[f"CMP_NP{n}"], header[f"CMPNAM{n}"] = "Polynomial", 1, "background"
    _parameter_cards(header, f"{n}A", ("background", _PARAMETERS[0][1], 1.0), start, start.model.background(number))
    return header


def _parameter_cards(header: Header, key: str, parameter: tuple[str, str, float], start: Start, k: int) -> None:
    """Write the cards of full parameter number k."""
    name, unit, scale = parameter
    low, high = sorted(float(start.model.full(bound)[k]) for bound in start.bounds)
    header[f"PNAME{key}"] = (name, "standard deviation; FWHM = 2.3548 of it") if name == "width" else name
    header[f"PUNIT{key}"] = unit
    header[f"PINIT{key}"], header[f"PMIN{key}"], header[f"PMAX{key}"] = float(start.q[k]), low, high
    header[f"PTRA{key}"] = (scale, "value in the function = A stored + B (nm)")
    header[f"PTRB{key}"] = 0.0
    header[f"PCONS{key}"] = int(start.model.arrays.parent[k] < 0)


def groups(stored: Sequence[Plane]) -> list[Fitted]:
    """Return the fitted groups of a file from its arrays.

    Raises
    ------
    InputError
        If the file holds none.
    """
    found = []
    own: dict[str, Plane] = {}
    for plane in stored:
        own[plane.name] = plane
        if plane.name.endswith(" BOUNDS"):  # the last array of a group
            found.append(_fitted(own))
            own = {}
    if not found:
        raise InputError("holds no fits", cure="Make it with the rule spice_fit")
    return found


def repeated(every: Sequence[Fitted]) -> set[str]:
    """Return the names of the lines that several groups of a raster have."""
    names = [line.name for fitted in every for line in fitted.fit.model.lines]
    return {name for name in names if names.count(name) > 1}


def _fitted(own: Mapping[str, Plane]) -> Fitted:
    """Return a group from its arrays by name."""
    cards = next(plane.header for plane in own.values() if "GROUP" in plane.header)
    name = str(cards["GROUP"])
    names = listed(cards, "WINDOW")
    data = [own[f"{window} DATA"] for window in names]
    windows = [
        Window(
            window,
            plane.array,
            wavelengths(plane.header, plane.array.shape[1]),
            plane.header,
            own[f"{window} MASK"].array,
            own[f"{window} TIME"].array,
        )
        for window, plane in zip(names, data, strict=True)
    ]
    noise = [Noise(float(plane.header["NOISE_A"]), float(plane.header["NOISE_B"])) for plane in data]
    group = Group(name, tuple(windows), tuple(noise))
    model = _model(cards, windows)
    arrays = {key: _flat(own[f"{name} {key}"].array) for key in _ARRAYS}
    q = np.full((len(arrays["STATUS"]), len(model.names)), np.nan)
    for number, window in enumerate(names):
        results = _flat(own[f"{window} RESULTS"].array)
        q[:, model.parameters_of(number)], reduced = results[:, :-1], results[:, -1].astype(float)
    fit = Fit(
        model=model,
        p=model.reduce(q),
        packed=arrays["COVARIANCE"].astype(float),
        chi2=reduced,
        samples=arrays["SAMPLES"].astype(np.int32),
        status=arrays["STATUS"],
        iterations=np.zeros(len(q), np.int32),
        at_bound=arrays["BOUNDS"],
    )
    fit = replace(fit, chi2=reduced * fit.degrees)
    notes, marked = (tuple(listed(cards, key)) for key in ("NOTE", "MARKED"))
    return Fitted(group, fit, _boxes(cards), arrays["LEVEL"], arrays["MET"].astype(bool), notes, marked)


def _flat(array: np.ndarray) -> np.ndarray:
    """Return (t, y, x) as (N,) and (…, t, y, x) as (N, …)."""
    moved = np.moveaxis(array, (-3, -2, -1), (0, 1, 2))
    return moved.reshape(-1, *moved.shape[3:])


def _model(cards: Header, windows: Sequence[Window]) -> LineModel:
    """Return the model from its cards."""
    lines = [Line(name, float(rest), int(number)) for name, rest, number in _split(cards, "LINE")]
    ties = [Tie(follower, operation, leader, float(number)) for follower, operation, leader, number in _split(cards, "TIE")]
    fixed = {parameter: float(number) for parameter, number in _split(cards, "FIXED")}
    return build([window.wavelength for window in windows], lines, ties, fixed)


def _boxes(cards: Header) -> tuple[Box, ...]:
    """Return the bins from their cards."""
    return tuple(Box(*map(int, text.split("x"))) for text in listed(cards, "BOX"))


def _split(cards: Header, key: str) -> list[list[str]]:
    """Return the parts of the values of key1, key2, …"""
    return [text.split("|") for text in listed(cards, key)]


def listed(cards: Header, key: str) -> list[str]:
    """Return the values of key1, key2, … as far as they go."""
    found: list[str] = []
    while f"{key}{len(found) + 1}" in cards:
        found.append(str(cards[f"{key}{len(found) + 1}"]))
    return found
