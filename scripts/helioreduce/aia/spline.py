r"""Cubic B-spline interpolation on an affine grid, with the variance and the mask in the same pass.

.. math:: f(x) = \sum_k c_k\,\beta^3(x - k) = \sum_k f_k\,\eta(x - k).

The coefficients c are those of ``scipy.ndimage.spline_filter`` with mirrored edges; arithmetic is in double, storage in
single precision. In terms of the samples f the interpolation has the cardinal weights η, so that independent samples give

.. math:: \mathrm{Var}\,f(x) = \sum_k \eta^2(x - k)\,\mathrm{Var}\,f_k .

η² is taken where it exceeds 1e-5, which is |x − k| < 4.

Source: Unser, Aldroubi & Eden 1993, IEEE Trans. Signal Processing 41, 821 and 834.
"""

from __future__ import annotations

from functools import cache

import numba
import numpy as np

POLE = np.sqrt(3.0) - 2.0
#: Samples on each side that count in the variance, and steps per pixel of the table of their weights.
TAPS, STEPS = 4, 1024
_OUTSIDE, _NO_DATA = np.uint8(16), np.uint8(32)  # bits of helioreduce.image.Mask
_BLOCK = 256


def cardinal(t: np.ndarray) -> np.ndarray:
    r"""Cardinal cubic spline η(t) = √3 Σ_j z^{|j|} β³(t − j), z = √3 − 2."""
    j = np.arange(-60, 61)
    x = np.abs(np.asarray(t, dtype=float)[..., None] - j)
    beta = np.where(x < 1, 2 / 3 - x**2 + x**3 / 2, np.where(x < 2, (2 - x) ** 3 / 6, 0))
    return np.sqrt(3.0) * beta @ POLE ** np.abs(j)


@cache
def variance_weights() -> np.ndarray:
    """η² of the samples −3 … 4 around a point at (i + ½)/STEPS of a pixel: (STEPS, 8), float32."""
    fraction = (np.arange(STEPS) + 0.5) / STEPS
    return (cardinal(fraction[:, None] - np.arange(1 - TAPS, TAPS + 1)) ** 2).astype(np.float32)


def mirrored(plane: np.ndarray, width: int) -> np.ndarray:
    """The plane with ``width`` pixels mirrored about each outermost one."""
    return np.pad(plane, width, mode="reflect" if min(plane.shape) > 1 else "edge")


@numba.njit(cache=True, parallel=True)
def coefficients(plane):  # type: ignore[no-untyped-def]
    """Spline coefficients of a plane (ny, nx) with mirrored edges: float32 (ny+3, nx+3), pixel (0, 0) at [1, 1]."""
    ny, nx = plane.shape
    result = np.empty((ny + 3, nx + 3), np.float32)
    for y in numba.prange(ny):
        _filter_row(plane[y], result[y + 1, 1 : nx + 1])
    blocks = (nx + _BLOCK - 1) // _BLOCK
    for block in numba.prange(blocks):
        _filter_columns(result[1 : ny + 1, 1 + block * _BLOCK : 1 + min((block + 1) * _BLOCK, nx)])
    for y in range(1, ny + 1):
        _mirror_ends(result[y], nx)
    for x in numba.prange(nx + 3):
        _mirror_ends(result[:, x], ny)
    return result


@numba.njit(cache=True)
def _mirror_ends(line, n):  # type: ignore[no-untyped-def]
    """Fill [0] and [n+1:n+3] of a line whose samples stand at [1:n+1]."""
    line[0] = line[_reflect(-1, n) + 1]
    line[n + 1] = line[_reflect(n, n) + 1]
    line[n + 2] = line[_reflect(n + 1, n) + 1]


@numba.njit(cache=True)
def _reflect(i, n):  # type: ignore[no-untyped-def]
    """Index of a sample mirrored about the first and last of n."""
    if n == 1:
        return 0
    i = abs(i) % (2 * n - 2)
    return min(i, 2 * n - 2 - i)


@numba.njit(cache=True)
def _filter_row(samples, line):  # type: ignore[no-untyped-def]
    n = samples.size
    carry, power = 0.0, 1.0
    for k in range(40):  # POLE⁴⁰ = 1e-23
        carry += power * samples[_reflect(k, n)]
        power *= POLE
    if n == 1:
        line[0] = samples[0]
        return
    before = carry
    line[0] = 6.0 * carry
    for k in range(1, n):
        before = carry
        carry = samples[k] + POLE * carry
        line[k] = 6.0 * carry
    back = POLE / (POLE * POLE - 1.0) * 6.0 * (carry + POLE * before)
    line[n - 1] = back
    for k in range(n - 2, -1, -1):
        back = POLE * (back - line[k])
        line[k] = back


@numba.njit(cache=True)
def _filter_columns(plane):  # type: ignore[no-untyped-def]
    """As :func:`_filter_row` for each column, all columns of the block abreast, in place."""
    n, width = plane.shape
    if n == 1:
        return
    carry = np.zeros(width)
    power = 1.0
    for k in range(40):
        carry += power * plane[_reflect(k, n)]
        power *= POLE
    before = carry.copy()
    for x in range(width):
        plane[0, x] = 6.0 * carry[x]
    for k in range(1, n):
        for x in range(width):
            before[x] = carry[x]
            carry[x] = plane[k, x] + POLE * carry[x]
            plane[k, x] = 6.0 * carry[x]
    for x in range(width):
        carry[x] = POLE / (POLE * POLE - 1.0) * 6.0 * (carry[x] + POLE * before[x])
        plane[n - 1, x] = carry[x]
    for k in range(n - 2, -1, -1):
        for x in range(width):
            carry[x] = POLE * (carry[x] - plane[k, x])
            plane[k, x] = carry[x]


