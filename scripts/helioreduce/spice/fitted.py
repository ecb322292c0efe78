"""The fits of a group of windows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from helioreduce.spice.fit import CONVERGED, Fit
from helioreduce.spice.group import Group


class Box(NamedTuple):
    """Extent of a bin around its pixel: odd numbers of times, rows and columns."""

    t: int
    y: int
    x: int

    @property
    def label(self) -> str:
        """``1×3×1``."""
        return f"{self.t}×{self.y}×{self.x}"


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """Fits of every pixel of a group, N = t × y × x.

    Attributes
    ----------
    group
        What was fitted.
    fit
        N fits.
    boxes
        Bins, in order of size.
    level
        Number of the box that each fit comes from (N,); −1: none was fitted.
    met
        Whether the fit meets the thresholds (N,).
    """

    group: Group
    fit: Fit
    boxes: tuple[Box, ...]
    level: np.ndarray
    met: np.ndarray

    def map(self, values: np.ndarray) -> np.ndarray:
        """Return a quantity (N, …) as (…, t, y, x)."""
        return np.moveaxis(values.reshape(*self.group.shape, *values.shape[1:]), (0, 1, 2), (-3, -2, -1))

    def converged(self, values: np.ndarray) -> np.ndarray:
        """Return a quantity (N,) as (t, y, x), NaN where the fit did not converge."""
        return self.map(np.where(self.fit.status == CONVERGED, values, np.nan))
