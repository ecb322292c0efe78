"""Features of the Sun: active regions with their loops, bright points, plumes, prominences.

The geometry is the same for all channels and rotates with the Sun; positions are Cartesian in Carrington's frame, in solar
radii, x towards longitude 0, z north.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from helioreduce.constants import RSUN_M
from helioreduce.sun.appearance import Appearance
from helioreduce.sun.ephemeris import ARCSEC, Observer
from helioreduce.sun.scenario import Pointing, Scenario

#: Arcseconds per solar radius at the mean distance: converts widths in arcsec to solar radii.
RADIUS_ARCSEC = 959.63
#: Strands in a bundle of loops, and points along a strand.
_STRANDS, _STEPS = 6, 160


@dataclass(frozen=True)
class Region:
    """An active region: unit vectors to its centre, along its axis and across; half size in solar radii; strength."""

    centre: np.ndarray
    along: np.ndarray
    across: np.ndarray
    size: float
    strength: float

    def leading(self) -> np.ndarray:
        """Return the unit vector to the leading polarity, where the sunspot is."""
        return _unit(self.centre + self.size * self.along)


@dataclass(frozen=True)
class Points:
    """Gaussian points of light: position (n, 3), standard deviation in arcsec (n,), weight (n,), log T (n,)."""

    position: np.ndarray
    sigma: np.ndarray
    weight: np.ndarray
    log_t: np.ndarray


def direction(longitude: ArrayLike, latitude: ArrayLike) -> np.ndarray:
    """Return unit vectors (..., 3) to Carrington coordinates in degrees."""
    lon, lat = np.deg2rad(longitude), np.deg2rad(latitude)
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], -1)


def carrington_matrix(seen_from: Observer) -> np.ndarray:
    """Return the rotation (3, 3) from the observer's frame (x west, y north, z towards the observer) to Carrington's."""
    b, l0 = np.deg2rad(seen_from.latitude), np.deg2rad(seen_from.longitude)
    towards = np.array([np.cos(b) * np.cos(l0), np.cos(b) * np.sin(l0), np.sin(b)])
    west = np.array([-np.sin(l0), np.cos(l0), 0.0])
    return np.stack([west, np.cross(towards, west), towards], 1)


@lru_cache(maxsize=4)
def regions(scenario: Scenario) -> tuple[Region, ...]:
    """Return the active regions: two belts of latitude, tilted by Joy's law."""
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
    """Return the loops of all active regions: short hot ones in the core, long cool ones and open fans around."""
    rng = scenario.rng("loops")
    parts = [_arcade(region, rng) for region in regions(scenario)]
    return Points(*(np.concatenate([part[i] for part in parts]) for i in range(4)))


