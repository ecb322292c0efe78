"""A cube as a series: coordinates, what varies from frame to frame, and attributes in the words of the CF conventions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from helioreduce import __version__, times
from helioreduce.aia import cards, light_curves
from helioreduce.aia.cube.grid import Grid
from helioreduce.errors import InputError
from helioreduce.image import Flag, Image
from helioreduce.io import provenance
from helioreduce.io.stores import Block, Plane

if TYPE_CHECKING:
    import xarray as xr
    from astropy.io.fits import Header

#: Numbers that are kept for every frame: name in the series, card, unit, meaning.
NUMBERS = (
    ("exptime", "EXPTIME", "s", "exposure time"),
    ("degradation", "DEGFACT", "1", "factor by which the image was divided for the loss of sensitivity"),
    ("variance_kept", "SPLVAR", "1", "part of the variance that interpolation has left"),
    ("sigma_exposure", "EXPSIGMA", "s", "uncertainty of the exposure time, common to all pixels of a frame"),
)


class Member(NamedTuple):
    """One image of a cube: numbers of its slot and channel, its header, and the sum of the correlations of a pixel."""

    slot: int
    channel: int
    header: Header
    correlation: float = float("nan")

    @classmethod
    def of(cls, slot: int, channel: int, header: Header, correlation: light_curves.Correlation) -> Member:
        """Return a member by the correlation of the pixels of its channel."""
        return cls(slot, channel, header, correlation.total(float(header.get("SPLVAR", light_curves.MEAN_KEPT))))


def dataset(grid: Grid, slots: Sequence[datetime], channels: Sequence[int], members: Sequence[Member]) -> xr.Dataset:
    """Return a cube without its planes.

    Parameters
    ----------
    grid
        The grid of all images.
    slots
        Times of the first axis.
    channels
        Å, of the second axis.
    members
        The images that there are.

    Raises
    ------
    InputError
        If there is no image, two share a place, or their units differ.
    """
    import xarray

    _check(members)
    start = min(slots)
    shape = len(slots), len(channels)
    tx, ty = grid.coordinates()
    pair = ("time", "channel")
    seconds = [(slot - start).total_seconds() for slot in slots]  # readers of this calendar know no leap second
    observed, quality = np.full(shape, np.nan), np.full(shape, -(2**31), np.int32)
    numbers = {name: np.full(shape, np.nan) for name in (*(name for name, *_ in NUMBERS), "correlation")}
    for slot, channel, header, correlation in members:
        numbers["correlation"][slot, channel] = correlation
        observed[slot, channel] = (cards.time(header) - start).total_seconds()
        quality[slot, channel] = int(cards.number(header, "QUALITY") or 0)
        for name, key, *_ in NUMBERS:
            numbers[name][slot, channel] = cards.number(header, key) if key in header else np.nan
    unit = f"seconds since {times.iso(start).removesuffix('Z').replace('T', ' ')}"
    coordinates = {
        "time": ("time", seconds, {"units": unit, "calendar": "standard", "long_name": "slot", "standard_name": "time"}),
        "channel": ("channel", np.asarray(channels, np.int32), {"units": "angstrom", "long_name": "channel"}),
        "Tx": ("x", tx, _angle("longitude")),
        "Ty": ("y", ty, _angle("latitude")),
        "t_obs": (pair, observed, {"units": unit, "calendar": "standard", "long_name": "middle of the exposure, T_OBS"}),
        "quality": (pair, quality, {"long_name": "QUALITY of level 1"}),
        "on_disk": (("y", "x"), grid.on_disk().astype(np.uint8), {"long_name": "1 where pixels follow the Sun's rotation"}),
    }
    variables = {name: (pair, numbers[name], {"units": unit_, "long_name": meaning}) for name, _, unit_, meaning in NUMBERS}
    long_name = "sum of the correlations of a pixel: correlation × Σσ² / N² is the variance of the mean of N pixels"
    variables["correlation"] = (pair, numbers["correlation"], {"units": "1", "long_name": long_name})
    return xarray.Dataset({}, coordinates | variables, _attributes(grid, members))


def planes(unit: str) -> dict[str, Plane]:
    """Return the large variables of a cube in a unit."""
    masks = [np.uint8(flag) for flag in Flag]
    flags = {"flag_masks": [int(mask) for mask in masks], "flag_meanings": " ".join(str(flag.name).lower() for flag in Flag)}
    data = {"units": unit, "long_name": "intensity", "ancillary_variables": "sigma mask"}
    sigma = {"units": unit, "long_name": "standard deviation of data; neighbouring pixels are correlated"}
    return {
        "data": Plane("float32", np.nan, data),
        "sigma": Plane("float32", np.nan, sigma),
        "mask": Plane("uint8", int(Flag.NO_DATA), {"long_name": "flags of the pixels", **flags}),
    }


def blocks(images: Iterable[tuple[int, int, Image]], group: int) -> Iterator[Block]:
    """Yield the planes of images, those of ``group`` slots of a channel together.

    Parameters
    ----------
    images
        Slot, channel and image; those of a channel together, in order of slots.
    group
        Slots of a block, which begin at multiples of it.
    """
    held: list[tuple[int, int, Image]] = []
    for entry in images:
        if held and (entry[1], entry[0] // group) != (held[0][1], held[0][0] // group):
            yield _block(held)
            held = []
        held.append(entry)
    if held:
        yield _block(held)


def _block(held: Sequence[tuple[int, int, Image]]) -> Block:
    """Return the block of images of one channel, with nothing where there is none."""
    first, last, channel = held[0][0], held[-1][0] + 1, held[0][1]
    shape = (last - first, 1, *held[0][2].data.shape)
    data, sigma = np.full(shape, np.nan, np.float32), np.full(shape, np.nan, np.float32)
    mask = np.full(shape, np.uint8(Flag.NO_DATA))
    for slot, _, image in held:
        data[slot - first, 0], mask[slot - first, 0] = image.data, image.flags
        if image.sigma is not None:
            sigma[slot - first, 0] = image.sigma
    return (slice(first, last), slice(channel, channel + 1)), {"data": data, "sigma": sigma, "mask": mask}


def _check(members: Sequence[Member]) -> None:
    """Refuse images that make no cube."""
    if not members:
        raise InputError("there is no image for the cube", cure="See results/aia/missing.tsv")
    places = [(member.slot, member.channel) for member in members]
    if len(set(places)) < len(places):
        raise InputError("two images share a channel and time: regions of several places are no cube", cure="Give one region")
    if len(units := {str(member.header.get("BUNIT")) for member in members}) > 1:
        raise InputError(f"the images are in {' and '.join(sorted(units))}", cure="Reduce all of them in the same way")


def _angle(axis: str) -> dict[str, str]:
    return {"units": "arcsec", "long_name": f"helioprojective {axis}, valid at t_ref"}


def _attributes(grid: Grid, members: Sequence[Member]) -> dict[str, Any]:
    """Return what is said of a cube as a whole."""
    header = members[0].header
    references = sorted({step["reference"] for m in members for step in provenance.history(m.header) if step["reference"]})
    steps = [f"{step['step']}: {step['status']}; {step['parameters']}" for step in provenance.history(header)]
    return {
        "Conventions": "CF-1.11",
        "title": "tracked cube of SDO/AIA",
        "source": str(header.get("TELESCOP", "SDO/AIA")),
        "software": f"helioreduce {__version__}",
        "rotation_law": grid.law,
        "t_ref": times.iso(grid.time),
        "history": steps,
        "calibration": references,
        "wcs": world(grid).tostring(sep="\n", padding=False, endcard=False),
        "frames": len(members),
    }


def world(grid: Grid) -> Header:
    """Return the FITS header of the coordinates of a cube's images, seen from its observer at its time."""
    from helioreduce.io import fits

    header = fits.cards(CTYPE1="HPLN-TAN", CTYPE2="HPLT-TAN", CUNIT1="arcsec", CUNIT2="arcsec")
    grid.describe(header)
    header["DATE-OBS"] = times.iso(grid.time).removesuffix("Z")
    header["DSUN_OBS"], header["CRLN_OBS"], header["CRLT_OBS"] = header["TRKDSUN"], header["TRKCRLN"], header["TRKCRLT"]
    header["RSUN_REF"] = 696000000.0
    header.update(TELESCOP="SDO/AIA", INSTRUME="AIA", WAVEUNIT="angstrom")
    return header


