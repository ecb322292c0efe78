"""Compiled loops of the registration: sampling, gradient and normal equations in one pass.

Each row is summed by itself and rows are added in order, so that the result does not depend on the number of threads.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from helioreduce.esis.transforms import TERMS, Map

#: Powers of u that a row needs for φₖ, and for φₖφₗ.
_P1, _P2 = 3, 5
#: Sums of a row: gx², gx gy, gy² times u⁰…u⁴; gx I, gy I, gx, gy, gx R, gy R times u⁰…u²; 1, R, I, R², I², RI.
_PAIRS, _SINGLES, _PLAIN = 3, 6, 6
_WIDTH = _PAIRS * _P2 + _SINGLES * _P1 + _PLAIN


def sample(
    image: np.ndarray, good: np.ndarray, transform: Map, shape: tuple[int, int], stride: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return cubic values of ``image`` at every ``stride``-th pixel of a grid, zero where they are not ``good``.

    Returns
    -------
    tuple
        Values float32 and a boolean array of where they are good.
    """
    ny, nx = (-(-n // stride) for n in shape)
    out, seen = np.zeros((ny, nx), np.float32), np.zeros((ny, nx), np.bool_)
    _sample(image, good, transform.coefficients, *transform.centre, transform.half, stride, out, seen)
    return out, seen


def normal_equations(
    image: np.ndarray,
    good: np.ndarray,
    reference: np.ndarray,
    reference_good: np.ndarray,
    transform: Map,
    stride: int,
    terms: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the normal matrix and right side of R ≈ a I(T) + b + ∇I·δT, in the unknowns (a δc_x, a δc_y, a, b).

    Parameters
    ----------
    image, good
        Source and its good pixels (my, mx).
    reference, reference_good
        R and its good pixels (ny, nx).
    terms
        Number of polynomial terms of each coordinate that may move: 3 or 6.

    Returns
    -------
    tuple
        Matrix (2·terms + 2, 2·terms + 2), right side, and the sums of 1, R, I, R², I², RI.
    """
    rows = -(-reference.shape[0] // stride)
    partial = np.zeros((rows, _WIDTH))
    geometry = (transform.coefficients, *transform.centre, transform.half)
    _accumulate(image, good, reference, reference_good, *geometry, stride, partial)
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
    """Compute Keys' cubic (a = −1/2) at fraction t: weights of the four samples around, and their derivatives."""
    w[0] = ((-0.5 * t + 1) * t - 0.5) * t
    w[1] = (1.5 * t - 2.5) * t * t + 1
    w[2] = ((-1.5 * t + 2) * t + 0.5) * t
    w[3] = (0.5 * t - 0.5) * t * t
    d[0] = (-1.5 * t + 2) * t - 0.5
    d[1] = (4.5 * t - 5) * t
    d[2] = (-4.5 * t + 4) * t + 0.5
    d[3] = (1.5 * t - 1) * t


@njit(cache=True, parallel=True)
def _sample(image, good, c, x0, y0, half, stride, out, seen):
    my, mx = image.shape
    for i in prange(out.shape[0]):
        v = (i * stride - y0) / half
        wx, wy, dx, dy = np.empty(4), np.empty(4), np.empty(4), np.empty(4)
        for j in range(out.shape[1]):
            x, y = _place(c, (j * stride - x0) / half, v)
            if not (1 <= x < mx - 2 and 1 <= y < my - 2) or not good[int(y + 0.5), int(x + 0.5)]:
                continue
            out[i, j], _, _ = _value(image, x, y, wx, wy, dx, dy)
            seen[i, j] = True


@njit(cache=True, inline="always")
def _value(image, x, y, wx, wy, dx, dy):
    """Return the cubic value and gradient of ``image`` at (x, y)."""
    kx, ky = int(x), int(y)
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
def _accumulate(image, good, reference, reference_good, c, x0, y0, half, stride, partial):
    my, mx = image.shape
    for i in prange(partial.shape[0]):
        v = (i * stride - y0) / half
        wx, wy, dx, dy = np.empty(4), np.empty(4), np.empty(4), np.empty(4)
        sums = np.zeros(_WIDTH)
        for j in range(0, reference.shape[1], stride):
            if not reference_good[i * stride, j]:
                continue
            u = (j - x0) / half
            x, y = _place(c, u, v)
            if not (1 <= x < mx - 2 and 1 <= y < my - 2) or not good[int(y + 0.5), int(x + 0.5)]:
                continue
            s, gx, gy = _value(image, x, y, wx, wy, dx, dy)
            _add(sums, u, gx, gy, s, reference[i * stride, j])
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