@numba.njit(cache=True, parallel=True)
def spread_flags(mask, missing):  # type: ignore[no-untyped-def]
    """Flags of a point between the pixels (y, x) and (y+1, x+1), at [y, x]: the bits of those 2 × 2, and
    NO_DATA where one of the 4 × 4 pixels around it, which are the interpolation's support, is missing."""
    ny, nx = mask.shape
    flags = np.empty_like(mask)
    for y in numba.prange(ny):
        down = min(y + 1, ny - 1)
        for x in range(nx):
            right = min(x + 1, nx - 1)
            flags[y, x] = mask[y, x] | mask[y, right] | mask[down, x] | mask[down, right]
            for row in range(max(y - 1, 0), min(y + 3, ny)):
                for column in range(max(x - 1, 0), min(x + 3, nx)):
                    if missing[row, column]:
                        flags[y, x] |= _NO_DATA
    return flags


@numba.njit(cache=True, parallel=True, fastmath={"contract", "reassoc", "nsz"})
def resample(coefs, variance, weights, flags, origin, matrix, shape):  # type: ignore[no-untyped-def]
    """Values, standard deviations and flags at the points ``origin + matrix · (x, y)`` of an output grid.

    Parameters
    ----------
    coefs
        :func:`coefficients` of the plane.
    variance
        Variance of its pixels, float32, :func:`mirrored` by TAPS; None: no standard deviations.
    weights
        :func:`variance_weights`.
    flags
        :func:`spread_flags`; None where there are none.
    origin, matrix
        Input pixel (x, y), from 0, of output pixel (0, 0), and input pixels per output pixel, 2 × 2.
    shape
        Of the output, (ny, nx).

    Returns
    -------
    tuple
        float32, float32 (size 0 if ``variance`` is None) and uint8 arrays. Points beyond the outermost pixel centres are NaN
        with OUTSIDE, points next to missing pixels NaN.
    """
    ny, nx = coefs.shape[0] - 3, coefs.shape[1] - 3
    values = np.full(shape, np.nan, np.float32)
    sigma = np.full(shape if variance is not None else (0, 0), np.nan, np.float32)
    mask = np.full(shape, _OUTSIDE, np.uint8)
    for row in numba.prange(shape[0]):
        for column in range(shape[1]):
            x = origin[0] + matrix[0, 0] * column + matrix[0, 1] * row
            y = origin[1] + matrix[1, 0] * column + matrix[1, 1] * row
            if not (0 <= x <= nx - 1 and 0 <= y <= ny - 1):
                continue
            ix, iy = int(x), int(y)
            mask[row, column] = 0
            if flags is not None:
                mask[row, column] = flags[iy, ix]
                if mask[row, column] & _NO_DATA:
                    continue
            values[row, column] = _value(coefs, ix, iy, x - ix, y - iy)
            if variance is not None:
                tx, ty = weights[int((x - ix) * STEPS)], weights[int((y - iy) * STEPS)]
                sigma[row, column] = np.sqrt(_weighted(variance, ix + 1, iy + 1, tx, ty))
    return values, sigma, mask


@numba.njit(cache=True, inline="always")
def _value(coefs, ix, iy, t, s):  # type: ignore[no-untyped-def]
    """Σ c β³ β³ over the 4 × 4 coefficients around (ix + t, iy + s)."""
    u, v = 1.0 - t, 1.0 - s
    x0, x1, x2, x3 = u * u * u, 4 - 3 * t * t * (2 - t), 4 - 3 * u * u * (2 - u), t * t * t
    y0, y1, y2, y3 = v * v * v, 4 - 3 * s * s * (2 - s), 4 - 3 * v * v * (2 - v), s * s * s
    a, b, c, d = coefs[iy], coefs[iy + 1], coefs[iy + 2], coefs[iy + 3]
    total = y0 * (x0 * a[ix] + x1 * a[ix + 1] + x2 * a[ix + 2] + x3 * a[ix + 3])
    total += y1 * (x0 * b[ix] + x1 * b[ix + 1] + x2 * b[ix + 2] + x3 * b[ix + 3])
    total += y2 * (x0 * c[ix] + x1 * c[ix + 1] + x2 * c[ix + 2] + x3 * c[ix + 3])
    total += y3 * (x0 * d[ix] + x1 * d[ix + 1] + x2 * d[ix + 2] + x3 * d[ix + 3])
    return total / 36.0


@numba.njit(cache=True, inline="always")
def _weighted(variance, ix, iy, tx, ty):  # type: ignore[no-untyped-def]
    """Σ η² η² Var over the 8 × 8 pixels from (ix, iy) of the mirrored plane."""
    total = np.float32(0)
    for j in range(2 * TAPS):
        line = np.float32(0)
        for i in range(2 * TAPS):
            line += tx[i] * variance[iy + j, ix + i]
        total += ty[j] * line
    return total
