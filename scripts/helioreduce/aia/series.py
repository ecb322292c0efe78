"""Images of one channel and year as a series: planes, what is known of every image, and coordinates.

The place of an image is its number in the day and the number of the day in the year, so that it is the same whatever has been
asked for before. Places without an image are missing: NaN in ``data`` and ``sigma``, 0 in ``present``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby, product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from helioreduce import __version__, times
from helioreduce.aia import cards
from helioreduce.aia.channels import NPIX
from helioreduce.aia.frames import ARCHIVED, FLOAT32, Frame, Part
from helioreduce.aia.wcs import SCALE_ARCSEC
from helioreduce.errors import InputError
from helioreduce.image import Flag, Image
from helioreduce.io import compression, manifests, provenance, shards
from helioreduce.io.manifests import Manifest
from helioreduce.io.stores import Plane

if TYPE_CHECKING:
    import xarray as xr
    from astropy.io.fits import Header

#: Most bytes of a plane in one shard, and pixels a side of a chunk: one image of 512 is read by itself.
_SHARD_BYTES, _CHUNK_SIDE = 2**28, 512
#: Value of a share where there is no image.
_NONE = 255
#: What is said of archived images.
_ROUNDED = "rounded to a power of two that follows sigma of each pixel; loss_rms and loss_largest are in units of sigma"
#: What is kept of every image: name, card, value where there is none, unit, meaning.
NUMBERS = (
    ("exptime", "EXPTIME", np.nan, "s", "exposure time"),
    ("degradation", "DEGFACT", np.nan, "1", "factor by which the image was divided for the loss of sensitivity"),
    ("quality", "QUALITY", -(2**31), "1", "QUALITY of level 1"),
    ("recnum", "RECNUM", -(2**31), "1", "number of the record of level 1"),
    ("rsun_obs", "RSUN_OBS", np.nan, "arcsec", "radius of the Sun"),
)


@dataclass(frozen=True)
class Grid:
    """The places of a series: pixels a side, seconds between images, of the first after midnight."""

    npix: int
    step_s: float
    phase_s: float

    @classmethod
    def of(cls, part: Part) -> Grid:
        """Return the grid of the series that a part belongs to."""
        return cls(int(part.grid["npix"]), part.grid["step_s"], part.grid["phase_s"])

    @property
    def slots(self) -> int:
        """Places of a day."""
        return round(86400 / self.step_s)

    def place(self, day: str, at: int) -> int:
        """Return the place in the year of a place in a day."""
        return (times.from_compact(f"{day}T000000").timetuple().tm_yday - 1) * self.slots + at

    @property
    def shard(self) -> int:
        """Images of one shard: a day, or the largest part of it that is not too large."""
        most = max(1, _SHARD_BYTES // (4 * self.npix**2))
        return next(n for n in range(min(most, self.slots), 0, -1) if self.slots % n == 0)

    def unlisted(self, parts: Mapping[str, Manifest], store: Path, year: int) -> list[str]:
        """Return the days of a store that have images and no manifest, as where it was deleted by hand."""
        numbers = (int(place.name) for place in store.glob("data/c/*"))
        days = {f"{datetime(year, 1, 1) + timedelta(n * self.shard // self.slots):%Y%m%d}" for n in numbers}
        return sorted(days - parts.keys())

    def planes(self, unit: str = "", precision: str = FLOAT32) -> dict[str, Plane]:
        """Return the large variables; those say what was lost, if some images are archived."""
        axes, side = ("time", "y", "x"), min(_CHUNK_SIDE, self.npix)
        plane = (1, side, side), (self.shard, self.npix, self.npix)
        data: dict[str, Any] = {"units": unit, "long_name": "intensity", "ancillary_variables": "sigma"}
        sigma: dict[str, Any] = {"units": unit, "long_name": "standard deviation of data"}
        if ARCHIVED in precision:
            data |= {"loss_rms": compression.RMS, "loss_largest": round(compression.LOSS, 3), "comment": _ROUNDED}
            sigma |= {"loss_largest": compression.SIGMA_LOSS, "comment": "rounded; loss_largest is a part of sigma"}
        flags = {"long_name": "share of the pixels of a bin that have a flag", "scale_factor": (self.npix / NPIX) ** 2}
        tiles = (1, len(Flag), side, side), (self.shard, len(Flag), self.npix, self.npix)
        return {
            "data": Plane("float32", np.nan, data, axes, plane),
            "sigma": Plane("float32", np.nan, sigma, axes, plane),
            "share": Plane("uint8", _NONE, flags, ("time", "flag", "y", "x"), tiles),
        }

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shapes of a shard of every plane."""
        frames = (self.shard, self.npix, self.npix)
        return {"data": frames, "sigma": frames, "share": (self.shard, len(Flag), self.npix, self.npix)}

    def empty(self) -> dict[str, np.ndarray]:
        """Return a shard without an image."""
        missing = {name: plane.missing for name, plane in self.planes().items()}
        dtypes = {name: plane.dtype for name, plane in self.planes().items()}
        return {name: np.full(shape, missing[name], dtypes[name]) for name, shape in self.shapes().items()}

    def put(self, planes: Mapping[str, np.ndarray], place: int, image: Image, precision: str = FLOAT32) -> None:
        """Put an image into a shard, in place; one that is archived is rounded by its sigma."""
        bits = np.array([int(flag) for flag in Flag], np.uint8)[:, None, None]
        counts = (image.flags & bits) != 0 if image.shares is None else np.rint(image.shares * (NPIX / self.npix) ** 2)
        sigma = np.full_like(image.data, np.nan) if image.sigma is None else image.sigma
        rounded = compression.in_steps(image.data, sigma) if precision == ARCHIVED else (image.data, sigma)
        planes["data"][place], planes["sigma"][place], planes["share"][place] = *rounded, counts

    def dataset(
        self, year: int, channel: int, rows: Mapping[int, Mapping[str, Any]], attributes: Mapping[str, Any]
    ) -> xr.Dataset:
        """Return the series of a year without its planes.

        Parameters
        ----------
        year, channel
            Of the series.
        rows
            Rows of the manifests, by their places in the year.
        attributes
            More attributes of the series.
        """
        import xarray

        start = datetime(year, 1, 1, tzinfo=UTC)
        days = (datetime(year + 1, 1, 1, tzinfo=UTC) - start).days
        slot = np.arange(days * self.slots)
        seconds = slot // self.slots * 86400.0 + slot % self.slots * self.step_s + self.phase_s
        values = {name: np.full(slot.size, missing) for name, _, missing, *_ in NUMBERS}
        observed, present = np.full(slot.size, np.nan), np.zeros(slot.size, np.uint8)
        for place, found in ((place, found) for place, found in rows.items() if found["state"] == manifests.DONE):
            present[place] = 1
            observed[place] = round((times.parse(str(found["t_obs"])) - start).total_seconds(), 6)
            for name in values:
                values[name][place] = found.get(name, values[name][place])
        meanings = " ".join(str(flag.name).lower() for flag in Flag)
        unit = {"units": f"seconds since {year}-01-01 00:00:00", "calendar": "standard"}
        arcsec = (np.arange(self.npix) - (self.npix - 1) / 2) * SCALE_ARCSEC * NPIX / self.npix
        coordinates = {
            "time": ("time", seconds, {**unit, "long_name": "place in the series", "standard_name": "time"}),
            "t_obs": ("time", observed, {**unit, "long_name": "middle of the exposure, T_OBS"}),
            "present": ("time", present, {"long_name": "1 where there is an image"}),
            "flag": ("flag", np.array([int(flag) for flag in Flag], np.uint8), {"flag_meanings": meanings}),
            "Tx": ("x", arcsec, {"units": "arcsec", "long_name": "helioprojective longitude"}),
            "Ty": ("y", arcsec, {"units": "arcsec", "long_name": "helioprojective latitude"}),
        }
        coordinates |= {
            name: ("time", values[name], {"units": unit_, "long_name": meaning}) for name, _, _, unit_, meaning in NUMBERS
        }
        own = {"Conventions": "CF-1.11", "title": f"SDO/AIA {channel} Å, {year}", "channel": channel}
        more = {"software": f"helioreduce {__version__}", "cadence_s": self.step_s, "images": int(present.sum())}
        return xarray.Dataset({}, coordinates, {**own, **more, **attributes})


