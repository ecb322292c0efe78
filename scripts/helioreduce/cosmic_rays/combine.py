"""Combination of bias, dark and flat frames with cosmic-ray rejection."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import inf, pi, sqrt

import numba
import numpy as np

from helioreduce.errors import InputError, counted

METHODS = {"clip": 0, "median": 1, "trimmed_mean": 2, "mean": 3}
DEVIATIONS = {"mad": 0, "std": 1, "noise": 2}
#: Standard deviation of a Gaussian over its median absolute deviation, 1 / Φ⁻¹(3/4).
SIGMA_PER_MAD = 1.482602218505602
#: What the median absolute deviation of 2 to 9 values must be multiplied by to be unbiased; n / (n − 0.8) for more
#: (Croux & Rousseeuw 1992, Computational Statistics 1, 411).
FEW = np.array([1.0, 1.0, 1.196, 1.495, 1.363, 1.206, 1.200, 1.140, 1.129, 1.107])
#: Error of a median over that of a mean, for Gaussian noise.
MEDIAN_ERROR = sqrt(pi / 2)

Rows = Callable[[slice], np.ndarray]


@dataclass(frozen=True)
class Choices:
    """Method and parameters of a combination.

    Parameters
    ----------
    method
        ``clip``: mean of the values within ``sigma`` deviations of the median; ``median``; ``trimmed_mean``: mean without the
        ``trim`` lowest and ``trim`` highest fraction; ``mean``.
    sigma
        Largest distance from the median that is kept, in deviations.
    deviation
        ``mad``: 1.4826 × median absolute deviation, unbiased for few values; ``std``: standard deviation about the mean;
        ``noise``: the number ``noise``, for frames so few (below about ten) that their own deviation is itself uncertain.
    noise
        Standard deviation of one value, in the data's unit (that of flats before they are divided by their medians), for
        ``deviation = noise``.
    trim
        Fraction cut at each end.
    quantum
        Step of the digitisation in the same unit; its noise, quantum / √12, is added to the deviation, which is 0 otherwise
        where most values are one integer.
    """

    method: str = "clip"
    sigma: float = 5.0
    deviation: str = "mad"
    trim: float = 0.25
    quantum: float = 0.0
    noise: float = 0.0

    def __post_init__(self) -> None:
        for name, known in (("method", METHODS), ("deviation", DEVIATIONS)):
            if getattr(self, name) not in known:
                raise InputError(f"unknown {name} {getattr(self, name)!r}", cure=f"One of: {', '.join(known)}")
        if not (self.sigma > 0 and 0 <= self.trim < 0.5 and self.quantum >= 0):
            raise InputError(f"{self} is impossible", cure="Give sigma > 0, 0 ≤ trim < 0.5 and quantum ≥ 0")
        if (self.deviation == "noise") != (self.noise > 0):
            raise InputError(f"deviation is {self.deviation!r}, noise {self.noise:g}", cure="Give a noise with deviation noise")

    def over(self, level: float) -> Choices:
        """Return the choices for frames divided by their levels, of which ``level`` is a typical one."""
        return replace(self, quantum=self.quantum / level, noise=self.noise / level)


@dataclass(frozen=True)
class Combined:
    """``data`` (ny, nx) float32, its standard error ``sigma``, and ``count``: the number of values behind each pixel."""

    data: np.ndarray
    sigma: np.ndarray
    count: np.ndarray


def farthest(n: int, deviation: str) -> float:
    """Return the largest distance of one of ``n`` values from the median, in deviations: n / √(n − 1) for ``std``.

    With the standard deviation no outlier is clipped at 5 σ among 23 frames or fewer, however large.
    """
    if n < 2:
        return 0.0
    if deviation == "std":
        return n / sqrt(n - 1)
    return inf if n > 2 or deviation == "noise" else 1 / (SIGMA_PER_MAD * float(FEW[2]))


def combine(
    frames: Sequence[Rows], shape: tuple[int, int], choices: Choices = Choices(), *, memory_mb: float = 500
) -> Combined:
    """Combine frames strip by strip, so that no more than ``memory_mb`` of them is in memory at a time.

    Parameters
    ----------
    frames
        For each frame a function that returns some of its rows, (rows, nx); NaN are ignored.
    shape
        (ny, nx).
    memory_mb
        Total size of the strips of all frames, MB (at least one row of each).

    Warns
    -----
    UserWarning
        If there are too few frames for any value to be clipped.

    Raises
    ------
    InputError
        If there is no frame, or the shapes differ.
    """
    if not frames:
        raise InputError("there is no frame to combine", cure="Give at least one file")
    n, (ny, nx) = len(frames), shape
    if choices.method == "clip" and farthest(n, choices.deviation) <= choices.sigma:
        limit = f"{choices.sigma:g} {choices.deviation} deviations from the median"
        warnings.warn(
            f"{counted(n, 'frame')}: no value can lie {limit}, the clip never fires "
            f"(at most {farthest(n, choices.deviation):.2f}). Take deviation mad, more frames or the median",
            stacklevel=2,
        )
    result = Combined(np.empty(shape, np.float32), np.empty(shape, np.float32), np.empty(shape, np.int32))
    step = max(1, int(memory_mb * 1e6 / (4 * n * nx)))
    for start in range(0, ny, step):
        rows = slice(start, min(start + step, ny))
        strip = np.empty((n, rows.stop - rows.start, nx), np.float32)
        for k, frame in enumerate(frames):
            part = frame(rows)
            if part.shape != strip.shape[1:]:
                raise InputError(f"frame {k} gives rows of shape {part.shape}, not {strip.shape[1:]}")
            strip[k] = part
        result.data[rows], result.sigma[rows], result.count[rows] = stack(strip, choices)
    return result


def level(frame: Rows, ny: int) -> float:
    """Return the median of a whole frame of ``ny`` rows, ignoring NaN."""
    return float(np.nanmedian(frame(slice(0, ny))))


def scaled(frame: Rows, factor: float, where: str = "") -> Rows:
    """Return a frame, of the file ``where``, divided by a number: flats are combined after dividing each by its median.

    Raises
    ------
    InputError
        If the number is not positive.
    """
    if not factor > 0:
        cure = "Give flats with the bias subtracted and light on them"
        raise InputError(f"a flat has the median {factor}", cure=cure, where=where)
    return lambda rows: frame(rows) / np.float32(factor)


def stack(cube: np.ndarray, choices: Choices = Choices()) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return data, standard error and number of values of each pixel of a cube (n, ny, nx).

    The standard error comes from the spread of the values behind the pixel: s / √n for means, √(π/2) s / √n for the median,
    s_w / ((1 − 2 trim) √n) with the winsorised s_w for the trimmed mean (Tukey & McLaughlin 1963), which is a median where
    one value is left. A pixel behind which there is one value only has the error of one value of the others, their median
    s; NaN where there are no others.
    """
    method, deviation = METHODS[choices.method], DEVIATIONS[choices.deviation]
    cube = np.ascontiguousarray(cube, np.float32)
    floor = choices.quantum**2 / 12 + choices.noise**2
    data, error, count = _stack(cube, method, deviation, choices.sigma, choices.trim, floor)
    single = np.isnan(error) & (count == 1)
    if single.any():
        number = np.sqrt(len(cube) if choices.method == "trimmed_mean" else count)
        others = (error * number)[np.isfinite(error)]
        error[single] = choices.noise or (np.median(others) if others.size else np.nan)
    return data, error, count


