"""Level-1 images of the Virtual Solar Observatory, an alternative to JSOC.

VSO's files have the header of the database, need no registered address, and have no spikes. ``sunpy`` searches; the transfer
is our own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from helioreduce import times
from helioreduce.errors import InputError
from helioreduce.jsoc.records import Record, Series
from helioreduce.series import LEVEL1

#: The Solar Data Analysis Center, which serves the files that VSO finds, and its export program for AIA level 1.
ADDRESS = "https://sdo7.nascom.nasa.gov/"
PROGRAM = "/cgi-bin/drms_export.cgi?series=aia__lev1;compress=rice;record={channel}_{tai}-{tai}"
_AIA = Series("aia.lev1", ("T_REC", "WAVELNTH"), {}, ("image",))
Search = Callable[[int, datetime, datetime], Iterable[str]]


def search(channel: int, start: datetime, end: datetime) -> list[str]:
    """Return the names of VSO's files of a channel from ``start`` to ``end``: ``aia__lev1:171:1167609637``.

    Raises
    ------
    InputError
        If sunpy's network part is not installed.
    """
    try:
        import astropy.units as u
        from sunpy.net import attrs as a
        from sunpy.net.vso import VSOClient
    except ImportError as error:
        raise InputError(f"VSO cannot be searched ({error})", cure="Type: pip install 'sunpy[net]'") from None
    wave = a.Wavelength(channel * u.angstrom)
    ends = (time.replace(tzinfo=None) for time in (start, end))
    found = VSOClient().search(a.Time(*ends), a.Instrument("aia"), a.Source("SDO"), wave, response_format="table")
    return [str(name) for name in found["fileid"]]


def frames(channel: int, slots: Iterable[datetime], search: Search = search) -> list[Record]:
    """Return records of the images in the requested slots; slots without an image are left out.

    Parameters
    ----------
    channel
        Å.
    slots
        T_REC of the slots.
    search
        Function that searches VSO.
    """
    step = LEVEL1[channel].slot_s
    requested = {times.slot_number(slot, step): slot for slot in slots}
    if not requested:
        return []
    reach = timedelta(seconds=step)
    names = search(channel, min(requested.values()) - reach, max(requested.values()) + reach)
    matches = (re.fullmatch(r"aia__lev1:(\d+):(\d+)", name) for name in names)
    seconds = sorted({int(match[2]) for match in matches if match and int(match[1]) == channel})
    available = {int(tai // step): tai for tai in seconds}  # a slot holds the middle of its exposure
    return [_record(channel, slot, available[place]) for place, slot in requested.items() if place in available]


def _record(channel: int, slot: datetime, tai: int) -> Record:
    """Return a record without keywords: the file has them."""
    keywords = {"T_REC": times.iso(slot), "WAVELNTH": str(channel), "QUALITY": "0x00000000"}
    path = PROGRAM.format(channel=channel, tai=tai)
    return Record(f"{_AIA.name}[{keywords['T_REC']}][{channel}]", _AIA, tai, keywords, {"image": path})
