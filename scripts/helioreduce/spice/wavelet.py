"""Denoising of window images with the à trous transform, in counts, one wavelength at a time.

Counts are stabilised to unit variance (generalised Anscombe transform for Poisson counts of gain g with Gaussian noise),
transformed with the B3 spline in y and x, and each coefficient is attenuated by erf(|w| / (t σ_s)). The residual is
transformed again and its significant part is added back, so that bright lines keep their peaks. Wavelengths are not mixed:
a profile is narrower than the wavelet's second scale. The inverse is the unbiased one.

Source: Starck & Murtagh (2006), Astronomical Image and Data Analysis; Murtagh, Starck & Bijaoui (1995, A&AS 112, 179) for the
transform; Mäkitalo & Foi (2013, IEEE TIP 22, 91) for its inverse.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import correlate1d
from scipy.special import erf

from helioreduce.spice.noise import Noise

#: Standard deviation of the coefficients of white noise of variance 1, scale by scale, for the B3 spline in two dimensions.
SCALE_SIGMA = (0.8907963, 0.2006639, 0.0855075, 0.0412474)
#: Attenuation threshold per scale, in σ.
THRESHOLDS = (4.0, 3.0, 2.0, 2.0)
PASSES = 3
_B3 = np.array([1.0, 4.0, 6.0, 4.0, 1.0]) / 16


def denoise(data: np.ndarray, noise: Noise) -> np.ndarray:
    """Denoised copy of a window (t, λ, y, x); NaN stays NaN.

    The variance of the data is ``a + b max(data, 0)``. The noise that is left is correlated and smaller than this: errors
    derived from it no longer hold, and products say so.
    """
    result = data.copy()
    for t in range(data.shape[0]):
        for k in range(data.shape[1]):
            plane = data[t, k].astype(float)
            known = np.isfinite(plane)
            if known.any():
                filled = np.where(known, plane, np.median(plane[known]))
                result[t, k] = np.where(known, _denoise_plane(filled, noise), np.nan)
    return result


def _denoise_plane(plane: np.ndarray, noise: Noise) -> np.ndarray:
    stable = stabilise(plane, noise)
    smooth = np.zeros_like(stable)
    for _ in range(PASSES):
        smooth += _significant(stable - smooth)
    return unstabilise(smooth, noise)


def _significant(plane: np.ndarray) -> np.ndarray:
    """The plane without its noise of variance 1."""
    total = np.zeros_like(plane)
    current = plane
    for scale, (sigma, threshold) in enumerate(zip(SCALE_SIGMA, THRESHOLDS, strict=True)):
        coarser = _smooth(current, scale)
        detail = current - coarser
        total += detail * erf(np.abs(detail) / (threshold * sigma)) ** 2
        current = coarser
    return total + current


def _smooth(plane: np.ndarray, scale: int) -> np.ndarray:
    """Convolution with the B3 spline, its taps 2^scale apart, along both axes."""
    taps = np.zeros(4 * 2**scale + 1)
    taps[:: 2**scale] = _B3
    return correlate1d(correlate1d(plane, taps, axis=0, mode="reflect"), taps, axis=1, mode="reflect")


def stabilise(data: np.ndarray, noise: Noise) -> np.ndarray:
    """Values of variance 1 (Anscombe): 2 √(z + 3/8 + a/b²), z = data / b."""
    return 2 * np.sqrt(np.maximum(data / noise.b + 0.375 + noise.a / noise.b**2, 0))


def unstabilise(values: np.ndarray, noise: Noise) -> np.ndarray:
    """Expected data of stabilised expected values (closed form of the exact unbiased inverse)."""
    v = np.maximum(values, 2 * np.sqrt(0.375))
    series = v**2 / 4 + np.sqrt(1.5) / (4 * v) - 11 / (8 * v**2) + 5 * np.sqrt(1.5) / (8 * v**3) - 0.125
    return (series - noise.a / noise.b**2) * noise.b
