"""Statistics of a frame: intensity, its error, and the keywords of its quality."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from helioreduce import times
from helioreduce.image import Image

#: Keywords of the level-1 frame that go with its statistics; those that it lacks are left out.
KEYWORDS = ("T_OBS", "WAVELNTH", "EXPTIME", "QUALITY", "NSPIKES")


def measure(image: Image, raw: Image) -> dict[str, Any]:
    """Return the mean of the good pixels, its standard error, and the frame's keywords.

    σ_mean = √(Σσ²)/N takes the pixels as independent, and so is a lower bound after resampling.

    Parameters
    ----------
    image
        The finished image.
    raw
        The level-1 frame: NSPIKES, for one, is 0 in a respiked image.

    Returns
    -------
    dict
        ``pixels`` (N), ``mean`` and ``sigma`` in BUNIT, DEGFACT (1 where the image is not corrected), and ``KEYWORDS``.
    """
    good = np.isfinite(image.data) & ~image.mask
    number = max(int(good.sum()), 1)
    sigma = float("nan") if image.sigma is None else float(np.sqrt(np.sum(np.square(image.sigma[good], dtype=float)))) / number
    keywords = {key: value for key in KEYWORDS if (value := raw.header.get(key, image.header.get(key))) is not None}
    return {
        **keywords,
        "DEGFACT": image.header.get("DEGFACT", 1.0),
        "BUNIT": image.header.get("BUNIT", ""),
        "pixels": number,
        "mean": float(image.data[good].mean(dtype=float)) if good.any() else float("nan"),
        "sigma": sigma,
    }


def by_channel(rows: Iterable[Mapping[str, Any]]) -> dict[int, list[dict[str, Any]]]:
    """Group the statistics of frames, see :func:`measure`, by channel, in order of ``time`` (T_OBS)."""
    frames: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        frames.setdefault(int(row["WAVELNTH"]), []).append({**row, "time": times.parse(str(row["T_OBS"]))})
    return {channel: sorted(frames[channel], key=lambda row: row["time"]) for channel in sorted(frames)}
