"""Rates of cosmic rays, and hot pixels distinguished from them by several exposures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import comb, nan, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from helioreduce.cosmic_rays.frames import exposure_s
from helioreduce.io.provenance import caveats

if TYPE_CHECKING:
    from helioreduce.cosmic_rays.sources import Sources

COLUMNS = (
    "frame",
    "exposure_s",
    "n_hits",
    "n_pixels",
    "n_hot",
    "share",
    "rate",
    "rate_error",
    "expected",
    "deviation",
    "doubts",
)
#: Number of pixels that may be called hot by chance.
CHANCE = 0.01


def hot(pixels: Sequence[np.ndarray], shape: tuple[int, int]) -> np.ndarray:
    """Return a boolean image (ny, nx): pixels that are hit in more frames than chance allows.

    A pixel of n frames, of which each hits the share p, is hit by k or more with the probability Σ C(n, i) pⁱ (1 − p)ⁿ⁻ⁱ; k
    is the least number at which 0.01 pixels of the whole frame are expected. Two frames or fewer decide nothing.

    Parameters
    ----------
    pixels
        Flat indices of the hits in each frame.
    shape
        (ny, nx).
    """
    n, size = len(pixels), shape[0] * shape[1]
    times = np.bincount(np.concatenate([np.unique(one) for one in pixels]), minlength=size) if n else np.zeros(size, int)
    if n < 3:
        return np.zeros(shape, bool)
    p = float(np.median([len(one) for one in pixels])) / size
    tail = [sum(comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k, n + 1)) for k in range(n + 1)]
    least = next((k for k in range(2, n + 1) if tail[k] * size <= CHANCE), n + 1)
    return (times >= least).reshape(shape)


def row(
    frame: str,
    header: Mapping[str, Any],
    found: Sources,
    n_hot: int,
    shape: tuple[int, int],
    *,
    pixel_um: float | None = None,
    expected_rate: float | None = None,
) -> dict[str, object]:
    """Return one row of :data:`COLUMNS`.

    Parameters
    ----------
    found
        Hits, without hot pixels.
    n_hot
        Hot pixels among the flagged ones.
    pixel_um
        Side of a pixel, µm; without it, or an exposure time, there is no rate.
    expected_rate
        Hits/cm²/s that are expected: ``deviation`` is the distance of the counted ones in their Poisson errors.

    ``doubts`` are the caveats in the header of the frame.
    """
    exposure = exposure_s(header)
    seen = exposure * shape[0] * shape[1] * (pixel_um * 1e-4) ** 2 if pixel_um else nan
    n, expected = len(found), nan if expected_rate is None else expected_rate
    counted = {"frame": frame, "exposure_s": exposure, "n_hits": n, "n_pixels": int(found.areas.sum()), "n_hot": n_hot}
    rate, error = (n / seen, sqrt(n) / seen) if seen > 0 else (nan, nan)
    away = (n - expected * seen) / sqrt(max(expected * seen, 1.0)) if seen > 0 else nan
    share = float(found.areas.sum()) / (shape[0] * shape[1])
    return {
        **counted,
        "share": share,
        "rate": rate,
        "rate_error": error,
        "expected": expected,
        "deviation": away,
        "doubts": "; ".join(caveats(header)),
    }
