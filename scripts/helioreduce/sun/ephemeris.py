"""Position of SDO, and the side of the Sun that it sees."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import erfa
import numpy as np

from helioreduce.constants import RSUN_M, SPEED_OF_LIGHT_M_S
from helioreduce.times import tai_seconds

#: JSOC's DSUN_REF, m.
AU_M = 149597870691.0
#: Arcseconds in a radian.
ARCSEC = 180 * 3600 / np.pi
#: Obliquity of the ecliptic at J2000, rad.
_OBLIQUITY = np.deg2rad(84381.406 / 3600)
#: Pole of the Sun; prime meridian at J2000 (less 20.5″ of aberration, as at JSOC) and daily motion, degrees: IAU 2006.
_POLE_RA, _POLE_DEC, _MERIDIAN, _SPIN = np.deg2rad(286.13), np.deg2rad(63.87), 84.10 - 20.5 / 3600, 14.1844
#: Start of Carrington rotation 1 and mean synodic period, days.
_CARRINGTON_JD, _SYNODIC_D = 2398167.277, 27.2753
#: SDO's inclined geosynchronous orbit: radius (m), epoch, and position (ecliptic) at the epoch and one minute later;
#: GAE?_OBS of 2014-01-01T00:00:08.57.
_ORBIT_M, _SIDEREAL_DAY_S = 42164000.0, 86164.0905
_ORBIT_AT = 1167609643.57
_ORBIT_FROM = np.array([41769946.76, -4111104.44, -3965920.80])
_ORBIT_TO = np.array([41769154.91, -4063870.40, -4022620.34])


@dataclass(frozen=True)
class Observer:
    """SDO at one time: positions in m, velocities in m/s, angles in degrees.

    ``gae`` is geocentric and ``hae`` heliocentric, both ecliptic of J2000; ``velocity`` has the components away from the
    Sun, solar west and north; ``longitude`` and ``latitude`` are Carrington's.
    """

    gae: np.ndarray
    hae: np.ndarray
    velocity: np.ndarray
    longitude: float
    latitude: float
    rotation: int

    @property
    def distance_m(self) -> float:
        """DSUN_OBS."""
        return float(np.linalg.norm(self.hae))

    @property
    def rsun_arcsec(self) -> float:
        """RSUN_OBS: angular radius of the Sun."""
        return float(np.arcsin(RSUN_M / self.distance_m) * ARCSEC)


@lru_cache(maxsize=64)
def observer(time: datetime) -> Observer:
    """Return SDO at a UTC time: the Earth from ERFA's series (0.1 arcsec), SDO on a circular orbit about it."""
    jd = _julian_tdb(time)
    heliocentric = erfa.epv00(2451545.0, jd - 2451545.0)[0]
    earth, motion = _ecliptic(heliocentric["p"]) * erfa.DAU, _ecliptic(heliocentric["v"]) * erfa.DAU / 86400
    gae, orbital = _orbit(tai_seconds(time))
    hae, velocity = earth + gae, motion + orbital
    outward = hae / np.linalg.norm(hae)
    pole, node = _solar_axes()
    west = np.cross(pole, outward)
    west /= np.linalg.norm(west)
    light_d = np.linalg.norm(hae) / SPEED_OF_LIGHT_M_S / 86400
    turned = np.rad2deg(np.arctan2(outward @ np.cross(pole, node), outward @ node))
    longitude = (turned - _MERIDIAN - _SPIN * (jd - light_d - 2451545.0)) % 360
    return Observer(
        gae,
        hae,
        np.array([velocity @ outward, velocity @ west, velocity @ np.cross(outward, west)]),
        float(longitude),
        float(np.rad2deg(np.arcsin(pole @ outward))),
        _rotation(jd, longitude),
    )


def _julian_tdb(time: datetime) -> float:
    """Return the Julian date, TDB; TDB − TAI is 32.184 s to a few ms."""
    # JSOC's epoch is 1977-01-01 TAI, JD 2443144.5.
    return 2443144.5 + (tai_seconds(time) + 32.184) / 86400


def _ecliptic(equatorial: np.ndarray) -> np.ndarray:
    """Return an equatorial vector (3,) in the ecliptic frame of J2000."""
    c, s = np.cos(_OBLIQUITY), np.sin(_OBLIQUITY)
    return np.array([[1, 0, 0], [0, c, s], [0, -s, c]]) @ np.asarray(equatorial)


def _solar_axes() -> tuple[np.ndarray, np.ndarray]:
    """Return two ecliptic unit vectors: the Sun's north pole, and the node from which its meridian is counted."""
    c, s = np.cos(_POLE_DEC), np.sin(_POLE_DEC)
    pole = np.array([c * np.cos(_POLE_RA), c * np.sin(_POLE_RA), s])
    node = np.array([-np.sin(_POLE_RA), np.cos(_POLE_RA), 0.0])
    return _ecliptic(pole), _ecliptic(node)


def _orbit(seconds: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the geocentric ecliptic position (m) and velocity (m/s) of SDO at TAI ``seconds``."""
    u = _ORBIT_FROM / np.linalg.norm(_ORBIT_FROM)
    v = _ORBIT_TO - (_ORBIT_TO @ u) * u
    v /= np.linalg.norm(v)
    rate = 2 * np.pi / _SIDEREAL_DAY_S
    phase = rate * (seconds - _ORBIT_AT)
    c, s = np.cos(phase), np.sin(phase)
    return _ORBIT_M * (c * u + s * v), _ORBIT_M * rate * (c * v - s * u)


def _rotation(jd: float, longitude: float) -> int:
    """Return the Carrington rotation number: the mean count, with its fraction taken from the longitude."""
    return 1 + round((jd - _CARRINGTON_JD) / _SYNODIC_D - (360 - longitude) / 360)
