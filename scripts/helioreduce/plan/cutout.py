"""The region of a request: its place on the Sun, its window on the detector, and the grid of its cube."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from helioreduce import times
from helioreduce.aia.channels import NPIX
from helioreduce.aia.wcs import CENTRE, SCALE_ARCSEC
from helioreduce.constants import RSUN_M
from helioreduce.errors import InputError
from helioreduce.numerics import sphere
from helioreduce.sun.ephemeris import observer

_MOVE = "Move aia.cutout.centre, or make aia.cutout.size smaller"


def view(time: datetime) -> sphere.View:
    """Return from where SDO sees the Sun at a time, by its ephemeris: to 0.02° in longitude, which no product depends on."""
    seen_from = observer(time)
    return sphere.View(seen_from.distance_m / RSUN_M, math.radians(seen_from.latitude), math.radians(seen_from.longitude))


@dataclass(frozen=True)
class Cutout:
    """The section ``aia.cutout`` of a configuration, with what it means.

    Parameters
    ----------
    settings
        The section.
    time
        When ``centre`` holds, UTC.
    end
        Of the request: where the Sun turns, the region must still be seen then.
    npix
        Pixels along a side of the detector.
    """

    settings: Mapping[str, Any]
    time: datetime
    end: datetime
    npix: int = NPIX

    @classmethod
    def of(cls, config: Mapping[str, Any], first: datetime, last: datetime) -> Cutout | None:
        """Return the region of a configuration; None for the whole Sun.

        Parameters
        ----------
        config
            The whole configuration, validated.
        first, last
            First and last time of the request.

        Raises
        ------
        InputError
            If the region cannot be cut out.
        """
        settings = config["aia"]["cutout"]
        if settings["centre"] is None:
            return None
        time = times.parse(str(settings["time"])) if settings["time"] else first
        npix = config["archive"]["npix"] if config["source"] == "archive" else NPIX
        found = cls(settings, time, max(last, time), npix)
        found._check()
        return found

    @property
    def where(self) -> str:
        """Where level 1 is cut: ``server``, ``here``, or ``last``: only the cube is of the region."""
        return str(self.settings["cut"])

    @property
    def view(self) -> sphere.View:
        """From where the Sun is seen at its time."""
        return view(self.time)

    @property
    def direction(self) -> tuple[float, float]:
        """Helioprojective coordinates of the middle at its time, arcsec."""
        x, y = self.settings["centre"]
        if self.settings["coordinates"] == "arcsec":
            return x, y
        longitude = math.radians(x) + (self.view.longitude if self.settings["coordinates"] == "stonyhurst" else 0.0)
        found = sphere.seen_at(self.view, longitude, math.radians(y))
        if found is None:
            raise InputError(f"aia.cutout.centre is {[x, y]}: behind the limb at {times.iso(self.time)}", cure=_MOVE)
        return found[0] * sphere.ARCSEC, found[1] * sphere.ARCSEC

    @property
    def place(self) -> tuple[float, float]:
        """Carrington longitude and latitude of the middle, deg.

        Raises
        ------
        InputError
            If it is off the disk.
        """
        x, y = self.direction
        found = sphere.surface_at(self.view, x / sphere.ARCSEC, y / sphere.ARCSEC)
        if found is None:
            problem = f"aia.cutout.centre is {self.settings['centre']}: off the disk, where nothing can be tracked"
            raise InputError(problem, cure="Set aia.cutout.tracking to false and aia.cube.law to none")
        return math.degrees(found[0]) % 360, math.degrees(found[1])

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the cube, pixels of 0.6″."""
        in_arcsec = self.settings["unit"] == "arcsec"
        width, height = (round(side / SCALE_ARCSEC) if in_arcsec else int(side) for side in self.settings["size"])
        return height, width

    @property
    def region(self) -> dict[str, Any]:
        """What level 1 is cut by, see :class:`helioreduce.aia.cutout.Region`: the box with its margin, detector pixels."""
        margin = self.settings["margin_px"]
        height, width = (math.ceil(side * self.npix / NPIX) + 2 * margin for side in self.shape)
        tracking = bool(self.settings["tracking"])
        place = self.place if tracking else self.direction
        where = [round(angle, 9) for angle in place]
        asked = {"t": 0 if tracking else 1, "r": 0, "c": 0, "boxunits": "pixels", "width": width, "height": height}
        if tracking:
            asked |= {"locunits": "carrlong", "car_rot": observer(self.time).rotation}
        else:
            asked |= {"locunits": "arcsec", "t_ref": times.iso(self.time)}
        im_patch = asked | dict(zip("xy", where, strict=True))
        return {"place": where, "tracking": tracking, "size": [width, height], "im_patch": im_patch}

    def grid(self, law: str) -> dict[str, Any]:
        """Return the grid of the cube, see :class:`helioreduce.aia.cube.grid.Grid`."""
        corner = [
            round(CENTRE - 1 + at / SCALE_ARCSEC - (n - 1) / 2) for at, n in zip(self.direction, self.shape[::-1], strict=True)
        ]
        return {
            "time": times.iso(self.time),
            "view": [round(float(number), 12) for number in self.view],
            "corner": corner,
            "shape": list(self.shape),
            "law": law,
        }

    def _check(self) -> None:
        """Refuse what no server could cut."""
        if min(self.shape) < 8 or max(self.shape) > NPIX:
            raise InputError(f"aia.cutout.size gives {self.shape[1]} × {self.shape[0]} pixels", cure="Give 8 to 4096")
        if self.settings["tracking"]:
            longitude, latitude = map(math.radians, self.place)
            if sphere.seen_at(view(self.end), longitude, latitude) is None:
                problem = f"aia.cutout: by {times.iso(self.end)} the region has turned behind the limb"
                raise InputError(problem, cure="Ask for a shorter time, or set aia.cutout.tracking to false")
        half_arcsec = NPIX * SCALE_ARCSEC / 2
        for at, n in zip(self.direction, self.shape[::-1], strict=True):
            if abs(at) + n * SCALE_ARCSEC / 2 > half_arcsec:
                raise InputError("aia.cutout: the box reaches beyond the detector", cure=_MOVE)
