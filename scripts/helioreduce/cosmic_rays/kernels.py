"""L.A.Cosmic at single pixels, evaluated only where a pixel may be a cosmic ray.

Every value is the one that the dense algorithm (van Dokkum 2001, PASP 113, 1420) has at that pixel, in single precision and
in the order of operations of astroscrappy 1.3, so that masks agree to the last pixel. So few pixels are evaluated that no
result is stored: no plane of the image's size is ever made. Pixels are given by their flat index, ``y * nx + x``.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

from helioreduce.cosmic_rays.curvature import curvature, four_corners
from helioreduce.cosmic_rays.windows import (
    COPY,
    at,
    least_around,
    least_of_columns,
    low_median,
    median,
    near,
    separable,
    separable_block,
    three_by_three,
)  # fmt: skip

#: Least variance: keeps the noise real where the variance is negative.
LEAST_VARIANCE = np.float32(1e-5)
#: Least fine structure, in noise units (van Dokkum's imreplace).
LEAST_FINE_STRUCTURE = np.float32(0.01)
#: Squares are compared in place of roots in the bound of :func:`promising`; this much room covers the rounding.
ROOM = np.float32(1 - 1e-5)


class Planes(NamedTuple):
    """The image being cleaned; arrays (ny, nx) of float32 unless said otherwise."""

    data: np.ndarray
    variance: np.ndarray
    background: np.ndarray  # (0, 0) for none
    psf: np.ndarray  # (k, k), (0, 0) for the median filter
    excluded: np.ndarray  # bool: never a cosmic ray, never used to replace one
    border: int
    separable: bool  # separable medians of 7, 5 and 9 pixels in place of 5 × 5, 3 × 3 and 7 × 7


def planes(
    data: np.ndarray,
    variance: np.ndarray,
    background: np.ndarray | None,
    psf: np.ndarray | None,
    excluded: np.ndarray,
    border: int,
    separable: bool = False,
) -> Planes:
    """Return planes in the form that the kernels take; ``data`` and ``variance`` are shared, not copied."""
    empty = np.zeros((0, 0), np.float32)
    psf = empty if psf is None else np.ascontiguousarray(psf, np.float32)
    return Planes(data, variance, empty if background is None else background, psf, excluded, border, separable)


@numba.njit(cache=True)
def medians(p, pixels):
    """Return the 5 × 5 median of the data at ``pixels``."""
    _, nx = p.data.shape
    result, window = np.empty(pixels.size, np.float32), np.empty(25, np.float32)
    for n, pixel in enumerate(pixels):
        result[n] = median(p.data, pixel // nx, pixel % nx, 2, p.border, window)
    return result


@numba.njit(cache=True)
def noise(p, y, x, window):
    """Square root of the variance without the cosmic ray: its 5 × 5 median, plus the background's share."""
    if p.separable:
        variance = separable(p.variance, y, x, 3, p.border, np.empty(49, np.float32), window, np.empty(7, np.float32))
    else:
        variance = median(p.variance, y, x, 2, p.border, window)
    if p.background.size:
        variance += p.background[y, x]
    return np.sqrt(max(variance, LEAST_VARIANCE))


@numba.njit(cache=True)
def laplacian(p, y, x, window):
    """Return S = L⁺ / (2 noise); the 2 is the subsampling factor. NaN where the pixel is missing."""
    value = curvature(p.data, p.border, y, x)
    return value / (np.float32(2) * noise(p, y, x, window)) if value != 0 else value


@numba.njit(cache=True)
def significance(p, y, x, window, outer):
    """Return S′ = S − median₅ S: smooth structure is removed."""
    if p.separable:
        return _significance_separable(p, y, x, window, outer)
    ny, nx = p.data.shape
    if p.border == COPY and not (2 <= y < ny - 2 and 2 <= x < nx - 2):
        return np.float32(0)
    n = 0
    for j in range(y - 2, y + 3):
        for i in range(x - 2, x + 3):
            value = laplacian(p, at(j, ny, p.border), at(i, nx, p.border), window)
            outer[n] = value
            n += not np.isnan(value)
    return laplacian(p, y, x, window) - low_median(outer, n)


