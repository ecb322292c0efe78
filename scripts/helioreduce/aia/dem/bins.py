"""Bins of temperature and bands of emission measure: what is none is refused, when a request is planned as in a job."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from helioreduce.errors import InputError

if TYPE_CHECKING:
    import numpy as np


def span(edges: Sequence[float] | np.ndarray, method: str) -> tuple[float, float]:
    """Return the range of log T over which a DEM is defined: to the outer centres where it is piecewise linear."""
    if method == "logsmooth":
        return (float(edges[0]) + float(edges[1])) / 2, (float(edges[-2]) + float(edges[-1])) / 2
    return float(edges[0]), float(edges[-1])


def check(edges: Sequence[float] | np.ndarray, bands: Sequence[float], method: str) -> None:
    """Refuse edges (log10 of K) that do not ascend, and bands beyond the temperatures.

    Raises
    ------
    InputError
        Which of them, with the range that the DEM has.
    """
    for name, values in (("edges of the temperatures", edges), ("edges of the bands", bands)):
        if len(values) < 2 or any(not first < last for first, last in pairwise(values)):
            raise InputError(f"the {name} do not ascend", cure="Give at least two, in log10 of K")
    low, high = span(edges, method)
    if bands[0] < low - 1e-9 or bands[-1] > high + 1e-9:
        problem = f"the bands go from {bands[0]:g} to {bands[-1]:g}, the DEM from {low:.3f} to {high:.3f}"
        raise InputError(problem, cure="Give bands within the temperatures, or more temperatures")
