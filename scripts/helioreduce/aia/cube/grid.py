"""The grid of a tracked cube: pixels of level 1.5 that follow the rotating Sun, as seen from one place at one time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from helioreduce import times
from helioreduce.aia import cards, register
from helioreduce.aia.wcs import CENTRE, SCALE_ARCSEC, Pointing, view_of
from helioreduce.constants import RSUN_M
from helioreduce.errors import InputError
from helioreduce.numerics import sphere, tracking

if TYPE_CHECKING:
    from astropy.io.fits import Header

#: The law by which nothing turns: a window that is fixed on the sky.
NONE = "none"
#: Names of the laws, see :data:`helioreduce.numerics.sphere.LAWS`.
NAMES = (*sphere.LAWS, NONE)


@dataclass(frozen=True)
class Grid:
    """The grid of a cube.

    Parameters
    ----------
    time
        When its coordinates hold.
    view
        From where they are seen.
    corner
        First pixel (x, y), from 0, on the grid of level 1.5.
    shape
        (ny, nx).
    law
        One of :data:`NAMES`: how the pixels move.
    """

    time: datetime
    view: sphere.View
    corner: tuple[int, int]
    shape: tuple[int, int]
    law: str

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Grid:
        """Return the grid of a plan: ``time``, ``view``, ``corner``, ``shape`` and ``law``.

        Raises
        ------
        InputError
            If the law is not known.
        """
        if settings["law"] not in NAMES:
            raise InputError(f"there is no law of rotation {settings['law']!r}", cure=f"Laws: {', '.join(NAMES)}")
        (x, y), (ny, nx) = settings["corner"], settings["shape"]
        view = sphere.View(*settings["view"])
        return cls(times.parse(str(settings["time"])), view, (x, y), (ny, nx), settings["law"])

    @property
    def _affine(self) -> tuple[np.ndarray, float]:
        """Direction of the first pixel, and the distance of pixels, rad."""
        step = SCALE_ARCSEC / sphere.ARCSEC
        return (np.array(self.corner) - (CENTRE - 1)) * step, step

    def source(self, header: Header) -> tuple[np.ndarray, np.ndarray]:
        """Return where its pixels are found in an image: pixels x and y, from 0, (ny, nx).

        Parameters
        ----------
        header
            Of the image, with an up-to-date pointing, T_OBS and the place of the observer.
        """
        pointing, later = Pointing.of(header), view_of(header)
        seconds = times.tai_seconds(cards.time(header)) - times.tai_seconds(self.time)
        per_rad = np.linalg.inv(pointing.arcsec_per_px) * sphere.ARCSEC
        rates = None
        if self.law != NONE:
            a, b, c = sphere.LAWS[self.law]
            rates = (a - sphere.CARRINGTON, b, c)
        origin, step = self._affine
        found: tuple[np.ndarray, np.ndarray] = tracking.tracked(
            self.shape, origin, step, self.view, later, rates, seconds, pointing.sun_px, per_rad
        )
        return found

    def on_disk(self) -> np.ndarray:
        """Return which pixels are on the disk, and so follow its rotation: boolean (ny, nx)."""
        origin, step = self._affine
        y, x = (origin[axis] + step * np.arange(n) for axis, n in ((1, self.shape[0]), (0, self.shape[1])))
        disk: np.ndarray = np.hypot(x, y[:, None]) < self.view.limb
        return disk

    def coordinates(self) -> tuple[np.ndarray, np.ndarray]:
        """Return helioprojective longitude (nx,) and latitude (ny,) of the pixels, arcsec."""
        ny, nx = self.shape
        x, y = ((first + np.arange(n) - (CENTRE - 1)) * SCALE_ARCSEC for first, n in zip(self.corner, (nx, ny), strict=True))
        return x, y

    def describe(self, header: Header) -> None:
        """Write the grid into the header of an image on it, in place: its world coordinates hold at TRKTIME."""
        register.describe(header, self.corner, self.shape)
        header["TRKLAW"] = (self.law, "law of rotation that the pixels follow")
        header["TRKTIME"] = (times.iso(self.time), "time at which the coordinates hold")
        header["TRKDSUN"] = (self.view.distance * RSUN_M, "[m] distance of the Sun's centre then")
        header["TRKCRLN"] = (float(np.rad2deg(self.view.longitude)) % 360, "[deg] Carrington longitude of the observer then")
        header["TRKCRLT"] = (float(np.rad2deg(self.view.latitude)), "[deg] latitude of the observer then")
