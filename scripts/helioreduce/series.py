"""JSOC's data series of AIA level 1, and the conventions of DRMS that all sides of its protocol share."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import NamedTuple


class SlottedSeries(NamedTuple):
    """A slotted series: its name, and the length of its slots in s."""

    name: str
    slot_s: float


class Window(NamedTuple):
    """A part of the detector: first pixel (x, y), from 0, and numbers of pixels."""

    x: int
    y: int
    nx: int
    ny: int


#: Channels in Å, by detector coating and filter; each group is a series of its own.
EUV, UV, VISIBLE = (94, 131, 171, 193, 211, 304, 335), (1600, 1700), (4500,)
CHANNELS = (*EUV, *UV, *VISIBLE)
#: Series of the level-1 images of each channel.
LEVEL1 = {
    **dict.fromkeys(EUV, SlottedSeries("aia.lev1_euv_12s", 12.0)),
    **dict.fromkeys(UV, SlottedSeries("aia.lev1_uv_24s", 24.0)),
    **dict.fromkeys(VISIBLE, SlottedSeries("aia.lev1_vis_1h", 3600.0)),
}

#: Series of single exposures in all channels, whose T_REC is T_OBS to the second; the second one is made near real time.
EXPOSURES = ("aia.lev1", NEAR_REAL_TIME := "aia.lev1_nrt2")

#: Text of a keyword that has no value.
MISSING = "MISSING"
#: Bits of the integer types, and the real types.
BITS = {"char": 8, "short": 16, "int": 32, "longlong": 64}
REALS = ("float", "double")
#: DRMS names that no FITS card can have, and the names in JSOC's exports.
FITS_NAMES = {"DATE__OBS": "DATE-OBS", "T_REC_epoch": "TRECEPOC", "T_REC_step": "TRECSTEP", "T_REC_round": "TRECROUN"}


def signed(text: str, bits: int = 32) -> int:
    """Return a decimal or hexadecimal integer, read in two's complement."""
    number = int(text, 16 if text.lower().startswith("0x") else 10)
    return number - 2**bits if number >= 2 ** (bits - 1) else number


@cache
def level1_keywords() -> tuple[dict[str, str], ...]:
    """Return the keywords of the level-1 series in their order: name, type, scope, unit, print format, link, default, note.

    Names, types, units and defaults are those of JSOC's description of aia.lev1_euv_12s, the formats those of its replies.
    The format of a time is the number of decimals of its seconds.
    """
    with open(Path(__file__).with_name("level1_keywords.csv"), newline="") as file:
        return tuple(csv.DictReader(file))
