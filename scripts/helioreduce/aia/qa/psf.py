"""Where the light of a point goes: rings and circles around the centre of a PSF."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from helioreduce.errors import InputError


class Energy(NamedTuple):
    """Radius in pixels, mean of the PSF over the ring up to it, share of the light within it; arrays (n,)."""

    radius: np.ndarray
    profile: np.ndarray
    energy: np.ndarray


def encircled(psf: np.ndarray, *, samples: int = 70) -> Energy:
    """Return the encircled energy E(r) = Σ_{|x−x₀| ≤ r} P / Σ P, at up to ``samples`` whole radii, from 1 pixel to the edge.

    ``psf`` (ny, nx) has its centre at [ny//2, nx//2].

    Raises
    ------
    InputError
        If its peak is elsewhere, as that of a transform is.
    """
    middle = [side // 2 for side in psf.shape]
    peak = [int(i) for i in np.unravel_index(int(psf.argmax()), psf.shape)]
    if peak != middle:
        raise InputError(f"the PSF has its peak at pixel {peak}, not at {middle}", cure="Give psf.psf(channel)")
    y, x = np.ogrid[: psf.shape[0], : psf.shape[1]]
    distance = np.hypot(y - middle[0], x - middle[1]).ravel()
    radius = np.unique(np.round(np.geomspace(1, min(middle) - 1, samples)))
    bins = np.searchsorted(radius, distance)  # ring k holds radius[k-1] < r <= radius[k]
    light = np.bincount(bins, psf.ravel(), radius.size + 1)
    pixels = np.bincount(bins, minlength=radius.size + 1)
    total = float(psf.sum())
    return Energy(radius, light[:-1] / np.maximum(pixels[:-1], 1) / total, np.cumsum(light[:-1]) / total)
