"""Maps made of fits: radiances with covariances, velocities with their zero, the composition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from astropy.io.fits import Header

from helioreduce.errors import InputError
from helioreduce.image import shapes
from helioreduce.io import provenance
from helioreduce.spice import composition, naming, radiance, velocity
from helioreduce.spice.catalogue import spectroscopic
from helioreduce.spice.composition import Graph
from helioreduce.spice.fitted import Fitted
from helioreduce.spice.level2 import spatial_header

#: Full width at half maximum of a Gaussian of standard deviation 1.
FWHM = float(np.sqrt(8 * np.log(2)))


@dataclass(frozen=True, slots=True, eq=False)
class LineMap:
    """A quantity of one line and its standard error, (t, y, x) float32; the header says where, and in which unit.

    ``fit`` is the name of the group that it comes from.
    """

    line: str
    window: str
    data: np.ndarray
    sigma: np.ndarray
    header: Header
    fit: str = ""

    __repr__ = shapes


@dataclass(frozen=True, slots=True, eq=False)
class Radiances:
    """Radiance maps of the G lines of a group, W/m²/sr, and their covariance (G, G, t, y, x) float32."""

    group: str
    maps: tuple[LineMap, ...]
    covariance: np.ndarray

    __repr__ = shapes


@dataclass(frozen=True, slots=True, eq=False)
class FipBias:
    """FIP bias and its errors (t, y, x) float32: of photon noise, and of the unknown temperature structure.

    ``graph`` is what the ratio rests on; None where there is no ratio.
    """

    bias: np.ndarray
    noise: np.ndarray
    dem: np.ndarray
    header: Header
    graph: Graph | None = None

    __repr__ = shapes


def label(name: str) -> str:
    """Return ``Ne VIII 770.42`` of ``ne_8 770.42``."""
    ion, wavelength = name.rsplit(" ", 1)
    return f"{spectroscopic(ion)} {wavelength}"


def titles(every: Sequence[LineMap]) -> dict[tuple[str, str], str]:
    """Return what each map is called in its file, by fit and line: the line, with its fit where several fits have it."""
    names = [own.line for own in every]
    return {(own.fit, own.line): f"{own.line} [{own.fit}]" if names.count(own.line) > 1 else own.line for own in every}


def find(every: Sequence[LineMap], line: str) -> LineMap:
    """Return the map of a line, by its name or title; of several fits the first, which is that of a group of windows.

    Raises
    ------
    InputError
        If there is none.
    """
    called = titles(every)
    for own in every:
        if called[own.fit, own.line] == line:
            return own
    name = naming.line(line, every, lambda own: own.line)
    found = next((own for own in every if name and own.line == name.line), None)
    if found is None:
        raise InputError(f"the line {line!r} has not been fitted", cure=f"Choose of {', '.join(called.values())}")
    return found


def _line_map(fitted: Fitted, number: int, quantity: str, unit: str, data: np.ndarray, sigma: np.ndarray) -> LineMap:
    """Return the map of line ``number`` of a group."""
    line = fitted.fit.model.lines[number]
    window = fitted.group.windows[line.window]
    header = spatial_header(window.header)
    header.update(LEVEL="L3", BUNIT=unit, BTYPE=quantity, LINE_ID=line.name, ION=line.name.split()[0], WAVELNTH=line.wavelength)
    header["LINE"], header["FITNAME"] = label(line.name), fitted.group.name
    return LineMap(line.name, window.name, data.astype(np.float32), sigma.astype(np.float32), header, fitted.group.name)


def radiances(fitted: Fitted) -> Radiances:
    """Return the radiances of a group's lines with their errors and covariances."""
    values, covariance = radiance.of_fit(fitted.fit)
    with np.errstate(invalid="ignore"):
        sigma = np.sqrt(np.diagonal(covariance, axis1=1, axis2=2))
    maps = [
        _line_map(fitted, g, "Radiance", "W/m2/sr", fitted.found(g, values[:, g]), fitted.found(g, sigma[:, g]))
        for g in range(len(fitted.fit.model.lines))
    ]
    return Radiances(fitted.group.name, tuple(maps), fitted.map(covariance).astype(np.float32))


def velocities(fitted: Fitted, *, zero: str = "median", gradients: Sequence[str] = ()) -> list[LineMap]:
    """Return the velocities of a group's lines, km/s; the zero is the card VZERO.

    Parameters
    ----------
    fitted
        Fits of a group.
    zero, gradients
        See :func:`helioreduce.spice.velocity.of_line`.
    """
    maps = []
    q, sigma = fitted.fit.q, fitted.fit.sigma()
    for g, line in enumerate(fitted.fit.model.lines):
        centre, error = (fitted.found(g, values[:, 3 * g + 1]) for values in (q, sigma))
        result = velocity.of_line(centre, error, line.wavelength, zero=zero, gradients=tuple(gradients))
        own = _line_map(fitted, g, "Line-of-sight velocity, away positive", "km/s", result.v, result.sigma)
        rest = result.zero if np.isfinite(result.zero) else -1.0
        own.header["VZERO"] = (rest, f"[Angstrom] wavelength at rest ({zero})")
        for axis, slope in result.slopes.items():
            own.header[f"VSLOPE{axis.upper()}"] = (slope, "[km/s/pixel] gradient taken out")
        maps.append(own)
    return maps