def images_of(series: xr.Dataset, channel: int) -> Mapping[str, Any]:
    """Return the planes of one channel of an opened cube, (time, y, x), and the times of its frames.

    Returns
    -------
    dict
        ``data``, ``sigma``, ``mask``; ``t_obs``, s since the first slot; ``start``, that slot.
    """
    one = series.sel(channel=channel)
    start = one["time"].values[0]
    found = {name: one[name].values for name in ("data", "sigma", "mask")}
    return found | {
        "t_obs": (one["t_obs"].values - start) / np.timedelta64(1, "s"),
        "start": str(start)[:23],
        "unit": one["data"].units,
    }


def frames(series: xr.Dataset, channel: int) -> list[Image]:
    """Return the images of one channel of an opened cube, in order of time; one that is missing has the time of its slot."""
    from astropy.io.fits import Header

    one, found = images_of(series, channel), []
    start, slots = times.parse(one["start"]), (series["time"].values - series["time"].values[0]) / np.timedelta64(1, "s")
    for index, seconds in enumerate(np.where(np.isnan(one["t_obs"]), slots, one["t_obs"])):
        header = Header.fromstring(series.attrs["wcs"], sep="\n")
        header.update(WAVELNTH=channel, BUNIT=one["unit"], T_OBS=times.iso(start + timedelta(seconds=float(seconds))))
        found.append(Image(one["data"][index], header, one["sigma"][index], one["mask"][index]))
    return found


def time_axis(one: Mapping[str, Any]) -> dict[str, Any]:
    """Return the cards of the third axis: frames by number, whose times are in the extension TIMES."""
    start = {"DATEREF": (one["start"], "zero of the extension TIMES, UTC"), "TIMESYS": "UTC"}
    return {"CTYPE3": "FRAME", "CRPIX3": 1.0, "CRVAL3": 0.0, "CDELT3": 1.0, **start}
