"""Constants of the ten AIA channels as simulated."""

from __future__ import annotations

from dataclasses import dataclass

from helioreduce.errors import InputError
from helioreduce.series import EUV, LEVEL1, SlottedSeries

#: Read noise of cameras 1–4, DN (Boerner et al. 2012, Sol. Phys. 275, 41, table 6).
READ_NOISE_DN = {1: 1.18, 2: 1.20, 3: 1.15, 4: 1.14}
#: Noise of the dark current, DN (same source).
DARK_NOISE_DN = 0.18
#: Counts from which on-board compression matters, and its smallest error, DN (SolarSoft, aia_bp_estimate_error 1.7).
COMPRESSED_FROM_DN, COMPRESSION_FLOOR_DN = 25.0, 0.288819
#: Limits of the 14-bit camera after dark subtraction, and the count above which JSOC calls a pixel saturated, DN.
LOWEST_DN, HIGHEST_DN, SATURATED_DN = -8, 16375, 15000


@dataclass(frozen=True)
class Channel:
    """One channel; times in s, pointing in pixels of 0.6″ counted from 0, angles in degrees.

    ``offset_s`` is T_OBS − T_REC, at most half a slot: an exposure belongs to the nearest one. ``x0``, ``y0`` are the Sun's
    centre, ``scale`` the plate scale in arcsec, ``roll`` the angle of the detector. Times and pointing: JSOC records of
    2011–2020. ``dn_per_photon`` and ``compress`` (shot noise over compression noise): SolarSoft error table V3. ``gain`` in
    electrons per DN, ``area`` in cm²: response table V10.
    """

    name: int
    camera: int
    offset_s: float
    exposure_s: float
    x0: float
    y0: float
    scale: float
    roll: float
    dn_per_photon: float
    compress: float
    gain: float
    area: float

    @property
    def series(self) -> SlottedSeries:
        """DRMS series of the channel's level-1 images."""
        return LEVEL1[self.name]

    @property
    def despiked(self) -> bool:
        """Whether the ground pipeline removes cosmic rays: in the EUV only."""
        return self.name in EUV

    @property
    def wave_str(self) -> str:
        """WAVE_STR: wavelength and filter position."""
        return f"{self.name}_THIN" if self.name in EUV else str(self.name)


_TABLE = (
    Channel(94, 4, 1.57, 2.900825, 2069.81, 2008.08, 0.600109, -0.137610, 1.975, 26.196, 18.3, 0.29808),
    Channel(131, 1, -2.93, 2.901338, 2040.97, 2038.94, 0.600698, -0.138795, 1.473, 18.797, 17.6, 1.22350),
    Channel(171, 3, -0.66, 2.000143, 2055.19, 2046.02, 0.599489, 0.019327, 1.122, 14.400, 17.7, 2.78926),
    Channel(193, 2, -5.16, 2.000040, 2041.03, 2040.50, 0.600714, 0.057789, 0.962, 12.759, 18.3, 1.43232),
    Channel(211, 2, 0.08, 2.900774, 2037.05, 2039.19, 0.600758, 0.056433, 0.880, 11.670, 18.3, 1.30673),
    Channel(304, 4, -4.43, 2.902052, 2068.86, 2007.41, 0.600165, -0.131639, 0.611, 8.100, 18.3, 0.10250),
    Channel(335, 1, 3.07, 2.900820, 2040.19, 2037.62, 0.600737, -0.142443, 0.576, 7.350, 17.6, 0.05684),
    Channel(1600, 3, 3.12, 2.900540, 2051.37, 2044.85, 0.609373, 0.019612, 0.120, 1.539, 17.7, 0.01195),
    Channel(1700, 3, -6.02, 1.000262, 2052.04, 2045.33, 0.612898, 0.019483, 0.113, 0.362, 17.7, 0.03440),
    Channel(4500, 3, 7.71, 0.500191, 2050.58, 2046.71, 0.614000, 0.019550, 0.056, 0.068, 17.7, 1.0),
)
CHANNELS = {channel.name: channel for channel in _TABLE}


def find_channel(name: int) -> Channel:
    """Return the channel called ``name`` (Å).

    Raises
    ------
    InputError
        If AIA has no such channel.
    """
    if name not in CHANNELS:
        raise InputError(f"AIA has no channel {name} Å", cure=f"Choose from {', '.join(map(str, CHANNELS))}")
    return CHANNELS[name]