def width(fitted: Fitted, number: int) -> LineMap:
    """Return the width of line ``number`` of a group: full width at half maximum, Å; √(8 ln 2) times the standard deviation."""
    k = 3 * number + 2
    data, sigma = (FWHM * fitted.found(number, values[:, k]) for values in (fitted.fit.q, fitted.fit.sigma()))
    return _line_map(fitted, number, "Width, FWHM", "Angstrom", data, sigma)


def fip_bias(
    groups: Sequence[Radiances],
    table: composition.Table,
    lines: Sequence[str],
    log_n: float,
    dems: Sequence[np.ndarray] = (),
    sides: Mapping[str, str] = MappingProxyType({}),
) -> FipBias:
    """Return the FIP bias from radiances.

    Parameters
    ----------
    groups
        Radiances of a raster.
    table
        Contribution functions.
    lines
        Names of the lines to be combined.
    log_n
        Density, log10 of cm⁻³.
    dems
        Reference DEMs, (2, n) each: log T and log DEM; without any, :func:`helioreduce.spice.composition.reference_dems`.
    sides
        Lines that are put on the side ``low`` or ``high``, whatever their element.

    Raises
    ------
    InputError
        If a line has not been fitted, or the contribution functions do not have it.
    """
    every = [own for group in groups for own in group.maps]
    found = [find(every, line) for line in lines]
    used = {own.line: own for own in found}
    reference = composition.on_grid(table.log_t, dems) if len(dems) else None
    moved = {own.line: side for line, side in sides.items() if (own := naming.line(line, found, lambda own: own.line))}
    ratio = composition.ratio(table, list(used), log_n, reference, moved)
    bias, sigma = composition.fip_bias(ratio, {line: own.data for line, own in used.items()}, _covariances(groups, found))
    header = _without_line(found[0].header)
    header.update(BUNIT="", BTYPE="FIP bias relative to the photosphere", LOGN=log_n)
    header["LCRPHI"] = (ratio.phi, "residual over the reference DEMs")
    header["LCRDEM"] = (ratio.robustness, "relative error over other DEMs, rms")
    for side, coefficients in (("LOW", ratio.low), ("HIGH", ratio.high)):
        for i, (line, coefficient) in enumerate(coefficients.items(), 1):
            header[f"{side}{i}"] = (f"{line} {coefficient:.6g}", "line, coefficient")
    dem = np.abs(bias) * ratio.robustness
    return FipBias(bias.astype(np.float32), sigma.astype(np.float32), dem.astype(np.float32), header, ratio.graph)


def composed(
    groups: Sequence[Radiances], table: composition.Table, lines: Sequence[str], log_n: float, **options: Any
) -> FipBias:
    """Return the FIP bias from those of the lines that have been fitted; without one for each side, a map of NaN that says so.

    Parameters
    ----------
    groups, table, lines, log_n, **options
        As in :func:`fip_bias`.
    """
    every = [own for group in groups for own in group.maps]
    missing = [line for line in lines if not _has(every, line)]
    try:
        result = fip_bias(groups, table, [line for line in lines if line not in missing], log_n, **options)
    except InputError as error:
        header = _without_line(every[0].header)
        header["SKIPPED"] = (provenance.ascii_only(error.problem), "why there is no FIP bias")
        empty = np.full(every[0].data.shape, np.nan, np.float32)
        result = FipBias(empty, empty, empty, header)
    for i, line in enumerate(missing, 1):
        result.header[f"ABSENT{i}"] = (line, "has not been fitted")
    return result


def _has(every: Sequence[LineMap], line: str) -> bool:
    """Return whether a line has been fitted."""
    return naming.line(line, every, lambda own: own.line) is not None or line in titles(every).values()


def _without_line(header: Header) -> Header:
    """Return a header without the cards of one line."""
    header = header.copy()
    for key in ("LINE_ID", "ION", "WAVELNTH", "LINE"):
        header.remove(key, ignore_missing=True)
    return header


def _covariances(groups: Sequence[Radiances], used: Sequence[LineMap]) -> dict[tuple[str, str], np.ndarray]:
    """Return the covariance (t, y, x) of every pair of the maps that come from one fit."""
    return {
        (a.line, b.line): group.covariance[i, j]
        for group in groups
        for i, a in enumerate(group.maps)
        for j, b in enumerate(group.maps)
        if a in used and b in used
    }
