"""The scene: brightness of the Sun in DN/s at launch, in helioprojective coordinates, without a telescope."""

from __future__ import annotations

import math

import numba
import numpy as np

from helioreduce.constants import RSUN_M
from helioreduce.sun import features
from helioreduce.sun.appearance import APPEARANCES, Appearance
from helioreduce.sun.ephemeris import ARCSEC, Observer
from helioreduce.sun.scenario import Pointing, Scenario
from helioreduce.sun.surface import add_points, fractal, lanes, noise, soft_step, thin_path

#: Frequency of the network: inverse size of a supergranule (30 Mm), per solar radius.
_NETWORK = 20.0


def scene(
    scenario: Scenario, channel: int, seen_from: Observer, pointing: Pointing, npix: int, flare: bool = False
) -> np.ndarray:
    """Return the brightness of the Sun on a pixel grid.

    Parameters
    ----------
    scenario
        Seed, activity, targets.
    channel
        Å.
    seen_from
        Position of the observer.
    pointing
        The grid: Sun centre (pixels from 0), scale (arcsec), roll (degrees).
    npix
        Rows and columns.
    flare
        Whether to add a flare, hundreds of times brighter than the quiet Sun.

    Returns
    -------
    ndarray
        DN/s (npix, npix) float32 at launch: no degradation, no blur, no noise.
    """
    look = APPEARANCES[channel]
    peak = max(180 * look.quiet, 8_000) if flare else 0.0
    return paint(look, scenario, seen_from, pointing, npix, peak, by_temperature=channel != 304)


def paint(
    look: Appearance,
    scenario: Scenario,
    seen_from: Observer,
    pointing: Pointing,
    npix: int,
    flare: float = 0.0,
    *,
    by_temperature: bool = True,
) -> np.ndarray:
    """Return a Sun of one appearance (npix, npix) float32, in the unit of its ``quiet``; for the rest see :func:`scene`.

    ``flare``: peak of a flare, 0 for none. ``by_temperature``: whether bright points shine by their temperatures; otherwise
    all do.
    """
    image = np.empty((npix, npix), np.float32)
    turn = features.carrington_matrix(seen_from)
    near = [region for region in features.regions(scenario) if region.centre @ turn[:, 2] > -0.4]
    spots = np.array([[*region.leading(), *region.centre, region.size, region.strength] for region in near])
    seed = int(scenario.rng("surface").integers(2**31))
    _disk(
        image,
        look.surface(),
        spots.reshape(-1, 8),
        turn,
        seen_from.distance_m / RSUN_M,
        np.array([pointing.x0, pointing.y0, pointing.scale / ARCSEC, math.radians(pointing.roll)]),
        seed,
    )
    centre = pointing.x0, pointing.y0, seen_from.rsun_arcsec / pointing.scale
    if look.filament > 0:
        depth = np.zeros_like(image)
        add_points(depth, _filaments(scenario, look, seen_from, pointing), *centre)
        image *= np.exp(-depth)
    for points in _point_sources(scenario, look, seen_from, pointing, by_temperature):
        add_points(image, points, *centre)
    if flare > 0:
        ribbons = features.table(features.flare(scenario, seen_from), look, flare, seen_from, pointing, by_temperature=False)
        add_points(image, ribbons, *centre)
    if scenario.targets:
        _add_targets(image, pointing, look.quiet)
    return image


def _point_sources(
    scenario: Scenario, look: Appearance, seen_from: Observer, pointing: Pointing, by_temperature: bool
) -> list[np.ndarray]:
    """Return the tables of point sources that are visible."""
    sheets = features.table(features.prominences(scenario), look, look.cool, seen_from, pointing, by_temperature=False)
    kinds = [
        (features.haze(scenario), look.loops, True),
        (features.loops(scenario), look.loops, True),
        (features.plumes(scenario), look.loops, True),
        (features.bright_points(scenario), look.points, by_temperature),
    ]
    tables = [features.table(points, look, peak, seen_from, pointing, by_t) for points, peak, by_t in kinds if peak > 0]
    return [*tables, sheets[~_on_disk(sheets, seen_from, pointing)]]


def _filaments(scenario: Scenario, look: Appearance, seen_from: Observer, pointing: Pointing) -> np.ndarray:
    """Return the table of optical depths of the prominences in front of the disk."""
    sheets = features.table(features.prominences(scenario), look, look.filament, seen_from, pointing, by_temperature=False)
    sheets[:, 2] *= 2.4  # threads blend into a ribbon
    return sheets[_on_disk(sheets, seen_from, pointing) & (sheets[:, 4] == 0)]


def _on_disk(points: np.ndarray, seen_from: Observer, pointing: Pointing) -> np.ndarray:
    """Return whether each row of a table lies inside the limb."""
    radius = np.hypot(points[:, 0] - pointing.x0, points[:, 1] - pointing.y0)
    return radius < seen_from.rsun_arcsec / pointing.scale


def _add_targets(image: np.ndarray, pointing: Pointing, quiet: float) -> None:
    """Add bright points of 0.6″ and dark squares of 12″, in place: 3 × 3 of each on the eastern half of the disk."""
    half = max(2, round(6 / pointing.scale))
    for i in range(3):
        for j in range(3):
            x = int(pointing.x0 + (-600 + 200 * i) / pointing.scale)
            y = int(pointing.y0 + (-240 + 240 * j) / pointing.scale)
            image[y, x] += 60 * quiet
            y += round(100 / pointing.scale)
            image[y - half : y + half, x - half : x + half] = 0.01 * quiet


