"""Statistics of a frame: intensity, its error, and the keywords of its quality."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from helioreduce import times
from helioreduce.errors import InputWarning
from helioreduce.image import Flag, Image

#: Keywords of the level-1 frame that go with its statistics; those that it lacks are left out.
KEYWORDS = ("T_OBS", "WAVELNTH", "EXPTIME", "QUALITY", "NSPIKES")
#: Keywords of the finished image, likewise.
FINISHED = ("EXPUSED", "EXPSRC", "EXPSIGMA")
#: Columns of a series, with what stands where a frame has no such keyword.
_COLUMNS: dict[str, Any] = {
    "WAVELNTH": 0, "T_OBS": "", "EXPTIME": 0.0, "EXPUSED": 0.0, "EXPSRC": "", "EXPSIGMA": 0.0, "QUALITY": 0, "NSPIKES": 0,
    "DEGFACT": 1.0, "BUNIT": "", "pixels": 0, "mean": 0.0, "sigma": 0.0, "median": 0.0, "masked": 0.0, "saturated": 0.0,
}  # fmt: skip
#: Factor by which the median of a frame may lie above both its neighbours in time, or below both.
JUMP = 3.0


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
        ``pixels`` (N); ``mean``, ``sigma`` and ``median`` in BUNIT, NaN where no pixel is good; the shares of all pixels that
        are ``masked`` and ``saturated``; DEGFACT (1 where the image is not corrected), ``KEYWORDS`` and ``FINISHED``.
    """
    good = np.isfinite(image.data) & ~image.mask
    number = int(np.count_nonzero(good))
    keywords = {key: value for key in KEYWORDS if (value := raw.header.get(key, image.header.get(key))) is not None}
    return {
        **keywords,
        **{key: image.header[key] for key in FINISHED if key in image.header},
        "DEGFACT": image.header.get("DEGFACT", 1.0),
        "BUNIT": image.header.get("BUNIT", ""),
        "pixels": number,
        "mean": float(image.data[good].mean(dtype=float)) if number else float("nan"),
        "sigma": _sigma_of_mean(image, good) if number else float("nan"),
        "median": median(image),
        "masked": 1 - number / good.size,
        "saturated": float(image.flagged(Flag.SATURATED).mean()),
    }


def _sigma_of_mean(image: Image, good: np.ndarray) -> float:
    if image.sigma is None:
        return float("nan")
    return float(np.sqrt(np.sum(np.square(image.sigma[good], dtype=float)))) / int(np.count_nonzero(good))


def median(image: Image) -> float:
    """Return the median of the pixels that are not masked; NaN where there are none."""
    good = np.isfinite(image.data) & ~image.mask
    return float(np.median(image.data[good])) if good.any() else float("nan")


def jumps(medians: Sequence[float]) -> list[float]:
    """Return of each frame of one channel, in order of time, by what factor its median lies above or below its neighbours'.

    That is the smaller of the two factors, below 1 for a frame fainter than both neighbours; 1 for the first and the last, for
    a frame between its neighbours, and where a median is missing or not positive. A wrong exposure time stands out on both
    sides, the rise of a flare does not.
    """
    found = [1.0] * len(medians)
    for i in range(1, len(medians) - 1):
        before, own, after = medians[i - 1 : i + 2]
        if all(value > 0 for value in (before, own, after)):
            above, below = own / max(before, after), own / min(before, after)
            found[i] = above if above > 1 else min(below, 1.0)
    return found


def is_jump(factor: float, limit: float = JUMP) -> bool:
    """Return whether a factor of :func:`jumps` is more than a limit, upward or downward."""
    return max(factor, 1 / factor) > limit


def by_channel(rows: Iterable[Mapping[str, Any]]) -> dict[int, list[dict[str, Any]]]:
    """Group the statistics of frames, see :func:`measure`, by channel, in order of ``time`` (T_OBS)."""
    frames: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        frames.setdefault(int(row["WAVELNTH"]), []).append({**row, "time": times.parse(str(row["T_OBS"]))})
    return {channel: sorted(frames[channel], key=lambda row: row["time"]) for channel in sorted(frames)}


def series(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the statistics of frames, see :func:`measure`, by channel and time, with ``jump``, see :func:`jumps`.

    Every row has the same columns; a keyword that a frame lacks is 0 or empty. Frames that are not in DN/s have a jump of 1:
    their exposure times differ.

    Warns
    -----
    InputWarning
        Of each frame whose median jumps by more than :data:`JUMP`.
    """
    found = []
    for frames in by_channel(rows).values():
        is_rate = all(row["BUNIT"] == "DN/s" for row in frames)
        factors = jumps([row["median"] for row in frames]) if is_rate else [1.0] * len(frames)
        for row, factor in zip(frames, factors, strict=True):
            found.append({key: row.get(key, default) for key, default in _COLUMNS.items()} | {"jump": factor})
            if is_jump(factor):
                problem = f"{row['WAVELNTH']} Å {row['T_OBS']}: the median is {factor:.3g} times its neighbours'"
                warnings.warn(f"{problem}: check the exposure time", InputWarning, stacklevel=2)
    return found
