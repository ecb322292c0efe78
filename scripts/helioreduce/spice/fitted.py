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
    notes, marked
        What a user should know of the start, and lines that are not known well enough to count.
    """

    group: Group
    fit: Fit
    boxes: tuple[Box, ...]
    level: np.ndarray
    met: np.ndarray
    notes: tuple[str, ...] = ()
    marked: tuple[str, ...] = ()

    def map(self, values: np.ndarray) -> np.ndarray:
        """Return a quantity (N, …) as (…, t, y, x)."""
        return np.moveaxis(values.reshape(*self.group.shape, *values.shape[1:]), (0, 1, 2), (-3, -2, -1))

    def at_bound(self, number: int) -> np.ndarray:
        """Return where (N,) a fit converged with a parameter of line ``number`` at a bound."""
        parents = self.fit.model.arrays.parent[3 * number : 3 * number + 3]
        return (self.fit.status == CONVERGED) & self.fit.at_bound[:, parents[parents >= 0]].any(axis=1)

    def found(self, number: int, values: np.ndarray) -> np.ndarray:
        """Return a quantity (N,) of line ``number`` as (t, y, x), NaN where the line was not found.

        That is where the fit did not converge, or a parameter of the line ended at a bound.
        """
        return self.map(np.where((self.fit.status == CONVERGED) & ~self.at_bound(number), values, np.nan))
