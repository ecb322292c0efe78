"""Statistics of an image that its record carries: DATAMIN to DATAP99, NSATPIX, counts of pixels."""

from __future__ import annotations

import numpy as np

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
    seen = image[image != BLANK]
    lowest = int(seen.min())
    number = np.bincount((seen.ravel() - np.int16(lowest)).view(np.uint16))
    counts = np.arange(number.size) + lowest
    mean = float(np.average(counts, weights=number))
    rms = max(float(np.sqrt(np.average((counts - mean) ** 2, weights=number))), 1e-6)
    below = np.cumsum(number)
    rank = {p: float(counts[np.searchsorted(below, p / 100 * seen.size)]) for p in (50, *_PERCENTILES)}
    centre = image[:, image.shape[1] // 2]
    values: dict[str, object] = {
        "TOTVALS": image.size,
        "DATAVALS": seen.size,
        "MISSVALS": image.size - seen.size,
        "PERCENTD": 100 * seen.size / image.size,
        "DATAMIN": lowest,
        "DATAMAX": int(counts[-1]),
        "DATAMEDN": int(rank[50]),
        "DATAMEAN": mean,
        "DATARMS": rms,
        "DATACENT": float(centre[centre != BLANK].mean()),
        "DATASKEW": float(np.average(((counts - mean) / rms) ** 3, weights=number)),
        "DATAKURT": float(np.average(((counts - mean) / rms) ** 4, weights=number)) - 3,
        "NSATPIX": int(number[counts > SATURATED_DN].sum()),
    }
    values |= {f"DATAP{p:02d}": rank[p] for p in _PERCENTILES}
    for bin_, top in _HISTOGRAM.items():
        values[f"AIHIS{bin_}"] = int(below[min(max(top - lowest, 0), below.size - 1)] // 2)
    return values
