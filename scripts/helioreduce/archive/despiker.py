"""Removal of spikes, with the published parameters of the ground pipeline.

A pixel is a spike where value / 1.8 exceeds the mean of its 8 neighbours by more than 4 DN; it is replaced by the 8th of the
16 pixels of the second ring, sorted. Three passes; two pixels along the border are left alone.
"""

from __future__ import annotations

import numba
import numpy as np

FRACTION, MARGIN_DN, RANK, PASSES, BORDER = 1.8, 4, 7, 3, 2


def despike(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Level-0.5 counts without their spikes.

    Parameters
    ----------
    image
        Counts (ny, nx), int16.

    Returns
    -------
    cleaned
        int16 (ny, nx).
    spikes
        int32 (3, n): index ``y * nx + x`` in ascending order, value before, value after. Every pixel that was replaced in
        any pass is listed once, so that putting row 1 back at row 0 restores ``image`` to the bit.
    """
    cleaned = image.copy()
    for _ in range(PASSES):
        cleaned = _pass(cleaned)
    where = np.flatnonzero(cleaned != image)
    return cleaned, np.stack([where, image.ravel()[where], cleaned.ravel()[where]]).astype(np.int32)


def respike(image: np.ndarray, spikes: np.ndarray) -> np.ndarray:
    """Inverse of :func:`despike`."""
    restored = image.copy()
    restored.ravel()[spikes[0]] = spikes[1]
    return restored


@numba.njit(cache=True, parallel=True)
def _pass(image: np.ndarray) -> np.ndarray:
    """One pass: every pixel is judged by the image as it was before the pass."""
    ny, nx = image.shape
    out = image.copy()
    for j in numba.prange(BORDER, ny - BORDER):
        ring = np.empty(16, np.int16)
        for i in range(BORDER, nx - BORDER):
            value = np.int32(image[j, i])
            around = np.int32(0)
            for dj in range(-1, 2):
                for di in range(-1, 2):
                    around += image[j + dj, i + di]
            if value > 0 and value / FRACTION - (around - value) / 8 > MARGIN_DN:
                n = 0
                for d in range(-2, 3):
                    ring[n], ring[n + 1] = image[j - 2, i + d], image[j + 2, i + d]
                    n += 2
                for d in range(-1, 2):
                    ring[n], ring[n + 1] = image[j + d, i - 2], image[j + d, i + 2]
                    n += 2
                ring.sort()
                out[j, i] = ring[RANK]
    return out
