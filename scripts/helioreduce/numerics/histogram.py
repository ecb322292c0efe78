"""Statistics of an image of counts, from its histogram."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Histogram(NamedTuple):
    """The different values of an image in ascending order (n,), and the number of pixels of each (n,)."""

    values: np.ndarray
    number: np.ndarray

    @property
    def size(self) -> int:
        """Number of pixels."""
        return int(self.number.sum())

    @property
    def mean(self) -> float:
        """Mean of the pixels."""
        return float(np.average(self.values, weights=self.number))

    def moment(self, order: int, scale: float = 1.0) -> float:
        """Return the mean of ((value − mean) / scale) to the power ``order``."""
        return float(np.average(((self.values - self.mean) / scale) ** order, weights=self.number))

    def percentile(self, percent: float) -> float:
        """Return the smallest value that at least ``percent`` of the pixels do not exceed."""
        return float(self.values[np.searchsorted(np.cumsum(self.number), percent / 100 * self.size)])


def of(image: np.ndarray, blank: int | None = None) -> Histogram:
    """Return the histogram of an image of any type, without its ``blank`` pixels.

    Values without pixels may be among the values of a 16-bit image.
    """
    seen = image.ravel() if blank is None else image[image != blank]
    if image.dtype != np.int16 or not seen.size:
        values, number = np.unique(seen, return_counts=True)
        return Histogram(values.astype(float), number)
    lowest = int(seen.min())
    number = np.bincount((seen - np.int16(lowest)).view(np.uint16))
    return Histogram(np.arange(number.size) + lowest, number)