def images(part: Part, store: Path, manifest: Manifest, places: Iterable[int]) -> Iterator[Image]:
    """Yield images of a part as they are in its store, one in memory at a time.

    Parameters
    ----------
    part
        The day.
    store
        Folder of the series.
    manifest
        Of the part.
    places
        In the day. One without an image has the time of its slot, and no data.
    """
    grid, bits = Grid.of(part), [int(flag) for flag in Flag]
    names, unit, first = part.names, manifest.meta.get("unit", ""), grid.place(part.day, 0)
    for number, held in groupby(places, lambda place: (first + place) // grid.shard):
        with shards.opened(store, grid.planes(), grid.shapes(), number) as arrays:
            for place in held:
                known, at = manifest.rows.get(place, {}), (first + place) % grid.shard
                header = _header(known, times.iso(times.from_compact(names[place].removesuffix(part.suffix))), grid)
                header.update(WAVELNTH=int(part.channel), BUNIT=unit)
                share = arrays["share"][at]
                has = ((share > 0) & (share != _NONE)).transpose(1, 2, 0) @ np.array(bits, np.uint8)
                yield Image(arrays["data"][at], header, arrays["sigma"][at], has)


def _header(found: Mapping[str, Any], slot: str, grid: Grid) -> Header:
    """Return the header of an image in a series: what is known of it, and its grid."""
    from helioreduce.io import fits

    numbers = {key: type(missing)(found.get(name, missing)) for name, key, missing, *_ in NUMBERS if found.get(name) != missing}
    grids = {"CRPIX": grid.npix / 2 + 0.5, "CRVAL": 0.0, "CDELT": SCALE_ARCSEC * NPIX / grid.npix}
    header = fits.cards(TELESCOP="SDO/AIA", LVL_NUM=1.5, CROTA2=0.0, T_OBS=str(found.get("t_obs") or slot))
    header.update({key: number for key, number in numbers.items() if np.isfinite(number)})
    header.update({f"{key}{axis}": value for key, value in grids.items() for axis in (1, 2)})
    return header


def row(header: Header) -> dict[str, Any]:
    """Return what is kept of an image: T_OBS, and :data:`NUMBERS`."""
    found: dict[str, Any] = {"t_obs": times.iso(cards.time(header))}
    for name, key, missing, *_ in NUMBERS:
        number = cards.number(header, key) if key in header else None
        found[name] = missing if number is None else type(missing)(number)
    return found


def calibration(headers: Iterable[Header]) -> list[str]:
    """Return the calibration files that images follow from."""
    return sorted({step["reference"] for header in headers for step in provenance.history(header) if step["reference"]})


def check(parts: Mapping[str, Manifest], store: Path, folder: Path) -> None:
    """Check that parts make one series.

    Parameters
    ----------
    parts
        Manifests of the year by day.
    store
        Of the series.
    folder
        Of the manifests.

    Raises
    ------
    InputError
        If a shard is not there, or the parts are in several units: with the manifests to be made again.
    """
    for day, part in parts.items():
        if lost := [name for name in part.meta if "/c/" in name and not (store / name).exists()]:
            raise InputError(f"{store / lost[0]} is not there", cure=f"Delete {folder / day}.ecsv and ask for this day again")
    units = {day: part.meta["unit"] for day, part in parts.items() if "unit" in part.meta}
    if len(found := sorted(set(units.values()))) > 1:
        least = min(found, key=list(units.values()).count)
        days = ", ".join(day for day, unit in units.items() if unit == least)
        cure = (
            f"Ask for {days} again with the steps of the others, or delete their manifests in {folder}, or use another folder"
        )
        raise InputError(f"the year has images in {' and in '.join(found)}", cure=cure, where=store)


class Day:
    """A part of a series while it is written: what it holds already, and what is put into it.

    Parameters
    ----------
    part
        The day.
    store
        Folder of the series.
    kept
        Rows of the images that it holds already and keeps, by place.
    precision
        Of the images.
    """

    def __init__(self, part: Part, store: Path, kept: Mapping[int, dict[str, Any]], precision: str = FLOAT32) -> None:
        self.part, self.store, self.kept, self.precision = part, store, kept, precision
        self.grid = Grid.of(part)
        self._new: dict[int, dict[str, Any]] = {}
        self._headers: list[Header] = []
        self._digests: dict[str, str] = {}

    def fill(self, images: Mapping[int, Frame], read: Callable[[Frame], Image]) -> None:
        """Write the shards that new images belong to, one shard in memory at a time; places of no image are missing."""
        planes, first = self.grid.planes(), self.grid.place(self.part.day, 0) // self.grid.shard
        for number in sorted({place // self.grid.shard for place in self.part.names if place not in self.kept}):
            places = range(number * self.grid.shard, (number + 1) * self.grid.shard)
            values = self.grid.empty()
            if held := [place for place in places if place in self.kept]:
                old = shards.read(self.store, planes, self.grid.shapes(), first + number)
                for name, place in product(values, held):
                    values[name][place - places.start] = old[name][place - places.start]
            for place in (place for place in places if place in images):
                image = read(images[place])
                self.grid.put(values, place - places.start, image, self.precision)
                level1 = provenance.undated(images[place].image)
                taken = f"taken from {image.header['T_REC']}" if "T_ASKED" in image.header else ""
                self._new[place] = manifests.done(place, self.part.names[place], level1, row(image.header), taken)
                self._headers.append(image.header)
            self._digests |= shards.write(self.store, planes, values, first + number)

    def manifest(self, lost: Mapping[str, Any], before: Manifest, made_by: object, tables: Sequence[str]) -> Manifest:
        """Return the manifest: what is kept, what is new, and of the others (``lost``) why, whether they may return, state."""
        rows = {**self.kept, **self._new}
        none: dict[str, Any] = {"t_obs": ""} | {name: missing for name, _, missing, *_ in NUMBERS}
        for place, time in self.part.names.items():
            if place not in rows:
                reason, may_return, state = lost.get(time, ("unknown", True, manifests.FAILED))
                rows[place] = manifests.missing(place, time, reason, may_return=may_return, like=none, state=state)
        meta = (before.meta if self.kept else {}) | self._digests
        meta |= {"made_by": manifests.digest(made_by, tables), "grid": manifests.named(self.part.grid)}
        meta["precision"] = self.precision
        if self._headers:
            meta["unit"] = str(self._headers[0].get("BUNIT", ""))
            meta["calibration"] = manifests.SEPARATOR.join(calibration(self._headers))
        return Manifest(rows, meta)
