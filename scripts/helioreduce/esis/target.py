"""The image that ESIS is co-aligned to, AIA 304 Å, on the level-3 grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from helioreduce.errors import InputError
from helioreduce.esis import camera as cam
from helioreduce.esis.resample import resample
from helioreduce.esis.transforms import Map

#: Greatest distance in time of a target, s: beyond it the transition region has changed.
FARTHEST_S = 300.0


def nearest(times: Sequence[datetime], time: datetime) -> int:
    """Return the index of the target nearest in time.

    Raises
    ------
    InputError
        If there is none within 300 s.
    """
    away = [abs((candidate - time).total_seconds()) for candidate in times]
    if not away or min(away) > FARTHEST_S:
        found = f"the nearest is {min(away):.0f} s away" if away else "there is none"
        raise InputError(
            f"no AIA image within {FARTHEST_S:.0f} s of {time:%Y-%m-%dT%H:%M:%S}: {found}",
            cure="Give AIA 304 images of the flight, or leave esis.target null to align the cameras among themselves",
        )
    return int(np.argmin(away))


def grid_map(header: Mapping[str, Any], margin: int = 0) -> Map:
    """Return the map from the level-3 grid, extended by ``margin`` pixels on each side, to a solar image, by its WCS cards.

    Both are tangential projections about the centre of the disc, so that the map is affine.

    Raises
    ------
    InputError
        If the image's reference point is not the centre of the disc, or WCS cards are missing.
    """
    try:
        pixel, value, step = (np.array([float(header[f"{key}{i}"]) for i in (1, 2)]) for key in ("CRPIX", "CRVAL", "CDELT"))
    except KeyError as missing:
        raise InputError(f"keyword {missing} is missing", cure="Give an AIA level-1.5 image as target") from None
    if np.abs(value).max() > 1e-3:
        raise InputError(f"CRVAL = {value} is not the centre of the disc", cure="Give an AIA level-1.5 image as target")
    linear = cam.GRID_SCALE_ARCSEC * np.linalg.inv(_rotation(header, step) * step[:, None])
    origin = np.array(cam.GRID_CRPIX) - 1 + margin
    half = max(cam.GRID_SHAPE) / 2
    coefficients = np.zeros((2, 6))
    coefficients[:, 0] = pixel - 1
    coefficients[:, 1:3] = linear * half
    return Map(coefficients, (float(origin[0]), float(origin[1])), half)


def _rotation(header: Mapping[str, Any], step: np.ndarray) -> np.ndarray:
    """Return the matrix PC of an image, or that of CROTA2 (Calabretta & Greisen 2002, A&A 395, 1077, eq. 187)."""
    if any(f"PC{i}_{j}" in header for i in (1, 2) for j in (1, 2)):
        return np.array([[float(header.get(f"PC{i}_{j}", i == j)) for j in (1, 2)] for i in (1, 2)])
    turn = np.deg2rad(float(header.get("CROTA2", 0)))
    c, s, ratio = np.cos(turn), np.sin(turn), step[1] / step[0]
    return np.array([[c, -s * ratio], [s / ratio, c]])


def on_grid(image: np.ndarray, header: Mapping[str, Any], margin: int = 0) -> np.ndarray:
    """Interpolate a solar image on the level-3 grid (1270, 1270); NaN where it does not reach."""
    ny, nx = cam.GRID_SHAPE
    return resample(image, grid_map(header, margin), (ny + 2 * margin, nx + 2 * margin)).data
