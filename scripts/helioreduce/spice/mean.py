"""Fits of a mean spectrum: where its lines are, and which of them it shows."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Mapping
from typing import NamedTuple

import numpy as np

from helioreduce.errors import InputError
from helioreduce.spice.fit import CONVERGED, Fit, fit_spectra
from helioreduce.spice.level2 import Window
from helioreduce.spice.model import Line, LineModel, Start, Tie, build

#: Wavelength offsets (Å) and widths (Å) of the first search; where the limits have none of these widths, three within them.
OFFSETS = np.arange(-1.5, 1.51, 0.1)
WIDTHS = (0.20, 0.28, 0.36, 0.48, 0.60)
#: How far a line may lie from where the first search puts it, Å.
NEAR = 0.4
#: A sample counts towards the mean spectrum if this share of the usable pixels has it.
COMPLETE = 0.4


class Mean(NamedTuple):
    """Fits of a mean spectrum: its lines at the catalogue's distances with one width per window, and each where it ended."""

    rigid: Fit
    free: Fit


class Spectrum(NamedTuple):
    """A spectrum (n,) and the constant and proportional part of its variance, (n,) each."""

    y: np.ndarray
    a: np.ndarray
    b: np.ndarray


def mean_spectrum(window: Window) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean over all pixels (λ,) and the number of samples in each mean; NaN where most usable pixels miss."""
    spectra = window.spectra
    finite = np.isfinite(spectra)
    count = finite.sum(axis=0)
    if not count.max():
        raise InputError(f"the window {window.name!r} has no finite sample", cure="Fetch the file again, or leave it out")
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(finite, spectra, 0).sum(axis=0, dtype=float) / count
    return np.where(count >= COMPLETE * count.max(), mean, np.nan), count


def search(model: LineModel, spectrum: Spectrum, limits: Mapping[str, tuple[float, float]]) -> Mean:
    """Fit the mean spectrum from every offset and width with rigid lines, and from the best of these with free ones."""
    q = np.zeros(len(model.names))
    peaks, centres, widths = (slice(i, 3 * len(model.lines), 3) for i in range(3))
    q[peaks] = 1.0
    q[centres] = [line.wavelength for line in model.lines]
    low, high = limits["s"]
    tried = [width for width in WIDTHS if low <= width <= high] or np.linspace(low, high, 5)[1:-1].tolist()
    grid = [(offset, width) for offset in OFFSETS for width in tried]
    starts = np.tile(q, (len(grid), 1))
    for start, (offset, width) in zip(starts, grid, strict=True):
        start[centres] += offset
        start[widths] = width
    reach = 0.1 + float(OFFSETS.max())
    spectra = np.broadcast_to(spectrum.y, (len(grid), spectrum.y.size))
    rigid = _rigid(model)
    search = Start(rigid, starts, rigid.bounds(q, {**limits, "x": (-reach, reach)}))
    first = fit_spectra(search, spectra, spectrum.a, spectrum.b)
    best = first.take(np.array([np.nanargmin(np.where(first.status == CONVERGED, first.chi2, np.inf))]))
    fit = fit_spectra(model.start(best.q[0], {**limits, "x": (-NEAR, NEAR)}), spectrum.y[None], spectrum.a, spectrum.b)
    if fit.status[0] != CONVERGED:
        warnings.warn("the fit of the mean spectrum did not converge: single spectra start from a rough guess", stacklevel=3)
    return Mean(best, fit)


def _wavelengths(model: LineModel) -> list[np.ndarray]:
    """Return the wavelengths of a model's windows, Å."""
    return [model.arrays.wavelength[model.samples(window)] for window in range(model.arrays.counts.size)]


def _rigid(model: LineModel) -> LineModel:
    """Return a model of the same lines at fixed distances, with one width per window."""
    ties: list[Tie] = []
    leaders: dict[int, Line] = {}
    for line in model.lines:
        leader = leaders.setdefault(line.window, line)
        if leader is not line:
            ties.append(Tie(f"{line.name} x", "add", f"{leader.name} x", line.wavelength - leader.wavelength))
            ties.append(Tie(f"{line.name} s", "mul", f"{leader.name} s", 1.0))
    return build(_wavelengths(model), model.lines, ties)


def held(
    found: Mean, spectrum: Spectrum, limits: Mapping[str, tuple[float, float]], significance: float, keep: Collection[str]
) -> Fit:
    """Return the free fit, with centres and widths that ended at a limit put beside the others where χ² allows it.

    That is where it costs less than ``significance``², the line being seen there too; lines of ``keep`` stay where they are.
    """
    mean = found.free
    for g in sorted(range(len(mean.model.lines)), key=lambda g: mean.q[0, 3 * g]):
        for i in (1, 2):
            model = mean.model
            if model.lines[g].name in keep or not at_bound(mean, 3 * g + i):
                continue
            tie = _beside(mean, g, i)
            if tie is None:
                continue
            tied = build(_wavelengths(model), model.lines, [*model.ties, tie], model.fixed)
            start = tied.start(found.rigid.q[0], {**limits, "x": (-NEAR, NEAR)})
            other = fit_spectra(start, spectrum.y[None], spectrum.a, spectrum.b)
            cost = other.chi2[0] - mean.chi2[0]
            if other.status[0] == CONVERGED and cost < significance**2 and seen(other, g) >= significance:
                mean = other
    return mean


def _beside(mean: Fit, g: int, i: int) -> Tie | None:
    """Return the tie of centre (i = 1) or width (2) of line g to the brightest line of its window that has found its own."""
    model, line = mean.model, mean.model.lines[g]
    if any(tie.follower == model.names[3 * g + i] for tie in model.ties):
        return None
    others = [h for h in model.lines_of(line.window) if h != g and not at_bound(mean, 3 * h + i)]
    others = [h for h in others if not any(tie.follower == model.names[3 * h + i] for tie in model.ties)]
    if not others:
        return None
    leader = max(others, key=lambda h: mean.q[0, 3 * h])
    names = model.names[3 * g + i], model.names[3 * leader + i]
    if i == 1:
        return Tie(names[0], "add", names[1], line.wavelength - model.lines[leader].wavelength)
    return Tie(names[0], "mul", names[1], 1.0)


def at_bound(mean: Fit, k: int) -> bool:
    """Return whether full parameter number k of a mean spectrum is at a bound."""
    parent = mean.model.arrays.parent[k]
    return bool(parent >= 0 and mean.at_bound[0, parent])


def seen(mean: Fit, g: int) -> float:
    """Return the peak of a line in a mean spectrum over its error, 0 where the error is not known."""
    error = mean.sigma()[0, 3 * g]
    return float(mean.q[0, 3 * g] / error) if np.isfinite(error) and error > 0 else 0.0
