"""A frame in a few numbers: its light, its error, and what its header says of its quality."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from helioreduce import times
from helioreduce.image import Image
from helioreduce.io import ecsv

#: Keywords that a timeline shows.
KEYWORDS = ("T_OBS", "WAVELNTH", "EXPTIME", "QUALITY", "NSPIKES", "DEGFACT", "BUNIT")


def measure(image: Image, raw: Image) -> dict[str, object]:
    """Mean of the good pixels, its standard error, and the frame's keywords.

    σ_mean = √(Σσ²)/N takes the pixels as independent, and so is a lower bound after resampling.

    Parameters
    ----------
    image
        The finished image.
    raw
        The level-1 frame, whose keywords count (NSPIKES is 0 in a respiked image).
    """
    good = np.isfinite(image.data) & (image.mask == 0)
    number = max(int(good.sum()), 1)
    sigma = float("nan") if image.sigma is None else float(np.sqrt(np.sum(np.square(image.sigma[good], dtype=float)))) / number
    told = {key: raw.header.get(key, image.header.get(key)) for key in KEYWORDS}
    told["DEGFACT"], told["BUNIT"] = image.header.get("DEGFACT", 1.0), image.header.get("BUNIT", "")
    return {
        **told,
        "pixels": number,
        "mean": float(image.data[good].mean(dtype=float)) if good.any() else float("nan"),
        "sigma": sigma,
    }


def by_channel(files: Iterable[str | Path]) -> dict[int, list[dict[str, object]]]:
    """Frames' numbers, as written by :func:`measure`, by channel in order of ``time`` (T_OBS)."""
    frames: dict[int, list[dict[str, object]]] = {}
    for file in files:
        (row,), _ = ecsv.read(file)
        frames.setdefault(int(row["WAVELNTH"]), []).append({**row, "time": times.parse(str(row["T_OBS"]))})  # type: ignore[call-overload]
    return {channel: sorted(rows, key=lambda row: row["time"]) for channel, rows in sorted(frames.items())}  # type: ignore[arg-type,return-value]
