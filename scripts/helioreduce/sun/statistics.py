"""Statistics of an image that its record carries: DATAMIN to DATAP99, NSATPIX, counts of pixels."""

from __future__ import annotations

import math

import numpy as np

from helioreduce.numerics import histogram
from helioreduce.sun.instrument import SATURATED_DN

#: Value of a pixel that was not received.
BLANK = -32768
_PERCENTILES = (1, 10, 25, 75, 90, 95, 98, 99)
#: Bins of the on-board histogram of one half of the image, and the DN up to which each counts.
_HISTOGRAM = {192: -1, 348: 30, 604: 400, 860: 16383}
#: Keywords that a record without an image lacks.
NAMES = (
    *("DATAVALS", "DATAMIN", "DATAMAX", "DATAMEDN", "DATAMEAN", "DATARMS", "DATASKEW", "DATAKURT", "DATACENT", "NSATPIX"),
    *(f"DATAP{p:02d}" for p in _PERCENTILES),
)


def measure(image: np.ndarray) -> dict[str, object]:
    """Return the statistics of the counts (ny, nx), from their histogram, by keyword; BLANK pixels count as missing."""
    found = histogram.of(image, BLANK)
    lowest, below = int(found.values[0]), np.cumsum(found.number)
    rms = max(math.sqrt(found.moment(2)), 1e-6)
    centre = image[:, image.shape[1] // 2]
    values: dict[str, object] = {
        "TOTVALS": image.size,
        "DATAVALS": found.size,
        "MISSVALS": image.size - found.size,
        "PERCENTD": 100 * found.size / image.size,
        "DATAMIN": lowest,
        "DATAMAX": int(found.values[-1]),
        "DATAMEDN": int(found.percentile(50)),
        "DATAMEAN": found.mean,
        "DATARMS": rms,
        "DATACENT": float(centre[centre != BLANK].mean()),
        "DATASKEW": found.moment(3, rms),
        "DATAKURT": found.moment(4, rms) - 3,
        "NSATPIX": int(found.number[found.values > SATURATED_DN].sum()),
    }
    values |= {f"DATAP{p:02d}": found.percentile(p) for p in _PERCENTILES}
    for bin_, top in _HISTOGRAM.items():
        values[f"AIHIS{bin_}"] = int(below[min(max(top - lowest, 0), below.size - 1)] // 2)
    return values
