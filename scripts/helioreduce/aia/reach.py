r"""How far single pixels reach: deconvolution and interpolation let them act on others, and the flags say on which.

A pixel that was put back, is saturated or lies beyond the edge of a cut-out is doubtful, and so is whatever it acts on.
Interpolation is linear, and deconvolution nearly so (:func:`helioreduce.aia.richardson_lucy.linear_response`): a change δ
of some pixels becomes

.. math:: \Delta(\mathbf r) = \sum_k |\eta(\mathbf r - k)\,(K * \delta)_k|

at most, with the response K of the deconvolution and the cardinal spline η. Signs are left out: that they cancel is not to be
relied on where K is an approximation or δ unknown. A flag is set where Δ exceeds :data:`FRACTION` · σ.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np

from helioreduce.image import Changes, Flag, Image
from helioreduce.numerics import backend, spline
from helioreduce.numerics.backend import Array

#: Part of σ by which a doubtful pixel may act on another one without a flag.
FRACTION = 0.5
#: Part of σ below which a change is not followed into the next step.
_NEGLIGIBLE = 0.1
#: Pixels over which a change is followed through the spline: the largest count of a camera ends below a hundredth of a DN.
_FARTHEST = 12.0


class Grid(NamedTuple):
    """An output grid, as :func:`helioreduce.numerics.spline.resample` takes it."""

    origin: np.ndarray
    matrix: np.ndarray
    shape: tuple[int, int]


def flagged(flags: Array, bit: Flag, change: Array, sigma: Array) -> Array:
    """Return the flags with a bit where a change exceeds :data:`FRACTION` · σ, and nowhere else."""
    if backend.on_host(flags):
        return _flagged(flags, np.uint8(bit), change, sigma, np.float32(FRACTION))
    return (flags & np.uint8(~bit & 255)) | (abs(change) > np.float32(FRACTION) * sigma) * np.uint8(bit)


def near_saturated(image: Image, change: Array) -> Image:
    """Return the image with NEAR_SATURATED where saturated pixels may have changed it by more than :data:`FRACTION` · σ.

    There σ becomes √(σ² + Δ²).

    Parameters
    ----------
    image
        With its error plane.
    change
        Δ, in the unit of the image, (ny, nx).
    """
    sigma: Any = image.sigma
    found = flagged(image.flags, Flag.NEAR_SATURATED, change, sigma)
    near = (found & np.uint8(Flag.NEAR_SATURATED)) != 0
    wider = sigma.copy()
    wider[near] = np.hypot(sigma[near], change[near])
    return image.with_(sigma=wider, flags=image.flags | found)


def changes(plane: Array, sigma: Array) -> Changes:
    """Return the part of a plane of changes that is worth following into the next step."""
    if backend.on_host(plane):
        return Changes(*_larger(plane, sigma, np.float32(_NEGLIGIBLE)))
    return _of(plane, abs(plane) > np.float32(_NEGLIGIBLE) * sigma)


def saturated(image: Image) -> Changes:
    """Return the saturated pixels as changes by their whole value: nothing of it is known."""
    return _of(image.data, image.flagged(Flag.SATURATED) & np.isfinite(image.data))


def beside_saturated(image: Image) -> Changes:
    """Return the pixels with NEAR_SATURATED as changes by σ, which holds what saturated pixels may have done to them."""
    sigma: Any = image.sigma
    return _of(sigma, image.flagged(Flag.NEAR_SATURATED) & np.isfinite(image.data))


def beyond_edges(data: Array) -> Changes:
    """Return the pixels beyond the edges of an image (ny, nx) within reach of the spline, with their mirror images' values."""
    (ny, nx), near = data.shape, np.arange(1, spline.TAPS + 1)
    rows, columns = (np.concatenate([-near, n - 1 + near]) for n in (ny, nx))
    above_below = np.meshgrid(rows, np.arange(-spline.TAPS, nx + spline.TAPS), indexing="ij")
    beside = np.meshgrid(np.arange(ny), columns, indexing="ij")
    y, x = (np.concatenate([a.ravel(), b.ravel()]) for a, b in zip(above_below, beside, strict=True))
    value = backend.to_host(data[_mirrored(y, ny), _mirrored(x, nx)])
    finite = np.isfinite(value)
    return Changes(y[finite], x[finite], value[finite])


