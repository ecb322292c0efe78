"""Respike: put back the pixels that the ground pipeline's despiker replaced."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from helioreduce import interop
from helioreduce.aia import cards, steps
from helioreduce.aia.channels import NPIX
from helioreduce.aia.level1 import SATURATION_DN, is_full_frame, origin
from helioreduce.errors import InputError
from helioreduce.image import Changes, Flag, Image
from helioreduce.io import provenance
from helioreduce.numerics import backend


def respike(image: Image, spikes: np.ndarray) -> Image:
    """Return level-0.5 counts: each despiked pixel gets its value from before despiking and the bit SPIKE.

    Parameters
    ----------
    image
        Level-1 full frame or cut-out, DN.
    spikes
        Array (3, N) of the same record: index ``y * 4096 + x`` on the detector, value before despiking, value after, DN.
        N = 0 is a frame without spikes.

    Raises
    ------
    AlreadyDone
        If the image is respiked.
    InputError
        If a later step has been applied, or the list belongs to another image: its length differs from NSPIKES, or the
        replaced values from the pixels.

    Notes
    -----
    Young et al. (2021, Solar Physics 296, 181): part of what the despiker removes is solar.
    """
    steps.refuse_late(image, "respike")
    check(spikes)
    number = cards.number(image.header, "NSPIKES")
    if is_full_frame(image) and number is not None and spikes.shape[1] != number:
        raise _foreign(f"it holds {spikes.shape[1]} spikes, NSPIKES = {number:g}")
    x, y, inside = positions(image, spikes)
    x, y = x[inside], y[inside]
    before, after = spikes[1, inside], spikes[2, inside]
    changes = Changes(y, x, (before - after).astype(np.float32))
    move = backend.module_of(image.data).asarray
    at = move(y), move(x)
    _check_replaced(backend.to_host(image.data[at]), after)
    data, flags = image.data.copy(), image.flags.copy()
    data[at] = move(before, np.float32)
    flags[at] |= np.uint8(Flag.SPIKE)
    flags[at] |= move((before > SATURATION_DN) * np.uint8(Flag.SATURATED))
    new = image.with_(data=data, flags=flags, changes=changes)
    new.header["LVL_NUM"], new.header["NSPIKES"] = 0.5, 0
    cards.remove_statistics(new.header)
    provenance.record(new.header, "respike", {"spikes": x.size})
    return new


def from_list(image: Image, spikes: tuple[np.ndarray, Mapping[str, object]]) -> Image:
    """Respike by a list and its header; SKIPPED where the archive holds no list of a frame that had spikes."""
    values, header = spikes
    count = cards.number(image.header, "NSPIKES")
    is_missing = "REASON" in header if count is None else count > 0
    if values.shape[1] == 0 and is_missing:
        reason = header.get("REASON", "the archive holds no spikes of this frame")
        return provenance.skip(image, {"respike": str(reason)})
    return respike(image, values)


def check(spikes: np.ndarray) -> None:
    """Refuse what is no list of spikes.

    Raises
    ------
    InputError
        Not (3, N), or indices that are not on the detector.
    """
    cure = "Give the `spikes` segment of the frame's record: index, value before, value after"
    if not isinstance(spikes, np.ndarray) or spikes.dtype.kind not in "iuf":
        raise InputError(f"a list of spikes is an array of numbers, not {type(spikes).__name__}", cure=cure)
    if spikes.ndim != 2 or spikes.shape[0] != 3:
        raise InputError(f"a list of spikes has the shape (3, N), not {spikes.shape}", cure=cure)
    if spikes.shape[1] and not (spikes[0].min() >= 0 and spikes[0].max() < NPIX * NPIX):
        raise InputError(f"spikes at {spikes[0].min():g} to {spikes[0].max():g} are not on the detector", cure=cure)


def positions(image: Image, spikes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return pixel columns x and rows y in ``image`` (from 0), and which of them lie inside it; arrays (N,)."""
    check(spikes)
    left, bottom = origin(image)
    y, x = np.divmod(spikes[0].astype(np.int64), NPIX)
    x, y = x - left, y - bottom
    rows, columns = image.data.shape
    return x, y, (x >= 0) & (x < columns) & (y >= 0) & (y < rows)


def coordinates(image: Image, spikes: np.ndarray) -> np.ndarray:
    """Return helioprojective longitude and latitude of the spikes: array (2, N), arcsec, by the image's WCS."""
    x, y, _ = positions(image, spikes)
    if x.size == 0:
        return np.empty((2, 0))
    world = np.array(interop.wcs(image.header).wcs_pix2world(x, y, 0)) * 3600.0
    world[0] = (world[0] + 648000.0) % 1296000.0 - 648000.0
    return world


def _check_replaced(pixels: np.ndarray, after: np.ndarray) -> None:
    """Refuse a list of another image: the despiker's replacements must be what the image holds."""
    known = np.isfinite(pixels)
    wrong = np.count_nonzero(np.abs(pixels[known] - after[known]) > 0.5)
    if wrong:
        raise _foreign(f"{wrong} of its {after.size} replaced values differ from the image's pixels")


def _foreign(reason: str) -> InputError:
    return InputError(f"the spikes belong to another image: {reason}", cure="Take both segments of one JSOC record")
