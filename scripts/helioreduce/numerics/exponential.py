"""Exponentials of whole rows, compiled: the C library takes one number at a time."""

from __future__ import annotations

import numba
import numpy as np

#: 2^52 × 1.5: added to a number it leaves the nearest integer in the lowest bits.
_SHIFT = 6755399441055744.0
_LOG2E = 1.4426950408889634
#: ln 2 in two parts, the first exact in products with integers up to 2^11.
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def exponentials(x, out, work):
    """Write exp(x) into ``out``, within 2 units in the last place, in arithmetic that fills whole vectors.

    x = k ln 2 + r with |r| ≤ ln 2/2; the series of exp(r) to r¹³ leaves 4e-18. ``x`` is finite and within ±709, ``work`` (n,).
    """
    n = x.size
    shifted, bits = work, work.view(np.int64)
    for j in range(n):
        shifted[j] = x[j] * _LOG2E + _SHIFT
    for j in range(n):
        k = shifted[j] - _SHIFT
        r = (x[j] - k * _LN2_HIGH) - k * _LN2_LOW
        p = 1 / 6227020800.0
        p = p * r + 1 / 479001600.0
        p = p * r + 1 / 39916800.0
        p = p * r + 1 / 3628800.0
        p = p * r + 1 / 362880.0
        p = p * r + 1 / 40320.0
        p = p * r + 1 / 5040.0
        p = p * r + 1 / 720.0
        p = p * r + 1 / 120.0
        p = p * r + 1 / 24.0
        p = p * r + 1 / 6.0
        p = p * r + 0.5
        p = p * r + 1.0
        out[j] = p * r + 1.0
    for j in range(n):
        bits[j] = (bits[j] + 1023) << 52  # 2^k
    for j in range(n):
        out[j] *= shifted[j]