@numba.njit(cache=True)
def _significance_separable(p, y, x, window, outer):
    """Return S′ with the separable median of 7 pixels."""
    ny, nx = p.data.shape
    if p.border == COPY and not (3 <= y < ny - 3 and 3 <= x < nx - 3):
        return np.float32(0)
    n = 0
    for j in range(y - 3, y + 4):
        for i in range(x - 3, x + 4):
            outer[n] = laplacian(p, at(j, ny, p.border), at(i, nx, p.border), window)
            n += 1
    return laplacian(p, y, x, window) - separable_block(outer, 7, window, np.empty(7, np.float32))


@numba.njit(cache=True)
def _fine_structure_separable(p, y, x, window, outer):
    """Return F with separable medians of 5 pixels (unless a PSF is given) and of 9."""
    ny, nx = p.data.shape
    if p.border == COPY and not (4 <= y < ny - 4 and 4 <= x < nx - 4):
        return LEAST_FINE_STRUCTURE
    line, block, n = np.empty(9, np.float32), np.empty(25, np.float32), 0
    for dy in range(-4, 5):
        for dx in range(-4, 5):
            j, i = at(y + dy, ny, p.border), at(x + dx, nx, p.border)
            outer[n] = matched(p, j, i, window) if p.psf.size else separable(p.data, j, i, 2, p.border, block, window, line)
            n += 1
    centre = outer[40]
    return max((centre - separable_block(outer, 9, window, line)) / noise(p, y, x, window), LEAST_FINE_STRUCTURE)


@numba.njit(cache=True)
def fine_structure(p, y, x, window, outer):
    """Return F = (M − median₇ M) / noise, at least 0.01: large on stars and edges, small on cosmic rays.

    M is the 3 × 3 median of the image, or its :func:`matched` filter where a PSF is given.
    """
    if p.separable:
        return _fine_structure_separable(p, y, x, window, outer)
    data, border, by_profile = p.data, p.border, p.psf.size > 0
    ny, nx = data.shape
    if border == COPY and not (3 <= y < ny - 3 and 3 <= x < nx - 3):
        return LEAST_FINE_STRUCTURE
    if not by_profile and three_by_three(data, y, x, outer):
        return max((outer[24] - low_median(outer, 49)) / noise(p, y, x, window), LEAST_FINE_STRUCTURE)
    n, centre = 0, np.float32(np.nan)
    for dy in range(-3, 4):
        for dx in range(-3, 4):
            j, i = at(y + dy, ny, border), at(x + dx, nx, border)
            value = matched(p, j, i, window) if by_profile else median(data, j, i, 1, border, window)
            if dy == 0 and dx == 0:
                centre = value
            outer[n] = value
            n += not np.isnan(value)
    return max((centre - low_median(outer, n)) / noise(p, y, x, window), LEAST_FINE_STRUCTURE)


@numba.njit(cache=True)
def matched(p, y, x, window):
    """Return the profile-weighted mean of the image, Σ P I/σ² / Σ P/σ²."""
    ny, nx = p.data.shape
    reach = p.psf.shape[0] // 2
    signal, weights = np.float32(0), np.float32(0)
    for j in range(max(y - reach, 0), min(y + reach + 1, ny)):
        for i in range(max(x - reach, 0), min(x + reach + 1, nx)):
            if not np.isnan(p.data[j, i]):
                level = noise(p, j, i, window)
                weight = p.psf[reach + j - y, reach + i - x] / level / level
                signal += weight * p.data[j, i]
                weights += weight
    return signal / weights


@numba.njit(cache=True)
def hits(p, pixels, threshold, contrast):
    """Return those of ``pixels`` with S′ > threshold and S′ / F > contrast."""
    _, nx = p.data.shape
    found, n = np.empty(pixels.size, np.int64), 0
    window, outer = np.empty(25, np.float32), np.empty(81, np.float32)
    for pixel in pixels:
        y, x = pixel // nx, pixel % nx
        if not _stands_out(p, y, x, threshold, window):
            continue
        least = _least_significance(p, y, x, window, outer)
        if not least > threshold and not significance(p, y, x, window, outer) > threshold:
            continue
        fine = fine_structure(p, y, x, window, outer)
        if least / fine > contrast or significance(p, y, x, window, outer) / fine > contrast:
            found[n] = pixel
            n += 1
    return found[:n]