def through_spline(changed: Changes, grid: Grid, floor: float = 0.0) -> np.ndarray:
    """Return what changes of single pixels amount to at most on another grid, float32, in main memory.

    Parameters
    ----------
    changed
        Pixels of the input grid and their changes.
    grid
        The output grid.
    floor
        What a single pixel contributes below it may be left out.
    """
    plane = np.zeros(grid.shape, np.float32)
    y, x = (np.ascontiguousarray(part, np.int64) for part in changed[:2])
    value = np.ascontiguousarray(abs(changed.value), np.float32)
    with np.errstate(divide="ignore"):
        radius = np.log(1.3 * value / max(floor, 1e-30)) / -np.log(-spline.POLE)  # |η(t)| < 1.3 |POLE|^|t|
    bands = 8 * numba.get_num_threads()
    _spread(plane, y, x, value, radius.clip(1, _FARTHEST), grid.origin, grid.matrix, np.linalg.inv(grid.matrix), bands)
    return plane


def _of(plane: Array, chosen: Array) -> Changes:
    """Return some pixels of a plane, in main memory."""
    y, x = np.nonzero(chosen)
    return Changes(backend.to_host(y), backend.to_host(x), backend.to_host(plane[y, x]))


def _mirrored(i: np.ndarray, n: int) -> np.ndarray:
    """Return indices beyond [0, n − 1] mirrored about the first and the last of n samples."""
    return abs((n - 1) - abs((n - 1) - i)) if n > 1 else np.zeros_like(i)


@numba.njit(cache=True, parallel=True)
def _flagged(flags, bit, change, sigma, fraction):
    """Loop of :func:`flagged`."""
    result = np.empty_like(flags)
    for y in numba.prange(flags.shape[0]):
        for x in range(flags.shape[1]):
            touched = abs(change[y, x]) > fraction * sigma[y, x]
            result[y, x] = (flags[y, x] & ~bit) | (bit if touched else np.uint8(0))
    return result


@numba.njit(cache=True, parallel=True)
def _larger(plane, sigma, fraction):
    """Return rows, columns and values of the pixels whose absolute value exceeds a fraction of σ, in order."""
    rows, columns = plane.shape
    first = np.zeros(rows + 1, np.int64)
    for y in numba.prange(rows):
        for x in range(columns):
            first[y + 1] += abs(plane[y, x]) > fraction * sigma[y, x]
    first = np.cumsum(first)
    at_y, at_x, value = np.empty(first[-1], np.int32), np.empty(first[-1], np.int32), np.empty(first[-1], plane.dtype)
    for y in numba.prange(rows):
        n = first[y]
        for x in range(columns if first[y + 1] > n else 0):
            if abs(plane[y, x]) > fraction * sigma[y, x]:
                at_y[n], at_x[n], value[n] = y, x, plane[y, x]
                n += 1
    return at_y, at_x, value


@numba.njit(cache=True, parallel=True)
def _spread(plane, y, x, value, radius, origin, matrix, inverse, bands):
    """Add |η η| · value of every changed pixel to the output pixels within its radius.

    A thread takes bands of the output, of some rows each, and goes through all changes: the order of the additions is that
    of the changes, whatever the number of threads.
    """
    rows, columns = plane.shape
    per_v, per_u = abs(inverse[1, 0]) + abs(inverse[1, 1]), abs(inverse[0, 0]) + abs(inverse[0, 1])
    for band in numba.prange(bands):
        first, last = band * rows // bands, (band + 1) * rows // bands
        for n in range(value.size):
            dx, dy = x[n] - origin[0], y[n] - origin[1]
            half_v, v0 = int(np.ceil(radius[n] * per_v)), int(np.rint(inverse[1, 0] * dx + inverse[1, 1] * dy))
            if v0 + half_v < first or v0 - half_v >= last:
                continue
            half_u, u0 = int(np.ceil(radius[n] * per_u)), int(np.rint(inverse[0, 0] * dx + inverse[0, 1] * dy))
            for v in range(max(v0 - half_v, first), min(v0 + half_v + 1, last)):
                for u in range(max(u0 - half_u, 0), min(u0 + half_u + 1, columns)):
                    at_x = origin[0] + matrix[0, 0] * u + matrix[0, 1] * v - x[n]
                    at_y = origin[1] + matrix[1, 0] * u + matrix[1, 1] * v - y[n]
                    plane[v, u] += value[n] * abs(_eta(at_x) * _eta(at_y))


@numba.njit(cache=True, inline="always")
def _eta(t):
    """Return the cardinal spline η(t); beyond TAPS by η(t + 1) = POLE · η(t)."""
    t, tail = abs(t), 1.0
    while t >= spline.TAPS:
        t, tail = t - 1, tail * spline.POLE
    k = int(t)
    c, fraction = spline.CARDINAL[spline.TAPS - 1 - k], t - k
    return tail * (c[0] + fraction * (c[1] + fraction * (c[2] + fraction * c[3])))
