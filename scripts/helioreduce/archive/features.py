"""What stands out of the quiet Sun: active regions with their loops, bright points, plumes, prominences.

Geometry is the same for all channels and turns with the Sun; positions are Cartesian in Carrington's frame, solar radii,
x towards longitude 0, z north.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from helioreduce.archive.ephemeris import ARCSEC, RSUN_M, Observer
from helioreduce.archive.looks import Look
from helioreduce.archive.scenario import Pointing, Scenario

#: Arcseconds per solar radius at the mean distance: turns widths given in arcsec into solar radii.
RADIUS_ARCSEC = 959.63


@dataclass(frozen=True)
class Region:
    """An active region: unit vectors to its centre, along its axis and across; half size in solar radii; strength."""

    centre: np.ndarray
    along: np.ndarray
    across: np.ndarray
    size: float
    strength: float

    def leading(self) -> np.ndarray:
        """Unit vector of the leading polarity, where the sunspot is."""
        return _unit(self.centre + self.size * self.along)


@dataclass(frozen=True)
class Points:
    """Gaussian points of light: position (n, 3), standard deviation in arcsec (n,), weight (n,), log T (n,)."""

    position: np.ndarray
    sigma: np.ndarray
    weight: np.ndarray
    log_t: np.ndarray


def direction(longitude: np.ndarray, latitude: np.ndarray) -> np.ndarray:
    """Unit vectors (..., 3) of Carrington coordinates in degrees."""
    lon, lat = np.deg2rad(longitude), np.deg2rad(latitude)
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], -1)


def carrington_matrix(seen_from: Observer) -> np.ndarray:
    """Rotation (3, 3) from the observer's frame (x west, y north, z towards the observer) to Carrington's."""
    b, l0 = np.deg2rad(seen_from.latitude), np.deg2rad(seen_from.longitude)
    towards = np.array([np.cos(b) * np.cos(l0), np.cos(b) * np.sin(l0), np.sin(b)])
    west = np.array([-np.sin(l0), np.cos(l0), 0.0])
    return np.stack([west, np.cross(towards, west), towards], 1)


@lru_cache(maxsize=4)
def regions(scenario: Scenario) -> tuple[Region, ...]:
    """Active regions in two belts of latitude, tilted as Joy's law has it."""
    rng = scenario.rng("regions")
    found = []
    for _ in range(scenario.activity):
        south = rng.random() < 0.5
        latitude = rng.normal(16, 5) * (-1 if south else 1)
        centre = direction(rng.uniform(0, 360), latitude)
        east_west, north = _tangents(centre)
        tilt = np.deg2rad(0.5 * abs(latitude) + rng.normal(0, 8)) * (1 if south else -1)
        along = np.cos(tilt) * east_west + np.sin(tilt) * north
        size = float(np.clip(rng.lognormal(np.log(0.05), 0.4), 0.025, 0.11))
        found.append(Region(centre, along, np.cross(centre, along), size, float(rng.uniform(0.35, 1.0) * (size / 0.06) ** 0.5)))
    return tuple(found)


@lru_cache(maxsize=2)
def loops(scenario: Scenario) -> Points:
    """Loops of all active regions: short hot ones in the core, long cool ones and open fans around."""
    rng = scenario.rng("loops")
    parts = [_arcade(region, rng) for region in regions(scenario)]
    return Points(*(np.concatenate([part[i] for part in parts]) for i in range(4)))


