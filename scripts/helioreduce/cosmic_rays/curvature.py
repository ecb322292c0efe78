"""L⁺ of L.A.Cosmic at single pixels: the positive part of the Laplacian of the image with pixels halved."""

from __future__ import annotations

import numba
import numpy as np

from helioreduce.cosmic_rays.windows import COPY, at


@numba.njit(cache=True, inline="always")
def _corner(value, right, left, down, up):
    """Return the Laplacian of one quarter of a pixel, negative values clipped."""
    return max(((np.float32(4) * value - right) - left) - (down + up), np.float32(0))


@numba.njit(cache=True, inline="always")
def four_corners(v, right, left, down, up):
    """Return L⁺: the mean over the four quarters, each beside two neighbours and two copies of its own pixel."""
    upper_left, lower_right = _corner(v, v, left, v, up), _corner(v, right, v, down, v)
    lower_left, upper_right = _corner(v, v, left, down, v), _corner(v, right, v, v, up)
    return ((upper_left + lower_right) + (lower_left + upper_right)) / np.float32(4)


@numba.njit(cache=True)
def _beside(data, border, y, x, dy, dx):
    """Return a neighbour of a pixel; a missing one is replaced by the opposite pixel, or else by the pixel itself."""
    ny, nx = data.shape
    j, i = y + dy, x + dx
    if border == COPY and not (0 <= j < ny and 0 <= i < nx):
        return np.float32(0)
    value = data[at(j, ny, border), at(i, nx, border)]
    if np.isnan(value):
        value = data[at(y - dy, ny, border), at(x - dx, nx, border)]
    return data[y, x] if np.isnan(value) else value


@numba.njit(cache=True)
def curvature(data, border, y, x):
    """Return L⁺ of a pixel, neighbours beyond the edge or missing included."""
    ny, nx = data.shape
    if 1 <= y < ny - 1 and 1 <= x < nx - 1:
        value = four_corners(data[y, x], data[y, x + 1], data[y, x - 1], data[y + 1, x], data[y - 1, x])
        if not np.isnan(value):
            return value
    right, left = _beside(data, border, y, x, 0, 1), _beside(data, border, y, x, 0, -1)
    return four_corners(data[y, x], right, left, _beside(data, border, y, x, 1, 0), _beside(data, border, y, x, -1, 0))
