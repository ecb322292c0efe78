"""Fill gaps: replace missing pixels before a step that would spread them over their neighbours."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from helioreduce.errors import InputError
from helioreduce.numerics import backend


def filled(plane: Any) -> Any:
    """Return a copy of a plane without NaN.

    Gaps are interpolated linearly along rows, and continued as a constant beyond the first and last good pixel. A row
    without a good pixel is a copy of the nearest row that has one.

    Parameters
    ----------
    plane
        Array (ny, nx), on the host or on the GPU.

    Returns
    -------
    array
        Same shape, type and place.

    Raises
    ------
    InputError
        If every pixel is missing.
    """
    if backend.on_host(plane):
        return _fill(plane.copy())
    if np.isfinite(plane).all():
        return plane.copy()
    # Few images have gaps, so those on the GPU are filled on the host.
    return backend.module_of(plane).asarray(_fill(backend.to_host(plane).copy()))


def _fill(plane: np.ndarray) -> np.ndarray:
    """Fill a plane of the host in place."""
    empty = _fill_rows(plane)
    if empty.all():
        raise InputError("no pixel has a usable value", cure="Leave this image out")
    if empty.any():
        rows, good = np.arange(len(plane)), np.flatnonzero(~empty)
        plane[empty] = plane[good[np.abs(rows[empty, None] - good).argmin(axis=1)]]
    return plane


@numba.njit(cache=True, parallel=True)
def _fill_rows(plane):
    """Fill each row in place; return a boolean array (ny,) of the rows that have no good pixel and stay as they are."""
    ny, nx = plane.shape
    empty = np.zeros(ny, np.bool_)
    for y in numba.prange(ny):
        row, last = plane[y], -1  # last: column of the last good pixel so far
        for x in range(nx):
            if not np.isnan(row[x]):
                if last < x - 1:
                    start = row[last] if last >= 0 else row[x]
                    for gap in range(last + 1, x):
                        row[gap] = start + (row[x] - start) * (gap - last) / (x - last)
                last = x
        empty[y] = last < 0
        if last >= 0:
            row[last + 1 :] = row[last]
    return empty
