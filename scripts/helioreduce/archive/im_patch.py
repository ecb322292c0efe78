"""JSOC's cut-outs, ``im_patch``: a box that may follow the Sun's rotation, in whole pixels, with the defects of the server.

The point that is followed keeps its Carrington longitude and latitude: the window turns rigidly, 360° in 25.38 days. Without
tracking (``t=1``) the window stays at its pixels of the reference frame, whatever the pointing does. ``r=1`` turns the patch
about its own middle and sets CROTA2 to 0, but shifts CRPIX without turning it: its coordinates are wrong by the distance from
the Sun's centre times the roll, and its values are rounded.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
from astropy.io.fits import Header
from scipy import ndimage

from helioreduce import times
from helioreduce.constants import RSUN_M
from helioreduce.errors import InputError
from helioreduce.numerics import sphere

BLANK = -32768
#: s; farthest that the reference frame may be from ``t_ref``.
_REFERENCE_S = 7200.0
#: Part of the square of the Sun's radius that ``c=1`` keeps.
_ON_DISK = 0.9995


class ImPatch:
    """The process for the frames of one request.

    Parameters
    ----------
    options
        As they were sent.
    headers
        Of all frames of the request, as exported; the reference is one of them.

    Raises
    ------
    InputError
        If a box or place is missing, or no frame is near ``t_ref``.
    """

    def __init__(self, options: Mapping[str, str], headers: Sequence[Header]) -> None:
        missing = [name for name in ("x", "y", "width", "height") if name not in options]
        if missing:
            raise InputError(f"im_patch needs {', '.join(missing)}")
        self.options, usable = options, [header for header in headers if header.get("QUALITY", 0) >= 0]
        if not usable:
            raise InputError("no record of good quality")
        self.reference = self._reference(usable)
        self.first = usable[0]
        self.tracks = options.get("t", "0") == "0"
        self.place = self._place()

    def __call__(self, image: np.ndarray, header: Header) -> tuple[np.ndarray, Header] | None:
        """Return the patch of a frame (ny, nx) and its header; None where a frame is skipped, without a word."""
        if header.get("QUALITY", 0) < 0:
            return None
        size = [self._side(axis) for axis in (1, 2)]
        at = self._pixel(header)
        if at is None:
            return None
        first = [round(middle - (n - 1) / 2) for middle, n in zip(at, size, strict=True)]
        patch = np.full(size[::-1], BLANK, image.dtype)
        rows, inside = zip(*(_overlap(first[i], size[i], image.shape[1 - i]) for i in (1, 0)), strict=True)
        if any(part.stop <= part.start for part in rows):
            return None
        patch[inside] = image[rows]
        header = header.copy()
        for axis in (0, 1):
            header[f"CRPIX{axis + 1}"] -= first[axis]
            header[f"CRVAL{axis + 1}"] = 0.0
        if self.options.get("c", "0") == "1":
            patch = _cropped(patch, header)
        if self.options.get("r", "0") == "1":
            patch = _registered(patch, header, [middle - (n - 1) / 2 for middle, n in zip(at, size, strict=True)], first)
        return patch, header

    def _reference(self, headers: Sequence[Header]) -> Header:
        """Return the frame nearest to ``t_ref``; the first without it."""
        if not (text := self.options.get("t_ref")):
            return headers[0]
        wanted = times.parse(text)
        nearest = min(headers, key=lambda header: abs((_observed(header) - wanted).total_seconds()))
        if abs((_observed(nearest) - wanted).total_seconds()) > _REFERENCE_S:
            raise InputError(f"no record near t_ref = {text}")
        return nearest

    def _side(self, axis: int) -> int:
        """Return the pixels of a side of the box, the same in all frames: by the scale of the first."""
        size, unit = float(self.options["width" if axis == 1 else "height"]), self.options.get("boxunits", "pixels")
        if unit == "pixels":
            return int(size)
        per_px = float(self.first[f"CDELT{axis}"])
        if unit == "degrees":
            size = math.radians(size) * float(self.first["RSUN_OBS"])
        return int(size / per_px + 1)

    def _place(self) -> tuple[float, float]:
        """Return what stays: Carrington longitude and latitude (rad) with tracking, pixels from 0 without."""
        x, y, unit = float(self.options["x"]), float(self.options["y"]), self.options.get("locunits", "arcsec")
        view, here = _view(self.reference), self.reference
        if unit in ("stony", "carrlong"):
            longitude = math.radians(x) + (view.longitude if unit == "stony" else 0.0)
            if self.tracks:
                return longitude, math.radians(y)
            direction = sphere.seen_at(view, longitude, math.radians(y))
            if direction is None:
                raise InputError("the place is behind the limb")
            return _to_pixel(here, *direction)
        if unit == "pixels":
            pixel = (x - 1, y - 1)
            direction = _to_direction(here, *pixel)
        else:
            direction = x / sphere.ARCSEC, y / sphere.ARCSEC
            pixel = _to_pixel(here, *direction)
        if not self.tracks:
            return pixel
        # off the disk the server follows a point that is not defined, to somewhere
        return sphere.surface_at(view, *direction) or (view.longitude, view.latitude)

    def _pixel(self, header: Header) -> tuple[float, float] | None:
        """Return the middle of the box in a frame, pixels from 0; None where it has turned away."""
        if not self.tracks:
            return self.place
        direction = sphere.seen_at(_view(header), *self.place)
        return None if direction is None else _to_pixel(header, *direction)


def _observed(header: Header) -> datetime:
    return times.parse(str(header["T_OBS"]))


def _view(header: Header) -> sphere.View:
    """Return where a frame was taken from."""
    latitude, longitude = (math.radians(float(header[key])) for key in ("CRLT_OBS", "CRLN_OBS"))
    return sphere.View(float(header["DSUN_OBS"]) / RSUN_M, latitude, longitude)


def _to_pixel(header: Header, x: float, y: float) -> tuple[float, float]:
    """Return the pixel, from 0, in a direction (rad)."""
    roll = math.radians(float(header["CROTA2"]))
    u, v = x * sphere.ARCSEC / header["CDELT1"], y * sphere.ARCSEC / header["CDELT2"]
    c, s = math.cos(roll), math.sin(roll)
    return header["CRPIX1"] - 1 + c * u + s * v, header["CRPIX2"] - 1 - s * u + c * v


def _to_direction(header: Header, x: float, y: float) -> tuple[float, float]:
    """Return the direction (rad) of a pixel, from 0."""
    roll = math.radians(float(header["CROTA2"]))
    u = (x + 1 - header["CRPIX1"]) * header["CDELT1"] / sphere.ARCSEC
    v = (y + 1 - header["CRPIX2"]) * header["CDELT2"] / sphere.ARCSEC
    c, s = math.cos(roll), math.sin(roll)
    return c * u - s * v, s * u + c * v


def _cropped(patch: np.ndarray, header: Header) -> np.ndarray:
    """Return the patch with what is off the disk missing."""
    y, x = np.indices(patch.shape)
    radius = float(header["RSUN_OBS"]) / float(header["CDELT1"])
    outside = (x + 1 - header["CRPIX1"]) ** 2 + (y + 1 - header["CRPIX2"]) ** 2 >= _ON_DISK * radius**2
    return np.where(outside, patch.dtype.type(BLANK), patch)


def _registered(patch: np.ndarray, header: Header, wanted: Sequence[float], first: Sequence[int]) -> np.ndarray:
    """Return the patch of ``r=1``: shifted by the rest of a pixel and turned about its own middle; CRPIX is only shifted."""
    shift = [exact - whole for exact, whole in zip(wanted, first, strict=True)]
    roll = math.radians(float(header["CROTA2"]))
    turn = np.array([[math.cos(roll), -math.sin(roll)], [math.sin(roll), math.cos(roll)]])  # (y, x) → (y, x)
    middle = (np.array(patch.shape) - 1) / 2
    offset = middle + np.array(shift[::-1]) - turn @ middle
    turned = ndimage.affine_transform(patch.astype(float), turn, offset, order=3, mode="constant", cval=BLANK)
    header["CRPIX1"], header["CRPIX2"] = header["CRPIX1"] - shift[0], header["CRPIX2"] - shift[1]
    header["CROTA2"] = 0.0
    header["HISTORY"] = f"Image registered by shift of ({shift[0]:.3f},{shift[1]:.3f}) pixels."
    return np.rint(turned).astype(patch.dtype)


def _overlap(first: int, size: int, limit: int) -> tuple[slice, slice]:
    """Return the overlap of a box of ``size`` from ``first`` with 0…limit: in the image, and in the box."""
    start, stop = max(first, 0), min(first + size, limit)
    stop = max(stop, start)
    return slice(start, stop), slice(start - first, stop - first)
