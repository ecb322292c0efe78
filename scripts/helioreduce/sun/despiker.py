"""Removal of spikes, with the published parameters of the ground pipeline.

A pixel is a spike where value / 1.8 exceeds the mean of its 8 neighbours by more than 4 DN; it is replaced by the 8th of the
16 sorted pixels of the second ring. There are three passes; a border of two pixels is left unchanged.
"""

from __future__ import annotations

import numba
import numpy as np

#: Pixels per row of the detector, in JSOC's index of a spike.
STRIDE = 4096
FRACTION, MARGIN_DN, RANK, PASSES, BORDER = 1.8, 4, 7, 3, 2


def despike(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Remove the spikes of level-0.5 counts.

    Parameters
    ----------
    image
        Counts (ny, nx), int16.

    Returns
    -------
    cleaned
        int16 (ny, nx).
    spikes
        int32 (3, n): index ``y * 4096 + x`` in ascending order (also for fewer, larger pixels), value before, value after.
        Each replaced pixel is listed once, so that putting row 1 back restores ``image`` exactly.
    """
    cleaned = image.copy()
    for _ in range(PASSES):
        cleaned = _pass(cleaned)
    y, x = np.nonzero(cleaned != image)
    return cleaned, np.stack([y * STRIDE + x, image[y, x], cleaned[y, x]]).astype(np.int32)


def respike(image: np.ndarray, spikes: np.ndarray) -> np.ndarray:
    """Put the spikes back: the inverse of :func:`despike`."""
    restored = image.copy()
    restored[pixels(spikes)] = spikes[1]
    return restored


def pixels(spikes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return rows and columns of the spikes."""
    return np.divmod(spikes[0], STRIDE)


@numba.njit(cache=True, parallel=True)
def _pass(image: np.ndarray) -> np.ndarray:
    """Return the image after one pass; every pixel is judged by the image before the pass."""
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
                out[j, i] = _ranked(ring)
    return out


@numba.njit(cache=True)
def _ranked(ring: np.ndarray) -> np.int16:
    """Sort the few values in place, which compiles sooner than NumPy's sort; return that of RANK."""
    for n in range(1, ring.size):
        value, k = ring[n], n
        while k > 0 and ring[k - 1] > value:
            ring[k] = ring[k - 1]
            k -= 1
        ring[k] = value
    return ring[RANK]
