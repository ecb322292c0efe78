"""Adaptive binning: every pixel gets the smallest bin in which its lines reach the requested precision.

The list of boxes begins with the single pixel. A box covers (times, rows, columns) around the pixel; its spectrum is the
mean of the finite samples, used where at least half of the box is finite. The variance of a mean of N samples with variance
``a + b s`` is ``(a + b mean) / N``, times ``1 + (N − 1) ρ`` where their noise has the mean correlation ρ. Bins are chosen by
this noise; the errors of their fits also count the structure inside of them (:mod:`helioreduce.spice.structure`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numba
import numpy as np

from helioreduce.errors import InputError
from helioreduce.spice import exposures, naming, structure
from helioreduce.spice.fit import CONVERGED, TOO_FEW, Fit, fit_spectra, retry
from helioreduce.spice.fitted import Box, Fitted
from helioreduce.spice.group import Group
from helioreduce.spice.model import LineModel, Start, kind
from helioreduce.spice.structure import Binned

#: Share of a box that must be finite.
FILLED = 0.5


@dataclass(frozen=True, slots=True)
class Settings:
    """How pixels are binned.

    Attributes
    ----------
    boxes
        Bins in order of size, the single pixel first.
    thresholds
        Requested relative errors of ``I``, ``x``, ``s``, ``B``; None requests nothing.
    lines
        Names of the lines that count; a group without any of them counts all of its own. Backgrounds count if ``B`` is given.
    correlation
        Mean correlation coefficient ρ of the noise of the samples in one box.

    Raises
    ------
    InputError
        If there is no such parameter, a threshold is not above 0, or ρ not within 0 and 1.
    """

    boxes: tuple[Box, ...] = (Box(1, 1, 1),)
    thresholds: Mapping[str, float | None] = field(default_factory=dict)
    lines: tuple[str, ...] = ()
    correlation: float = 0.0

    def __post_init__(self) -> None:
        for name, error in self.thresholds.items():
            if name not in ("I", "x", "s", "B") or not (error is None or error > 0):
                cure = "Give relative errors above 0, or None, of I, x, s and B; {} for no binning"
                raise InputError(f"a threshold is {name}: {error!r}", cure=cure)
        if not 0 <= self.correlation <= 1:
            raise InputError(f"the correlation is {self.correlation!r}", cure="Give a number from 0 to 1")

    @classmethod
    def of(cls, given: Mapping[str, Any], group: Group) -> Settings:
        """Return the settings of a configuration, for the steps of a group's raster; bins of a still slit lie along it."""
        header, columns = group.windows[0].header, group.shape[2]
        step = 0.0 if exposures.is_sit_and_stare(header, columns) else abs(float(header["CDELT1"]))
        steps = step, abs(float(header["CDELT2"]))
        own = tuple(boxes(given["extents"], given["times"], *steps))
        return cls(own, given["thresholds"], tuple(given["lines"]), given["correlation"])


def boxes(extents: Sequence[int], times: Sequence[int], step_x: float, step_y: float) -> list[Box]:
    """Return boxes about as wide as high on the Sun; along the slit alone where it stands still (step 0).

    Parameters
    ----------
    extents
        Odd numbers of pixels along the finer of the two axes; along the other one a box has the nearest odd number.
    times
        Odd numbers of exposures.
    step_x, step_y
        Size of a pixel.

    Raises
    ------
    InputError
        If an extent is not odd and positive, or the list does not begin with 1.
    """
    if list(extents)[:1] != [1] or list(times)[:1] != [1] or any(e < 1 or e % 2 == 0 for e in (*extents, *times)):
        raise InputError(f"bins {list(extents)} × {list(times)}", cure="Give odd extents, the first 1, such as [1, 3, 5]")
    found = []
    for time in times:
        for extent in extents:
            if step_x == 0:
                found.append(Box(time, extent, 1))
                continue
            other = _odd(extent * min(step_x, step_y) / max(step_x, step_y))
            found.append(Box(time, extent, other) if step_y <= step_x else Box(time, other, extent))
    return sorted(dict.fromkeys(found), key=lambda box: box.t * box.y * box.x)


def _odd(number: float) -> int:
    return max(1, 2 * int(number / 2) + 1)


@numba.njit(cache=True, parallel=True)
def _bin(cube, pixels, reach_t, reach_y, reach_x):
    """Return means (M, n) over boxes around ``pixels`` (flat indices) of a cube (t, y, x, n), and numbers of finite samples."""
    times, rows, columns, samples = cube.shape
    mean, count = np.empty((pixels.size, samples)), np.empty((pixels.size, samples))
    for i in numba.prange(pixels.size):
        t, rest = divmod(pixels[i], rows * columns)
        y, x = divmod(rest, columns)
        total, number = np.zeros(samples), np.zeros(samples)
        for tt in range(max(t - reach_t, 0), min(t + reach_t + 1, times)):
            for yy in range(max(y - reach_y, 0), min(y + reach_y + 1, rows)):
                for xx in range(max(x - reach_x, 0), min(x + reach_x + 1, columns)):
                    for k in range(samples):
                        if np.isfinite(cube[tt, yy, xx, k]):
                            total[k] += cube[tt, yy, xx, k]
                            number[k] += 1.0
        for k in range(samples):
            mean[i, k] = total[k] / number[k] if number[k] > 0 else np.nan
            count[i, k] = number[k]
    return mean, count


