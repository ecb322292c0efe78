"""The arithmetic of L.A.Cosmic at single pixels, evaluated only where a pixel can still be a cosmic ray.

Every value is the one that the dense algorithm (van Dokkum 2001, PASP 113, 1420) has at that pixel; what is known is kept,
and forgotten where the image changes. Single precision, in the order of operations of astroscrappy 1.3, so that masks agree
to the last pixel. Pixels are named by their flat index, ``y * nx + x``.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

#: What lies beyond the edge: filters leave the border as it is (astroscrappy), the image mirrored, or its last pixel repeated.
COPY, REFLECT, NEAREST = 0, 1, 2
#: Least variance: keeps the noise real where the variance is negative.
LEAST_VARIANCE = np.float32(1e-5)
#: Least fine structure, in noise units (van Dokkum's imreplace).
LEAST_FINE_STRUCTURE = np.float32(0.01)
#: Bits of ``Planes.known``.
NOISE, LAPLACIAN, SIGNIFICANCE, SMOOTH = 1, 2, 4, 8
#: The square root in the bound of :func:`promising` is avoided; this much room covers the rounding.
ROOM = np.float32(1 - 1e-5)


class Planes(NamedTuple):
    """The image under work and what is known of it; arrays (ny, nx) of float32 unless said otherwise."""

    data: np.ndarray
    variance: np.ndarray
    background: np.ndarray  # (0, 0) for none
    psf: np.ndarray  # (k, k), (0, 0) for the median filter
    excluded: np.ndarray  # bool: never a cosmic ray, never used to replace one
    border: int
    noise: np.ndarray
    laplacian: np.ndarray
    significance: np.ndarray
    smooth: np.ndarray
    known: np.ndarray  # uint8
    window: np.ndarray  # (49,) work space of the medians


def planes(data, variance, background, psf, excluded, border) -> Planes:  # type: ignore[no-untyped-def]
    """Planes of which nothing is known yet; ``data`` and ``variance`` are changed in place later."""
    empty = np.zeros((0, 0), np.float32)
    kept = [np.empty_like(data) for _ in range(4)]
    known = np.zeros(data.shape, np.uint8)
    background = empty if background is None else background
    psf = empty if psf is None else np.ascontiguousarray(psf, np.float32)
    return Planes(data, variance, background, psf, excluded, border, *kept, known, np.empty(49, np.float32))


@numba.njit(cache=True)
def at(i, n, border):  # type: ignore[no-untyped-def]
    """Index of the pixel that stands at ``i``, inside or beyond the edge of ``n`` pixels."""
    if border == REFLECT:
        i = -i if i < 0 else i
        i = 2 * (n - 1) - i if i >= n else i
    return min(max(i, 0), n - 1)


@numba.njit(cache=True)
def low_median(values, n):  # type: ignore[no-untyped-def]
    """The ``(n - 1) // 2``-th of the first ``n`` values in ascending order, by selection in place; NaN for none."""
    if n == 0:
        return np.float32(np.nan)
    middle, low, high = (n - 1) // 2, 0, n - 1
    while low < high:
        pivot, i, j = values[middle], low, high
        while i <= j:
            while values[i] < pivot:
                i += 1
            while pivot < values[j]:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i += 1
                j -= 1
        if j < middle:
            low = i
        if middle < i:
            high = j
    return values[middle]


@numba.njit(cache=True)
def median(p, plane, y, x, reach):  # type: ignore[no-untyped-def]
    """Median of a ``2·reach + 1`` square of ``plane``; NaN do not count."""
    ny, nx = plane.shape
    inside = reach <= y < ny - reach and reach <= x < nx - reach
    if p.border == COPY and not inside:
        return plane[y, x]
    n = 0
    for j in range(y - reach, y + reach + 1):
        for i in range(x - reach, x + reach + 1):
            value = plane[j, i] if inside else plane[at(j, ny, p.border), at(i, nx, p.border)]
            if value == value:
                p.window[n] = value
                n += 1
    return low_median(p.window, n)