@numba.njit(cache=True)
def grow(p, pixels, threshold, known, marks):
    """Return ``pixels`` and their eight neighbours, as far as S′ > threshold; each once.

    Parameters
    ----------
    known
        True where S′ > threshold is known of all ``pixels``.
    marks
        For :func:`helioreduce.cosmic_rays.windows.near`.
    """
    ny, nx = p.data.shape
    around, n = near(pixels, 1, ny, nx, marks), 0
    if known:
        marks[pixels] = True
    window, outer = np.empty(25, np.float32), np.empty(81, np.float32)
    for pixel in around:
        y, x = pixel // nx, pixel % nx
        if not marks[pixel]:
            if not _stands_out(p, y, x, threshold, window):
                continue
            least = _least_significance(p, y, x, window, outer)
            if not least > threshold and not significance(p, y, x, window, outer) > threshold:
                continue
        marks[pixel] = False
        around[n] = pixel
        n += 1
    return around[:n]


@numba.njit(cache=True)
def _least_significance(p, y, x, window, outer):
    """Return a lower bound of S′, from the least variance around each pixel in place of the median; −∞ where there is none.

    Square root, division and the median never decrease where their argument grows, rounded or not: no S of a neighbour, and so
    no median of them, is above the one from a smaller variance.
    """
    ny, nx = p.data.shape
    if p.separable or not (4 <= y < ny - 4 and 4 <= x < nx - 4):
        return np.float32(-np.inf)
    n = 0
    for j in range(y - 2, y + 3):
        least_of_columns(p.variance, j, x, window)
        for i in range(x - 2, x + 3):
            value, least = curvature(p.data, p.border, j, i), np.float32(np.inf)
            for k in range(i - x + 2, i - x + 7):
                least = window[k] if window[k] < least else least
            if p.background.size:
                least += p.background[j, i]
            if value != 0:
                value = value / (np.float32(2) * np.sqrt(max(least, LEAST_VARIANCE)))
            outer[n] = value if least < np.inf else np.float32(np.nan)
            n += not np.isnan(outer[n])
    if n < 25:
        return np.float32(-np.inf)
    return laplacian(p, y, x, window) - low_median(outer, n)


@numba.njit(cache=True)
def _stands_out(p, y, x, threshold, window):
    """Return whether S > threshold; as no S is negative, S′ cannot exceed it otherwise. Costs a median only where it must."""
    ny, nx = p.data.shape
    if p.excluded[y, x]:
        return False
    value = curvature(p.data, p.border, y, x)
    if not p.separable and 2 <= y < ny - 2 and 2 <= x < nx - 2:
        least = least_around(p.variance, y, x)
        least += p.background[y, x] if p.background.size else np.float32(0)
        if not _may_exceed(value, least, threshold):
            return False
    return value / (np.float32(2) * noise(p, y, x, window)) > threshold


@numba.njit(cache=True, inline="always")
def _may_exceed(curved, least_variance, threshold):
    """Return L⁺² > 4 threshold² · (a lower bound of the variance): False only where S cannot exceed ``threshold``."""
    factor = np.float32(4) * threshold * threshold * ROOM
    return not curved * curved <= factor * max(least_variance, LEAST_VARIANCE)


@numba.njit(cache=True, parallel=True)
def promising(data, variance, background, threshold):
    """Return True where S can exceed ``threshold`` (float32), judged from the least variance in 5 × 5.

    The median is never below the least value, so no cosmic ray is lost. The two outermost rows and columns, and pixels
    beside missing ones, are passed on untested.
    """
    ny, nx = data.shape
    result = np.ones((ny, nx), np.bool_)
    for y in numba.prange(2, ny - 2):
        column = np.empty(nx, np.float32)
        for x in range(nx):
            least = variance[y - 2, x]
            for j in range(y - 1, y + 3):
                least = variance[j, x] if variance[j, x] < least else least
            column[x] = least
        for x in range(2, nx - 2):
            least = column[x - 2]
            for i in range(x - 1, x + 3):
                least = column[i] if column[i] < least else least
            if background.size:
                least += background[y, x]
            value = four_corners(data[y, x], data[y, x + 1], data[y, x - 1], data[y + 1, x], data[y - 1, x])
            result[y, x] = _may_exceed(value, least, threshold)
    return result
