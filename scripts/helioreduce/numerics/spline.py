r"""Cubic B-spline interpolation of an image, with the variance and the mask in the same pass.

.. math:: f(x) = \sum_k c_k\,\beta^3(x - k) = \sum_k f_k\,\eta(x - k).

The coefficients c are those of ``scipy.ndimage.spline_filter`` with mirrored edges, computed in double precision and stored
in the type of the image. In terms of the samples f the interpolation has the cardinal weights η, so that independent samples
give

.. math:: \mathrm{Var}\,f(x) = \sum_k \eta^2(x - k)\,\mathrm{Var}\,f_k .

η² is taken where it exceeds 1e-5, which is |x − k| < 4. :func:`resample` serves affine grids, :func:`sample` any points.

Source: Unser, Aldroubi & Eden 1993, IEEE Trans. Signal Processing 41, 821 and 834.
"""

from __future__ import annotations

from functools import cache

import numba
import numpy as np

from helioreduce.image import Flag
from helioreduce.numerics.prefilter import POLE, coefficients, mirrored

__all__ = ["POLE", "TAPS", "cardinal", "coefficients", "mirrored", "resample", "sample", "spread_flags"]
#: Samples on each side that count in the variance.
TAPS = 4
OUTSIDE, NO_DATA = np.uint8(Flag.OUTSIDE), np.uint8(Flag.NO_DATA)
#: Longest run of output pixels.
_RUN = 256


def cardinal(t: np.ndarray) -> np.ndarray:
    r"""Return the cardinal cubic spline η(t) = √3 Σ_j z^{|j|} β³(t − j), z = √3 − 2."""
    j = np.arange(-60, 61)
    x = np.abs(np.asarray(t, dtype=float)[..., None] - j)
    beta = np.where(x < 1, 2 / 3 - x**2 + x**3 / 2, np.where(x < 2, (2 - x) ** 3 / 6, 0))
    return np.sqrt(3.0) * beta @ POLE ** np.abs(j)


def _cardinal_cubics() -> np.ndarray:
    """Return η(t − k) for 0 ≤ t ≤ 1 and the samples k = −3 … 4 as polynomials in t: coefficients (8, 4), float32."""
    t = np.linspace(0, 1, 4)
    return np.linalg.solve(np.vander(t, increasing=True), cardinal(t[:, None] - np.arange(1 - TAPS, TAPS + 1))).T.astype(
        np.float32
    )


CARDINAL = _cardinal_cubics()


def variance_kept(origin: np.ndarray, matrix: np.ndarray, shape: tuple[int, int]) -> float:
    """Return the mean of Σ η² η² over the points of an affine grid, see :func:`resample`: what is left of the variance.

    1 on the pixels themselves, 0.44 between four of them, 0.764 on average over all places.
    """
    y, x = (np.linspace(0, n - 1, min(n, 200)) for n in shape)
    return variance_kept_at(np.asarray(origin)[:, None, None] + np.tensordot(matrix, np.array(np.meshgrid(x, y)), 1))


def variance_kept_at(points: np.ndarray) -> float:
    """Return the same over any points: input pixels (x, y) along the first axis."""
    kept = np.interp(points % 1, *_squares())
    return float(np.mean(kept[0] * kept[1]))


@cache
def _squares() -> tuple[np.ndarray, np.ndarray]:
    """Return places 0 ≤ t ≤ 1 between two samples, and Σ_k η(t − k)² there."""
    t = np.linspace(0, 1, 101)
    return t, np.sum(cardinal(t[:, None] - np.arange(1 - TAPS, TAPS + 1)) ** 2, axis=1)


def spread_flags(mask: np.ndarray, missing: np.ndarray | None = None) -> np.ndarray:
    """Return the flags of a point between the pixels (y, x) and (y+1, x+1), at [y, x], uint8 (ny, nx).

    They are the bits of those 2 × 2 pixels, and NO_DATA where one of the 4 × 4 around it, which are the interpolation's
    support, is ``missing``.
    """
    flags = _any_of(mask, 0, 1)
    if missing is not None and missing.any():
        flags |= _any_of(missing * NO_DATA, 1, 2)
    return flags