def _arcade(region: Region, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Points along the loops of one region: position, sigma, weight, log T."""
    n, steps = int(180 * (region.size / 0.05) ** 0.8), 160
    spread = rng.exponential(0.35, n) + 0.12
    apart = region.size * np.clip(rng.gamma(2.5, 0.45, n), 0.25, 4)
    side = region.size * 0.9 * spread[:, None] * rng.normal(0, 1, (n, 2)) * (1 + apart[:, None] / region.size) * 0.6
    ends = [
        _unit(region.centre + sign * apart[:, None] * region.along + side[:, k, None] * region.across)
        for k, sign in enumerate((1, -1))
    ]
    u = np.linspace(0, 1, steps)
    length = apart / region.size
    log_t = np.clip(6.62 - 0.22 * length + rng.normal(0, 0.14, n), 5.7, 6.95)
    height = apart * rng.uniform(0.55, 1.25, n)
    lean = rng.normal(0, 0.35, n) * height
    arc = np.sin(np.pi * u)
    ground = _unit(ends[0][:, None, :] * (1 - _ease(u))[:, None] + ends[1][:, None, :] * _ease(u)[:, None])
    position = ground * (1 + height[:, None] * arc)[..., None] + (lean[:, None] * arc)[..., None] * region.across
    cool = log_t < 6.05
    fan = cool & (rng.random(n) < 0.55)
    fade = np.where(fan[:, None], np.exp(-((u / 0.22) ** 2)), 1.0) * (0.55 + 0.9 * np.exp(-arc / 0.25))
    bright = region.strength * rng.lognormal(-1.0, 0.6, n) * np.where(cool, 0.55, 1.0)
    wide = rng.uniform(0.8, 1.7, n) * np.where(log_t > 6.3, 1.6, 1.0)
    travelled = np.linalg.norm(np.diff(position, axis=1), axis=2).mean(1) * RADIUS_ARCSEC
    weight = bright[:, None] * fade * (travelled / (wide * np.sqrt(2 * np.pi)))[:, None]
    shape = (n, steps)
    keep = (weight > 1e-3 * weight.max()).ravel()
    flat = (np.broadcast_to(value[:, None], shape).ravel()[keep] for value in (wide, log_t))
    sigma, temperature = flat
    return position.reshape(-1, 3)[keep], sigma, weight.ravel()[keep], temperature


@lru_cache(maxsize=2)
def haze(scenario: Scenario) -> Points:
    """Diffuse emission around each active region, the unresolved loops."""
    rng = scenario.rng("haze")
    rows = []
    for region in regions(scenario):
        for _ in range(14):
            step = rng.normal(0, 0.9, 2) * region.size
            place = _unit(region.centre + step[0] * region.along + step[1] * region.across)
            rows.append(
                (
                    *place * (1 + abs(rng.normal(0, 0.5)) * region.size),
                    rng.uniform(10, 34) * region.size / 0.05,
                    region.strength * rng.uniform(0.02, 0.07),
                    rng.normal(6.3, 0.15),
                )
            )
    table = np.array(rows).reshape(-1, 6)
    return Points(table[:, :3], table[:, 3], table[:, 4], table[:, 5])


@lru_cache(maxsize=2)
def bright_points(scenario: Scenario) -> Points:
    """Small bipoles all over the Sun, a few arcsec across."""
    rng = scenario.rng("points")
    n = 700
    latitude = np.rad2deg(np.arcsin(rng.uniform(-1, 1, n)))
    place = direction(rng.uniform(0, 360, n), latitude)
    step = rng.normal(0, 0.0025, (n, 3, 3))
    position = _unit(place[:, None, :] + step).reshape(-1, 3) * 1.003
    weight = np.repeat(rng.exponential(0.3, n), 3) * rng.uniform(0.3, 1, 3 * n)
    return Points(position, rng.uniform(0.9, 2.8, 3 * n), weight, np.repeat(rng.normal(6.05, 0.15, n), 3))


@lru_cache(maxsize=2)
def plumes(scenario: Scenario) -> Points:
    """Rays that rise from the polar caps, seen best in 171 Å."""
    rng = scenario.rng("plumes")
    n, steps = 90, 60
    foot = direction(rng.uniform(0, 360, n), rng.choice([-1, 1], n) * rng.uniform(66, 88, n))
    height = np.linspace(0, 0.22, steps)
    spread = foot * (1, 1, 0)
    position = (foot[:, None, :] + spread[:, None, :] * (1.4 * height**1.0)[:, None]) + foot[:, None, :] * height[:, None]
    weight = rng.uniform(0.01, 0.06, n)[:, None] * np.exp(-height / 0.06) * np.ones((n, 1))
    sigma = np.broadcast_to(2.0 + 20 * height, (n, steps))
    return Points(position.reshape(-1, 3), sigma.ravel(), weight.ravel(), np.full(n * steps, 5.9))


@lru_cache(maxsize=2)
def prominences(scenario: Scenario) -> Points:
    """Cool plasma hanging above the limb: curtains of threads."""
    rng = scenario.rng("prominences")
    rows = []
    for _ in range(16):
        longitude, latitude = rng.uniform(0, 360), rng.choice([-1, 1]) * rng.uniform(20, 60)
        length, top = rng.uniform(4, 14), rng.uniform(0.02, 0.07)
        for _ in range(60):
            along, base = rng.uniform(-0.5, 0.5), rng.uniform(0, 0.35)
            foot = direction(longitude + length * along, latitude + 3 * along + rng.normal(0, 0.3))
            reach = top * (1 - 2.5 * along**2) * rng.uniform(0.5, 1)
            for h in np.linspace(base, 1, 14):
                sway = rng.normal(0, 0.0006, 3)
                rows.append((*(foot * (1 + h * reach) + sway), rng.uniform(0.9, 2.2), 0.12 * rng.uniform(0.4, 1)))
    table = np.array(rows)
    return Points(table[:, :3], table[:, 3], table[:, 4], np.full(len(table), 5.0))


def project(position: np.ndarray, seen_from: Observer, pointing: Pointing) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pixel coordinates x, y (n,) of points (n, 3) in Carrington's frame, and whether each is beyond the plane of the limb."""
    west, north, towards = (position @ carrington_matrix(seen_from)).T
    distance = seen_from.distance_m / RSUN_M
    x, y = ARCSEC * west / (distance - towards), ARCSEC * north / (distance - towards)
    c, s = np.cos(np.deg2rad(pointing.roll)), np.sin(np.deg2rad(pointing.roll))
    column = pointing.x0 + (c * x + s * y) / pointing.scale
    row = pointing.y0 + (-s * x + c * y) / pointing.scale
    return column, row, towards < 1 / distance


def table(
    points: Points, look: Look, peak: float, seen_from: Observer, pointing: Pointing, by_temperature: bool = True
) -> np.ndarray:
    """Rows (x, y, sigma, peak, behind) for the kernel, in pixels and DN/s; light that the channel does not see is left out.

    Points narrower than 0.45 pixel are widened to that with their flux kept, as a pixel does.
    """
    column, row, behind = project(points.position, seen_from, pointing)
    sigma = points.sigma / pointing.scale
    seen = np.maximum(sigma, 0.45)
    weight = points.weight * peak * (sigma / seen) ** 2
    if by_temperature:
        weight = weight * look.response(points.log_t)
    rows = np.stack([column, row, seen, weight, behind.astype(float)], 1)
    return rows[weight > 1e-5 * max(peak, 1e-30)]


def _ease(u: np.ndarray) -> np.ndarray:
    """Position along the ground of a loop's point: slow near the feet, so that loops stand upright there."""
    return (1 - np.cos(np.pi * u)) / 2


def _unit(vectors: np.ndarray) -> np.ndarray:
    """Vectors (..., 3) scaled to length 1."""
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def _tangents(centre: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors to the west (direction of rotation) and to the north at a point of the sphere."""
    west = _unit(np.cross([0.0, 0.0, 1.0], centre))
    return west, np.cross(centre, west)