def bin_spectra(cube: np.ndarray, pixels: np.ndarray, box: Box) -> tuple[np.ndarray, np.ndarray]:
    """Return mean spectra (M, n) around pixels (M,) of a cube (t, y, x, n), and the number of samples in each mean.

    Means of less than half a box are NaN, the box being cut at the edge of the raster.
    """
    mean, count = _bin(cube, np.asarray(pixels, np.int64), box.t // 2, box.y // 2, box.x // 2)
    size = np.ones(len(mean), np.int64)
    for place, extent, side in zip(np.unravel_index(pixels, cube.shape[:3]), box, cube.shape[:3], strict=True):
        size *= np.minimum(place + extent // 2, side - 1) - np.maximum(place - extent // 2, 0) + 1
    mean[count < FILLED * size[:, None]] = np.nan
    return mean, np.maximum(count, 1)


def dilution(count: np.ndarray, correlation: float) -> np.ndarray:
    """Return the variance of a mean of N samples over that of one sample: (1 + (N − 1) ρ) / N.

    Parameters
    ----------
    count
        Numbers N of samples.
    correlation
        Mean correlation coefficient ρ of two of them.
    """
    return (1 + (count - 1) * correlation) / count


def ratios(fit: Fit, settings: Settings, marked: Sequence[str] = ()) -> np.ndarray:
    """Return the largest relative error over its threshold (N,); ≤ 1 meets all thresholds.

    It is infinite where the fit did not converge, an error is unknown, or any parameter of a line that counts is at a bound.

    ``marked`` lines and components without a name of the catalogue do not count.
    """
    counted = _counted(fit.model, settings.lines, marked)
    requested = _requested(fit.model, settings.thresholds, counted)
    if not requested:
        return np.zeros(len(fit.p))
    chosen = list(requested)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = fit.sigma()[:, chosen] / np.abs(fit.q[:, chosen]) / np.array(list(requested.values()))
    ratio[~np.isfinite(ratio)] = np.inf
    parents = fit.model.arrays.parent[[3 * g + i for g in counted for i in range(3)]]
    at_bound = fit.at_bound[:, np.unique(parents[parents >= 0])].any(axis=1)
    return np.where((fit.status == CONVERGED) & ~at_bound, ratio.max(axis=1), np.inf)


def _counted(model: LineModel, lines: Sequence[str], marked: Sequence[str]) -> list[int]:
    """Return the numbers of the lines that count: those of the list, or all where the model has none of them."""
    named = {own.name for name in lines if (own := naming.line(name, model.lines))}
    known = [g for g, line in enumerate(model.lines) if line.name not in marked and not line.name.startswith("unknown ")]
    return [g for g in known if not named or model.lines[g].name in named]


def _requested(model: LineModel, thresholds: Mapping[str, float | None], counted: Sequence[int]) -> dict[int, float]:
    """Return the thresholds of the parameters that count, by number of the parameter."""
    requested = {}
    for k, name in enumerate(model.names):
        letter = kind(name)
        threshold = thresholds.get(letter)
        if threshold is not None and (letter == "B" or k // 3 in counted):
            requested[k] = threshold
    return requested


def fit_adaptive(
    group: Group, start: Start, settings: Settings, progress: Callable[[str, int, int], None] | None = None
) -> Fitted:
    """Fit every pixel of a group, in the smallest box that meets the thresholds.

    Parameters
    ----------
    group, start
        What is fitted, from where.
    settings
        Boxes and thresholds.
    progress
        Called with the box's name, spectra done and spectra to do.

    Returns
    -------
    Fitted
        Where no box meets the thresholds, the fit with the least ratio is kept and ``met`` is False. A pixel without a
        sample of its own is not filled from its neighbours.
    """
    cube = group.cube
    measured = np.isfinite(cube).any(axis=-1).ravel()

    def fit_in(box: Box, pixels: np.ndarray) -> tuple[Fit, np.ndarray]:
        """Fit the binned spectra of some pixels."""
        report = partial(progress, box.label) if progress else None
        spectra, count = bin_spectra(cube, pixels, box)
        a, b = (part * dilution(count, settings.correlation) for part in group.variance)
        fit = fit_spectra(start, spectra, a, b, progress=report)
        fit = retry(fit, spectra, a, b, _typical(fit, start))
        return fit, np.where(fit.status != TOO_FEW, ratios(fit, settings, start.marked), np.inf)

    best, least = fit_in(settings.boxes[0], np.arange(measured.size))
    level = np.where(best.status != TOO_FEW, 0, -1).astype(np.int16)
    for number, box in enumerate(settings.boxes[1:], 1):
        pixels = np.flatnonzero((least > 1) & measured)
        if not pixels.size:
            break
        fit, ratio = fit_in(box, pixels)
        better = (ratio < least[pixels]) | ((level[pixels] < 0) & (fit.status != TOO_FEW))
        best.put(pixels[better], fit.take(np.flatnonzero(better)))
        level[pixels[better]] = number
        least[pixels[better]] = ratio[better]
    _add_structure(group, best, settings, level)
    return Fitted(group, best, settings.boxes, level, least <= 1, start.notes, start.marked)


def _add_structure(group: Group, best: Fit, settings: Settings, level: np.ndarray) -> None:
    """Add the structure inside of bins to the covariances of the fits (N,), in place: thresholds ask for the noise alone."""
    for number, box in enumerate(settings.boxes[1:], 1):
        pixels = np.flatnonzero(level == number)
        if pixels.size:
            spectra, count = bin_spectra(group.cube, pixels, box)
            a, b = (part * dilution(count, settings.correlation) for part in group.variance)
            own = best.take(pixels)
            structure.add(own, group.cube, pixels, box, Binned(spectra, a, b, count.max(axis=1)), settings.correlation)
            best.put(pixels, own)


def _typical(fit: Fit, start: Start) -> Start:
    """Return a second start, at the median of the good fits; the first start where there are few."""
    if fit.good.sum() > 10:
        return replace(start, q=np.median(fit.q[fit.good], axis=0))
    return start
