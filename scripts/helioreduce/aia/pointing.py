"""Pointing: Sun centre, scale and roll of level 1 from the master pointing table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from helioreduce import times
from helioreduce.aia import cards, tables, wcs
from helioreduce.aia.level1 import origin
from helioreduce.errors import InputError
from helioreduce.image import Image

if TYPE_CHECKING:
    from astropy.io.fits import Header

#: A row of the master pointing table: text or numbers by column.
Row = Mapping[str, Any]
#: Part by which the size of a pixel may differ from that of the table.
_SCALE_TOLERANCE = 0.05


def select(rows: Sequence[Row], time: datetime) -> Row:
    """Return the row with T_START ≤ time < T_STOP; of several, the one that starts last.

    Raises
    ------
    InputError
        If no row covers the time, or it is another table.
    """
    tables.check(rows, "pointing")
    covering = [r for r in rows if times.parse(str(r["T_START"])) <= time < times.parse(str(r["T_STOP"]))]
    if not covering:
        raise InputError(f"no row of the pointing table covers {times.iso(time)}", cure="Give a pointing table for that day")
    return max(covering, key=lambda r: times.parse(str(r["T_START"])))


def update(image: Image, row: Row | None) -> tuple[Image, dict[str, object]]:
    """Return the image with its pointing keywords set from a row of ``aia.master_pointing3h``; no pixel changes.

    CRPIX = X0 + 1 (less the cut-out's origin), CRVAL = 0, CDELT = IMSCALE, CROTA2 = INSTROT + SAT_ROT: set absolutely, so that
    earlier errors do not survive. Entries that are missing or NaN, and ``row=None``, leave the header's own value.

    Returns
    -------
    tuple
        The new image, and its parameters for the record: the row's T_START and the entries that came from the header.

    Raises
    ------
    InputError
        If the row is none of the master pointing table, or of pixels of another size.
    """
    new = image.with_()
    header = new.header
    wcs.normalise(header)
    if row is not None and not any(key.startswith("A_") for key in row):
        raise InputError("the row has no column A_…: it is none of the master pointing table", cure="Give pointing.select(…)")
    entry = {} if row is None else entries(row, cards.channel(header))
    _check_scale(header, entry)
    left_bottom = (0, 0)
    if {"X0", "Y0"} & entry.keys():
        left_bottom = origin(image)
        wcs.refer_to_centre(header)
    for axis, key in ((1, "X0"), (2, "Y0")):
        if key in entry:
            header[f"{key}_MP"] = entry[key]
            header[f"CRPIX{axis}"] = entry[key] + 1 - left_bottom[axis - 1]
        if "IMSCALE" in entry:
            header[f"CDELT{axis}"] = entry["IMSCALE"]
    if "IMSCALE" in entry:
        header["IMSCL_MP"] = entry["IMSCALE"]
        if radius_arcsec := cards.number(header, "RSUN_OBS"):
            header["R_SUN"] = radius_arcsec / entry["IMSCALE"]
    if "INSTROT" in entry:
        header["CROTA2"] = entry["INSTROT"] + _satellite_roll(header)
        header["INST_ROT"] = entry["INSTROT"]
        for key in ("PC1_1", "PC1_2", "PC2_1", "PC2_2"):
            header.remove(key, ignore_missing=True)
    kept = [key for key in ("X0", "Y0", "IMSCALE", "INSTROT") if key not in entry]
    parameters: dict[str, object] = {"pointing": "header" if row is None else row["T_START"]}
    if row is not None and kept:
        parameters["from_header"] = "+".join(kept)
    return new, parameters


def _check_scale(header: Header, entry: Mapping[str, float]) -> None:
    """Refuse a table for pixels of another size: those of a telescope change by less than 1 % over the mission."""
    scale, listed = cards.number(header, "CDELT1"), entry.get("IMSCALE")
    if scale and listed and abs(listed / scale - 1) > _SCALE_TOLERANCE:
        problem = f"the pixels of the image have {scale:g}″ (CDELT1), those of the pointing table {listed:g}″"
        raise InputError(problem, cure="Give the pointing table that belongs to the image")


def entries(row: Row, channel: int) -> dict[str, float]:
    """Return the channel's X0, Y0 (pixel), IMSCALE (arcsec per pixel) and INSTROT (deg) in a row, as far as they are known."""
    found = {}
    for key in ("X0", "Y0", "IMSCALE", "INSTROT"):
        try:
            value = float(row.get(f"A_{channel:03d}_{key}", math.nan))
        except (TypeError, ValueError):
            continue  # "MISSING", masked
        if math.isfinite(value) and value > -1e6:
            found[key] = value
    return found


def _satellite_roll(header: Header) -> float:
    """Return SAT_ROT (degrees); where it is missing, what the header's CROTA2 implies, else 0."""
    satellite, total, mounted = (cards.number(header, key) for key in ("SAT_ROT", "CROTA2", "INST_ROT"))
    if satellite is not None:
        return satellite
    return total - mounted if total is not None and mounted is not None else 0.0
