"""Six channels at one time on one grid, with their errors: what a DEM is made from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from astropy.io.fits import Header

from helioreduce.aia import cards
from helioreduce.aia.binning import means
from helioreduce.aia.dem.inversion import CHANNELS
from helioreduce.errors import InputError
from helioreduce.image import Flag, Image
from helioreduce.io.provenance import COMPLETE, card, record

#: Cards that are taken over from the first channel.
_KEPT = (
    "TELESCOP", "INSTRUME", "ORIGIN", "DATE-OBS", "T_OBS", "T_REC", "CTYPE1", "CTYPE2", "CUNIT1", "CUNIT2", "CRVAL1", "CRVAL2",
    "CDELT1", "CDELT2", "CRPIX1", "CRPIX2", "CROTA2", "R_SUN", "RSUN_OBS", "RSUN_REF", "DSUN_OBS", "DSUN_REF", "HGLN_OBS",
    "HGLT_OBS", "CRLN_OBS", "CRLT_OBS", "CAR_ROT", "LVL_NUM", "SIMULATE",
    "TRKLAW", "TRKTIME", "TRKDSUN", "TRKCRLN", "TRKCRLT",
)  # fmt: skip
#: Which column of a temperature response belongs to data that have been corrected for degradation, and to others.
RESPONSES = {True: "at_launch", False: "at_date"}
#: Part of a pixel that may lie between two channels, px: more is no common grid.
_LARGEST_SHIFT = 0.5 + 1e-6


class Set(NamedTuple):
    """Counts and σ (channels, ny, nx), DN/s, float32, and their header; σ is infinite where a value is a lower limit."""

    data: np.ndarray
    sigma: np.ndarray
    header: Header


class Window(NamedTuple):
    """The pixels that all channels have: rows and columns of each."""

    slices: list[tuple[slice, slice]]
    shift_px: float


def join(images: Iterable[Image], headers: Sequence[Header], bin_px: int = 1) -> Set:
    """Return the channels as one set.

    Pixels that the mask leaves out are NaN; saturated ones keep their value with an infinite σ. A pixel of a binned set is the
    mean of the good ones among its pixels, if these are at least half of them, with the error of independent pixels.

    Parameters
    ----------
    images
        Finished images in DN/s, in any order; one after another, so that only one need be in memory.
    headers
        Their headers, in the same order.
    bin_px
        Pixels a side that become one.

    Raises
    ------
    InputError
        Not one image of each of the six channels; other units than DN/s; no error plane; some corrected for degradation, some
        not; different scales, or no pixels in common.
    """
    if bin_px != int(bin_px) or bin_px < 1:
        raise InputError(f"bin_px is {bin_px!r}", cure="Give a whole number of pixels, 1 or more")
    channels = [cards.channel(header) for header in headers]
    _check(channels, headers)
    found = window(headers)
    order = [CHANNELS.index(channel) for channel in channels]
    shape = [len(range(*part.indices(part.stop))) // bin_px for part in found.slices[0]]
    if min(shape) < 1:
        raise InputError(f"the images have no {bin_px} × {bin_px} pixels in common", cure="Set aia.dem.bin to a smaller number")
    data, sigma = (np.empty((len(CHANNELS), *shape), np.float32) for _ in range(2))
    for place, image, part in zip(order, images, found.slices, strict=True):
        if image.sigma is None:
            raise InputError(f"{CHANNELS[place]} Å has no error plane", cure="Give products of this package")
        data[place], sigma[place] = binned(*_planes(image, part), bin_px)
    return Set(data, sigma, _header(headers, channels, found, bin_px))


def window(headers: Sequence[Mapping[str, object]]) -> Window:
    """Return the pixels that images on one grid have in common.

    Raises
    ------
    InputError
        If scale, roll or reference differ, or there is no common pixel.
    """
    for key in ("CDELT1", "CDELT2", "CROTA2", "CRVAL1", "CRVAL2"):
        values = [cards.number(header, key) or 0.0 for header in headers]
        if np.ptp(values) > 1e-6:
            raise InputError(f"{key} differs between the channels", cure="Give images at level 1.5, on one grid")
    parts: list[list[slice]] = [[] for _ in headers]
    shift = 0.0
    for axis in ("2", "1"):  # y, x
        exact = [-(cards.required(header, f"CRPIX{axis}") - 0.5) for header in headers]
        starts = [round(value) for value in exact]
        shift = max(shift, *(abs(value - start - exact[0] + starts[0]) for value, start in zip(exact, starts, strict=True)))
        low = max(starts)
        high = min(start + int(cards.required(header, f"NAXIS{axis}")) for start, header in zip(starts, headers, strict=True))
        if high <= low:
            raise InputError("the channels have no pixel in common", cure="Give images of one region")
        for part, start in zip(parts, starts, strict=True):
            part.append(slice(low - start, high - start))
    return Window([(y, x) for y, x in parts], shift)


def binned(data: np.ndarray, sigma: np.ndarray, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Return means of ``side`` × ``side`` pixels and their σ, float32; rows and columns that fill no bin are left out.

    The mean of N good pixels has σ² = Σ σ²/N². One that is a lower limit makes the bin one. With fewer than half of the pixels
    it is NaN.
    """
    if side == 1:
        return data.astype(np.float32), sigma.astype(np.float32)
    ny, nx = (length // side for length in data.shape)
    unweighted = np.where(sigma > 0, data, np.nan)
    mean, error, *_ = means(Image(unweighted, Header(), sigma, np.zeros(data.shape, np.uint8)), side, (0, 0), (ny, nx))
    return mean, error


def corrected(headers: Sequence[Mapping[str, object]]) -> bool:
    """Return whether images have been corrected for degradation.

    Raises
    ------
    InputError
        If some have been and some not.
    """
    corrected = {header.get(card("degradation")) == COMPLETE for header in headers}
    if len(corrected) > 1:
        raise InputError(
            "some channels are corrected for degradation, some are not", cure="Reduce all with one aia.steps.degradation"
        )
    return corrected.pop()


def check_times(headers: Sequence[Header], tolerance_s: float) -> None:
    """Refuse images that are not of one time.

    Raises
    ------
    InputError
        If their exposures span the tolerance or more, s.
    """
    times = [cards.time(header) for header in headers]
    if times and (span := (max(times) - min(times)).total_seconds()) >= tolerance_s:
        raise InputError(f"the exposures span {span:.0f} s", cure="Give images of one time, or a larger tolerance_s")


def _check(channels: Sequence[int], headers: Sequence[Header]) -> None:
    """Refuse images that are no set."""
    if sorted(channels) != sorted(CHANNELS):
        given = ", ".join(map(str, sorted(channels)))
        raise InputError(f"the channels are {given} Å", cure=f"Give one image each of {', '.join(map(str, CHANNELS))} Å")
    for channel, header in zip(channels, headers, strict=True):
        if str(header.get("BUNIT", "")).replace(" ", "") not in ("DN/s", "DNs-1"):
            raise InputError(
                f"{channel} Å is in {header.get('BUNIT')}", cure="Give images in DN/s: set aia.steps.exposure to true"
            )


def _planes(image: Image, part: tuple[slice, slice]) -> tuple[np.ndarray, np.ndarray]:
    """Return counts, NaN where the mask leaves them out, and σ, infinite where they are saturated."""
    saturated = image.flagged(Flag.SATURATED)[part]
    hidden = image.mask[part] & ~saturated
    assert image.sigma is not None
    return np.where(hidden, np.nan, image.data[part]), np.where(saturated, np.inf, image.sigma[part])


def _header(headers: Sequence[Header], channels: Sequence[int], found: Window, side: int) -> Header:
    """Return the header of a set: the grid, the times and numbers of every frame, and the response that belongs to it."""
    first = headers[0]
    header = Header([card for key in _KEPT if key in first for card in [first.cards[key]]])
    header["BUNIT"] = ("DN/s", "unit of the counts")
    for axis, part in (("1", found.slices[0][1]), ("2", found.slices[0][0])):
        header[f"CRPIX{axis}"] = (float(first[f"CRPIX{axis}"]) - part.start - 0.5) / side + 0.5
        header[f"CDELT{axis}"] = float(first[f"CDELT{axis}"]) * side
    if radius_px := cards.number(first, "R_SUN"):
        header["R_SUN"] = radius_px / side
    times = [cards.time(own) for own in headers]
    header["DEMRESP"] = (RESPONSES[corrected(headers)], "response that belongs to the data")
    header["DEMBIN"] = (side, "[pix] pixels a side that became one")
    header["DEMSPAN"] = ((max(times) - min(times)).total_seconds(), "[s] between the first and the last channel")
    header["DEMSHIFT"] = (round(found.shift_px, 3), "[pix] largest offset between channels that is left")
    header["WCSAXES"] = 2
    for channel, own in sorted(zip(channels, headers, strict=True), key=lambda pair: pair[0]):
        for key, name, comment in (
            ("T_OBS", "TOBS", "time"),
            ("FSN", "FSN", "frame number"),
            ("EXPUSED", "EXP", "[s] exposure"),
        ):
            if cards.value(own, key) is not None:
                header[f"{name}{channel}"] = (own[key], f"{comment} of {channel} A")
    settings = {"bin": side, "channels": " ".join(map(str, CHANNELS)), "spread_s": header["DEMSPAN"]}
    record(header, "dem_set", settings)
    return header
