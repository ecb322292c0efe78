"""Small windows of an image: medians, minima, neighbourhoods, and borders."""

from __future__ import annotations

import numba
import numpy as np

#: Borders: left as it is by filters (astroscrappy), the image mirrored, or its last pixel repeated.
COPY, REFLECT, NEAREST = 0, 1, 2


@numba.njit(cache=True)
def at(i, n, border):
    """Return the index of the pixel at ``i``, inside or beyond the edge of ``n`` pixels."""
    if border == REFLECT:
        i = -i if i < 0 else i
        i = 2 * (n - 1) - i if i >= n else i
    return min(max(i, 0), n - 1)


@numba.njit(cache=True)
def low_median(values, n):
    """Return the ``(n - 1) // 2``-th of the first ``n`` values in ascending order; NaN for none.

    Each value inside the bounds known so far is tried by counting, without a branch, how many lie below it: for so few
    values this is faster than selection.
    """
    middle, low, high = (n - 1) // 2, -np.inf, np.inf
    for i in range(n):
        candidate, below, same = values[i], 0, 0
        if not low < candidate < high:
            continue
        for j in range(n):
            below += values[j] < candidate
            same += values[j] == candidate
        if below > middle:
            high = candidate
        elif below + same <= middle:
            low = candidate
        else:
            return candidate
    return np.float32(np.nan)


@numba.njit(cache=True)
def median(plane, y, x, reach, border, window):
    """Return the median of a ``2·reach + 1`` square of ``plane``, NaN left out; ``window`` is a work buffer."""
    ny, nx = plane.shape
    n = 0
    if reach <= y < ny - reach and reach <= x < nx - reach:
        for j in range(y - reach, y + reach + 1):
            for i in range(x - reach, x + reach + 1):
                value = plane[j, i]
                window[n] = value
                n += not np.isnan(value)
        return low_median(window, n)
    if border == COPY:
        return plane[y, x]
    for j in range(y - reach, y + reach + 1):
        for i in range(x - reach, x + reach + 1):
            value = plane[at(j, ny, border), at(i, nx, border)]
            window[n] = value
            n += not np.isnan(value)
    return low_median(window, n)


@numba.njit(cache=True)
def separable_block(block, side, window, line):
    """Return the median of the medians of the rows of a square: faster to filter with, and not its median.

    ``block`` holds the square row by row, ``side`` pixels each.
    """
    rows = 0
    for j in range(side):
        n = 0
        for i in range(side):
            value = block[j * side + i]
            window[n] = value
            n += not np.isnan(value)
        value = low_median(window, n)
        line[rows] = value
        rows += not np.isnan(value)
    return low_median(line, rows)


@numba.njit(cache=True)
def separable(plane, y, x, reach, border, block, window, line):
    """Return the same of the square of ``2·reach + 1`` pixels around a pixel, which ``block`` has room for."""
    ny, nx = plane.shape
    if border == COPY and not (reach <= y < ny - reach and reach <= x < nx - reach):
        return plane[y, x]
    n = 0
    for j in range(y - reach, y + reach + 1):
        for i in range(x - reach, x + reach + 1):
            block[n] = plane[at(j, ny, border), at(i, nx, border)]
            n += 1
    return separable_block(block, 2 * reach + 1, window, line)


@numba.njit(cache=True)
def least_around(plane, y, x):
    """Return the minimum in the 5 × 5 square around an inner pixel."""
    least = plane[y, x]
    for j in range(y - 2, y + 3):
        for i in range(x - 2, x + 3):
            least = plane[j, i] if plane[j, i] < least else least
    return least


@numba.njit(cache=True)
def least_of_columns(plane, y, x, result):
    """Write the minima of five rows around ``y`` into nine elements of ``result``, columns around ``x``; infinity for NaN."""
    for i in range(9):
        least = np.float32(np.inf)
        for j in range(y - 2, y + 3):
            value = plane[j, x - 4 + i]
            least = value if value < least else least
        result[i] = least


@numba.njit(cache=True, inline="always")
def _middle(a, b, c):
    """Return the median of three numbers."""
    return max(min(a, b), min(max(a, b), c))


@numba.njit(cache=True)
def three_by_three(plane, y, x, result):
    """Write the 3 × 3 medians of 7 × 7 pixels into 49 elements of ``result``, which has room for 57.

    Each is the median of three: the greatest of the columns' minima, the median of their medians, the least of their maxima.

    Returns
    -------
    bool
        Whether it was done: False near the edges and where a pixel is missing.
    """
    ny, nx = plane.shape
    if not (4 <= y < ny - 4 and 4 <= x < nx - 5):
        return False
    known = True
    for j in range(y - 4, y + 5):
        for i in range(x - 4, x + 6):
            known &= plane[j, i] == plane[j, i]
    for row in range(7 if known else 0):
        up, here, down = plane[y + row - 4], plane[y + row - 3], plane[y + row - 2]
        for i in range(8):  # one more than asked for, which the next row overwrites: eight fill a register
            a, b, c = x + i - 4, x + i - 3, x + i - 2
            low = max(min(up[a], here[a], down[a]), min(up[b], here[b], down[b]), min(up[c], here[c], down[c]))
            high = min(max(up[a], here[a], down[a]), max(up[b], here[b], down[b]), max(up[c], here[c], down[c]))
            in_between = _middle(
                _middle(up[a], here[a], down[a]), _middle(up[b], here[b], down[b]), _middle(up[c], here[c], down[c])
            )
            result[7 * row + i] = _middle(low, in_between, high)
    return known


@numba.njit(cache=True)
def near(pixels, reach, ny, nx, marks):
    """Return every pixel at most ``reach`` rows and columns from one of ``pixels``, once.

    ``marks`` is a work buffer of ``ny * nx`` bool, all False before and after.
    """
    found, n = np.empty(min((2 * reach + 1) ** 2 * pixels.size, ny * nx), np.int64), 0
    for pixel in pixels:
        y, x = pixel // nx, pixel % nx
        for j in range(max(y - reach, 0), min(y + reach + 1, ny)):
            for i in range(max(x - reach, 0), min(x + reach + 1, nx)):
                if not marks[j * nx + i]:
                    marks[j * nx + i] = True
                    found[n] = j * nx + i
                    n += 1
    marks[found[:n]] = False
    return found[:n]