def _any_of(plane: np.ndarray, before: int, after: int) -> np.ndarray:
    """Return the bitwise OR of the pixels from ``before`` to ``after`` each pixel, along both axes."""
    for axis in range(2):
        near, result = np.moveaxis(plane, axis, 0), plane.copy()
        target = np.moveaxis(result, axis, 0)
        for shift in range(1, after + 1):
            target[:-shift] |= near[shift:]
        for shift in range(1, before + 1):
            target[shift:] |= near[:-shift]
        plane = result
    return plane


@numba.njit(cache=True, parallel=True, fastmath={"contract", "reassoc", "nsz"})
def resample(coefs, variance, flags, origin, matrix, shape):
    """Interpolate on an affine grid: at the points ``origin + matrix · (x, y)``.

    Parameters
    ----------
    coefs, variance, flags
        As for :func:`sample`.
    origin, matrix
        Input pixel (x, y), from 0, of output pixel (0, 0), and input pixels per output pixel, 2 × 2.
    shape
        Of the output, (ny, nx).

    Returns
    -------
    tuple
        As from :func:`sample`.
    """
    values = np.empty(shape, np.float32)
    sigma = np.empty(shape if variance is not None else (0, 0), np.float32)
    mask = np.empty(shape, np.uint8)
    for row in numba.prange(shape[0]):
        weights = np.empty((4 * TAPS, _RUN), np.float32)
        x0, y0 = origin[0] + matrix[0, 1] * row, origin[1] + matrix[1, 1] * row
        column = 0
        while column < shape[1]:
            # A run of columns whose nearest pixels lie side by side in one row of the input, so that loops over it vectorise;
            # or, where the output is finer, of columns with one nearest pixel.
            ix, iy, step, end = _run(coefs.shape, x0, y0, matrix[0, 0], matrix[1, 0], column, shape[1])
            run = slice(column, end)
            if ix < 0:
                values[row, run], mask[row, run] = np.nan, OUTSIDE
                if variance is not None:
                    sigma[row, run] = np.nan
            else:
                x, y = x0 - ix + matrix[0, 0] * column, y0 - iy + matrix[1, 0] * column
                dx, dy = matrix[0, 0] - step, matrix[1, 0]
                if step:
                    _values(coefs, ix, iy, x, y, dx, dy, values[row, run])
                else:
                    _values_within(coefs[iy : iy + 4, ix : ix + 4], x, y, dx, dy, values[row, run])
                if variance is not None:
                    _weights(x, dx, weights, 0, end - column)
                    _weights(y, dy, weights, 2 * TAPS, end - column)
                    if step:
                        _sigma(variance, ix + 1, iy + 1, weights, sigma[row, run])
                    else:
                        _sigma_within(variance[iy + 1 : iy + 9, ix + 1 : ix + 9], weights, sigma[row, run])
                mask[row, run] = 0 if flags is None else flags[iy, ix]
                if flags is not None and step:
                    mask[row, run] = flags[iy, ix : ix + end - column]
            column = end
    return values, sigma, mask


