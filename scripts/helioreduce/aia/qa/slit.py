"""A slit across the brightest structure of an image, at right angles to it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.ndimage import gaussian_filter, gaussian_laplace, map_coordinates


class Line(NamedTuple):
    """Points of a slit: pixels x, y (from 0), and distance from its middle in pixels; arrays (n,)."""

    x: np.ndarray
    y: np.ndarray
    distance: np.ndarray


def across(data: np.ndarray, length: int = 120, *, scale: float = 4.0) -> Line:
    """Return the slit of ``length`` pixels through the sharpest bright ridge, perpendicular to it.

    The structure tensor, gradients smoothed over ``scale`` pixels, gives direction and coherence of what is around each
    pixel; the middle of the slit is where the coherence times the curvature across the ridge (−∇²) is largest.
    """
    filled = np.nan_to_num(data, nan=float(np.nanmedian(data)))
    smooth = gaussian_filter(filled, scale / 3)
    gy, gx = np.gradient(smooth)
    xx, yy, xy = (gaussian_filter(product, scale) for product in (gx * gx, gy * gy, gx * gy))
    strength = np.hypot(xx - yy, 2 * xy)
    score = strength / (xx + yy + 1e-12) * gaussian_filter(-gaussian_laplace(filled, scale / 2), scale)
    margin = min(length // 2 + 2, (min(data.shape) - 1) // 2)
    inner = score[margin : data.shape[0] - margin, margin : data.shape[1] - margin]
    row, column = np.unravel_index(int(inner.argmax()), inner.shape)
    row, column = int(row) + margin, int(column) + margin
    across_it = 0.5 * np.arctan2(2 * xy[row, column], xx[row, column] - yy[row, column])
    distance = np.arange(-(length // 2), length // 2 + 1).astype(float)
    return Line(column + distance * np.cos(across_it), row + distance * np.sin(across_it), distance)


def along(plane: np.ndarray, line: Line) -> np.ndarray:
    """Return the values of a plane on the slit, interpolated linearly, (n,); NaN where the slit is outside the image."""
    return map_coordinates(plane, [line.y, line.x], order=1, mode="constant", cval=np.nan)
