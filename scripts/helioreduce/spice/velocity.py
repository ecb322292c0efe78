"""Line-of-sight velocity, relative to a stated zero, with the gradients of the instrument taken out on request."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from helioreduce.errors import InputError

#: km/s.
SPEED_OF_LIGHT = 299_792.458


class Velocity(NamedTuple):
    """Velocity and error (t, y, x), km/s, positive away from the observer; zero wavelength (Å); gradients, km/s per pixel."""

    v: np.ndarray
    sigma: np.ndarray
    zero: float
    slopes: dict[str, float]


def of_line(
    centre: np.ndarray, sigma: np.ndarray, rest: float, *, zero: str = "median", gradients: tuple[str, ...] = ()
) -> Velocity:
    """v = c (x / x₀ − 1) for fitted centres.

    Parameters
    ----------
    centre, sigma
        Centres and errors (t, y, x), Å; NaN where not fitted.
    rest
        Rest wavelength, Å.
    zero
        ``median`` or ``mean`` of the map (mean with weights 1/σ²), or ``rest``.
    gradients
        ``x`` and/or ``y``: straight lines fitted to the medians of columns or rows are subtracted, about their middle, so that
        the zero stays.

    Notes
    -----
    SPICE's wavelength scale is not absolute: a velocity is relative to the zero given with it. The error is that of the
    centre; the zero's own is smaller by the root of the number of pixels.
    """
    known = np.isfinite(centre) & (sigma > 0)
    if not known.any():
        return Velocity(np.full(centre.shape, np.nan), np.full(centre.shape, np.nan), np.nan, {})
    if zero not in ("median", "mean", "rest"):
        raise InputError(f"spice.velocity.zero is {zero!r}", cure="Use median, mean or rest")
    if zero == "rest":
        reference = rest
    elif zero == "mean":
        reference = float(np.average(centre[known], weights=1 / sigma[known] ** 2))
    else:
        reference = float(np.median(centre[known]))
    v = SPEED_OF_LIGHT * (np.where(known, centre, np.nan) / reference - 1)
    slopes = {}
    for axis in gradients:
        v, slopes[axis] = remove_gradient(v, {"y": 1, "x": 2}[axis])
    return Velocity(v, np.where(known, SPEED_OF_LIGHT * sigma / reference, np.nan), reference, slopes)


def remove_gradient(v: np.ndarray, axis: int) -> tuple[np.ndarray, float]:
    """Velocities without their straight trend along an axis, and its slope per pixel.

    The line is fitted to the medians across the other axes, with the number of finite pixels as weights.
    """
    others = tuple(i for i in range(v.ndim) if i != axis)
    count = np.isfinite(v).sum(axis=others)
    used = count > 0
    if used.sum() < 3:
        return v, 0.0
    place = np.arange(v.shape[axis], dtype=float)
    medians = np.nanmedian(np.moveaxis(v, axis, 0)[used].reshape(int(used.sum()), -1), axis=1)
    slope = float(np.polyfit(place[used], medians, 1, w=np.sqrt(count[used]))[0])
    middle = np.average(place, weights=count)
    shape = [-1 if i == axis else 1 for i in range(v.ndim)]
    return v - slope * (place - middle).reshape(shape), slope