@numba.njit(cache=True, parallel=True, fastmath={"contract", "reassoc", "nsz"})
def sample(coefs, variance, flags, x, y, table=None):
    """Interpolate at any points, with the standard deviation and the flags of each.

    Parameters
    ----------
    coefs
        :func:`coefficients` of the plane.
    variance
        Variance of its pixels, float32, :func:`mirrored` by TAPS; None: no standard deviations.
    flags
        :func:`spread_flags`; None where there are none.
    x, y
        Input pixels, from 0, of the points: arrays (ny, nx).
    table
        η² at fractions 0, 1/n, … 1 of a pixel, float32 (n + 1, 2·TAPS), of which the nearest is taken; None: exact.

    Returns
    -------
    tuple
        Values float32, standard deviations float32 (size 0 if ``variance`` is None) and flags uint8, (ny, nx). Points beyond
        the outermost pixel centres are NaN with OUTSIDE.
    """
    shape = x.shape
    values = np.full(shape, np.nan, np.float32)
    sigma = np.full(shape if variance is not None else (0, 0), np.nan, np.float32)
    mask = np.full(shape, OUTSIDE, np.uint8)
    for row in numba.prange(shape[0]):
        weights = np.empty((4 * TAPS, 1), np.float32)
        for column in range(shape[1]):
            ix, iy, inside = _pixel(x[row, column], y[row, column], coefs.shape[1] - 3, coefs.shape[0] - 3)
            if not inside:
                continue
            tx, ty, point = x[row, column] - ix, y[row, column] - iy, slice(column, column + 1)
            _values(coefs, ix, iy, tx, ty, 0.0, 0.0, values[row, point])
            if variance is not None:
                if table is None:
                    _weights(tx, 0.0, weights, 0, 1)
                    _weights(ty, 0.0, weights, 2 * TAPS, 1)
                else:
                    weights[: 2 * TAPS, 0] = table[int(tx * (len(table) - 1) + 0.5)]
                    weights[2 * TAPS :, 0] = table[int(ty * (len(table) - 1) + 0.5)]
                _sigma(variance, ix + 1, iy + 1, weights, sigma[row, point])
            mask[row, column] = 0 if flags is None else flags[iy, ix]
    return values, sigma, mask


@numba.njit(cache=True)
def _run(padded, x, y, dx, dy, start, stop):
    """Return the input pixel (ix, iy) of column ``start``, ix = −1 outside the input, its step from column to column, 1 or 0,
    and the end of the run."""
    ny, nx = padded[0] - 3, padded[1] - 3
    ix, iy, inside = _pixel(x + dx * start, y + dy * start, nx, ny)
    end, step = start + 1, 1
    while end < min(stop, start + _RUN):
        next_x, next_y, next_inside = _pixel(x + dx * end, y + dy * end, nx, ny)
        if end == start + 1 and next_x == ix:
            step = 0
        if next_inside != inside or (inside and (next_x != ix + step * (end - start) or next_y != iy)):
            break
        end += 1
    return (ix if inside else -1), iy, step, end


@numba.njit(cache=True, inline="always")
def _pixel(x, y, nx, ny):
    """Return the pixel at or below (x, y), and whether the point lies within the outermost pixel centres."""
    return int(np.floor(x)), int(np.floor(y)), (0 <= x <= nx - 1) and (0 <= y <= ny - 1)


@numba.njit(cache=True, fastmath={"contract", "reassoc", "nsz"})
def _values(coefs, ix, iy, x, y, dx, dy, result):
    """Sum c β³ β³ over the 4 × 4 coefficients around each point of a run; x, y: fractions at its first, dx, dy: steps."""
    n = result.size
    a, b = coefs[iy, ix : ix + n + 3], coefs[iy + 1, ix : ix + n + 3]
    c, d = coefs[iy + 2, ix : ix + n + 3], coefs[iy + 3, ix : ix + n + 3]
    for i in range(n):
        t, s = x + dx * i, y + dy * i
        u, v = 1.0 - t, 1.0 - s
        x0, x1, x2, x3 = u * u * u, 4 - 3 * t * t * (2 - t), 4 - 3 * u * u * (2 - u), t * t * t
        y0, y1, y2, y3 = v * v * v, 4 - 3 * s * s * (2 - s), 4 - 3 * v * v * (2 - v), s * s * s
        total = y0 * (x0 * a[i] + x1 * a[i + 1] + x2 * a[i + 2] + x3 * a[i + 3])
        total += y1 * (x0 * b[i] + x1 * b[i + 1] + x2 * b[i + 2] + x3 * b[i + 3])
        total += y2 * (x0 * c[i] + x1 * c[i + 1] + x2 * c[i + 2] + x3 * c[i + 3])
        total += y3 * (x0 * d[i] + x1 * d[i + 1] + x2 * d[i + 2] + x3 * d[i + 3])
        result[i] = total / 36.0


