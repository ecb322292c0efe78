"""Level 0: names of frames, and which of them can be reduced."""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping
from typing import Any

from helioreduce.errors import InputError
from helioreduce.esis import camera as cam
from helioreduce.io.provenance import ascii_only

#: Name of a frame: camera and exposure number.
NAME = re.compile(r"ESIS([1-4])_(\d{5})\.fits?(\.gz)?")
#: Cameras without which a sequence is left out.
LEAST_CAMERAS = 3


def identity(name: str) -> tuple[int, int]:
    """Return camera and exposure number of a file name such as ``ESIS2_00121.fit.gz``.

    Raises
    ------
    InputError
        If the name is not of this form.
    """
    match = NAME.fullmatch(name)
    if not match:
        raise InputError(f"{name!r} is not the name of an ESIS frame", cure="Names are ESIS<camera>_<exposure>.fit.gz")
    return int(match[1]), int(match[2])


def check(header: Mapping[str, Any], shape: tuple[int, int], flight: cam.Flight = cam.FLIGHT) -> int:
    """Return the camera number of a level-0 frame that can be reduced.

    Raises
    ------
    InputError
        Wrong detector shape, unknown camera, incomplete transfer, or an exposure that is not as long as those of the flight.
    """
    if shape != cam.FRAME_SHAPE:
        raise InputError(f"a frame of shape {shape}, not {cam.FRAME_SHAPE}", cure="Give ESIS level-0 frames")
    for key in ("CAM_ID", "MEAS_EXP", "IMG_TS", "IMG_ISN"):
        if key not in header:
            raise InputError(f"keyword {key} is missing", cure="Give ESIS level-0 frames")
    number = str(header["CAM_ID"]).strip()[-1:]
    if number not in map(str, cam.CAMERAS):
        raise InputError(f"CAM_ID = {header['CAM_ID']!r} is not ESIS1 to ESIS4")
    if header.get("IMG_STAT", "Complete") != "Complete":
        raise InputError(f"IMG_STAT = {header['IMG_STAT']!r}", cure="Exclude this sequence: its transfer was incomplete")
    exposure_s = float(header["MEAS_EXP"]) * cam.TICK_S
    if abs(exposure_s / flight.exposure_s - 1) > 0.01:
        raise InputError(
            f"MEAS_EXP: an exposure of {exposure_s:.2f} s, not {flight.exposure_s:g} s", cure="Exclude this sequence or dark"
        )
    return int(number)


def too_few(refused: Mapping[int, str]) -> str:
    """Return why a sequence cannot be used, from the cameras that were ``refused`` and why; empty if enough are left.

    A camera that was refused because its sequence cannot be used gives that reason.
    """
    if len(cam.CAMERAS) - len(refused) >= LEAST_CAMERAS:
        return ""
    beginning = f"fewer than {LEAST_CAMERAS} cameras can be used: "
    said = (why for why in refused.values() if why.startswith(beginning))
    return next(said, beginning + "; ".join(dict.fromkeys(refused.values())))


def refuse(header: MutableMapping[str, Any], why: str) -> None:
    """Say in ``header``, in place, that what it belongs to is left out, and why."""
    header["REFUSED"] = ascii_only(why)
