"""Replacement of pixels hit by cosmic rays by the good pixels in the 5 × 5 square around them."""

from __future__ import annotations

import numba
import numpy as np

from helioreduce.cosmic_rays.windows import low_median

MEAN, MEDIAN, DISTANCE = 0, 1, 2
#: Reach of the square, pixels.
REACH = 2


@numba.njit(cache=True)
def replace(plane, pixels, unusable, method, level):
    """Replace ``pixels`` of ``plane`` (ny, nx), in place, from neighbours that are not ``unusable`` and not NaN.

    Parameters
    ----------
    pixels
        Flat indices.
    unusable
        Boolean (ny, nx), True on every cosmic ray and every excluded pixel.
    method
        MEAN, MEDIAN (the lower one of an even number) or DISTANCE (mean weighted with 1 / distance).
    level
        Value where no pixel of the square is good.

    Returns
    -------
    int
        Number of pixels that were set to ``level``.
    """
    ny, nx = plane.shape
    window, without_neighbours = np.empty((2 * REACH + 1) ** 2, np.float32), 0
    for pixel in pixels:
        y, x = pixel // nx, pixel % nx
        n, total, weights = 0, np.float32(0), np.float32(0)
        for j in range(max(y - REACH, 0), min(y + REACH + 1, ny)):
            for i in range(max(x - REACH, 0), min(x + REACH + 1, nx)):
                value = plane[j, i]
                if unusable[j, i] or np.isnan(value):
                    continue
                weight = np.float32(1)
                if method == DISTANCE:
                    weight = np.float32(1 / np.sqrt((j - y) ** 2 + (i - x) ** 2))
                window[n] = value
                n += 1
                total += weight * value
                weights += weight
        if n == 0:
            plane[y, x] = level
            without_neighbours += 1
        else:
            plane[y, x] = low_median(window, n) if method == MEDIAN else total / weights
    return without_neighbours


def level(plane: np.ndarray, excluded: np.ndarray) -> float:
    """Return the median of the pixels that are not excluded and not NaN, the lower one of an even number; NaN for none."""
    good = plane[~excluded & np.isfinite(plane)]
    middle = (good.size - 1) // 2
    return float(np.partition(good, middle)[middle]) if good.size else float("nan")


@numba.njit(cache=True)
def spread(plane, pixels, unusable):
    """Return the standard deviation of the good pixels in 5 × 5 around each of ``pixels``; 0 for fewer than 2."""
    ny, nx = plane.shape
    result = np.zeros(pixels.size, np.float32)
    for k, pixel in enumerate(pixels):
        y, x = pixel // nx, pixel % nx
        n, mean, squares = 0, 0.0, 0.0
        for j in range(max(y - REACH, 0), min(y + REACH + 1, ny)):
            for i in range(max(x - REACH, 0), min(x + REACH + 1, nx)):
                value = plane[j, i]
                if not (unusable[j, i] or np.isnan(value)):
                    n += 1
                    step = value - mean
                    mean += step / n
                    squares += step * (value - mean)
        if n > 1:
            result[k] = np.sqrt(squares / (n - 1))
    return result