@numba.njit(cache=True)
def medians(p, pixels):  # type: ignore[no-untyped-def]
    """5 × 5 median of the data at ``pixels``."""
    _, nx = p.data.shape
    result = np.empty(pixels.size, np.float32)
    for n, pixel in enumerate(pixels):
        result[n] = median(p, p.data, pixel // nx, pixel % nx, 2)
    return result


@numba.njit(cache=True)
def noise(p, y, x):  # type: ignore[no-untyped-def]
    """Square root of the variance without the cosmic ray: its 5 × 5 median, plus the background's share."""
    if not p.known[y, x] & NOISE:
        variance = median(p, p.variance, y, x, 2)
        if p.background.size:
            variance += p.background[y, x]
        p.noise[y, x] = np.sqrt(max(variance, LEAST_VARIANCE))
        p.known[y, x] |= NOISE
    return p.noise[y, x]


@numba.njit(cache=True, inline="always")
def _corner(value, right, left, down, up):  # type: ignore[no-untyped-def]
    """Laplacian of one quarter of a pixel, negative values clipped."""
    return max(((np.float32(4) * value - right) - left) - (down + up), np.float32(0))


@numba.njit(cache=True, inline="always")
def _four_corners(v, right, left, down, up):  # type: ignore[no-untyped-def]
    """L⁺: the mean over the four quarters, each beside two neighbours and two copies of its own pixel."""
    upper_left, lower_right = _corner(v, v, left, v, up), _corner(v, right, v, down, v)
    lower_left, upper_right = _corner(v, v, left, down, v), _corner(v, right, v, v, up)
    return ((upper_left + lower_right) + (lower_left + upper_right)) / np.float32(4)


@numba.njit(cache=True)
def _beside(p, y, x, dy, dx):  # type: ignore[no-untyped-def]
    """Neighbour of a pixel; a missing one is stood for by the opposite one, or by the pixel itself."""
    ny, nx = p.data.shape
    j, i = y + dy, x + dx
    if p.border == COPY and not (0 <= j < ny and 0 <= i < nx):
        return np.float32(0)
    value = p.data[at(j, ny, p.border), at(i, nx, p.border)]
    if value == value:
        return value
    value = p.data[at(y - dy, ny, p.border), at(x - dx, nx, p.border)]
    return value if value == value else p.data[y, x]


@numba.njit(cache=True)
def curvature(p, y, x):  # type: ignore[no-untyped-def]
    """L⁺ of a pixel, neighbours beyond the edge or missing included."""
    return _four_corners(
        p.data[y, x], _beside(p, y, x, 0, 1), _beside(p, y, x, 0, -1), _beside(p, y, x, 1, 0), _beside(p, y, x, -1, 0)
    )


@numba.njit(cache=True)
def laplacian(p, y, x):  # type: ignore[no-untyped-def]
    """S = L⁺ / (2 noise); the 2 is the subsampling factor. NaN where the pixel is missing."""
    if not p.known[y, x] & LAPLACIAN:
        value = curvature(p, y, x)
        p.laplacian[y, x] = value / (np.float32(2) * noise(p, y, x)) if value != 0 else value
        p.known[y, x] |= LAPLACIAN
    return p.laplacian[y, x]


@numba.njit(cache=True)
def significance(p, y, x):  # type: ignore[no-untyped-def]
    """S′ = S − median₅ S: smooth structure is removed."""
    if not p.known[y, x] & SIGNIFICANCE:
        ny, nx = p.data.shape
        for j in range(y - 2, y + 3):
            for i in range(x - 2, x + 3):
                laplacian(p, at(j, ny, p.border), at(i, nx, p.border))
        p.significance[y, x] = p.laplacian[y, x] - median(p, p.laplacian, y, x, 2)
        p.known[y, x] |= SIGNIFICANCE
    return p.significance[y, x]


@numba.njit(cache=True)
def smooth(p, y, x):  # type: ignore[no-untyped-def]
    """3 × 3 median of the image, or its profile-weighted mean Σ P I/σ² / Σ P/σ² where a PSF is given."""
    if not p.known[y, x] & SMOOTH:
        p.smooth[y, x] = _matched(p, y, x) if p.psf.size else median(p, p.data, y, x, 1)
        p.known[y, x] |= SMOOTH
    return p.smooth[y, x]


@numba.njit(cache=True)
def _matched(p, y, x):  # type: ignore[no-untyped-def]
    ny, nx = p.data.shape
    reach = p.psf.shape[0] // 2
    signal, weights = np.float32(0), np.float32(0)
    for dy in range(-reach, reach + 1):
        for dx in range(-reach, reach + 1):
            j, i = y + dy, x + dx
            if 0 <= j < ny and 0 <= i < nx and p.data[j, i] == p.data[j, i]:
                level = noise(p, j, i)
                weight = p.psf[reach + dy, reach + dx] / level / level
                signal += weight * p.data[j, i]
                weights += weight
    return signal / weights


@numba.njit(cache=True)
def fine_structure(p, y, x):  # type: ignore[no-untyped-def]
    """F = (smooth − median₇ smooth) / noise, at least 0.01: large on stars and edges, small on cosmic rays."""
    ny, nx = p.data.shape
    for j in range(y - 3, y + 4):
        for i in range(x - 3, x + 4):
            smooth(p, at(j, ny, p.border), at(i, nx, p.border))
    fine = (p.smooth[y, x] - median(p, p.smooth, y, x, 3)) / noise(p, y, x)
    return max(fine, LEAST_FINE_STRUCTURE)


@numba.njit(cache=True)
def hits(p, pixels, threshold, contrast):  # type: ignore[no-untyped-def]
    """Those of ``pixels`` with S′ > threshold and S′ / F > contrast."""
    _, nx = p.data.shape
    found, n = np.empty(pixels.size, np.int64), 0
    for pixel in pixels:
        y, x = pixel // nx, pixel % nx
        if p.excluded[y, x] or not laplacian(p, y, x) > threshold:  # S ≥ S′, as no Laplacian is negative
            continue
        value = significance(p, y, x)
        if value > threshold and value / fine_structure(p, y, x) > contrast:
            found[n] = pixel
            n += 1
    return found[:n]


@numba.njit(cache=True)
def grow(p, pixels, threshold):  # type: ignore[no-untyped-def]
    """``pixels`` and their eight neighbours, as far as S′ > threshold; each once."""
    ny, nx = p.data.shape
    found, n = np.empty(min(9 * pixels.size, p.data.size), np.int64), 0
    for pixel in near(pixels, 1, ny, nx):
        y, x = pixel // nx, pixel % nx
        if not p.excluded[y, x] and significance(p, y, x) > threshold:
            found[n] = pixel
            n += 1
    return found[:n]


@numba.njit(cache=True)
def near(pixels, reach, ny, nx):  # type: ignore[no-untyped-def]
    """Every pixel at most ``reach`` rows and columns from one of ``pixels``, once."""
    seen = np.zeros(ny * nx, np.bool_)
    found, n = np.empty(min((2 * reach + 1) ** 2 * pixels.size, ny * nx), np.int64), 0
    for pixel in pixels:
        y, x = pixel // nx, pixel % nx
        for j in range(max(y - reach, 0), min(y + reach + 1, ny)):
            for i in range(max(x - reach, 0), min(x + reach + 1, nx)):
                if not seen[j * nx + i]:
                    seen[j * nx + i] = True
                    found[n] = j * nx + i
                    n += 1
    return found[:n]


@numba.njit(cache=True, parallel=True)
def promising(data, variance, background, threshold):  # type: ignore[no-untyped-def]
    """True where S can exceed ``threshold``: L⁺² > 4 threshold² · (least variance in 5 × 5 + background).

    The median is never below the least value, so no cosmic ray is lost. The two outermost rows and columns, and pixels
    beside missing ones, are passed on untested.
    """
    ny, nx = data.shape
    result = np.ones((ny, nx), np.bool_)
    factor = np.float32(4) * np.float32(threshold) ** 2 * ROOM
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
            value = _four_corners(data[y, x], data[y, x + 1], data[y, x - 1], data[y + 1, x], data[y - 1, x])
            result[y, x] = not value * value <= factor * max(least, LEAST_VARIANCE)
    return result
