"""The ten channels of AIA and their cameras."""

from __future__ import annotations

from helioreduce.errors import InputError
from helioreduce.series import CHANNELS, EUV, UV, VISIBLE

__all__ = ["CAMERA", "CHANNELS", "EUV", "NPIX", "SCALE_ARCSEC", "THIN", "UV", "VISIBLE", "known"]

#: Camera (telescope) of each channel; CCDs differ in read noise.
CAMERA = {131: 1, 335: 1, 193: 2, 211: 2, 171: 3, 1600: 3, 1700: 3, 4500: 3, 94: 4, 304: 4}

#: Scale of the detector's pixels, arcsec: of the EUV channels within 0.13 %.
SCALE_ARCSEC = dict.fromkeys(EUV, 0.6) | {1600: 0.6094, 1700: 0.6129, 4500: 0.614}

#: Channels with a DEM: 304 Å is optically thick (He II).
THIN = (94, 131, 171, 193, 211, 335)

#: Side of a full frame, pixels.
NPIX = 4096


def known(channel: object) -> int:
    """Return ``channel`` as an integer.

    Raises
    ------
    InputError
        If AIA has no such channel.
    """
    if channel not in CHANNELS:
        raise InputError(f"AIA has no channel {channel!r}", cure=f"Channels, Å: {', '.join(map(str, CHANNELS))}")
    return int(channel)
