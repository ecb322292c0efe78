"""Line-of-sight velocity, relative to a stated zero, with the gradients of the instrument taken out on request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from helioreduce.constants import SPEED_OF_LIGHT_KM_S
from helioreduce.errors import InputError

_AXES = {"y": 1, "x": 2}
_ALONG = {"y": np.s_[None, :, None], "x": np.s_[None, None, :]}
#: Residual beyond which Huber's weight falls, in robust σ (95 % efficient for Gaussian scatter), and reweightings.
_HUBER, _ROUNDS = 1.345, 15


class Velocity(NamedTuple):
    """Velocity and error (t, y, x), km/s, positive away from the observer; zero wavelength (Å); gradients, km/s per pixel."""

    v: np.ndarray
    sigma: np.ndarray
    zero: float
    slopes: dict[str, float]


def of_line(
    centre: np.ndarray, sigma: np.ndarray, rest: float, *, zero: str = "median", gradients: tuple[str, ...] = ()
) -> Velocity:
    """Return the velocity v = c (x / x₀ − 1) of fitted centres.

    Parameters
    ----------
    centre, sigma
        Centres and errors (t, y, x), Å; NaN where not fitted.
    rest
        Rest wavelength, Å.
    zero
        ``median`` or ``mean`` of the map (mean with weights 1/σ²), or ``rest``.
    gradients
        ``x`` and/or ``y``: the linear trend of the map along them is subtracted (:func:`remove_trend`), the zero stays.

    Raises
    ------
    InputError
        If the zero, or an axis of a gradient, is none of these.

    Notes
    -----
    SPICE's wavelength scale is not absolute: a velocity is relative to the zero given with it. The error is that of the
    centre; the zero's own is smaller by the root of the number of pixels.
    """
    if zero not in ("median", "mean", "rest"):
        raise InputError(f"the zero of velocities is {zero!r}", cure="Use median, mean or rest")
    if wrong := set(gradients) - set(_AXES):
        raise InputError(f"there is no gradient along {min(wrong)!r}", cure="Use x, y or both")
    known = np.isfinite(centre) & (sigma > 0)
    if not known.any():
        return Velocity(np.full(centre.shape, np.nan), np.full(centre.shape, np.nan), np.nan, {})
    if zero == "rest":
        reference = rest
    elif zero == "mean":
        reference = float(np.average(centre[known], weights=1 / sigma[known] ** 2))
    else:
        reference = float(np.median(centre[known]))
    v = SPEED_OF_LIGHT_KM_S * (np.where(known, centre, np.nan) / reference - 1)
    v, slopes = remove_trend(v, gradients)
    return Velocity(v, np.where(known, SPEED_OF_LIGHT_KM_S * sigma / reference, np.nan), reference, slopes)


def remove_trend(v: np.ndarray, axes: Sequence[str]) -> tuple[np.ndarray, dict[str, float]]:
    """Return velocities (t, y, x) without their linear trend along ``y`` and/or ``x``, and its slopes per pixel.

    One plane is fitted to all finite pixels at once, by Huber's estimator (1.345 robust σ): missing corners do not lend one
    axis the slope of the other, and flows that stand out do not turn the plane. It goes through 0 at the mean finite pixel.
    An axis with fewer than three places keeps its trend.
    """
    known = np.isfinite(v)
    places = {axis: np.arange(v.shape[_AXES[axis]], dtype=float)[_ALONG[axis]] * np.ones(v.shape) for axis in axes}
    columns = {axis: p - p[known].mean() for axis, p in places.items() if np.unique(p[known]).size > 2}
    if not columns:
        return v, dict.fromkeys(axes, 0.0)
    system = np.stack([np.ones(known.sum()), *(column[known] for column in columns.values())], axis=1)
    weight = np.ones(len(system))
    for _ in range(_ROUNDS):
        plane = np.linalg.lstsq(system * weight[:, None], v[known] * weight, rcond=None)[0]
        off = np.abs(v[known] - system @ plane)
        weight = np.sqrt(np.minimum(1.0, _HUBER * 1.4826 * np.median(off) / np.maximum(off, 1e-12)))
    slopes = {axis: float(slope) for axis, slope in zip(columns, plane[1:], strict=True)}
    return v - sum(slopes[axis] * column for axis, column in columns.items()), {**dict.fromkeys(axes, 0.0), **slopes}
