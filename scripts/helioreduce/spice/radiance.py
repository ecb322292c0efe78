"""Radiance of a Gaussian line, with the error that the fit's full covariance gives."""

from __future__ import annotations

import math
from typing import TypeVar

import numpy as np

from helioreduce.spice.fit import Fit

#: √(2π) over the Å in a nm.
_AREA = math.sqrt(2 * math.pi) / 10

Number = TypeVar("Number", float, np.ndarray)


def of_gaussian(peak: Number, width: Number) -> Number:
    """Return √(2π) I s: W/m²/sr of a peak in W/m²/sr/nm and a width (standard deviation) in Å."""
    return _AREA * peak * width


def of_fit(fit: Fit) -> tuple[np.ndarray, np.ndarray]:
    """Return radiances (N, G) of the lines of N fits, W/m²/sr, and their covariances (N, G, G).

    The gradient is √(2π) (s ∂I + I ∂s); covariances of peak and width, and of lines with each other, are all counted. They
    are NaN where a peak or width is at its bound.
    """
    lines = len(fit.model.lines)
    q = fit.q
    peak, width = q[:, 0 : 3 * lines : 3], q[:, 2 : 3 * lines : 3]
    covariance = fit.covariance()[:, : 3 * lines, : 3 * lines].reshape(-1, lines, 3, lines, 3)
    parts = covariance[:, :, ::2, :, ::2]  # of peaks and widths only
    gradient = _AREA * np.stack([width, peak], axis=-1)
    return of_gaussian(peak, width), np.einsum("ngi,ngihj,nhj->ngh", gradient, parts, gradient)
