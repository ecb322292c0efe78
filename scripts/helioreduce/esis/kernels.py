"""Compiled loops of the registration: sampling, gradient and normal equations in one pass.

Each row is summed by itself and rows are added in order, so that the result does not depend on the number of threads.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit, prange

from helioreduce.esis.transforms import TERMS, Map

#: Powers of u that a row needs for φₖ, and for φₖφₗ.
_P1, _P2 = 3, 5
#: Sums of a row: gx², gx gy, gy² times u⁰…u⁴; gx I, gy I, gx, gy, gx R, gy R times u⁰…u²; 1, R, I, R², I², RI.
_PAIRS, _SINGLES, _PLAIN = 3, 6, 6
_WIDTH = _PAIRS * _P2 + _SINGLES * _P1 + _PLAIN


class Layer(NamedTuple):
    """An image, float32, and its good pixels, boolean; arrays of one shape."""

    image: np.ndarray
    good: np.ndarray


class Geometry(NamedTuple):
    """A :class:`Map` for the kernels: coefficients (2, 6), centre (x, y) and half width of its source."""

    c: np.ndarray
    x0: float
    y0: float
    half: float

    @classmethod
    def of(cls, transform: Map) -> Geometry:
        """Return the geometry of a map."""
        return cls(transform.coefficients, *transform.centre, transform.half)


def sample(source: Layer, transform: Map, shape: tuple[int, int], stride: int) -> Layer:
    """Return cubic values of an image at every ``stride``-th pixel of a grid, zero where they are not good."""
    ny, nx = (-(-n // stride) for n in shape)
    values, seen = np.zeros((ny, nx), np.float32), np.zeros((ny, nx), np.bool_)
    _sample(source, Geometry.of(transform), stride, values, seen)
    return Layer(values, seen)


def normal_equations(
    source: Layer, reference: Layer, transform: Map, stride: int, terms: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the normal matrix and right side of R ≈ a I(T) + b + ∇I·δT, in the unknowns (a δc_x, a δc_y, a, b).

    Parameters
    ----------
    source
        I, (my, mx).
    reference
        R, (ny, nx).
    transform
        T, from the pixels of R to those of I.
    stride
        Every ``stride``-th pixel of R counts.
    terms
        Number of polynomial terms of each coordinate that may move: 3 or 6.

    Returns
    -------
    tuple
        Matrix (2·terms + 2, 2·terms + 2), right side, and the sums of 1, R, I, R², I², RI.
    """
    rows = -(-len(reference.image) // stride)
    partial = np.zeros((rows, _WIDTH))
    _accumulate(source, reference, Geometry.of(transform), stride, partial)
    v = (np.arange(rows) * stride - transform.centre[1]) / transform.half
    return _assemble(partial, v, terms)


def _assemble(partial: np.ndarray, v: np.ndarray, terms: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Combine the sums of rows with powers of v into the normal equations."""
    powers = v[None, :] ** np.arange(_P2)[:, None]
    pairs = np.einsum("qr,rsp->spq", powers, partial[:, : _PAIRS * _P2].reshape(-1, _PAIRS, _P2))
    singles = np.einsum("qr,rsp->spq", powers[:_P1], partial[:, _PAIRS * _P2 : -_PLAIN].reshape(-1, _SINGLES, _P1))
    moments = partial[:, -_PLAIN:].sum(axis=0)
    i, j = np.array(TERMS[:terms]).T
    xx, xy, yy = pairs[:, i[:, None] + i, j[:, None] + j]
    xi, yi, x1, y1, xr, yr = singles[:, i, j]
    count, r, s, _, ss, rs = moments
    corner = np.array([[ss, s], [s, count]])
    side = np.stack([np.concatenate([xi, yi]), np.concatenate([x1, y1])], axis=1)
    normal = np.block([[np.block([[xx, xy], [xy.T, yy]]), side], [side.T, corner]])
    return normal, np.concatenate([xr, yr, [rs, r]]), moments


@njit(cache=True, inline="always")
def _place(c, u, v):
    x = c[0, 0] + c[0, 1] * u + c[0, 2] * v + c[0, 3] * u * v + c[0, 4] * u * u + c[0, 5] * v * v
    y = c[1, 0] + c[1, 1] * u + c[1, 2] * v + c[1, 3] * u * v + c[1, 4] * u * u + c[1, 5] * v * v
    return x, y


@njit(cache=True, inline="always")
def _cubic(t, w, d):
    """Put Keys' cubic (a = −1/2) at fraction t into w, for the four samples around, and its derivatives into d."""
    w[0] = ((-0.5 * t + 1) * t - 0.5) * t
    w[1] = (1.5 * t - 2.5) * t * t + 1
    w[2] = ((-1.5 * t + 2) * t + 0.5) * t
    w[3] = (0.5 * t - 0.5) * t * t
    d[0] = (-1.5 * t + 2) * t - 0.5
    d[1] = (4.5 * t - 5) * t
    d[2] = (-4.5 * t + 4) * t + 0.5
    d[3] = (1.5 * t - 1) * t


@njit(cache=True, parallel=True)
def _sample(source, map_, stride, values, seen):
    for i in prange(values.shape[0]):
        v = (i * stride - map_.y0) / map_.half
        work = np.empty((4, 4))
        for j in range(values.shape[1]):
            x, y = _place(map_.c, (j * stride - map_.x0) / map_.half, v)
            if _is_good(source, x, y):
                values[i, j], _, _ = _value(source.image, x, y, work)
                seen[i, j] = True


@njit(cache=True, inline="always")
def _is_good(source, x, y):
    """Return whether the four samples around (x, y) along each axis exist, and the nearest pixel is good."""
    my, mx = source.image.shape
    return 1 <= x < mx - 2 and 1 <= y < my - 2 and source.good[int(y + 0.5), int(x + 0.5)]


@njit(cache=True, inline="always")
def _value(image, x, y, work):
    """Return the cubic value and gradient of ``image`` at (x, y); ``work`` (4, 4) is overwritten."""
    kx, ky = int(x), int(y)
    wx, wy, dx, dy = work[0], work[1], work[2], work[3]
    _cubic(x - kx, wx, dx)
    _cubic(y - ky, wy, dy)
    s, gx, gy = 0.0, 0.0, 0.0
    for a in range(4):
        line, slope = 0.0, 0.0
        for b in range(4):
            value = image[ky + a - 1, kx + b - 1]
            line += wx[b] * value
            slope += dx[b] * value
        s += wy[a] * line
        gx += wy[a] * slope
        gy += dy[a] * line
    return s, gx, gy


@njit(cache=True, parallel=True)
def _accumulate(source, reference, map_, stride, partial):
    for i in prange(partial.shape[0]):
        v = (i * stride - map_.y0) / map_.half
        work, sums = np.empty((4, 4)), np.zeros(_WIDTH)
        for j in range(0, reference.image.shape[1], stride):
            if not reference.good[i * stride, j]:
                continue
            u = (j - map_.x0) / map_.half
            x, y = _place(map_.c, u, v)
            if _is_good(source, x, y):
                s, gx, gy = _value(source.image, x, y, work)
                _add(sums, u, gx, gy, s, reference.image[i * stride, j])
        partial[i] = sums


@njit(cache=True, inline="always")
def _add(sums, u, gx, gy, s, r):
    """Add a pixel to the sums of its row."""
    power = 1.0
    for p in range(_P2):
        sums[p] += gx * gx * power
        sums[_P2 + p] += gx * gy * power
        sums[2 * _P2 + p] += gy * gy * power
        if p < _P1:
            k = 3 * _P2 + p
            sums[k] += gx * s * power
            sums[k + _P1] += gy * s * power
            sums[k + 2 * _P1] += gx * power
            sums[k + 3 * _P1] += gy * power
            sums[k + 4 * _P1] += gx * r * power
            sums[k + 5 * _P1] += gy * r * power
        power *= u
    k = 3 * _P2 + 6 * _P1
    sums[k] += 1.0
    sums[k + 1] += r
    sums[k + 2] += s
    sums[k + 3] += r * r
    sums[k + 4] += s * s
    sums[k + 5] += r * s