@numba.njit(cache=True, parallel=True)
def _disk(
    image: np.ndarray, look: np.ndarray, spots: np.ndarray, turn: np.ndarray, distance: float, grid: np.ndarray, seed: int
) -> None:
    """Fill ``image`` with the quiet Sun, its holes, network and plage: one evaluation per pixel."""
    ny, nx = image.shape
    x0, y0, scale, roll = grid
    c, s = math.cos(roll), math.sin(roll)
    pixel = scale * distance  # in solar radii
    for j in numba.prange(ny):
        for i in range(nx):
            x = scale * (c * (i - x0) - s * (j - y0))
            y = scale * (s * (i - x0) + c * (j - y0))
            angle = math.sqrt(x * x + y * y)
            rho = distance * math.sin(angle)
            if rho < 1:
                range_ = distance * math.cos(angle) - math.sqrt(1 - rho * rho)
                u, v = x * range_, y * range_
                w = math.sqrt(max(0.0, 1 - u * u - v * v))
                mu = math.sqrt(1 - rho * rho)
            else:
                u, v, w, mu = x / angle, y / angle, 0.0, 0.0
            p = turn[0, 0] * u + turn[0, 1] * v + turn[0, 2] * w
            q = turn[1, 0] * u + turn[1, 1] * v + turn[1, 2] * w
            r = turn[2, 0] * u + turn[2, 1] * v + turn[2, 2] * w
            image[j, i] = _brightness(look, spots, p, q, r, rho, mu, pixel, seed)


@numba.njit(cache=True)
def _brightness(
    look: np.ndarray, spots: np.ndarray, p: float, q: float, r: float, rho: float, mu: float, pixel: float, seed: int
) -> float:
    """Return DN/s at one point: (p, q, r) on the unit sphere in Carrington's frame, ``rho`` from disk centre."""
    quiet, thin, height, darkening, large, network, fine, hole, _, _ = look
    tone = 0.0
    octaves = 4 if rho < 1 else 3
    if large > 0:
        tone += large * fractal(p, q, r, 2.6, octaves, seed)
    gain, shade, cover = _active(look, spots, p, q, r, seed)
    dark = 1.0
    if hole < 1:
        cap = 6.0 * max(0.0, abs(r) - 0.89)
        soft = 0.06 if rho < 1 else 0.25
        field = fractal(p, q, r, 1.3, octaves, seed + 997) + cap - 0.8 * cover
        dark -= (1 - hole) * soft_step(field, 0.46 - soft, 0.46 + soft)
    if rho >= 1:
        rise = rho - 1
        f = 9.0 / (1 + 2 * rise)
        ray = math.exp(0.45 * fractal(p * f, q * f, r * f + 3 * rise, 1.0, 2, seed + 55)) if large > 0 else 1.0
        edge = min(max(0.5 - rise / pixel, 0.0), 1.0) * (1 - thin) * (1 - darkening) if darkening > 0 else 0.0
        return quiet * dark * math.exp(tone) * ray * (thin * thin_path(rho, height) + edge)
    face = min(1.0, mu / 0.35)
    if network > 0:
        tone += network * face * 1.6 * (lanes(p, q, r, _NETWORK, seed + 11) - 0.3)
    tone += fine * face * _fine(p, q, r, pixel, seed)
    edge = min(max(0.5 + (1 - rho) / pixel, 0.0), 1.0) if darkening > 0 else 1.0
    solid = (1 - thin) * (1 - darkening * (1 - mu)) * edge
    return quiet * dark * shade * math.exp(tone) * gain * (solid + thin * thin_path(rho, height))


@numba.njit(cache=True)
def _fine(p: float, q: float, r: float, pixel: float, seed: int) -> float:
    """Return texture from 20″ down to the finest scale that the pixels resolve, 1.6 pixels."""
    total, amplitude, frequency = 0.0, 1.0, 48.0
    for octave in range(5):
        show = soft_step(1 / (frequency * pixel), 1.6, 3.2)
        if show > 0:
            total += show * amplitude * noise(p * frequency, q * frequency, r * frequency, seed + 201 + octave)
        amplitude *= 0.85
        frequency *= 2.1
    return total


@numba.njit(cache=True)
def _active(look: np.ndarray, spots: np.ndarray, p: float, q: float, r: float, seed: int) -> tuple[float, float, float]:
    """Return the gain of plage, the dimming by sunspots, and the proximity of active regions at a point of the surface."""
    plage, spot = look[8], look[9]
    cover, shade, near = 0.0, 1.0, 0.0
    for n in range(spots.shape[0]):
        size = spots[n, 6]
        d2 = ((p - spots[n, 3]) ** 2 + (q - spots[n, 4]) ** 2 + (r - spots[n, 5]) ** 2) / (size * size)
        if d2 > 40:
            continue
        near += math.exp(-d2 / 10)
        if d2 > 12:
            continue
        cover += spots[n, 7] * math.exp(-d2 / 1.6)
        if spot < 1:
            s2 = (p - spots[n, 0]) ** 2 + (q - spots[n, 1]) ** 2 + (r - spots[n, 2]) ** 2
            radius = 0.2 * size
            ragged = 1 + 0.25 * noise(p * 130, q * 130, r * 130, seed + 5)
            shade *= 1 - (1 - spot) * (1 - soft_step(math.sqrt(s2) * ragged, 0.7 * radius, 1.7 * radius))
    if cover < 0.02:
        return 1.0, shade, near
    patch = fractal(p, q, r, 45.0, 4, seed + 77)
    return 1 + plage * min(cover, 1.3) * soft_step(patch + 0.55 * cover, 0.12, 0.75), shade, near
