"""What makes an image an AIA level-1 image: the checks before any step, and the first mask."""

from __future__ import annotations

import numpy as np

from helioreduce import times
from helioreduce.aia.channels import NPIX, known
from helioreduce.errors import InputError
from helioreduce.image import Image, Mask

#: DN; pixels above count as saturated (level-1 keyword NSATPIX).
SATURATION_DN = 15000.0
_NEEDED = ("WAVELNTH", "T_OBS", "EXPTIME", "LVL_NUM", "CRPIX1", "CRPIX2", "CDELT1", "CDELT2")


def ingest(image: Image) -> Image:
    """Check an image as AIA level 1 (or respiked, level 0.5) and flag what is known to be unusable.

    Saturated pixels get SATURATED, missing ones NaN and NO_DATA; BUNIT becomes DN.

    Raises
    ------
    InputError
        Not AIA; not level 1; a missing keyword; an exposure time that is not positive; a wrong shape; no finite pixel.
    """
    check_header(image)
    _check_pixels(image)
    with np.errstate(invalid="ignore"):
        saturated = (image.data > SATURATION_DN) * np.uint8(Mask.SATURATED)
    missing = ~np.isfinite(image.data) * np.uint8(Mask.NO_DATA)
    new = image.with_(mask=image.mask | saturated | missing)
    new.header["BUNIT"] = ("DN", "unit of the image")
    return new


def check_header(image: Image) -> None:
    """Refuse a header that is not AIA level 1; see :func:`ingest`."""
    header = image.header
    origin = f"{header.get('TELESCOP', '')} {header.get('INSTRUME', '')}"
    if "AIA" not in origin:
        raise InputError(f"TELESCOP, INSTRUME = {origin.strip() or 'missing'}: not an AIA image", cure="Give SDO/AIA level 1")
    missing = [key for key in _NEEDED if header.get(key) in (None, "")]
    if missing:
        raise InputError(f"the keyword {', '.join(missing)} is missing", cure="Fetch the image again with its JSOC header")
    if not 0.5 <= float(header["LVL_NUM"]) <= 1.0:
        raise InputError(f"LVL_NUM = {header['LVL_NUM']}: the image is not level 1", cure="Give the level-1 image")
    known(header["WAVELNTH"])
    times.parse(str(header["T_OBS"]))
    if not float(header["EXPTIME"]) > 0:
        raise InputError(
            f"EXPTIME = {header['EXPTIME']} s is not positive", cure="Leave the frame out: its shutter did not open"
        )


def _check_pixels(image: Image) -> None:
    rows, columns = image.data.shape
    if max(rows, columns) > NPIX or min(rows, columns) < 8:
        raise InputError(
            f"NAXIS1, NAXIS2 = {columns}, {rows}: neither a full frame of {NPIX} × {NPIX} nor a cut-out of one",
            cure="Give level-1 pixels, not resampled ones",
        )
    if not np.isfinite(image.data).any():
        raise InputError("no pixel holds a finite value", cure="Leave the frame out, or fetch it again")


def is_full_frame(image: Image) -> bool:
    """Whether the image is the whole detector."""
    return image.data.shape == (NPIX, NPIX)


def origin(image: Image) -> tuple[int, int]:
    """Detector pixel (x, y), from 0, of the image's first pixel: (0, 0) for a full frame.

    A cut-out keeps the full frame's Sun centre in X0_MP, Y0_MP (from 0), and its own in CRPIX (from 1); the difference is
    its origin.

    Raises
    ------
    InputError
        If the keywords are missing or the cut-out does not start on a whole pixel of the detector.
    """
    if is_full_frame(image):
        return 0, 0
    corner = []
    for axis, key in ((1, "X0_MP"), (2, "Y0_MP")):
        if image.header.get(key) is None:
            raise InputError(f"the keyword {key} is missing", cure="A cut-out needs it to find its place on the detector")
        start = float(image.header[key]) + 1 - float(image.header[f"CRPIX{axis}"])
        if abs(start - round(start)) > 0.05:
            raise InputError(
                f"{key} and CRPIX{axis} put the first pixel at {start:.3f} of the detector, not at a whole pixel",
                cure="Cut out of level 1 without resampling",
            )
        corner.append(round(start))
    return corner[0], corner[1]
