"""Fits on disk: SOLARNET Level P per window, and beside it what is needed to go on computing with full covariances.

Per window ``<window> RESULTS`` (p, t, y, x), p = peak, centre, width per line, background, reduced χ² last; ``SIGMA`` of the
same shape; ``DATA`` (t, λ, y, x), the samples that were fitted, and their ``MASK``. Per group ``<group> COVARIANCE`` (the
packed upper triangle of the free parameters' covariance), ``STATUS``, ``BOUNDS``, ``LEVEL``, ``MET`` and ``SAMPLES``; lines,
ties and fixed parameters are cards of the first.

Source: SOLARNET metadata recommendations, appendix IX (Level P); SPICE level-3 files follow it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from astropy.io.fits import Header

from helioreduce.errors import InputError
from helioreduce.io.fits import Plane
from helioreduce.spice.binning import Adaptive, Level
from helioreduce.spice.catalogue import spectroscopic
from helioreduce.spice.fit import STATUS, Fit
from helioreduce.spice.group import Group
from helioreduce.spice.initial import Start
from helioreduce.spice.level2 import Window, wavelengths
from helioreduce.spice.model import Line, Tie, build

_NAMES = (("peak", "W/m2/sr/nm", 1.0), ("centre", "Angstrom", 0.1), ("width", "Angstrom", 0.1))
_NOT_COPIED = ("EXTNAME", "CHECKSUM", "DATASUM", "DATAMIN", "DATAMAX", "BTYPE", "BUNIT", "UCD", "OBS_HDU", "SOLARNET")


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A group as it was read back: its name, windows, fits (N = t × y × x), shape, bins, and level and success per pixel."""

    name: str
    windows: tuple[Window, ...]
    fit: Fit
    shape: tuple[int, int, int]
    boxes: tuple[Level, ...]
    level: np.ndarray
    met: np.ndarray

    def map(self, plane: np.ndarray) -> np.ndarray:
        """A quantity (N, …) as (…, t, y, x)."""
        return np.moveaxis(plane.reshape(*self.shape, *plane.shape[1:]), (0, 1, 2), (-3, -2, -1))


def to_planes(name: str, group: Group, start: Start, result: Adaptive, boxes: Sequence[Level]) -> list[Plane]:
    """The arrays of a fitted group; arguments as the fit had them."""
    fit, shape = result.fit, group.shape
    q, sigma, reduced = fit.q, fit.sigma(), fit.reduced_chi2
    planes = []
    for number, window in enumerate(group.windows):
        chosen = [k for g, line in enumerate(fit.model.lines) if line.window == number for k in range(3 * g, 3 * g + 3)]
        chosen.append(3 * len(fit.model.lines) + number)
        header = _results_header(window, start, number, float(np.nanmean(reduced)))
        stack = np.concatenate([q[:, chosen], reduced[:, None]], axis=1)
        errors = np.concatenate([sigma[:, chosen], np.full((len(q), 1), np.nan)], axis=1)
        planes += [
            Plane(f"{window.name} RESULTS", _cube(stack, shape), header),
            Plane(f"{window.name} SIGMA", _cube(errors, shape), header),
        ]
        data_header = window.header.copy()
        data_header["NOISE_A"], data_header["NOISE_B"] = group.noise[number]
        planes += [Plane(f"{window.name} DATA", window.data, data_header), Plane(f"{window.name} MASK", window.mask, Header())]
    cards = _model_cards(name, group, start, boxes)
    planes.append(Plane(f"{name} COVARIANCE", _cube(fit.packed.astype(np.float32), shape), cards))
    own = {
        "STATUS": fit.status,
        "LEVEL": result.level,
        "MET": result.met.astype(np.uint8),
        "SAMPLES": fit.samples.astype(np.int16),
    }
    planes += [Plane(f"{name} {key}", plane.reshape(shape), Header()) for key, plane in own.items()]
    planes.append(Plane(f"{name} BOUNDS", _cube(fit.at_bound, shape), Header()))
    return planes


