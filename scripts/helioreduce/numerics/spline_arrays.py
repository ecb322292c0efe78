"""The formulas of :mod:`helioreduce.numerics.spline` in array arithmetic, for arrays on the GPU.

They pass over whole planes once for each sample that counts, which costs little where memory is fast.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from helioreduce.numerics import backend, spline

#: Samples on each side that count in a coefficient: POLE¹⁶ = 7e-10.
_REACH = 16


def coefficients(plane: Any) -> Any:
    """Return the coefficients of a plane, c = √3 Σ_j POLE^|j| f along each axis: (ny+3, nx+3), pixel (0, 0) at [1, 1]."""
    result = np.pad(plane, _REACH + 2, mode="reflect")
    for axis in range(2):
        lines = np.moveaxis(result, axis, 0)
        n = lines.shape[0] - 2 * _REACH
        result = np.moveaxis(
            np.sqrt(3.0) * sum(spline.POLE ** abs(j) * lines[_REACH + j : _REACH + j + n] for j in range(-_REACH, _REACH + 1)),
            0,
            axis,
        )
    return result[1:, 1:].astype(plane.dtype)


def resample(coefs: Any, variance: Any, flags: Any, origin: np.ndarray, matrix: np.ndarray, shape: tuple[int, int]) -> tuple:
    """Interpolate on an affine grid, as :func:`helioreduce.numerics.spline.resample`."""
    xp = backend.module_of(coefs)
    ny, nx = coefs.shape[0] - 3, coefs.shape[1] - 3
    column, row = xp.arange(shape[1], dtype=np.float64), xp.arange(shape[0], dtype=np.float64)[:, None]
    x = origin[0] + matrix[0, 0] * column + matrix[0, 1] * row
    y = origin[1] + matrix[1, 0] * column + matrix[1, 1] * row
    inside = (x >= 0) & (x <= nx - 1) & (y >= 0) & (y <= ny - 1)
    ix, iy = np.floor(x.clip(0, nx - 1)).astype(np.int32), np.floor(y.clip(0, ny - 1)).astype(np.int32)
    tx, ty = (x - ix).astype(coefs.dtype), (y - iy).astype(coefs.dtype)
    values = _sum(coefs, ix, iy, _beta(tx), _beta(ty))
    sigma = xp.empty((0, 0), np.float32)
    if variance is not None:
        sigma = np.where(inside, np.sqrt(_sum(variance, ix + 1, iy + 1, _eta2(tx), _eta2(ty))), np.nan).astype(np.float32)
    mask = np.where(inside, flags[iy, ix] if flags is not None else np.uint8(0), spline.OUTSIDE).astype(np.uint8)
    return np.where(inside, values, np.nan).astype(np.float32), sigma, mask


def _sum(plane: Any, ix: Any, iy: Any, along_x: list, along_y: list) -> Any:
    """Return Σ plane[iy + j, ix + i] · weights."""
    return sum(wy * sum(wx * plane[iy + j, ix + i] for i, wx in enumerate(along_x)) for j, wy in enumerate(along_y))


def _beta(t: Any) -> list:
    """Return the cubic B-spline at the samples −1, 0, 1, 2 from a point t."""
    u = 1 - t
    return [u * u * u / 6, (4 - 3 * t * t * (2 - t)) / 6, (4 - 3 * u * u * (2 - u)) / 6, t * t * t / 6]


def _eta2(t: Any) -> list:
    """Return η² at the samples −3 … 4 from a point t."""
    return [(c[0] + t * (c[1] + t * (c[2] + t * c[3]))) ** 2 for c in spline.CARDINAL.tolist()]
