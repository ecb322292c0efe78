"""Kernels of the scene: soft edges, optically thin emission, and Gaussian point sources."""

from __future__ import annotations

import math

import numba
import numpy as np


@numba.njit(cache=True)
def soft_step(value: float, low: float, high: float) -> float:
    """Return 0 below ``low``, 1 above ``high``, and a smooth transition in between."""
    t = min(max((value - low) / (high - low), 0.0), 1.0)
    return t * t * (3 - 2 * t)


@numba.njit(cache=True)
def thin_path(rho: float, scale_height: float) -> float:
    """Return the column of an exponential, optically thin atmosphere around an opaque ball, relative to disk centre.

    Chapman's grazing-incidence function: sqrt(πX/2) exp(X μ²/2) erfc(μ sqrt(X/2)) with X = R/H inside the limb;
    outside, both halves of the line of sight: 2 sqrt(πXρ/2) exp(−(ρ − 1) X).
    """
    x = 1 / scale_height
    if rho >= 1:
        return 2 * math.sqrt(math.pi * x * rho / 2) * math.exp(-(rho - 1) * x)
    t = math.sqrt((1 - rho * rho) * x / 2)
    scaled = math.exp(t * t) * math.erfc(t) if t < 4 else (1 - 0.5 / (t * t)) / (t * math.sqrt(math.pi))
    return math.sqrt(math.pi * x / 2) * scaled


@numba.njit(cache=True, parallel=True)
def add_points(image: np.ndarray, points: np.ndarray, centre_x: float, centre_y: float, limb: float) -> None:
    """Add Gaussian point sources to ``image`` (ny, nx), in place.

    ``points`` (n, 5): x, y (pixels), sigma (pixels), peak, and 1 where the point lies behind the Sun and is visible only
    outside the limb, a circle of radius ``limb`` pixels. Rows are processed in blocks and every block adds the points in
    the same order: the sum does not depend on the number of threads.
    """
    ny, nx = image.shape
    rows = 32
    for block in numba.prange((ny + rows - 1) // rows):
        first, last = block * rows, min((block + 1) * rows, ny)
        across = np.empty(nx, np.float32)
        for p in range(points.shape[0]):
            x, y, sigma, peak, behind = points[p]
            reach = 3.2 * sigma
            if y + reach < first or y - reach > last - 1 or x + reach < 0 or x - reach > nx - 1:
                continue
            left, right = max(0, math.ceil(x - reach)), min(nx - 1, int(x + reach))
            for i in range(left, right + 1):
                across[i] = math.exp(-0.5 * ((i - x) / sigma) ** 2)
            for j in range(max(first, math.ceil(y - reach)), min(last - 1, int(y + reach)) + 1):
                along = np.float32(peak * math.exp(-0.5 * ((j - y) / sigma) ** 2))
                if behind == 0:
                    for i in range(left, right + 1):
                        image[j, i] += along * across[i]
                else:
                    dy2 = (j - centre_y) ** 2
                    for i in range(left, right + 1):
                        if (i - centre_x) ** 2 + dy2 > limb * limb:
                            image[j, i] += along * across[i]