def _cube(stack: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    """(N, k) as (k, t, y, x)."""
    return np.ascontiguousarray(np.moveaxis(stack.reshape(*shape, -1), -1, 0))


def _model_cards(name: str, group: Group, start: Start, boxes: Sequence[Level]) -> Header:
    """Cards from which the model can be built again."""
    header = Header()
    header["GROUP"] = name
    lists = {
        "WINDOW": [window.name for window in group.windows],
        "LINE": [f"{line.name}|{line.wavelength!r}|{line.window}" for line in start.model.lines],
        "TIE": [f"{t.follower}|{t.operation}|{t.leader}|{float(t.value)!r}" for t in start.ties],
        "FIXED": [f"{parameter}|{float(number)!r}" for parameter, number in (start.fixed or {}).items()],
        "BOX": ["x".join(map(str, box)) for box in boxes],
    }
    for key, entries in lists.items():
        for i, entry in enumerate(entries, 1):
            header[f"{key}{i}"] = entry
    header["STATUSES"] = "; ".join(f"{code} {text}" for code, text in STATUS.items())
    return header


def spatial_header(window: Window, *, axes: int = 3) -> Header:
    """The window's header without its wavelength axis: axes x, y, t; copied cards describe the observation still."""
    header = window.header.copy()
    for key in _NOT_COPIED:
        header.remove(key, ignore_missing=True, remove_all=True)
    for key in ("CTYPE", "CUNIT", "CRVAL", "CRPIX", "CDELT", "CNAME", "CRDER", "CWERR", "CWDIS"):
        for axis, source in ((3, f"{key}4"), (4, None)):
            found = header.get(source) if source else None
            header.remove(f"{key}{axis}", ignore_missing=True)
            if found is not None and axis <= axes:
                header[f"{key}{axis}"] = found
    header.remove("PC3_3", ignore_missing=True)
    for axis in (1, 4):
        found = header.get(f"PC4_{axis}")
        header.remove(f"PC4_{axis}", ignore_missing=True)
        if found is not None:
            header[f"PC3_{min(axis, 3)}"] = found
    if "CWDIS1" in header:  # lookup distortions are in extensions of the level-2 file and have been applied there
        for key in ("CWDIS1", "CWDIS2", "DW1", "DW2"):
            header.remove(key, ignore_missing=True, remove_all=True)
    return header


def _results_header(window: Window, start: Start, number: int, average: float) -> Header:
    """Level P cards of one window's results."""
    header = spatial_header(window)
    lines = [(g, line) for g, line in enumerate(start.model.lines) if line.window == number]
    header.update(SOLARNET=0.5, OBS_HDU=2, LEVEL="L3", ANA_NCMP=len(lines) + 1, XTYPE1="WAVE", XDIMEN1=3, CHISQAVG=average)
    header.update(CTYPE4="PARAMETER", CUNIT4="", CRVAL4=1.0, CRPIX4=1.0, CDELT4=1.0, PC4_4=1.0)
    header["RESEXT"], header["UNCEXT"] = f"{window.name} RESULTS", f"{window.name} SIGMA"
    header["DATAEXT"] = header["PARENTXT"] = f"{window.name} DATA"
    header["SIGMADAT"] = ("sqrt(NOISE_A+NOISE_B*max(model,0))", "of one sample")
    lower, upper = (start.model.full(bound) for bound in start.bounds)
    for n, (g, line) in enumerate(lines, 1):
        ion, wavelength = line.name.rsplit(" ", 1)
        header[f"CMPTYP{n}"], header[f"CMP_NP{n}"] = "Gaussian", 3
        header[f"CMPNAM{n}"] = f"{spectroscopic(ion)} {wavelength}"
        header[f"CMPWVL{n}"] = (line.wavelength, "[Angstrom] rest wavelength")
        for i, (letter, (name, unit, scale)) in enumerate(zip("ABC", _NAMES, strict=True)):
            k = 3 * g + i
            _parameter_cards(
                header, f"{n}{letter}", name, unit, scale, start.q[k], sorted((lower[k], upper[k])), start.model.parent[k]
            )
    n, k = len(lines) + 1, 3 * len(start.model.lines) + number
    header[f"CMPTYP{n}"], header[f"CMP_NP{n}"], header[f"CMPNAM{n}"] = "Polynomial", 1, "background"
    _parameter_cards(header, f"{n}A", "background", _NAMES[0][1], 1.0, start.q[k], (lower[k], upper[k]), start.model.parent[k])
    return header


def _parameter_cards(
    header: Header, key: str, name: str, unit: str, scale: float, start: float, limits: Sequence[float], parent: int
) -> None:
    header[f"PNAME{key}"], header[f"PUNIT{key}"] = name, unit
    header[f"PINIT{key}"], header[f"PMIN{key}"], header[f"PMAX{key}"] = float(start), float(limits[0]), float(limits[1])
    header[f"PTRA{key}"] = (scale, "value in the function = A stored + B (nm)")
    header[f"PTRB{key}"] = 0.0
    header[f"PCONS{key}"] = int(parent < 0)


def from_planes(planes: Sequence[Plane]) -> list[Fitted]:
    """The fitted groups of a file.

    Raises
    ------
    InputError
        If the file holds none.
    """
    stored = {plane.name.upper(): plane for plane in planes}
    groups = [plane for name, plane in stored.items() if name.endswith(" COVARIANCE") and "GROUP" in plane.header]
    if not groups:
        raise InputError("holds no fits", cure="Make it with the rule spice_fit")
    return [_fitted(stored, plane) for plane in groups]


def _fitted(stored: dict[str, Plane], plane: Plane) -> Fitted:
    cards = plane.header
    name, shape = str(cards["GROUP"]), plane.data.shape[1:]
    windows = tuple(_window(stored, window) for window in _listed(cards, "WINDOW"))
    lines = [Line(n, float(w), int(i)) for n, w, i in (text.split("|") for text in _listed(cards, "LINE"))]
    ties = [Tie(f, o, lead, float(v)) for f, o, lead, v in (text.split("|") for text in _listed(cards, "TIE"))]
    fixed = {parameter: float(v) for parameter, v in (text.split("|") for text in _listed(cards, "FIXED"))}
    model = build([window.wavelength for window in windows], lines, ties, fixed)
    q = np.full((*shape, model.parent.size), np.nan)
    chi2 = np.full(shape, np.nan)
    for number, window in enumerate(windows):
        own = [3 * g + i for g, line in enumerate(lines) if line.window == number for i in range(3)] + [3 * len(lines) + number]
        result = stored[f"{window.name} RESULTS".upper()].data
        q[..., own] = np.moveaxis(result[:-1], 0, -1)
        chi2 = result[-1]
    flat = {key: stored[f"{name} {key}".upper()].data for key in ("STATUS", "LEVEL", "MET", "SAMPLES", "BOUNDS")}
    p = model.reduce(q.reshape(-1, model.parent.size))
    samples = flat["SAMPLES"].reshape(-1).astype(np.int32)
    packed = np.moveaxis(plane.data, 0, -1).reshape(len(p), -1).astype(float)
    bounds = np.moveaxis(flat["BOUNDS"], 0, -1).reshape(len(p), -1)
    reduced = np.asarray(chi2, float).reshape(-1)
    fit = Fit(model, p, packed, reduced, samples, flat["STATUS"].reshape(-1), np.zeros(len(p), np.int32), bounds)
    fit = replace(fit, chi2=reduced * fit.degrees)
    boxes = tuple(Level(*map(int, text.split("x"))) for text in _listed(cards, "BOX"))
    return Fitted(name, windows, fit, shape, boxes, flat["LEVEL"], flat["MET"].astype(bool))


def _window(stored: dict[str, Plane], name: str) -> Window:
    plane, mask = stored[f"{name} DATA".upper()], stored[f"{name} MASK".upper()]
    return Window(name, plane.data, wavelengths(plane.header, plane.data.shape[1]), plane.header, mask.data)


def _listed(cards: Header, key: str) -> list[str]:
    """Values of key1, key2, … as far as they go."""
    found: list[str] = []
    while f"{key}{len(found) + 1}" in cards:
        found.append(str(cards[f"{key}{len(found) + 1}"]))
    return found
