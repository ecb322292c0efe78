"""Pixels of a level-1 image without a usable count, found in one pass."""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

from helioreduce.image import Flag
from helioreduce.numerics import backend
from helioreduce.numerics.backend import Array

_NO_DATA, _SATURATED = np.uint8(Flag.NO_DATA), np.uint8(Flag.SATURATED)


class Judged(NamedTuple):
    """Flags of an image, the number of its pixels without data, and of those among them that are not NaN."""

    flags: Array
    missing: int
    disguised: int


def judge(data: Array, flags: Array, no_data_dn: float, saturation_dn: float) -> Judged:
    """Return the flags with NO_DATA where a count is not finite or ≤ ``no_data_dn``, SATURATED above ``saturation_dn``."""
    if backend.on_host(data):
        found, counts = _judge(data, flags, np.float32(no_data_dn), np.float32(saturation_dn))
        return Judged(found, *(int(count) for count in counts.sum(axis=0)))
    missing = ~(np.isfinite(data) & (data > no_data_dn))
    found = flags | missing * _NO_DATA | (~missing & (data > saturation_dn)) * _SATURATED
    return Judged(found, int(missing.sum()), int((missing & ~np.isnan(data)).sum()))


@numba.njit(cache=True, parallel=True)
def _judge(data, flags, no_data_dn, saturation_dn):
    """Loop of :func:`judge`; the counts are of each row."""
    found, counts = np.empty_like(flags), np.zeros((data.shape[0], 2), np.int64)
    for y in numba.prange(data.shape[0]):
        missing = disguised = 0
        for x in range(data.shape[1]):
            value, bits = data[y, x], flags[y, x]
            if not (np.isfinite(value) and value > no_data_dn):
                bits |= _NO_DATA
                missing += 1
                disguised += not np.isnan(value)
            elif value > saturation_dn:
                bits |= _SATURATED
            found[y, x] = bits
        counts[y, 0], counts[y, 1] = missing, disguised  # a row assigned at once compiles 4 s longer
    return found, counts
