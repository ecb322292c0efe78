"""Images of level 1 on the level-3 grid, with their errors and masks."""

from __future__ import annotations

import numpy as np

from helioreduce.esis.transforms import Map
from helioreduce.esis.values import Planes
from helioreduce.image import Flag
from helioreduce.numerics import gaps, spline

#: Steps of a pixel at which the weights of the variance are tabulated.
_STEPS = 256


def resample(
    data: np.ndarray,
    transform: Map,
    shape: tuple[int, int],
    sigma: np.ndarray | None = None,
    mask: np.ndarray | None = None,
) -> Planes:
    """Interpolate an image at the mapped pixels of a grid.

    The value is that of the interpolating cubic B-spline; its variance is Σ w² σ² with the spline's cardinal weights
    (pixels are taken as independent) of the nearest six samples along each axis. A missing pixel (NaN) is filled from its
    row for the spline: a step there would ring into points that have a value.

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
    mask
        Its mask bits, uint8.

    Returns
    -------
    Planes
        Each point has the mask bits of the four pixels around it. Data and sigma are NaN, with NO_DATA in the mask, outside
        the image and where one of the four is missing.
    """
    missing = ~np.isfinite(data)
    bits = np.zeros(data.shape, np.uint8) if mask is None else mask
    flags = spline.spread_flags(np.where(missing, bits | spline.NO_DATA, bits)) if missing.any() or bits.any() else None
    y, x = np.ogrid[: shape[0], : shape[1]]
    whole = np.zeros(data.shape) if missing.all() else gaps.filled(np.where(missing, np.nan, data).astype(np.float64))
    coefs = spline.coefficients(whole)
    variance = None if sigma is None else spline.mirrored(_squared(sigma), spline.TAPS)
    values, error, found = spline.sample(coefs, variance, flags, *transform(x, y), _WEIGHTS)
    found[np.isnan(values)] = Flag.NO_DATA  # outside the image
    unseen = (found & spline.NO_DATA) != 0
    values[unseen] = np.nan
    if sigma is None:
        return Planes(values, None, found)
    error[unseen] = np.nan
    return Planes(values, error, found)


def _squared(sigma: np.ndarray) -> np.ndarray:
    """Return the variance, float32; 0 where it is unknown."""
    return np.where(np.isfinite(sigma), sigma, 0).astype(np.float32) ** 2


def _tabulated() -> np.ndarray:
    """Return η² of the samples −3 … 4 at every step of a pixel, float32 (257, 8), without the outermost two.

    The errors of level 3 have always been made with these weights; they are within 1 % of the exact ones.
    """
    fraction = np.arange(_STEPS + 1) / _STEPS
    squared = spline.cardinal(fraction[:, None] - np.arange(1 - spline.TAPS, spline.TAPS + 1)) ** 2
    squared[:, [0, -1]] = 0
    return squared.astype(np.float32)


_WEIGHTS = _tabulated()