@numba.njit(cache=True, fastmath={"contract", "reassoc", "nsz"})
def _values_within(c, x, y, dx, dy, result):
    """As :func:`_values`, for a run with the same 4 × 4 coefficients ``c``."""
    for i in range(result.size):
        t, s = x + dx * i, y + dy * i
        u, v = 1.0 - t, 1.0 - s
        x0, x1, x2, x3 = u * u * u, 4 - 3 * t * t * (2 - t), 4 - 3 * u * u * (2 - u), t * t * t
        y0, y1, y2, y3 = v * v * v, 4 - 3 * s * s * (2 - s), 4 - 3 * v * v * (2 - v), s * s * s
        total = y0 * (x0 * c[0, 0] + x1 * c[0, 1] + x2 * c[0, 2] + x3 * c[0, 3])
        total += y1 * (x0 * c[1, 0] + x1 * c[1, 1] + x2 * c[1, 2] + x3 * c[1, 3])
        total += y2 * (x0 * c[2, 0] + x1 * c[2, 1] + x2 * c[2, 2] + x3 * c[2, 3])
        total += y3 * (x0 * c[3, 0] + x1 * c[3, 1] + x2 * c[3, 2] + x3 * c[3, 3])
        result[i] = total / 36.0


@numba.njit(cache=True, fastmath={"contract", "reassoc", "nsz"})
def _weights(start, step, result, first, n):
    """Put η² of the 2·TAPS samples around each of the n points of a run into the rows from ``first``."""
    for tap in range(2 * TAPS):
        c0, c1, c2, c3 = CARDINAL[tap, 0], CARDINAL[tap, 1], CARDINAL[tap, 2], CARDINAL[tap, 3]
        for i in range(n):
            t = np.float32(start + step * i)
            eta = c0 + t * (c1 + t * (c2 + t * c3))
            result[first + tap, i] = eta * eta


@numba.njit(cache=True, fastmath={"contract", "reassoc", "nsz"})
def _sigma(variance, ix, iy, w, result):
    """Return √ Σ η² η² Var over the 8 × 8 pixels around each point of a run; w holds :func:`_weights` along x, then y."""
    n = result.size
    result[:] = 0
    for j in range(2 * TAPS):
        line = variance[iy + j, ix : ix + n + 2 * TAPS]
        for i in range(n):  # written out: a loop over the taps would not become vectors
            near = w[2, i] * line[i + 2] + w[3, i] * line[i + 3] + w[4, i] * line[i + 4] + w[5, i] * line[i + 5]
            far = w[0, i] * line[i] + w[1, i] * line[i + 1] + w[6, i] * line[i + 6] + w[7, i] * line[i + 7]
            result[i] += w[2 * TAPS + j, i] * (near + far)
    for i in range(n):
        result[i] = np.sqrt(result[i])


@numba.njit(cache=True, fastmath={"contract", "reassoc", "nsz"})
def _sigma_within(variance, w, result):
    """As :func:`_sigma`, for a run with the same 8 × 8 pixels of variance."""
    n = result.size
    result[:] = 0
    for j in range(2 * TAPS):
        v0, v1, v2, v3, v4, v5, v6, v7 = variance[j]
        for i in range(n):
            near = w[2, i] * v2 + w[3, i] * v3 + w[4, i] * v4 + w[5, i] * v5
            far = w[0, i] * v0 + w[1, i] * v1 + w[6, i] * v6 + w[7, i] * v7
            result[i] += w[2 * TAPS + j, i] * (near + far)
    for i in range(n):
        result[i] = np.sqrt(result[i])
