"""The coefficients of a cubic B-spline from the samples it goes through: a recursive filter forth and back along each axis.

Source: Unser, Aldroubi & Eden 1993, IEEE Trans. Signal Processing 41, 834.
"""

from __future__ import annotations

import numba
import numpy as np

POLE = np.sqrt(3.0) - 2.0
#: Rows, and columns, that are filtered side by side.
_ROWS, _COLUMNS = 8, 128
#: Samples after which the filter has forgotten the edge: POLE⁴⁰ = 1e-23.
_HORIZON = 40


def mirrored(plane: np.ndarray, width: int) -> np.ndarray:
    """Return the plane with ``width`` more pixels on each side, mirrored about the outermost one."""
    return np.pad(plane, width, mode="reflect" if min(plane.shape) > 1 else "edge")


@numba.njit(cache=True, parallel=True)
def coefficients(plane):
    """Return the spline coefficients of a plane (ny, nx) with mirrored edges: (ny+3, nx+3), pixel (0, 0) at [1, 1]."""
    ny, nx = plane.shape
    result = np.empty((ny + 3, nx + 3), plane.dtype)
    inner = result[1 : ny + 1, 1 : nx + 1]
    for block in numba.prange((ny + _ROWS - 1) // _ROWS):
        rows = slice(block * _ROWS, min((block + 1) * _ROWS, ny))
        _filter(plane[rows].T, inner[rows].T)
    for block in numba.prange((nx + _COLUMNS - 1) // _COLUMNS):
        columns = slice(block * _COLUMNS, min((block + 1) * _COLUMNS, nx))
        _filter(inner[:, columns], inner[:, columns])
    for y in range(1, ny + 1):
        _mirror_ends(result[y], nx)
    for x in numba.prange(nx + 3):
        _mirror_ends(result[:, x], ny)
    return result


@numba.njit(cache=True)
def _mirror_ends(line, n):
    """Fill [0] and [n+1:n+3] of a line whose samples stand at [1:n+1]."""
    line[0] = line[_reflect(-1, n) + 1]
    line[n + 1] = line[_reflect(n, n) + 1]
    line[n + 2] = line[_reflect(n + 1, n) + 1]


@numba.njit(cache=True)
def _reflect(i, n):
    """Return the index of a sample mirrored about the first and last of n."""
    if n == 1:
        return 0
    i = abs(i) % (2 * n - 2)
    return min(i, 2 * n - 2 - i)


@numba.njit(cache=True)
def _filter(samples, lines):
    """Filter along the first axis of ``samples`` (n, width), column by column, into ``lines``, which may be the same array."""
    n, width = samples.shape
    carry, power = np.zeros(width), 1.0
    for k in range(_HORIZON if n > 1 else 0):
        for i in range(width):
            carry[i] += power * samples[_reflect(k, n), i]
        power *= POLE
    for i in range(width):
        lines[0, i] = 6.0 * carry[i] if n > 1 else samples[0, i]
    for k in range(1, n):
        for i in range(width):
            carry[i] = samples[k, i] + POLE * carry[i]
            lines[k, i] = 6.0 * carry[i]
    for i in range(width if n > 1 else 0):
        carry[i] = POLE / (POLE * POLE - 1.0) * (lines[n - 1, i] + POLE * lines[n - 2, i])
        lines[n - 1, i] = carry[i]
    for k in range(n - 2, -1, -1):
        for i in range(width):
            carry[i] = POLE * (carry[i] - lines[k, i])
            lines[k, i] = carry[i]
