"""Noise: how deconvolution and resampling correlate it, and whether the error plane predicts its amplitude."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from astropy.io.fits import Header

from helioreduce.aia import cards, psf, register
from helioreduce.aia.deconvolution import Options, deconvolve
from helioreduce.aia.wcs import Pointing
from helioreduce.errors import InputError
from helioreduce.image import MASKED, Flag, Image

#: DN of the uniform field under simulated noise of 1 DN: high enough that nothing is clipped.
_LEVEL_DN = 1000.0
#: Pixels at the edges left out after a step that reaches beyond them.
_MARGIN = 32
#: Pixels that say nothing about the noise.
_UNFIT = MASKED | Flag.EDGE | Flag.SPIKE | Flag.NEAR_SATURATED


def autocorrelation(noise: np.ndarray, lag: int = 8) -> np.ndarray:
    """Return the correlation coefficients of a field of noise at lags up to ``lag`` pixels in x and y.

    By the Wiener–Khinchin theorem: the transform of the power spectrum of the mean-free field, divided at each lag by the
    number of pairs of finite pixels.

    Parameters
    ----------
    noise
        Array (ny, nx); NaN where it is unknown.

    Returns
    -------
    numpy.ndarray
        (2 lag + 1, 2 lag + 1), lags in y and x, 1 at the centre.

    Raises
    ------
    InputError
        If fewer than two pixels are finite.
    """
    good = np.isfinite(noise)
    if good.sum() < 2:
        raise InputError("there is no noise to correlate")
    field = np.where(good, noise - noise[good].mean(), 0.0)
    shape = [side + lag for side in noise.shape]
    products, pairs = (np.fft.irfft2(np.abs(np.fft.rfft2(plane, shape)) ** 2, shape) for plane in (field, good.astype(float)))
    rows = np.arange(-lag, lag + 1)
    window = np.ix_(rows, rows)
    covariance = products[window] / np.maximum(pairs[window], 1)
    return covariance / covariance[lag, lag]


def through_steps(header: Mapping[str, Any], side: int, options: Options | None) -> dict[str, np.ndarray]:
    """Send white noise on a uniform field through deconvolution and registration.

    Parameters
    ----------
    header
        Header of a level-1 frame: channel and pointing.
    side
        Pixels a side of the field.
    options
        How to deconvolve; None to leave the deconvolution out.

    Returns
    -------
    dict
        Fields (ny, nx) by state, in order: as read out, deconvolved, level 1.5; the last two without their margins.
    """
    field = _LEVEL_DN + np.random.default_rng(0).standard_normal((side, side)).astype(np.float32)
    state, inner = Image(field, Header(header)), (slice(_MARGIN, -_MARGIN), slice(_MARGIN, -_MARGIN))
    fields = {"as read out": field}
    if options:
        channel = int(header["WAVELNTH"])
        otf = psf.otf(channel, options.core, psf.grid(field.shape, channel)).astype(options.precision)
        state = deconvolve(
            state.with_(sigma=np.ones_like(field) if options.method == "wiener" else None),
            otf,
            **options.control | {"redraws": 0},
        )
        fields["deconvolved"] = state.data[inner]
    return fields | {"level 1.5": register.register(state).data[inner]}


def rotation_px(first: Image, second: Image) -> float:
    """Return how far the Sun's rotation moves the middle of an image between two frames, px; 0 where it is off the disk.

    Synodic rate 14.713 − 2.396 sin² b − 1.787 sin⁴ b − 0.986 degrees a day (Snodgrass & Ulrich 1990), the axis upright.
    """
    pointing, radius_arcsec = Pointing.of(first.header), cards.number(first.header, "RSUN_OBS") or 960.0
    middle = (np.array(first.data.shape[::-1]) - 1) / 2
    x, y = pointing.arcsec_per_px @ (middle - pointing.sun_px) / radius_arcsec
    if np.hypot(x, y) >= 1:
        return 0.0
    rate_deg = 14.713 - 2.396 * y**2 - 1.787 * y**4 - 0.986
    days = (cards.time(second.header) - cards.time(first.header)).total_seconds() / 86400
    moved_arcsec = radius_arcsec * np.sqrt(1 - x**2 - y**2) * np.deg2rad(rate_deg * days)
    return float(abs(moved_arcsec) / np.hypot(*pointing.arcsec_per_px[:, 0]))


def pulls(first: Image, second: Image, *, leave_out: np.ndarray | None = None) -> np.ndarray:
    """Return (I₂ − I₁)/√(σ₁² + σ₂²) of the pixels that are good in both images: standard normal if the Sun stood still.

    Parameters
    ----------
    first, second
        Images (ny, nx) of one unit with error planes.
    leave_out
        True for pixels to leave out, (ny, nx).

    Returns
    -------
    numpy.ndarray
        Pulls, float64 (n,).

    Raises
    ------
    InputError
        If an image has no error plane, or their shapes differ.
    """
    if first.sigma is None or second.sigma is None or first.data.shape != second.data.shape:
        raise InputError("pulls need two images of one shape with error planes", cure="Give products of the error step")
    difference, spread = second.data - first.data, np.hypot(first.sigma, second.sigma)
    good = ~(first.flagged(_UNFIT) | second.flagged(_UNFIT)) & np.isfinite(difference) & (spread > 0)
    if leave_out is not None:
        good &= np.asarray(leave_out) == 0
    return (difference[good] / spread[good]).astype(float)


def robust_spread(values: np.ndarray) -> float:
    """Return half of the range between the 15.87th and 84.13th percentiles: σ of a normal distribution, robust to its wings."""
    low, high = np.percentile(values, (15.865525, 84.134475))
    return float(high - low) / 2
