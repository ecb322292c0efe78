"""Factors that bring all cameras and sequences to one mean, over the part of the Sun that all cameras see in one line."""

from __future__ import annotations

import numpy as np

from helioreduce.errors import InputError
from helioreduce.esis.values import Normalisation


def masked_means(images: np.ndarray, clear: np.ndarray) -> np.ndarray:
    """Return the mean of each camera's image over the pixels that are clear in all cameras of the same sequence.

    Parameters
    ----------
    images
        One sequence (n_cameras, ny, nx), vignetting removed.
    clear
        Boolean, same shape.

    Returns
    -------
    ndarray
        (n_cameras,), same unit.

    Raises
    ------
    InputError
        If the cameras share no pixel.
    """
    common = clear.all(axis=0) & np.isfinite(images).all(axis=0)
    if not common.any():
        raise InputError("the four cameras share no clear pixel", cure="Widen the masks, or exclude the sequence")
    return images[:, common].mean(axis=1, dtype=np.float64)


def normalisation(means: np.ndarray) -> Normalisation:
    """Return the factors that raise every mean (n_sequences, n_cameras) to the highest of all."""
    return Normalisation(means.max() / means, means)
