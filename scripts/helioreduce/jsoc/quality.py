"""The QUALITY word of AIA level 1: the meaning of its bits, and which of them reject a frame.

Source: SDO User Guide (SDOD0060) §7.7.6 and the level-1 keyword document; bits 5–7 and 22–25 from the level-1 pipeline.
"""

from __future__ import annotations

from collections.abc import Collection

from helioreduce.series import MISSING, signed

BITS = {
    0: "flat field missing",
    1: "orbit data missing",
    2: "attitude (ASD) missing",
    3: "master pointing missing",
    4: "limb fit missing",
    5: "instrument anomaly",
    6: "misconfigured",
    7: "camera anomaly",
    8: "missing pixels",
    9: "more than 1 % of pixels missing",
    10: "more than 5 % of pixels missing",
    11: "more than 25 % of pixels missing",
    12: "spacecraft not in SCIENCE mode",
    13: "eclipse",
    14: "Sun not present",
    15: "safe mode",
    16: "dark image",
    17: "image stabilisation loop open",
    18: "calibration image",
    20: "focus out of range",
    21: "register",
    22: "thermal recovery",
    23: "lunar transit",
    24: "occulted (hard shadow)",
    25: "absorption in the atmosphere",
    30: "near-real-time data",
    31: "no image",
}
#: Bits that make a frame useless for science; near-real-time data (30) are not mixed with final data.
REJECTED = frozenset({12, 13, 14, 15, 16, 17, 18, 20, 31})
NRT = 30


def word(text: str) -> int:
    """Return QUALITY as 32 unsigned bits, from its text (``0x40000000``) or a signed decimal.

    A missing QUALITY means that there is no image.
    """
    return 1 << 31 if text in ("", MISSING) else signed(text) % 2**32


def names(quality: int) -> dict[int, str]:
    """Return the bits that are set, with their meaning."""
    return {bit: BITS.get(bit, "undefined") for bit in range(32) if quality >> bit & 1}


def verdict(text: str, rejected: Collection[int] = REJECTED, *, allow_nrt: bool = False) -> str:
    """Return why a frame is rejected, or an empty string.

    Parameters
    ----------
    text
        QUALITY as text.
    rejected
        Bits that reject.
    allow_nrt
        Whether near-real-time frames may be used.
    """
    bad = set(rejected) | (set() if allow_nrt else {NRT})
    return "; ".join(f"bit {bit}: {name}" for bit, name in names(word(text)).items() if bit in bad)
