"""Cut-outs of level 1: the window that a region of the Sun has on the detector, image by image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from helioreduce.aia.wcs import Pointing, view_of
from helioreduce.errors import InputError
from helioreduce.numerics import sphere
from helioreduce.series import Window

if TYPE_CHECKING:
    from astropy.io.fits import Header


@dataclass(frozen=True)
class Region:
    """A region of the Sun.

    Parameters
    ----------
    place
        Its middle: Carrington longitude and latitude, deg, where the window follows the Sun's rotation; helioprojective
        coordinates, arcsec, where it does not.
    tracking
        Whether it follows.
    size
        Width and height of the window, pixels of the detector.
    """

    place: tuple[float, float]
    tracking: bool
    size: tuple[int, int]

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Region:
        """Return the region of a plan: ``place``, ``tracking``, ``size``."""
        (x, y), (width, height) = settings["place"], settings["size"]
        return cls((float(x), float(y)), bool(settings["tracking"]), (int(width), int(height)))

    def window(self, header: Header) -> Window:
        """Return its window on the detector.

        Parameters
        ----------
        header
            Of a level-1 full frame.

        Returns
        -------
        Window
            With the asked size, wherever it lies.

        Raises
        ------
        InputError
            If the region is behind the limb, or the header lacks the pointing or, for tracking, the observer.
        """
        pointing = Pointing.of(header)
        direction = np.linalg.solve(pointing.arcsec_per_px, np.array(self._direction(header)))
        x, y = (round(middle - (n - 1) / 2) for middle, n in zip(pointing.sun_px + direction, self.size, strict=True))
        return Window(x, y, *self.size)

    def locate(self, whole: Header, own: Header, shape: tuple[int, int]) -> Window:
        """Return the window of a file on the detector: that of a cut-out, checked, or its part of a whole frame.

        Parameters
        ----------
        whole
            Header of the whole frame.
        own, shape
            Header and shape (ny, nx) of the file.
        """
        window = self.window(whole)
        return check(own, shape, window) if shape == (window.ny, window.nx) else within(window, shape)

    def served(self, whole: Header, own: Header, shape: tuple[int, int]) -> Window:
        """Return the window of what a server has cut, which must be the one that was asked for; see :meth:`locate`."""
        return check(own, shape, self.window(whole))

    def part(self, whole: Header, _: Header, shape: tuple[int, int]) -> Window:
        """Return the window in a file, which need not be a whole frame, in its own pixels: arguments as of :meth:`locate`."""
        return within(self.window(whole), shape)

    def _direction(self, header: Header) -> tuple[float, float]:
        """Return the direction of the middle, arcsec."""
        if not self.tracking:
            return self.place
        found = sphere.seen_at(view_of(header), *(float(np.deg2rad(angle)) for angle in self.place))
        if found is None:
            problem = f"aia.cutout: by {header.get('T_OBS')} the region has turned behind the limb"
            raise InputError(problem, cure="Ask for a shorter time, or set aia.cutout.tracking to false")
        return found[0] * sphere.ARCSEC, found[1] * sphere.ARCSEC


def within(window: Window, shape: tuple[int, ...]) -> Window:
    """Return the part of a window that lies in a frame (ny, nx).

    Raises
    ------
    InputError
        If there is none.
    """
    x, y = max(window.x, 0), max(window.y, 0)
    nx, ny = min(window.x + window.nx, shape[1]) - x, min(window.y + window.ny, shape[0]) - y
    if min(nx, ny) < 8:
        raise InputError("aia.cutout: the region lies outside the frame", cure="Give a centre whose box the detector sees")
    return Window(x, y, nx, ny)


def check(header: Header, shape: tuple[int, int], expected: Window) -> Window:
    """Return the window of a cut-out that a server has made, after checking that it is the one that was asked for.

    Parameters
    ----------
    header
        Of the cut-out, as it came.
    shape
        Of its array, (ny, nx).
    expected
        Our own prediction.

    Raises
    ------
    InputError
        Another size, a start that is no whole pixel of the detector, or more than a pixel from the predicted one.
    """
    if shape != (expected.ny, expected.nx):
        raise InputError(f"the cut-out has {shape[1]}x{shape[0]} pixels, {expected.nx}x{expected.ny} were asked for")
    starts = [header[f"{key}_MP"] + 1 - header[f"CRPIX{axis}"] for axis, key in ((1, "X0"), (2, "Y0"))]
    x, y = (round(start) for start in starts)
    if max(abs(starts[0] - x), abs(starts[1] - y)) > 0.01:
        raise InputError(f"the cut-out starts at {starts[0]:.3f}, {starts[1]:.3f} of the detector, not at a whole pixel")
    if max(abs(x - expected.x), abs(y - expected.y)) > 1:
        problem = f"the cut-out starts at {x}, {y} of the detector, expected was {expected.x}, {expected.y}"
        raise InputError(problem)
    return Window(x, y, expected.nx, expected.ny)