@numba.njit(cache=True, parallel=True)
def _stack(cube, method, deviation, sigma, trim, floor):
    n, ny, nx = cube.shape
    data, error, count = np.empty((ny, nx), np.float32), np.empty((ny, nx), np.float32), np.empty((ny, nx), np.int32)
    for y in numba.prange(ny):
        values, distances = np.empty(n), np.empty(n)
        for x in range(nx):
            k = _sorted_column(cube, y, x, values)
            first, last = _kept(values, k, distances, method, deviation, sigma, trim, floor)
            middle, spread = _moments(values[first:last])
            if method == 1:
                middle, spread = _middle(values[:k]), MEDIAN_ERROR * spread
            elif method == 2 and last - first == 1 and k > 1:
                spread = MEDIAN_ERROR * _moments(values[:k])[1]
            elif method == 2 and last > first:
                spread = _winsorised(values, k, first, last)
            data[y, x], error[y, x], count[y, x] = middle, spread, last - first
    return data, error, count


@numba.njit(cache=True)
def _sorted_column(cube, y, x, values):
    """Write the values of one pixel that are not NaN, in ascending order, to ``values``; return their number."""
    k = 0
    for frame in range(cube.shape[0]):
        value = cube[frame, y, x]
        if np.isnan(value):
            continue
        i = k
        while i > 0 and values[i - 1] > value:
            values[i] = values[i - 1]
            i -= 1
        values[i] = value
        k += 1
    return k


@numba.njit(cache=True)
def _kept(values, k, distances, method, deviation, sigma, trim, floor):
    """Return the first and last (excluded) of the sorted values that enter the mean."""
    first, last = 0, k
    if method == 2:
        first = int(trim * k)
        last = k - first
    if method != 0 or k == 0:
        return first, last
    middle = _middle(values[:k])
    limit = sigma * np.sqrt(_deviation(values[:k], middle, distances, deviation) ** 2 + floor)
    while values[first] < middle - limit:
        first += 1
    while values[last - 1] > middle + limit:
        last -= 1
    return first, last


@numba.njit(cache=True)
def _deviation(values, middle, distances, deviation):
    """Return the deviation of sorted values: from their median absolute deviation, or the standard deviation about the mean."""
    k = values.size
    if deviation == 2:  # known: it comes in as the floor
        return 0.0
    if deviation == 1:
        return np.std(values)
    low, high = 0, k - 1
    for i in range(k - 1, -1, -1):  # the farthest value is at one of the two ends
        if middle - values[low] > values[high] - middle:
            distances[i] = middle - values[low]
            low += 1
        else:
            distances[i] = values[high] - middle
            high -= 1
    few = FEW[k] if k < FEW.size else k / (k - 0.8)
    return SIGMA_PER_MAD * few * _middle(distances[:k])


@numba.njit(cache=True)
def _middle(values):
    """Return the median of sorted values; NaN for none."""
    k = values.size
    return 0.5 * (values[(k - 1) // 2] + values[k // 2]) if k else np.nan


@numba.njit(cache=True)
def _moments(values):
    """Return the mean and its standard error; NaN where there are too few values."""
    k = values.size
    if k == 0:
        return np.nan, np.nan
    mean = np.sum(values) / k
    return mean, np.sqrt(np.sum((values - mean) ** 2) / (k - 1) / k) if k > 1 else np.nan


@numba.njit(cache=True)
def _winsorised(values, k, first, last):
    """Return the standard error of a trimmed mean: each value cut off is replaced by the nearest one kept."""
    total, squares = 0.0, 0.0
    for i in range(k):
        value = values[min(max(i, first), last - 1)]
        total += value
        squares += value * value
    variance = max(squares - total * total / k, 0.0) / max(k - 1, 1)
    return np.sqrt(variance / k) * k / (last - first) if k > 1 else np.nan
