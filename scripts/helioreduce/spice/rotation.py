"""Solar rotation during a raster: the coordinates of all exposures at one time, DATE-AVG.

A place on the disk, seen at the time of its exposure, turns with the surface to DATE-AVG and is seen there by the observer, who
has moved as well: position and velocity are cards of the header (heliocentric inertial, z along the Sun's axis). Places beside
the disk stay. The coordinates of a window are linear in column, row and time, and remain so: the shifts are fitted by a linear
function, and the header has their largest value and the largest distance from the fit.

Source of the cards: SOLARNET metadata recommendations, section 3.2; in SPICE files they hold at DATE-AVG.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from helioreduce.constants import RSUN_M
from helioreduce.errors import InputError
from helioreduce.numerics import tracking
from helioreduce.numerics.sphere import ARCSEC, LAWS, UNSEEN, View
from helioreduce.spice.level2 import Window, number, value

_CURE = "Set spice.rotation: none"


def corrected(window: Window, law: str) -> Window:
    """Return a window with the coordinates that the places of its exposures have at DATE-AVG.

    The cards ROTATION, ROTREF, ROTSHIFT and ROTRES hold law, time, largest shift, and largest distance from linear coordinates.

    Parameters
    ----------
    window
        With coordinates and times of level 2.
    law
        One of :data:`helioreduce.numerics.sphere.LAWS`.

    Raises
    ------
    InputError
        If there is no such law, the header lacks the observer's place or velocity or DATE-AVG, or a step is 0.
    """
    if law not in LAWS:
        raise InputError(f"there is no law of rotation {law!r}", cure=f"Laws: {', '.join(LAWS)}")
    header = window.header.copy()
    if not all(number(header, f"CDELT{i}") for i in (1, 2)):
        raise InputError("CDELT1 or CDELT2 is 0: its coordinates cannot be changed", cure=_CURE)
    shift, on_disk = displacement(header, window.time, window.shape, law)
    used = on_disk & np.isfinite(shift).all(axis=0)
    axes = [j for j, size in ((1, window.shape[2]), (2, window.shape[1]), (4, window.shape[0])) if size > 1]
    basis = np.stack([np.ones(window.shape), *(_offsets(header, window.shape)[j] for j in axes)], axis=-1)
    slopes = np.zeros((basis.shape[-1], 2))
    if used.any():
        slopes = np.linalg.lstsq(basis[used], shift[:, used].T, rcond=None)[0]
    rest = shift[:, used] - (basis[used] @ slopes).T
    for i in (1, 2):
        header[f"CRVAL{i}"] += float(slopes[0, i - 1])
        for j, slope in zip(axes, slopes[1:, i - 1], strict=True):
            header[f"PC{i}_{j}"] = float(header.get(f"PC{i}_{j}", float(i == j))) + float(slope) / float(header[f"CDELT{i}"])
    header["ROTATION"] = (law, "solar rotation taken out of coordinates: law")
    header["ROTREF"] = (str(header["DATE-AVG"]), "the coordinates are those of this time")
    header["ROTSHIFT"] = (_largest(shift[:, used]), "[arcsec] largest shift of an exposure")
    header["ROTRES"] = (_largest(rest), "[arcsec] largest distance from linear")
    return replace(window, header=header)


def displacement(
    header: Mapping[str, Any], time: np.ndarray, shape: tuple[int, int, int], law: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return how far (2, t, y, x) places move to DATE-AVG, arcsec, and which (t, y, x) are on the disk.

    NaN where the rotation brings a place behind the limb.

    Parameters
    ----------
    header
        Cards of a level-2 window.
    time
        Middle of every exposure (t, x), seconds since DATEREF.
    shape
        Number of times, rows and columns.
    law
        One of :data:`helioreduce.numerics.sphere.LAWS`.
    """
    position, velocity = (np.array([_card(header, f"HCI{axis}_{kind}") for axis in "XYZ"]) for kind in ("OBS", "VOB"))
    seconds = time - _reference(header)
    if not np.isfinite(seconds).all():
        raise InputError("the exposures have no times, or DATE-AVG or DATEREF is missing", cure=_CURE)
    radius = number(header, "RSUN_REF", RSUN_M)
    pixels = _offsets(header, shape)
    places = np.stack([
        float(header[f"CRVAL{i}"]) + float(header[f"CDELT{i}"])
        * sum(float(header.get(f"PC{i}_{j}", float(i == j))) * pixels[j] for j in (1, 2, 4))
        for i in (1, 2)
    ])  # fmt: skip
    longitude, latitude = places / ARCSEC
    x, y = np.tan(longitude), np.tan(latitude) / np.cos(longitude)
    later, on_disk, moved = _view(position, radius), np.zeros(shape, bool), np.empty((2, *shape))
    for t, column in np.ndindex(*time.shape):
        view, exposure = _view(position + velocity * seconds[t, column], radius), (t, slice(None), column)
        on_disk[exposure] = np.hypot(x[exposure], y[exposure]) <= view.limb
        u, v = tracking.carried(x[exposure], y[exposure], view, later, LAWS[law], -seconds[t, column])
        moved[(0, *exposure)], moved[(1, *exposure)] = np.arctan(u), np.arctan(v * np.cos(np.arctan(u)))
        moved[(slice(None), t, u == UNSEEN, column)] = np.nan
    return moved * ARCSEC - places, on_disk


def note(header: Mapping[str, Any]) -> str:
    """Return what a page says of the coordinates of a window whose rotation was taken out."""
    return (
        f"solar rotation is taken out of the coordinates: they are those of {header['ROTREF']} ({header['ROTATION']}), up to "
        f"{header['ROTSHIFT']:.2f} arcsec from those of the exposure, and linear to {header['ROTRES']:.2f} arcsec"
    )


def _offsets(header: Mapping[str, Any], shape: tuple[int, int, int]) -> dict[int, np.ndarray]:
    """Return the distance (t, y, x) of every pixel from the reference pixel, along each FITS axis."""
    t, y, x = np.indices(shape) + 1.0
    return {axis: own - float(header.get(f"CRPIX{axis}", 1.0)) for axis, own in ((1, x), (2, y), (4, t))}


def _view(position: np.ndarray, radius: float) -> View:
    """Return the view from a place (m) in the inertial frame: its longitudes are those of that frame."""
    x, y, z = position.tolist()
    distance = math.hypot(x, y, z)
    if not distance > radius > 0:
        problem = (
            f"HCIX_OBS to HCIZ_OBS put the observer at {distance:.4g} m from the Sun's centre, its radius is {radius:.4g} m"
        )
        raise InputError(problem, cure=_CURE)
    return View(distance / radius, math.asin(z / distance), math.atan2(y, x))


def _reference(header: Mapping[str, Any]) -> float:
    """Return DATE-AVG in seconds since DATEREF."""
    ends = [str(value(header, key) or "") for key in ("DATE-AVG", "DATEREF")]
    try:
        middle, zero = (np.datetime64(end, "ms") for end in ends)
        return float((middle - zero) / np.timedelta64(1, "s"))
    except ValueError:
        raise InputError(f"DATE-AVG is {ends[0]!r} and DATEREF {ends[1]!r}: no times", cure=_CURE) from None


def _card(header: Mapping[str, Any], key: str) -> float:
    """Return a card of the observer."""
    if value(header, key) is None:
        raise InputError(f"the keyword {key} is missing: where the observer is, and moves, is not known", cure=_CURE)
    return number(header, key)


def _largest(shift: np.ndarray) -> float:
    """Return the largest length of vectors (2, n); 0 without any."""
    return round(float(np.hypot(*shift).max(initial=0.0)), 4)
