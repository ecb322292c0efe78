"""The scene: brightness of the Sun in DN/s at launch, in helioprojective coordinates, without a telescope."""

from __future__ import annotations

import math

import numba
import numpy as np

from helioreduce.constants import RSUN_M
from helioreduce.sun import features, noise
from helioreduce.sun.appearance import APPEARANCES, Appearance
from helioreduce.sun.ephemeris import ARCSEC, Observer
from helioreduce.sun.scenario import Pointing, Scenario
from helioreduce.sun.surface import add_points, soft_step, thin_path

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
    """Fill ``image`` with the quiet Sun, its holes, network and plage: one evaluation per pixel, row by row."""
    ny, nx = image.shape
    pixel = grid[2] * distance  # in solar radii
    for j in numba.prange(ny):
        p, q, r = np.empty(nx, np.float32), np.empty(nx, np.float32), np.empty(nx, np.float32)
        rho = np.empty(nx)
        first, last = _directions(j, turn, distance, grid, p, q, r, rho)
        row = image[j]
        for a, b in ((0, first), (last, nx)):
            _corona(row[a:b], look, spots, p[a:b], q[a:b], r[a:b], rho[a:b], pixel, seed)
        a, b = first, last
        _face(row[a:b], look, spots, p[a:b], q[a:b], r[a:b], rho[a:b], pixel, seed)


@numba.njit(cache=True)
def _directions(
    j: int, turn: np.ndarray, distance: float, grid: np.ndarray, p: np.ndarray, q: np.ndarray, r: np.ndarray, rho: np.ndarray
) -> tuple[int, int]:
    """Find what the pixels of row ``j`` see; return the first pixel on the disk and the one after the last.

    (``p``, ``q``, ``r``): points on the unit sphere in Carrington's frame, the nearest of the limb where the disk is missed.
    ``rho``: distances from disk centre, solar radii.
    """
    x0, y0, scale, roll = grid
    c, s = math.cos(roll), math.sin(roll)
    first, last = rho.size, rho.size
    for i in range(rho.size):
        x = scale * (c * (i - x0) - s * (j - y0))
        y = scale * (s * (i - x0) + c * (j - y0))
        angle = math.sqrt(x * x + y * y)
        rho[i] = distance * math.sin(angle)
        if rho[i] < 1:
            first, last = min(first, i), i + 1
            range_ = distance * math.cos(angle) - math.sqrt(1 - rho[i] * rho[i])
            u, v = x * range_, y * range_
            w = math.sqrt(max(0.0, 1 - u * u - v * v))
        else:
            u, v, w = x / angle, y / angle, 0.0
        p[i] = turn[0, 0] * u + turn[0, 1] * v + turn[0, 2] * w
        q[i] = turn[1, 0] * u + turn[1, 1] * v + turn[1, 2] * w
        r[i] = turn[2, 0] * u + turn[2, 1] * v + turn[2, 2] * w
    return first, last


@numba.njit(cache=True)
def _holes(
    look: np.ndarray, p: np.ndarray, q: np.ndarray, r: np.ndarray, near: np.ndarray, octaves: int, soft: float, seed: int
) -> np.ndarray:
    """Return the dimming by coronal holes at points of the surface, 1 outside; active regions, ``near``, keep them away."""
    hole = look[7]
    dark = np.ones(p.size)
    if hole < 1:
        field = np.zeros(p.size, np.float32)
        noise.add_fractal(field, p, q, r, 1.3, octaves, seed + 997, 1.0)
        for i in range(p.size):
            closed = field[i] + 6.0 * max(0.0, abs(r[i]) - 0.89) - 0.8 * near[i]
            dark[i] -= (1 - hole) * soft_step(closed, 0.46 - soft, 0.46 + soft)
    return dark


@numba.njit(cache=True)
def _corona(
    out: np.ndarray, look: np.ndarray, spots: np.ndarray, p: np.ndarray, q: np.ndarray, r: np.ndarray,
    rho: np.ndarray, pixel: float, seed: int,
) -> None:  # fmt: skip
    """Fill ``out`` with the brightness, DN/s, above the limb."""
    quiet, thin, height, darkening, large = look[:5]
    _, _, near = _active(look, spots, p, q, r, seed)
    dark = _holes(look, p, q, r, near, 3, 0.25, seed)
    tone = np.zeros(rho.size, np.float32)
    if large > 0:
        noise.add_fractal(tone, p, q, r, 2.6, 3, seed, large)
        x, y, z = np.empty_like(p), np.empty_like(p), np.empty_like(p)
        for i in range(rho.size):
            f = 9.0 / (1 + 2 * (rho[i] - 1))
            x[i], y[i], z[i] = p[i] * f, q[i] * f, r[i] * f + 3 * (rho[i] - 1)
        noise.add_fractal(tone, x, y, z, 1.0, 2, seed + 55, 0.45)
    for i in range(rho.size):
        edge = min(max(0.5 - (rho[i] - 1) / pixel, 0.0), 1.0) * (1 - thin) * (1 - darkening) if darkening > 0 else 0.0
        out[i] = quiet * dark[i] * math.exp(tone[i]) * (thin * thin_path(rho[i], height) + edge)


