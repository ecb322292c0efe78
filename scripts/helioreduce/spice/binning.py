"""Adaptive binning: every pixel gets the smallest bin in which its lines are known as well as asked.

The level list begins with the single pixel. A level is a box of (times, rows, columns) around the pixel; its spectrum is the
mean of the finite samples, used where at least half of the box is finite. The variance of a mean of N samples with variance
``a + b s`` is ``(a + b mean) / N``; neighbours whose noise is correlated add ``correlation`` to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numba
import numpy as np

from helioreduce.errors import InputError
from helioreduce.spice.fit import CONVERGED, Fit, fit_spectra, retry
from helioreduce.spice.initial import Start
from helioreduce.spice.model import LineModel

#: Relative errors asked of peak, centre, width and background; None asks nothing.
Thresholds = Mapping[str, float | None]
#: Share of a box that must be finite.
FILLED = 0.5


class Level(NamedTuple):
    """Extent of a box: times, rows, columns (odd)."""

    t: int
    y: int
    x: int


class Adaptive(NamedTuple):
    """Fits of N spectra, the level (N,) that each comes from (−1: none fitted) and whether it meets the thresholds (N,)."""

    fit: Fit
    level: np.ndarray
    met: np.ndarray


def levels(extents: Sequence[int], times: Sequence[int], step_x: float, step_y: float) -> list[Level]:
    """Boxes about as wide as high on the Sun, from extents along the finer axis (pixels) and numbers of exposures.

    The extent counts along the finer of the two axes; along the other one the box has the nearest odd number of pixels.

    Raises
    ------
    InputError
        If an extent is not odd and positive, or the list does not begin with 1.
    """
    if list(extents)[:1] != [1] or list(times)[:1] != [1] or any(e < 1 or e % 2 == 0 for e in (*extents, *times)):
        raise InputError(f"bins {list(extents)} × {list(times)}", cure="Give odd extents, the first 1, such as [1, 3, 5]")
    boxes = []
    for time in times:
        for extent in extents:
            other = _odd(extent * min(step_x, step_y) / max(step_x, step_y))
            boxes.append(Level(time, extent, other) if step_y <= step_x else Level(time, other, extent))
    return sorted(dict.fromkeys(boxes), key=lambda box: box.t * box.y * box.x)


def _odd(number: float) -> int:
    return max(1, 2 * int(number / 2) + 1)


@numba.njit(cache=True, parallel=True)
def _bin(cube, pixels, reach_t, reach_y, reach_x):  # type: ignore[no-untyped-def]
    """Means (M, n) over boxes around ``pixels`` (flat indices) of a cube (t, y, x, n), and the number of finite samples."""
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


def bin_spectra(cube: np.ndarray, pixels: np.ndarray, level: Level) -> tuple[np.ndarray, np.ndarray]:
    """Mean spectra (M, n) around pixels (M,) of a cube (t, y, x, n), and the number of samples in each mean.

    Means of less than half a box are NaN, the box being cut at the edge of the raster.
    """
    mean, count = _bin(cube, np.asarray(pixels, np.int64), level.t // 2, level.y // 2, level.x // 2)
    size = np.prod([_inside(place, extent, side) for place, extent, side in _places(cube, pixels, level)], axis=0)
    mean[count < FILLED * size[:, None]] = np.nan
    return mean, np.maximum(count, 1)


def _places(cube: np.ndarray, pixels: np.ndarray, level: Level) -> list[tuple[np.ndarray, int, int]]:
    """Index, extent of the box and length, for each of the three axes."""
    return list(zip(np.unravel_index(pixels, cube.shape[:3]), level, cube.shape[:3], strict=True))


def _inside(place: np.ndarray, extent: int, side: int) -> np.ndarray:
    """How much of a box along one axis lies within the raster."""
    return np.minimum(place + extent // 2, side - 1) - np.maximum(place - extent // 2, 0) + 1


def ratios(fit: Fit, thresholds: Thresholds, lines: Sequence[str] | None = None) -> np.ndarray:
    """Largest relative error over threshold (N,), over the parameters asked for; ≤ 1 meets them.

    Infinite where the fit did not converge, an error is unknown, or any parameter of a line that counts is at a bound.

    Parameters
    ----------
    thresholds
        Relative error asked of ``I``, ``x``, ``s``, ``B``.
    lines
        Names of the lines that count; default all. Backgrounds count if ``B`` is given.
    """
    chosen, limits = _asked(fit.model, thresholds, lines)
    if not chosen:
        return np.zeros(len(fit.p))
    q, sigma = fit.q[:, chosen], fit.sigma()[:, chosen]
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = sigma / np.abs(q) / limits
    ratio[~np.isfinite(ratio)] = np.inf
    counted = [3 * g + i for g, line in enumerate(fit.model.lines) if line.name in (lines or line.name) for i in range(3)]
    parents = sorted({int(fit.model.parent[k]) for k in counted} - {-1})
    known = (fit.status == CONVERGED) & ~fit.at_bound[:, parents].any(axis=1)
    return np.where(known, ratio.max(axis=1), np.inf)


def _asked(model: LineModel, thresholds: Thresholds, lines: Sequence[str] | None) -> tuple[list[int], np.ndarray]:
    """Indices of the parameters that count, and their thresholds."""
    known = {line.name for line in model.lines}
    unknown = [name for name in lines or () if name not in known]
    if unknown and not known & set(lines or ()):
        raise InputError(f"no line of the group is called {unknown[0]!r}", cure=f"Its lines: {', '.join(sorted(known))}")
    counted = set(lines or known)
    chosen, limits = [], []
    for k, name in enumerate(model.names):
        owner, letter = name.rsplit(" ", 1)
        letter = "B" if name.startswith("B ") else letter
        if thresholds.get(letter) is not None and (letter == "B" or owner in counted):
            chosen.append(k)
            limits.append(thresholds[letter])
    return chosen, np.array(limits, float)


def fit_adaptive(
    cube: np.ndarray,
    a: np.ndarray,
    b: np.ndarray,
    start: Start,
    boxes: Sequence[Level],
    thresholds: Thresholds,
    *,
    lines: Sequence[str] | None = None,
    correlation: float = 0.0,
    progress: Callable[[str, int, int], None] | None = None,
) -> Adaptive:
    """Fit every pixel of a cube, in the smallest box that meets the thresholds.

    Parameters
    ----------
    cube
        Joined spectra (t, y, x, n), NaN where missing.
    a, b
        Parts of one sample's variance (n,).
    boxes
        Levels in order of size, the single pixel first.
    thresholds, lines
        See :func:`ratios`.
    correlation
        Mean correlation coefficient of the noise of samples in one box: the variance of a mean of N is multiplied by
        ``1 + (N − 1) correlation``.
    progress
        Called with the level's name, spectra done and spectra to do.

    Returns
    -------
    Adaptive
        Where no level meets the thresholds, the fit with the least ratio is kept and ``met`` is False. A pixel without a
        sample of its own is not filled from its neighbours.
    """
    n = int(np.prod(cube.shape[:3]))
    todo, measured = np.arange(n), np.isfinite(cube).any(axis=-1).ravel()
    best, level, least = None, np.full(n, -1, np.int16), np.full(n, np.inf)
    for number, box in enumerate(boxes):
        spectra, count = bin_spectra(cube, todo, box)
        dilution = (1 + (count - 1) * correlation) / count
        report = (lambda done, size, box=box: progress(f"{box.t}×{box.y}×{box.x}", done, size)) if progress else None
        variances = a * dilution, b * dilution
        fit = fit_spectra(start.model, spectra, *variances, start.q, start.bounds, progress=report)
        fit = retry(fit, spectra, *variances, _typical(fit, start), start.bounds)
        ratio = ratios(fit, thresholds, lines)
        if best is None:
            best, better = fit, fit.status != 0
        else:
            better = (ratio < least[todo]) | ((level[todo] < 0) & (fit.status != 0))
            best.put(todo[better], fit.take(np.flatnonzero(better)))
        level[todo[better]] = number
        least[todo[better]] = ratio[better]
        todo = todo[(least[todo] > 1) & measured[todo]]
        if not todo.size:
            break
    return Adaptive(best, level, least <= 1)


def _typical(fit: Fit, start: Start) -> np.ndarray:
    """Median full parameters of the good fits, as a second start; the first start where there are few."""
    if fit.good.sum() > 10:
        return np.median(fit.q[fit.good], axis=0)
    return start.q