def _arcade(region: Region, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Return points along the loops of one region, in bundles of strands: position, sigma, weight, log T.

    Loops join the two polarities across the neutral line like the field lines of a dipole: inner ones short and upright,
    outer ones long, leaning outwards. Long loops are cool, and half of the coolest show their feet only, as fans.
    """
    bundles = max(6, int(56 * (region.size / 0.05) ** 0.8))
    bundle = np.repeat(np.arange(bundles), _STRANDS)
    n = bundle.size
    half = region.size * (np.clip(rng.gamma(2.2, 0.36, bundles), 0.12, 1.9)[bundle] * rng.normal(1, 0.04, n))
    aside = region.size * (rng.normal(0, 0.55, bundles)[bundle] + rng.normal(0, 0.045, n))
    shear = region.size * (rng.normal(0, 0.22, bundles)[bundle] + rng.normal(0, 0.02, n))
    height = half * (rng.uniform(0.55, 1.15, bundles)[bundle] * rng.normal(1, 0.04, n))
    log_t = np.clip(6.6 - 0.45 * half / region.size + rng.normal(0, 0.26, bundles)[bundle], 5.75, 6.95)
    fan = (log_t < 6.1) & (rng.random(bundles) < 0.5)[bundle]
    u = np.linspace(0, 1, _STEPS)
    position = _arch(region, half, aside, shear, height, u)
    arc = np.sin(np.pi * u)
    shown = np.where(fan[:, None], np.exp(-((u / 0.25) ** 2)), 0.6 + 0.8 * np.exp(-arc / 0.3))
    bright = region.strength * rng.lognormal(-1.75, 0.7, bundles)[bundle] * rng.uniform(0.3, 1, n)
    wide = rng.uniform(0.7, 1.5, n) * np.where(log_t > 6.3, 1.7, 1.0)
    spacing = np.linalg.norm(np.diff(position, axis=1), axis=2).mean(1) * RADIUS_ARCSEC
    wide = np.maximum(wide, 0.75 * spacing)
    weight = shown * (bright * spacing / (wide * np.sqrt(2 * np.pi)))[:, None]
    keep = weight > 2e-3 * weight.max()
    rows = np.nonzero(keep)[0]
    return position[keep], wide[rows], weight[keep], log_t[rows]


def _arch(
    region: Region, half: np.ndarray, aside: np.ndarray, shear: np.ndarray, height: np.ndarray, u: np.ndarray
) -> np.ndarray:
    """Return arches (n, steps, 3): feet ``half`` to either side of the centre, ``aside`` from the axis; solar radii."""
    sweep, arc = np.cos(np.pi * u), np.sin(np.pi * u)
    along = half[:, None] * sweep
    across = aside[:, None] * (1 + 0.8 * (height / region.size)[:, None] * arc) + shear[:, None] * sweep
    ground = region.centre + along[..., None] * region.along + across[..., None] * region.across
    return _unit(ground) * (1 + height[:, None] * arc)[..., None]


@lru_cache(maxsize=2)
def haze(scenario: Scenario) -> Points:
    """Return the diffuse emission of unresolved loops around each active region."""
    rng = scenario.rng("haze")
    site = np.repeat(np.array(regions(scenario), object), 18)
    n = site.size
    size, strength = (np.array([getattr(region, name) for region in site]) for name in ("size", "strength"))
    axes = np.array([(region.centre, region.along, region.across) for region in site])
    step = np.stack([np.ones(n), *(rng.normal(0, 1.1, (2, n)) * size)], 1)
    position = _unit(np.einsum("ni,nik->nk", step, axes)) * (1 + abs(rng.normal(0, 0.5, n)) * size)[:, None]
    return Points(
        position, rng.uniform(10, 34, n) * size / 0.05, strength * rng.uniform(0.05, 0.15, n), rng.normal(6.3, 0.15, n)
    )


@lru_cache(maxsize=2)
def bright_points(scenario: Scenario) -> Points:
    """Return small bipoles all over the Sun, a few arcsec across."""
    rng = scenario.rng("points")
    n = 700
    latitude = np.rad2deg(np.arcsin(rng.uniform(-1, 1, n)))
    place = direction(rng.uniform(0, 360, n), latitude)
    step = rng.normal(0, 0.0014, (n, 4, 3))
    position = _unit(place[:, None, :] + step).reshape(-1, 3) * 1.003
    weight = np.repeat(rng.exponential(0.22, n), 4) * rng.uniform(0.3, 1, 4 * n)
    return Points(position, rng.uniform(0.9, 2.8, 4 * n), weight, np.repeat(rng.normal(6.05, 0.15, n), 4))


@lru_cache(maxsize=2)
def plumes(scenario: Scenario) -> Points:
    """Return the plumes of the polar caps, brightest at 171 Å."""
    rng = scenario.rng("plumes")
    n, steps = 170, 60
    foot = direction(rng.uniform(0, 360, n), rng.choice([-1, 1], n) * rng.uniform(64, 89, n))
    height = np.linspace(0, 0.2, steps)
    spread = foot * (1, 1, 0)
    position = foot[:, None, :] * (1 + height)[:, None] + spread[:, None, :] * (1.4 * height)[:, None]
    weight = rng.lognormal(-3.9, 0.6, n)[:, None] * np.exp(-height / rng.uniform(0.02, 0.07, n)[:, None])
    sigma = np.broadcast_to(1.6 + 18 * height, (n, steps))
    return Points(position.reshape(-1, 3), sigma.ravel(), weight.ravel(), np.full(n * steps, 5.9))


@lru_cache(maxsize=2)
def prominences(scenario: Scenario) -> Points:
    """Return sheets of cool plasma in the corona: prominences at 304 Å above the limb, dark filaments on the disk."""
    rng = scenario.rng("prominences")
    n, threads, steps = 20, 90, 12
    longitude, latitude = rng.uniform(0, 360, n), rng.choice([-1, 1], n) * rng.uniform(18, 58, n)
    length, slant, bend = rng.uniform(5, 22, n), rng.normal(0, 0.35, n), rng.normal(0, 2.0, n)
    along = rng.uniform(-0.5, 0.5, (n, threads))
    wave = slant[:, None] * length[:, None] * along + bend[:, None] * np.sin(5 * along)
    wave += latitude[:, None] + rng.normal(0, 0.25, along.shape)
    foot = direction(longitude[:, None] + length[:, None] * along, wave)
    top = rng.uniform(0.02, 0.06, n)[:, None] * (1 - 2.5 * along**2) * rng.uniform(0.5, 1, along.shape)
    rise = top[..., None] * np.linspace(0.15, 1, steps)
    position = foot[:, :, None, :] * (1 + rise)[..., None] + rng.normal(0, 0.0007, (n, threads, steps, 3))
    shape = (n, threads, steps)
    tapered = 0.15 * rng.uniform(0.3, 1, along.shape) * (1 - 3.6 * along**2)
    weight = np.broadcast_to(tapered[..., None], shape)
    return Points(position.reshape(-1, 3), rng.uniform(0.9, 2.2, weight.size), weight.ravel(), np.full(weight.size, 5.0))


def flare(scenario: Scenario, seen_from: Observer) -> Points:
    """Return two flare ribbons and their arcade in the region nearest to disk centre; weight 1 is the ribbons' peak."""
    towards = carrington_matrix(seen_from)[:, 2]
    site = max(regions(scenario), key=lambda region: region.centre @ towards)
    u = np.linspace(-1, 1, 40)[:, None]
    ribbons = [site.centre + side * (0.007 + 0.003 * u**2) * site.along + 0.011 * u * site.across for side in (-1, 1)]
    arcade = [1.006 * site.centre + 0.004 * side * site.along + 0.009 * u * site.across for side in (-1, 0, 1)]
    sigma, weight = np.repeat((1.1, 2.0), (80, 120)), np.repeat((1.0, 0.15), (80, 120))
    return Points(np.concatenate([*ribbons, *arcade]), sigma, weight, np.full(200, 7.0))


def project(position: np.ndarray, seen_from: Observer, pointing: Pointing) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return pixel coordinates x, y (n,) of points (n, 3) in Carrington's frame, and whether each lies behind the limb."""
    west, north, towards = (position @ carrington_matrix(seen_from)).T
    distance = seen_from.distance_m / RSUN_M
    x, y = ARCSEC * west / (distance - towards), ARCSEC * north / (distance - towards)
    c, s = np.cos(np.deg2rad(pointing.roll)), np.sin(np.deg2rad(pointing.roll))
    column = pointing.x0 + (c * x + s * y) / pointing.scale
    row = pointing.y0 + (-s * x + c * y) / pointing.scale
    return column, row, towards < 1 / distance


def table(
    points: Points, channel: Appearance, peak: float, seen_from: Observer, pointing: Pointing, by_temperature: bool = True
) -> np.ndarray:
    """Return the visible points as rows (x, y, sigma, peak, behind), in pixels and DN/s, for :func:`surface.add_points`.

    Points narrower than 0.45 pixel are widened to that, with their flux conserved.
    """
    column, row, behind = project(points.position, seen_from, pointing)
    sigma = points.sigma / pointing.scale
    seen = np.maximum(sigma, 0.45)
    weight = points.weight * peak * (sigma / seen) ** 2
    if by_temperature:
        weight = weight * channel.response(points.log_t)
    rows = np.stack([column, row, seen, weight, behind.astype(float)], 1)
    return rows[weight > 1e-5 * max(peak, 1e-30)]


def _unit(vectors: np.ndarray) -> np.ndarray:
    """Return vectors (..., 3) scaled to length 1."""
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def _tangents(centre: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the unit vectors to the west (direction of rotation) and to the north at a point of the sphere."""
    west = _unit(np.cross([0.0, 0.0, 1.0], centre))
    return west, np.cross(centre, west)
