"""Stand-ins for missing pixels, for steps in which one pixel would otherwise spoil others."""

from __future__ import annotations

from typing import Any

import numpy as np

from helioreduce.aia.kernels import fill_rows
from helioreduce.errors import InputError
from helioreduce.numerics import backend


def filled(plane: Any) -> Any:
    """A copy of ``plane`` (ny, nx) without NaN: linear along rows, then whole rows from the nearest one.

    Raises
    ------
    InputError
        If every pixel is missing.
    """
    if backend.on_host(plane):
        return _fill(plane.copy())
    if np.isfinite(plane).all():
        return plane.copy()
    # Few images have gaps: on the GPU they take the way through main memory.
    return backend.module_of(plane).asarray(_fill(backend.to_host(plane).copy()))


def _fill(plane: np.ndarray) -> np.ndarray:
    """The same, in place."""
    empty = fill_rows(plane)
    if empty.all():
        raise InputError("no pixel has a usable value", cure="Leave this image out")
    if empty.any():
        rows, good = np.arange(len(plane)), np.flatnonzero(~empty)
        plane[empty] = plane[good[np.abs(rows[empty, None] - good).argmin(axis=1)]]
    return plane
