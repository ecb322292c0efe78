"""A sense of proportion: what a search has found against what physics can have, and the noise of the frame against its model.

Cosmic rays hit about one pixel in ten thousand on the ground, a few in a hundred in a long exposure in space. A share far
beyond that, or a noise that the frame does not have, means that the noise model is wrong: sky subtracted, electrons taken for
DN, a read noise of 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from helioreduce.errors import InputError
from helioreduce.io.provenance import caveat

if TYPE_CHECKING:
    from astropy.io.fits import Header

#: Standard deviation of a Gaussian over its median absolute deviation.
_SIGMA_PER_MAD = 1.482602218505602
#: Norm of the second difference in both directions, of which the noise is measured: √(1 + 4 + 1)² = 6.
_NORM = 6.0
#: Bands of rows in which the noise of a frame is measured, at most, and rows of each.
_BANDS, _ROWS = 32, 8


@dataclass(frozen=True)
class Limits:
    """Beyond what a frame is said to be wrong.

    Parameters
    ----------
    share
        Greatest share of pixels that can be hit.
    noise
        Least and greatest noise of the frame over that of its model.
    """

    share: float = 0.05
    noise: tuple[float, float] = (0.5, 2.0)

    def __post_init__(self) -> None:
        if not (0 < self.share <= 1 and 0 <= self.noise[0] < self.noise[1]):
            raise InputError(f"{self} is impossible", cure="Give a share of 0 to 1, and the smaller ratio of noise first")


LIMITS = Limits()


def noise_ratio(data: np.ndarray, variance: np.ndarray) -> float:
    """Return the noise of a frame over that of its model: 1 where the model is right; NaN where nothing can be measured.

    1.4826 · median |D| / 6 of the second differences D = [1 −2 1] ⊗ [1 −2 1] of the data (Immerkær 1996, Computer Vision and
    Image Understanding 64, 300), over the standard deviation. Smooth structure has none, and hits do not move a median.

    Parameters
    ----------
    data, variance
        Arrays (ny, nx), hits replaced; up to 32 bands of 8 rows are used.
    """
    ny = len(data)
    starts = np.unique(np.linspace(0, max(ny - _ROWS, 0), _BANDS).astype(int))
    found = []
    for start in starts:
        part = np.asarray(data[start : start + _ROWS], np.float64)
        second = np.diff(np.diff(part, 2, axis=0), 2, axis=1) / _NORM
        with np.errstate(invalid="ignore", divide="ignore"):
            found.append(np.abs(second) / np.sqrt(np.maximum(variance[start + 1 : start + _ROWS - 1, 1:-1], 0)))
    every = np.concatenate([np.ravel(one) for one in found])
    every = every[~np.isnan(every)]
    return float(_SIGMA_PER_MAD * np.median(every)) if every.size else float("nan")


def judge(header: Header, mask: np.ndarray, data: np.ndarray, variance: np.ndarray, limits: Limits = LIMITS) -> None:
    """Write the share of hits (CRSHARE) and the ratio of noise (CRNOISE) into ``header``, in place; warn beyond the limits.

    Parameters
    ----------
    mask
        Boolean (ny, nx): hits.
    data, variance
        The cleaned frame and its variance.

    Warns
    -----
    InputWarning
        With what is wrong and the cure; also in the header.
    """
    share, ratio = float(mask.mean()), noise_ratio(data, variance)
    header["CRSHARE"] = (float(f"{share:.3g}"), "share of the pixels flagged as cosmic rays")
    if np.isfinite(ratio):
        header["CRNOISE"] = (float(f"{ratio:.3g}"), "noise of the frame / noise of the model")
    low, high = limits.noise
    if share > limits.share:
        caveat(header, f"{100 * share:.1f} % of the pixels are called cosmic rays, more than {100 * limits.share:g} %: {_CURE}")
    if ratio > high:
        caveat(header, f"the noise of the frame is {ratio:.3g} times that of the model: {_CURE}")
    elif ratio < low:
        caveat(header, f"the noise of the frame is {ratio:.3g} times that of the model: hits are missed; {_SMALLER}")


_CURE = "raise read_noise or electrons_per_photon, check the gain, leave the sky in the frame, or give its variance"
_SMALLER = "lower read_noise, check the gain and the unit, or give the variance of a resampled frame"
