"""Kernels of the scene: noise on the sphere, optically thin emission, and Gaussian point sources."""

from __future__ import annotations

import math

import numba
import numpy as np

#: Directions to the edges of a cube; four appear twice, to make sixteen.
_GRADIENTS = np.array(
    [
        *([1, 1, 0], [-1, 1, 0], [1, -1, 0], [-1, -1, 0], [1, 0, 1], [-1, 0, 1], [1, 0, -1], [-1, 0, -1]),
        *([0, 1, 1], [0, -1, 1], [0, 1, -1], [0, -1, -1], [1, 1, 0], [0, -1, 1], [-1, 1, 0], [0, -1, -1]),
    ],
    dtype=np.float32,
)
_X, _Y, _Z = np.ascontiguousarray(_GRADIENTS.T)
_PRIMES = np.array([0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D], np.uint32)


@numba.njit(cache=True, inline="always")
def _slope(h: np.uint32, x: np.float32, y: np.float32, z: np.float32) -> np.float32:
    """Return the scalar product of (x, y, z) with the gradient at the lattice point numbered ``h``."""
    h = h * np.uint32(0x27D4EB2F)
    h ^= h >> np.uint32(15)
    h *= np.uint32(0x2C1B3C6D)
    which = (h >> np.uint32(13)) & np.uint32(15)
    return _X[which] * x + _Y[which] * y + _Z[which] * z


@numba.njit(cache=True, inline="always")
def _ease(t: np.float32) -> np.float32:
    """Return 6t⁵ − 15t⁴ + 10t³: from 0 to 1, its first two derivatives 0 at either end."""
    return t * t * t * (t * (t * np.float32(6) - np.float32(15)) + np.float32(10))


@numba.njit(cache=True)
def noise(x: float, y: float, z: float, seed: int) -> float:
    """Return gradient noise (Perlin 2002) at a point: smooth, mean 0, within ±1, features of size about 1."""
    i, j, k = math.floor(x), math.floor(y), math.floor(z)
    dx, dy, dz, one = np.float32(x - i), np.float32(y - j), np.float32(z - k), np.float32(1)
    u, v, w = _ease(dx), _ease(dy), _ease(dz)
    west, east = np.uint32(i) * _PRIMES[0] ^ np.uint32(seed), np.uint32(i + 1) * _PRIMES[0] ^ np.uint32(seed)
    south, north = np.uint32(j) * _PRIMES[1], np.uint32(j + 1) * _PRIMES[1]
    total = np.float32(0)
    for c in range(2):
        layer, height, weight = np.uint32(k + c) * _PRIMES[2], dz - c, w if c else one - w
        near = _slope(west ^ south ^ layer, dx, dy, height)
        near += u * (_slope(east ^ south ^ layer, dx - one, dy, height) - near)
        far = _slope(west ^ north ^ layer, dx, dy - one, height)
        far += u * (_slope(east ^ north ^ layer, dx - one, dy - one, height) - far)
        total += weight * (near + v * (far - near))
    return float(total)


@numba.njit(cache=True)
def fractal(x: float, y: float, z: float, frequency: float, octaves: int, seed: int) -> float:
    """Return a sum of ``octaves`` of noise, each of twice the frequency and 0.6 times the amplitude of the one before."""
    total, amplitude = 0.0, 1.0
    for octave in range(octaves):
        f = frequency * 2.0**octave
        total += amplitude * noise(x * f, y * f, z * f, seed + 101 * octave)
        amplitude *= 0.6
    return total


@numba.njit(cache=True)
def lanes(x: float, y: float, z: float, frequency: float, seed: int) -> float:
    """Return a network of bright, beaded lanes around dark cells, 0 to about 1: ridges of two noises bent by a third."""
    f = frequency
    bend = 0.35 * noise(x * 2.1 * f, y * 2.1 * f, z * 2.1 * f, seed + 7)
    ridge = 1 - abs(noise(x * f + bend, y * f - bend, z * f + bend, seed)) * 2.2
    other = 1 - abs(noise(x * 1.7 * f + bend, y * 1.7 * f, z * 1.7 * f - bend, seed + 31)) * 2.2
    best = max(ridge, 0.85 * other)
    beads = 0.75 + 0.9 * noise(x * 4.3 * f, y * 4.3 * f, z * 4.3 * f, seed + 53)
    return best * best * max(beads, 0.1) if best > 0 else 0.0


@numba.njit(cache=True)
def soft_step(value: float, low: float, high: float) -> float:
    """Return 0 below ``low``, 1 above ``high``, and a smooth transition in between."""
    t = min(max((value - low) / (high - low), 0.0), 1.0)
    return t * t * (3 - 2 * t)


@numba.njit(cache=True)
def thin_path(rho: float, scale_height: float) -> float:
    """Return the column of an exponential, optically thin atmosphere around an opaque ball, relative to disk centre.

    Chapman's grazing-incidence function: sqrt(πX/2) exp(X μ²/2) erfc(μ sqrt(X/2)) with X = R/H inside the limb;
    outside, both halves of the line of sight: 2 sqrt(πXρ/2) exp(−(ρ − 1) X).
    """
    x = 1 / scale_height
    if rho >= 1:
        return 2 * math.sqrt(math.pi * x * rho / 2) * math.exp(-(rho - 1) * x)
    t = math.sqrt((1 - rho * rho) * x / 2)
    scaled = math.exp(t * t) * math.erfc(t) if t < 4 else (1 - 0.5 / (t * t)) / (t * math.sqrt(math.pi))
    return math.sqrt(math.pi * x / 2) * scaled


@numba.njit(cache=True, parallel=True)
def add_points(image: np.ndarray, points: np.ndarray, centre_x: float, centre_y: float, limb: float) -> None:
    """Add Gaussian point sources to ``image`` (ny, nx), in place.

    ``points`` (n, 5): x, y (pixels), sigma (pixels), peak, and 1 where the point lies behind the Sun and is visible only
    outside the limb, a circle of radius ``limb`` pixels. Rows are processed in blocks and every block adds the points in
    the same order: the sum does not depend on the number of threads.
    """
    ny, nx = image.shape
    rows = 32
    for block in numba.prange((ny + rows - 1) // rows):
        first, last = block * rows, min((block + 1) * rows, ny)
        across = np.empty(nx, np.float32)
        for p in range(points.shape[0]):
            x, y, sigma, peak, behind = points[p]
            reach = 3.2 * sigma
            if y + reach < first or y - reach > last - 1 or x + reach < 0 or x - reach > nx - 1:
                continue
            left, right = max(0, math.ceil(x - reach)), min(nx - 1, int(x + reach))
            for i in range(left, right + 1):
                across[i] = math.exp(-0.5 * ((i - x) / sigma) ** 2)
            for j in range(max(first, math.ceil(y - reach)), min(last - 1, int(y + reach)) + 1):
                along = np.float32(peak * math.exp(-0.5 * ((j - y) / sigma) ** 2))
                if behind == 0:
                    for i in range(left, right + 1):
                        image[j, i] += along * across[i]
                else:
                    dy2 = (j - centre_y) ** 2
                    for i in range(left, right + 1):
                        if (i - centre_x) ** 2 + dy2 > limb * limb:
                            image[j, i] += along * across[i]
