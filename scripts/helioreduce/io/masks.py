"""Masks as files have them."""

from __future__ import annotations

import numpy as np

from helioreduce.image import Flag


def bits(stored: np.ndarray) -> np.ndarray:
    """Return a stored mask as flags (uint8); numbers beyond 8 bits, as other programs have them, are BAD_PIXEL."""
    if stored.dtype == np.uint8:
        return np.asarray(stored)
    with np.errstate(invalid="ignore"):
        own = stored.astype(np.uint8)
    return np.where(own == stored, own, np.uint8(Flag.BAD_PIXEL))
