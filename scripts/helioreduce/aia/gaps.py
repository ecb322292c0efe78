"""Stand-ins for missing pixels, for steps in which one pixel would otherwise spoil others."""

from __future__ import annotations

import numpy as np

from helioreduce.aia.kernels import fill_rows
from helioreduce.errors import InputError


def filled(plane: np.ndarray) -> np.ndarray:
    """A copy of ``plane`` (ny, nx) without NaN: linear along rows, then whole rows from the nearest one.

    Raises
    ------
    InputError
        If every pixel is missing.
    """
    copy = plane.copy()
    empty = fill_rows(copy)
    if empty.all():
        raise InputError("no pixel has a usable value", cure="Leave this image out")
    if empty.any():
        rows, good = np.arange(len(copy)), np.flatnonzero(~empty)
        copy[empty] = copy[good[np.abs(rows[empty, None] - good).argmin(axis=1)]]
    return copy
