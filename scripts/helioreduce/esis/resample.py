"""Images of level 1 on the level-3 grid: cubic spline for the values, its squared weights for the variance."""

from __future__ import annotations

import math

import numpy as np
from numba import njit, prange
from scipy.ndimage import spline_filter

from helioreduce.esis.transforms import Map
from helioreduce.image import Mask

#: Pole of the cubic B-spline: the weights of a sample on the one at distance n fall as |z|ⁿ.
_POLE = math.sqrt(3) - 2
#: Samples of each axis whose weight enters the variance; the rest hold < 0.2 % of it.
_REACH = 6


def resample(
    data: np.ndarray, transform: Map, shape: tuple[int, int], sigma: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray | None]:
    """Values of ``data`` at the mapped pixels of a grid, NaN where the map leaves the image.

    The value is that of the interpolating cubic B-spline; its variance is Σ w² σ² with the spline's cardinal weights
    (pixels are taken as independent). Missing pixels (NaN) are zero for the spline, and NaN in the result where they are
    one of the four around.

    Parameters
    ----------
    data
        Level 1, (my, mx).
    transform
        Grid pixel → level-1 pixel.
    shape
        (ny, nx) of the grid.
    sigma
        Standard deviation of ``data``.

    Returns
    -------
    tuple
        Data (ny, nx) float32 and its standard deviation, or None.
    """
    missing = ~np.isfinite(data)
    spline = spline_filter(np.where(missing, 0, data).astype(np.float64), mode="mirror")
    out = np.empty(shape, np.float32)
    geometry = (transform.coefficients, *transform.centre, transform.half)
    _interpolate(spline, missing, *geometry, out)
    if sigma is None:
        return out, None
    variance = np.empty(shape, np.float32)
    _propagate(np.where(np.isfinite(sigma), sigma, 0).astype(np.float64) ** 2, _cardinal_weights(), *geometry, variance)
    return out, np.where(np.isfinite(out), np.sqrt(variance), np.float32(np.nan))


def resample_mask(mask: np.ndarray, transform: Map, shape: tuple[int, int]) -> np.ndarray:
    """Mask bits (uint8) of a grid: those of the four level-1 pixels around each mapped pixel, NO_DATA outside."""
    y, x = np.indices(shape, np.float64)
    column, row = transform(x, y)
    i, j = np.floor(row).astype(int), np.floor(column).astype(int)
    inside = (row >= 0) & (row <= mask.shape[0] - 1) & (column >= 0) & (column <= mask.shape[1] - 1)
    i, j = np.clip(i, 0, mask.shape[0] - 2), np.clip(j, 0, mask.shape[1] - 2)
    bits = mask[i, j] | mask[i + 1, j] | mask[i, j + 1] | mask[i + 1, j + 1]
    return np.where(inside, bits, np.uint8(Mask.NO_DATA)).astype(np.uint8)


def _cardinal_weights(steps: int = 256) -> np.ndarray:
    """Squared weights (steps + 1, 6) of the samples −2 … +3 for a point at fraction k/steps after sample 0.

    The cardinal spline is η(x) = Σₙ cₙ β(x − n) with cₙ = 6 z^|n| · (−z)/(1 − z²), z = √3 − 2.
    """
    n = np.arange(-12, 13)
    c = -6 * _POLE / (1 - _POLE**2) * _POLE ** np.abs(n)
    fraction = np.arange(steps + 1)[:, None, None] / steps
    sample = np.arange(_REACH)[None, :, None] - (_REACH // 2 - 1)
    t = np.abs(fraction - sample - n[None, None, :])
    beta = np.where(t < 1, 2 / 3 - t**2 + t**3 / 2, np.where(t < 2, (2 - t) ** 3 / 6, 0))
    return (beta @ c) ** 2


@njit(cache=True, inline="always")
def _at(c, u, v):
    return c[0] + c[1] * u + c[2] * v + c[3] * u * v + c[4] * u * u + c[5] * v * v


@njit(cache=True, inline="always")
def _mirror(i, n):
    if i < 0:
        i = -i
    return 2 * n - 2 - i if i >= n else i


@njit(cache=True, parallel=True)
def _interpolate(spline, missing, c, x0, y0, half, out):
    ny, nx = out.shape
    my, mx = spline.shape
    for i in prange(ny):
        v = (i - y0) / half
        wx, wy = np.empty(4), np.empty(4)
        for j in range(nx):
            u = (j - x0) / half
            x, y = _at(c[0], u, v), _at(c[1], u, v)
            if not (0 <= x <= mx - 1 and 0 <= y <= my - 1):
                out[i, j] = np.nan
                continue
            kx, ky = int(x), int(y)
            right, up = min(kx + 1, mx - 1), min(ky + 1, my - 1)
            if missing[ky, kx] or missing[ky, right] or missing[up, kx] or missing[up, right]:
                out[i, j] = np.nan
                continue
            _basis(x - kx, wx)
            _basis(y - ky, wy)
            total = 0.0
            for a in range(4):
                row = _mirror(ky + a - 1, my)
                line = 0.0
                for b in range(4):
                    line += wx[b] * spline[row, _mirror(kx + b - 1, mx)]
                total += wy[a] * line
            out[i, j] = total


@njit(cache=True, inline="always")
def _basis(t, w):
    """Cubic B-spline at the four samples around fraction t."""
    s = 1 - t
    w[0] = s * s * s / 6
    w[1] = 2 / 3 - t * t + t * t * t / 2
    w[2] = 2 / 3 - s * s + s * s * s / 2
    w[3] = t * t * t / 6


@njit(cache=True, parallel=True)
def _propagate(variance, weights, c, x0, y0, half, out):
    ny, nx = out.shape
    my, mx = variance.shape
    steps = weights.shape[0] - 1
    reach = weights.shape[1]
    for i in prange(ny):
        v = (i - y0) / half
        for j in range(nx):
            u = (j - x0) / half
            x, y = _at(c[0], u, v), _at(c[1], u, v)
            total = 0.0
            if 0 <= x <= mx - 1 and 0 <= y <= my - 1:
                kx, ky = int(x), int(y)
                wx, wy = weights[int((x - kx) * steps + 0.5)], weights[int((y - ky) * steps + 0.5)]
                for a in range(reach):
                    row = _mirror(ky + a - reach // 2 + 1, my)
                    line = 0.0
                    for b in range(reach):
                        line += wx[b] * variance[row, _mirror(kx + b - reach // 2 + 1, mx)]
                    total += wy[a] * line
            out[i, j] = total
