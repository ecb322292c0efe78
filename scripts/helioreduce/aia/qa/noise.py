"""Noise: how resampling correlates it, and whether the error plane tells its size."""

from __future__ import annotations

import numpy as np

from helioreduce.errors import InputError
from helioreduce.image import Image, Mask

#: Pixels that say nothing of the noise.
_UNFIT = Mask.BAD_PIXEL | Mask.SATURATED | Mask.COSMIC_RAY | Mask.OUTSIDE | Mask.NO_DATA | Mask.EDGE | Mask.SPIKE


def autocorrelation(noise: np.ndarray, lag: int = 8) -> np.ndarray:
    """Correlation coefficient at lags up to ``lag`` pixels in x and y: array (2·lag+1, 2·lag+1), 1 at its centre.

    By Wiener and Khinchin: the transform of the power spectrum of the finite, mean-free field, divided at each lag by the
    number of pairs.
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


def pulls(first: Image, second: Image, *, leave_out: np.ndarray | None = None) -> np.ndarray:
    """(second − first)/√(σ₁² + σ₂²) of the pixels that are good in both: standard normal if the Sun stood still.

    ``leave_out`` (ny, nx) is True for pixels that do not count.

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
        good &= ~leave_out
    return (difference[good] / spread[good]).astype(float)


def robust_spread(values: np.ndarray) -> float:
    """Half of the range between the 15.87th and 84.13th percentile: σ of a normal distribution, deaf to its wings."""
    low, high = np.percentile(values, (15.865525, 84.134475))
    return float(high - low) / 2
