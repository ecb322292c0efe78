"""Pixel lists of a level-2 file: tables of samples that are saturated, lost, masked, or were spikes.

A window names its lists in PIXLISTS (``SATPIXLIST [window];ORIGINAL, LOSTPIXLIST;``). A list has the columns DIMENSION1 …
DIMENSIONn, pixel numbers from 1 along the window's FITS axes, 0 for all, and perhaps PIXTYPE: 0 a pixel, 1 and 2 the two
corners of a box, in successive rows.

Source: SOLARNET metadata recommendations, appendix II and section 5.6.2.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from helioreduce.errors import InputError
from helioreduce.image import Flag

if TYPE_CHECKING:
    from astropy.io.fits import Header

    from helioreduce.io.fits import Table

#: Bit for the samples of each kind of list; approximated samples replace lost telemetry.
MEANINGS = {
    "LOSTPIXLIST": Flag.NO_DATA, "APRXPIXLIST": Flag.NO_DATA, "SATPIXLIST": Flag.SATURATED, "SPIKPIXLIST": Flag.SPIKE,
    "SPIKEPIXLIST": Flag.SPIKE, "MASKPIXLIST": Flag.BAD_PIXEL,
}  # fmt: skip


def bits(header: Header, shape: tuple[int, ...], tables: Iterable[Table]) -> np.ndarray:
    """Return the mask bits (t, λ, y, x) from the lists that a window's header names; lists of other kinds do not count."""
    mask = np.zeros(shape, np.uint8)
    named = str(header.get("PIXLISTS", ""))
    for table in tables:
        kind = MEANINGS.get(table.name.split("[")[0].strip().upper())
        if kind is not None and re.search(rf"{re.escape(table.name)}\s*;", named, re.IGNORECASE):
            try:
                mask[listed(table.columns, shape)] |= np.uint8(kind)
            except InputError as error:
                raise InputError(f"the pixel list {table.name!r} {error.problem}", cure="Fetch the file again") from None
    return mask


def listed(columns: Mapping[str, np.ndarray], shape: tuple[int, ...]) -> np.ndarray:
    """Return the samples of one list as a Boolean array of ``shape``.

    Raises
    ------
    InputError
        If a column is missing, corners do not pair, or a pixel lies outside.
    """
    try:
        rows = np.stack([columns[f"DIMENSION{axis}"] for axis in range(len(shape), 0, -1)], axis=1).astype(np.int64)
    except KeyError as error:
        raise InputError(f"has no column {error}") from None
    kinds = np.asarray(columns.get("PIXTYPE", np.zeros(len(rows))))
    first, last = rows[kinds != 2], rows[kinds != 1]
    if len(first) != len(last):
        raise InputError("has corners without their opposite")
    low, high = np.where(first == 0, 0, first - 1), np.where(last == 0, shape, last)
    if (low < 0).any() or (high > shape).any() or (low >= high).any():
        raise InputError(f"has pixels outside of the window, {shape}")
    samples = np.zeros(shape, bool)
    single = (high - low == 1).all(axis=1)
    samples[tuple(low[single].T)] = True
    for begin, end in zip(low[~single], high[~single], strict=True):
        samples[tuple(slice(*edges) for edges in zip(begin, end, strict=True))] = True
    return samples