@numba.njit(cache=True)
def _face(
    out: np.ndarray, look: np.ndarray, spots: np.ndarray, p: np.ndarray, q: np.ndarray, r: np.ndarray,
    rho: np.ndarray, pixel: float, seed: int,
) -> None:  # fmt: skip
    """Fill ``out`` with the brightness, DN/s, on the disk."""
    quiet, thin, height, darkening, large, network, fine = look[:7]
    gain, shade, near = _active(look, spots, p, q, r, seed)
    dark = _holes(look, p, q, r, near, 4, 0.06, seed)
    tone, grain, face = np.zeros(rho.size, np.float32), np.zeros(rho.size, np.float32), np.empty(rho.size, np.float32)
    for i in range(rho.size):
        face[i] = min(1.0, math.sqrt(1 - rho[i] * rho[i]) / 0.35)
    if network > 0:
        noise.add_lanes(tone, p, q, r, _NETWORK, seed + 11, face * np.float32(1.6 * network))
    if large > 0:
        noise.add_fractal(tone, p, q, r, 2.6, 4, seed, large)
    _add_fine(grain, p, q, r, pixel, seed, fine)
    for i in range(rho.size):
        edge = min(max(0.5 + (1 - rho[i]) / pixel, 0.0), 1.0) if darkening > 0 else 1.0
        solid = (1 - thin) * (1 - darkening * (1 - math.sqrt(1 - rho[i] * rho[i]))) * edge
        bright = math.exp(tone[i] + grain[i] * face[i]) * gain[i] * (solid + thin * thin_path(rho[i], height))
        out[i] = quiet * dark[i] * shade[i] * bright


@numba.njit(cache=True)
def _add_fine(out: np.ndarray, p: np.ndarray, q: np.ndarray, r: np.ndarray, pixel: float, seed: int, amplitude: float) -> None:
    """Add texture from 20″ down to the finest scale that the pixels resolve, 1.6 pixels, to ``out``."""
    frequency = 48.0
    for octave in range(5):
        show = soft_step(1 / (frequency * pixel), 1.6, 3.2)
        if show > 0:
            noise.add(out, p, q, r, frequency, seed + 201 + octave, amplitude * show)
        amplitude *= 0.85
        frequency *= 2.1


@numba.njit(cache=True)
def _active(
    look: np.ndarray, spots: np.ndarray, p: np.ndarray, q: np.ndarray, r: np.ndarray, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the gain of plage, the dimming by sunspots, and the proximity of active regions at points of the surface."""
    plage, spot = look[8], look[9]
    cover, shade, near, gain = np.zeros(p.size), np.ones(p.size), np.zeros(p.size), np.ones(p.size)
    away = np.empty(p.size, np.float32)
    for n in range(spots.shape[0]):
        size = spots[n, 6]
        x, y, z = np.float32(spots[n, 3]), np.float32(spots[n, 4]), np.float32(spots[n, 5])
        for i in range(p.size):
            away[i] = (p[i] - x) ** 2 + (q[i] - y) ** 2 + (r[i] - z) ** 2
        for i in range(p.size):
            d2 = away[i] / (size * size)
            if d2 > 40:
                continue
            near[i] += math.exp(-d2 / 10)
            if d2 > 12:
                continue
            cover[i] += spots[n, 7] * math.exp(-d2 / 1.6)
            if spot < 1:
                shade[i] *= 1 - (1 - spot) * _umbra(spots[n, :3], 0.2 * size, p[i], q[i], r[i], seed)
    for i in range(p.size):
        if cover[i] >= 0.02:
            patch = noise.fractal(p[i], q[i], r[i], 45.0, 4, seed + 77)
            gain[i] += plage * min(cover[i], 1.3) * soft_step(patch + 0.55 * cover[i], 0.12, 0.75)
    return gain, shade, near


@numba.njit(cache=True)
def _umbra(centre: np.ndarray, radius: float, p: float, q: float, r: float, seed: int) -> float:
    """Return 1 in a sunspot's umbra, 0 outside of its penumbra, whose edge is ragged."""
    s2 = (p - centre[0]) ** 2 + (q - centre[1]) ** 2 + (r - centre[2]) ** 2
    ragged = 1 + 0.25 * noise.noise(p * 130, q * 130, r * 130, seed + 5)
    return 1 - soft_step(math.sqrt(s2) * ragged, 0.7 * radius, 1.7 * radius)
