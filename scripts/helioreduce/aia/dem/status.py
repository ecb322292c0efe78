"""What an inversion says of a pixel, in place of an exception."""

from __future__ import annotations

from enum import IntFlag

import numba
import numpy as np


class Status(IntFlag):
    """Bits of a pixel's status (uint8); 0 is a pixel of which there is nothing to say."""

    LEFT_OUT = 1  # a channel is missing: NaN, masked, or without a positive σ
    SATURATED = 2  # that channel is a lower limit: its σ is infinite
    NEGATIVE = 4  # a negative value has been taken as zero
    NOT_CONVERGED = 8  # the largest number of iterations was reached
    RELAXED = 16  # a solution was found for a larger χ² only than was asked for
    NO_SOLUTION = 32  # too few channels, or the system is singular: everything is NaN
    SKIPPED = 64  # left out by the mask: everything is NaN


LEFT_OUT, SATURATED, NEGATIVE = int(Status.LEFT_OUT), int(Status.SATURATED), int(Status.NEGATIVE)
NOT_CONVERGED, RELAXED = int(Status.NOT_CONVERGED), int(Status.RELAXED)
NO_SOLUTION, SKIPPED = int(Status.NO_SOLUTION), int(Status.SKIPPED)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def usable(data, sigma, used):
    """Write the indices of the channels with a finite value and a finite, positive σ; return their number and the status."""
    n, status = 0, 0
    for i in range(data.size):
        if np.isfinite(data[i]) and 0.0 < sigma[i] < np.inf:
            used[n] = i
            n += 1
        else:
            status |= LEFT_OUT
            if sigma[i] == np.inf:
                status |= SATURATED
    return n, status
