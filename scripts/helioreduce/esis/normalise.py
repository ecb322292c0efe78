"""Factors that bring the cameras to one response, and what the atmosphere lets through, from what all cameras see of one line.

The two are kept apart: the cameras' responses are constants of the instrument and are taken out; the mean of a sequence holds
the transmission of the atmosphere and the Sun's own changes, and taking it out would flatten every light curve.
"""

from __future__ import annotations

import numpy as np

from helioreduce.errors import InputError
from helioreduce.esis import camera as cam
from helioreduce.esis.values import Normalisation


def masked_means(images: np.ndarray, clear: np.ndarray) -> np.ndarray:
    """Return the mean of each camera's image over the pixels that are clear in all cameras of the same sequence.

    Parameters
    ----------
    images
        One sequence (n_cameras, ny, nx), vignetting removed; a camera that is all NaN is missing.
    clear
        Boolean, same shape.

    Returns
    -------
    ndarray
        (n_cameras,), same unit; NaN for a missing camera.

    Raises
    ------
    InputError
        If the cameras share no pixel.
    """
    there = np.isfinite(images).any(axis=(1, 2))
    common = clear[there].all(axis=0) & np.isfinite(images[there]).all(axis=0)
    if not common.any():
        raise InputError(
            "the four cameras share no clear pixel", cure="Exclude the sequence, or widen `clear` of the line: esis.flight"
        )
    return np.where(there, np.nan_to_num(images[:, common]).mean(axis=1, dtype=np.float64), np.nan)


def normalisation(means: np.ndarray, *, flatten: bool = False, reference: int = cam.REFERENCE - 1) -> Normalisation:
    """Return the factors that bring every camera to the response of the reference camera, and each sequence's level.

    Parameters
    ----------
    means
        (n_sequences, n_cameras), NaN for a missing camera.
    flatten
        Raise every mean to the highest of all, as the published reduction does: light curves lose what the whole field does.
    reference
        Index of the camera whose factor is 1.
    """
    gains = np.nanmedian(means[:, [reference]] / means, axis=0)
    level = np.nanmean(means * gains, axis=1)
    factors = np.nanmax(means) / means if flatten else np.where(np.isfinite(means), gains, np.nan)
    return Normalisation(factors, means, level / level.max())
