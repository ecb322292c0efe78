"""World coordinates of AIA images: where the Sun's centre lies, and arcsec per pixel, from any of the forms that FITS has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from helioreduce.aia import cards
from helioreduce.constants import RSUN_M
from helioreduce.errors import InputError
from helioreduce.numerics import sphere

if TYPE_CHECKING:
    from astropy.io.fits import Header

#: The grid of level 1.5: arcsec per pixel, and pixel of the Sun's centre, from 1, on the full frame.
SCALE_ARCSEC, CENTRE = 0.6, 2048.5
_INDICES = ((1, 1), (1, 2), (2, 1), (2, 2))
_CURE = "Registration needs the pointing of the image"
#: Pixels by which CRVAL may correct a pointing; more of it says that CRPIX is another place than the Sun's centre.
_CORRECTION_PX = 50


@dataclass(frozen=True, slots=True)
class Pointing:
    """The pointing of an image: input pixel (x, y), from 0, of the Sun's centre; arcsec per pixel as a 2 × 2 matrix."""

    sun_px: np.ndarray
    arcsec_per_px: np.ndarray

    @classmethod
    def of(cls, header: Header) -> Pointing:
        """Return the pointing from CRPIX, CRVAL and :func:`matrix`, in a plane sky (0.005 px for CRVAL within 500″).

        Raises
        ------
        InputError
            If a keyword is missing or no number, or the coordinates are not in arcsec.
        """
        arcsec_per_px = matrix(header)
        reference = np.array([cards.required(header, key, _CURE) for key in ("CRPIX1", "CRPIX2")]) - 1
        value = np.array([cards.number(header, key) or 0.0 for key in ("CRVAL1", "CRVAL2")])
        return cls(reference - np.linalg.solve(arcsec_per_px, value), arcsec_per_px)

    def corner(self, header: Header) -> tuple[int, int]:
        """Return the detector pixel (x, y), from 0, of the first pixel; to a few pixels without X0_MP, Y0_MP."""
        centre = [cards.number(header, key) or CENTRE - 1 for key in ("X0_MP", "Y0_MP")]
        x, y = (round(full - own) for full, own in zip(centre, self.sun_px, strict=True))
        return x, y

    def to_level15(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the pixels (x, y), from 0, on the grid of level 1.5."""
        offset = np.stack([x, y]) - self.sun_px.reshape(2, *[1] * np.ndim(x))
        return np.tensordot(self.arcsec_per_px, offset, axes=1) / SCALE_ARCSEC + (CENTRE - 1)


def view_of(header: Header) -> sphere.View:
    """Return where an image was taken from: DSUN_OBS, CRLT_OBS, CRLN_OBS.

    Raises
    ------
    InputError
        If one of them is missing.
    """
    cure = "Tracking needs the place of the observer: give the image as JSOC has it"
    distance_m, latitude, longitude = (cards.required(header, key, cure) for key in ("DSUN_OBS", "CRLT_OBS", "CRLN_OBS"))
    return sphere.View(distance_m / RSUN_M, float(np.deg2rad(latitude)), float(np.deg2rad(longitude)))


def matrix(header: Header) -> np.ndarray:
    """Return arcsec per pixel, 2 × 2: CDi_j, or CDELTi with PCi_j or CROTA2.

    Raises
    ------
    InputError
        If it is singular, in another unit, or a keyword that it needs is missing or no number.
    """
    for key in ("CUNIT1", "CUNIT2"):
        if (unit := cards.value(header, key) or "arcsec") != "arcsec":
            raise InputError(f"{key} = {unit!r} is not arcsec", cure="Give an image with CDELT and CRVAL in arcsec")
    if _has(header, "CD"):
        found = _square(header, "CD", 0.0)
    else:
        scale = np.array([cards.required(header, key, _CURE) for key in ("CDELT1", "CDELT2")])
        if not scale.all():
            raise InputError("CDELT1 or CDELT2 is 0", cure=_CURE)
        found = scale[:, None] * rotation(header, scale)
    if not abs(np.linalg.det(found)) > 1e-12:
        raise InputError("the matrix of CDELT and CROTA2, PCi_j or CDi_j is singular", cure=_CURE)
    return found


def rotation(header: Header, scale: np.ndarray) -> np.ndarray:
    """Return PCi_j, 2 × 2: from its cards where there are any, otherwise from CROTA2 and CDELTi (``scale``)."""
    if _has(header, "PC"):
        return _square(header, "PC", 1.0)
    roll, ratio = np.deg2rad(cards.required(header, "CROTA2", _CURE)), scale[1] / scale[0]
    return np.array([[np.cos(roll), -np.sin(roll) * ratio], [np.sin(roll) / ratio, np.cos(roll)]])


def normalise(header: Header) -> None:
    """Write a CD matrix as CDELTi and PCi_j and remove CRVALi without a value, in place; other headers stay as they are."""
    for key in ("CRVAL1", "CRVAL2"):
        if key in header and cards.value(header, key) is None:
            header.remove(key)
    if not _has(header, "CD"):
        return
    found = matrix(header)
    scale = np.hypot(found[:, 0], found[:, 1])
    for i, j in _INDICES:
        header.remove(f"CD{i}_{j}", ignore_missing=True)
        header[f"PC{i}_{j}"] = found[i - 1, j - 1] / scale[i - 1]
    header["CDELT1"], header["CDELT2"] = scale
    header.remove("CROTA2", ignore_missing=True)


def centre_px(header: Header) -> np.ndarray:
    """Return the pixel (x, y), from 0, of the Sun's centre before CRVAL corrected the pointing: CRPIX in JSOC's headers.

    Raises
    ------
    InputError
        As :meth:`Pointing.of`, if CRVAL is not 0; otherwise if CRPIX is missing.
    """
    reference = np.array([cards.required(header, key, _CURE) for key in ("CRPIX1", "CRPIX2")]) - 1
    if not any(cards.number(header, key) for key in ("CRVAL1", "CRVAL2")):
        return reference
    centre = Pointing.of(header).sun_px
    return reference if np.hypot(*(centre - reference)) <= _CORRECTION_PX else centre


def refer_to_centre(header: Header) -> None:
    """Write the Sun's centre as CRPIX, with CRVAL 0, in place; a header that has it so stays as it is."""
    if any(cards.number(header, key) for key in ("CRVAL1", "CRVAL2")):
        header["CRPIX1"], header["CRPIX2"] = (Pointing.of(header).sun_px + 1).tolist()
        header["CRVAL1"], header["CRVAL2"] = 0.0, 0.0


def _has(header: Header, kind: str) -> bool:
    """Return whether a header has any element of a matrix ``CD`` or ``PC``."""
    return any(cards.value(header, f"{kind}{i}_{j}") is not None for i, j in _INDICES)


def _square(header: Header, kind: str, diagonal: float) -> np.ndarray:
    """Return a matrix of cards; those that are missing are 0, on the diagonal ``diagonal``."""
    values = [cards.number(header, f"{kind}{i}_{j}") for i, j in _INDICES]
    defaults = [diagonal * (i == j) for i, j in _INDICES]
    return np.array([d if v is None else v for v, d in zip(values, defaults, strict=True)]).reshape(2, 2)
