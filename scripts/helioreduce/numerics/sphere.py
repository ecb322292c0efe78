r"""The Sun's surface as an observer sees it, and how it turns: directions to points of the sphere and back.

Directions are offsets in the tangent plane (FITS ``TAN``) about the Sun's centre, rad, x to solar west, y to solar north.
Lengths are in solar radii. With the observer at distance D above latitude B₀, a point p of the unit sphere, whose first
component points at the observer, is seen at

.. math:: x = p_2 / (D - p_1), \qquad y = p_3 / (D - p_1), \qquad \text{if } p_1 > 1/D .

Source: Thompson 2006, A&A 449, 791, sections 3 and 4.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

#: Arcseconds in a radian.
ARCSEC = 180 * 3600 / math.pi
#: Sidereal rotation of Carrington's meridians, rad/s: 360° in 25.38 days.
CARRINGTON = 2 * math.pi / (25.38 * 86400)
_DEG_A_DAY = math.pi / 180 / 86400
#: Sidereal rotation A + B sin²(latitude) + C sin⁴(latitude), rad/s, by the name of the law. ``howard``: Howard, Harvey &
#: Forgach 1990, Solar Physics 130, 295 (small magnetic features). ``snodgrass``: Snodgrass 1983, ApJ 270, 288 (magnetic field).
#: ``snodgrass_ulrich``: Snodgrass & Ulrich 1990, ApJ 351, 309 (Doppler features). ``rigid``: Carrington's meridians.
LAWS = {
    "howard": (2.894e-6, -0.428e-6, -0.370e-6),
    "snodgrass": (2.851e-6, -0.343e-6, -0.474e-6),
    "snodgrass_ulrich": (14.713 * _DEG_A_DAY, -2.396 * _DEG_A_DAY, -1.787 * _DEG_A_DAY),
    "rigid": (CARRINGTON, 0.0, 0.0),
}
#: Source pixel of what cannot be seen.
UNSEEN = -1e6


class View(NamedTuple):
    """Where an observer is: distance from the Sun's centre in solar radii; latitude and Carrington longitude, rad."""

    distance: float
    latitude: float
    longitude: float

    @property
    def limb(self) -> float:
        """Distance of the limb from the Sun's centre in the tangent plane, rad."""
        return 1 / math.sqrt(self.distance**2 - 1)


def rotation_rate(law: str, latitude: np.ndarray) -> np.ndarray:
    """Return the sidereal rate of rotation at latitudes (rad), rad/s, by one of :data:`LAWS`."""
    a, b, c = LAWS[law]
    square = np.sin(latitude) ** 2
    return a + square * (b + c * square)


def seen_at(view: View, longitude: float, latitude: float) -> tuple[float, float] | None:
    """Return the direction (x, y) to a point of the surface by its Carrington coordinates, rad; None behind the limb."""
    turned = longitude - view.longitude
    p, q, r = math.cos(latitude) * math.cos(turned), math.cos(latitude) * math.sin(turned), math.sin(latitude)
    c, s = math.cos(view.latitude), math.sin(view.latitude)
    ahead, north = p * c + r * s, r * c - p * s
    if ahead <= 1 / view.distance:
        return None
    return q / (view.distance - ahead), north / (view.distance - ahead)


def surface_at(view: View, x: float, y: float) -> tuple[float, float] | None:
    """Return the Carrington longitude and latitude (rad) of the surface in a direction (rad); None beside the disk."""
    p, q, r, is_met = met(x, y, view.distance, math.cos(view.latitude), math.sin(view.latitude))
    return (view.longitude + math.atan2(q, p), math.asin(r)) if is_met else None


def met(x: float, y: float, distance: float, c: float, s: float) -> tuple[float, float, float, bool]:
    """Return where a line of sight (rad) meets the sphere, north along the third axis, and whether it does.

    ``c``, ``s``: cosine and sine of the observer's latitude.
    """
    along = 1 / math.sqrt(1 + x * x + y * y)
    square = 1 - distance * distance * (1 - along * along)
    if square < 0:
        return 0.0, 0.0, 0.0, False
    range_ = (distance * along - math.sqrt(square)) * along
    ahead, north = distance - range_, range_ * y
    return ahead * c - north * s, range_ * x, ahead * s + north * c, True
