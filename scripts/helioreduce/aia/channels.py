"""The ten channels of AIA and their cameras."""

from __future__ import annotations

from helioreduce.errors import InputError

EUV = (94, 131, 171, 193, 211, 304, 335)
UV = (1600, 1700)
VISIBLE = (4500,)
CHANNELS = (*EUV, *UV, *VISIBLE)

#: Camera (telescope) of each channel; CCDs differ in read noise.
CAMERA = {131: 1, 335: 1, 193: 2, 211: 2, 171: 3, 1600: 3, 1700: 3, 4500: 3, 94: 4, 304: 4}

#: Side of a full frame, pixels.
NPIX = 4096


def series(channel: int) -> tuple[str, float]:
    """JSOC's level-1 series of a channel and the length of its slots in s."""
    if channel in EUV:
        return "aia.lev1_euv_12s", 12.0
    return ("aia.lev1_uv_24s", 24.0) if channel in UV else ("aia.lev1_vis_1h", 3600.0)


def known(channel: object) -> int:
    """``channel`` as an integer.

    Raises
    ------
    InputError
        If AIA has no such channel.
    """
    if channel not in CHANNELS:
        raise InputError(f"AIA has no channel {channel!r}", cure=f"Channels, Å: {', '.join(map(str, CHANNELS))}")
    return int(channel)  # type: ignore[call-overload]
