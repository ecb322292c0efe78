"""Gradient noise on the sphere, evaluated for rows of pixels.

Everything is in single precision and in 32-bit integers, and no line branches: compilers then compute eight pixels at once.
"""

from __future__ import annotations

import numba
import numpy as np

#: Short names of the types: every product of two 32-bit integers is cut back to 32 bits.
_INT, _SINGLE = np.uint32, np.float32
_PRIMES = tuple(_INT(value) for value in (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D))
_ONE, _HALF = _SINGLE(1), _SINGLE(0.5)


@numba.njit(cache=True, forceinline=True)
def _slope(h: np.uint32, x: np.float32, y: np.float32, z: np.float32) -> np.float32:
    """Return the scalar product of (x, y, z) with the gradient at the lattice point numbered ``h``.

    The gradients point to the twelve edges of a cube; four appear twice.
    """
    h = _INT(h * _INT(0x27D4EB2F))
    h = _INT(h ^ _INT(h >> _INT(15)))
    h = _INT(h * _INT(0x2C1B3C6D))
    which = _INT(_INT(h >> _INT(13)) & _INT(15))
    u = x if which < _INT(8) else y
    v = y if which < _INT(4) else (x if _INT(which & _INT(13)) == _INT(12) else z)
    return (u if _INT(which & _INT(1)) == _INT(0) else -u) + (v if _INT(which & _INT(2)) == _INT(0) else -v)


@numba.njit(cache=True, forceinline=True)
def _ease(t: np.float32) -> np.float32:
    """Return 6t⁵ − 15t⁴ + 10t³: from 0 to 1, its first two derivatives 0 at either end."""
    return t * t * t * (t * (t * _SINGLE(6) - _SINGLE(15)) + _SINGLE(10))


@numba.njit(cache=True, forceinline=True)
def _layer(
    west: np.uint32, east: np.uint32, south: np.uint32, north: np.uint32, layer: np.uint32,
    dx: np.float32, dy: np.float32, dz: np.float32, u: np.float32, v: np.float32,
) -> np.float32:  # fmt: skip
    """Return the noise between the four lattice points of one layer: ``dz`` above it, ``u`` and ``v`` eased."""
    near = _slope(west ^ south ^ layer, dx, dy, dz)
    near += u * (_slope(east ^ south ^ layer, dx - _ONE, dy, dz) - near)
    far = _slope(west ^ north ^ layer, dx, dy - _ONE, dz)
    far += u * (_slope(east ^ north ^ layer, dx - _ONE, dy - _ONE, dz) - far)
    return near + v * (far - near)


@numba.njit(cache=True, forceinline=True)
def _noise(x: np.float32, y: np.float32, z: np.float32, seed: np.uint32) -> np.float32:
    """Return gradient noise (Perlin 2002) at a point: smooth, mean 0, within ±1, features of size about 1."""
    left, lower, back = np.floor(x), np.floor(y), np.floor(z)
    i, j, k = _INT(np.int32(left)), _INT(np.int32(lower)), _INT(np.int32(back))
    dx, dy, dz = x - left, y - lower, z - back
    u, v, w = _ease(dx), _ease(dy), _ease(dz)
    west, east = _INT(_INT(i * _PRIMES[0]) ^ seed), _INT(_INT(_INT(i + _INT(1)) * _PRIMES[0]) ^ seed)
    south, north = _INT(j * _PRIMES[1]), _INT(_INT(j + _INT(1)) * _PRIMES[1])
    below, above = _INT(k * _PRIMES[2]), _INT(_INT(k + _INT(1)) * _PRIMES[2])
    low = _layer(west, east, south, north, below, dx, dy, dz, u, v)
    high = _layer(west, east, south, north, above, dx, dy, dz - _ONE, u, v)
    return (_ONE - w) * low + w * high


@numba.njit(cache=True)
def noise(x: float, y: float, z: float, seed: int) -> float:
    """Return gradient noise (Perlin 2002) at a point: smooth, mean 0, within ±1, features of size about 1."""
    return float(_noise(_SINGLE(x), _SINGLE(y), _SINGLE(z), _INT(seed)))


@numba.njit(cache=True)
def add(out: np.ndarray, x: np.ndarray, y: np.ndarray, z: np.ndarray, frequency: float, seed: int, amplitude: float) -> None:
    """Add noise at points (n,) of so many features per unit to ``out`` (n,), in place; all float32."""
    f, a, s = _SINGLE(frequency), _SINGLE(amplitude), _INT(seed)
    for i in range(out.size):
        out[i] += a * _noise(x[i] * f, y[i] * f, z[i] * f, s)


@numba.njit(cache=True)
def add_fractal(
    out: np.ndarray, x: np.ndarray, y: np.ndarray, z: np.ndarray,
    frequency: float, octaves: int, seed: int, amplitude: float,
) -> None:  # fmt: skip
    """Add ``octaves`` of noise, each of twice the frequency and 0.6 times the amplitude of the one before; see :func:`add`."""
    for octave in range(octaves):
        add(out, x, y, z, frequency * 2.0**octave, seed + 101 * octave, amplitude * 0.6**octave)


@numba.njit(cache=True)
def fractal(x: float, y: float, z: float, frequency: float, octaves: int, seed: int) -> float:
    """Return at one point what :func:`add_fractal` adds at many, amplitude 1."""
    total, amplitude = 0.0, 1.0
    for octave in range(octaves):
        f = frequency * 2.0**octave
        total += amplitude * noise(x * f, y * f, z * f, seed + 101 * octave)
        amplitude *= 0.6
    return total


@numba.njit(cache=True)
def add_lanes(
    out: np.ndarray, x: np.ndarray, y: np.ndarray, z: np.ndarray, frequency: float, seed: int, amplitude: np.ndarray
) -> None:
    """Add a network of bright, beaded lanes around dark cells to ``out`` (n,), in place; ``amplitude`` (n,); all float32.

    Lanes are ridges of two noises bent by a third, 0 to about 1, less 0.3, which is about their mean.
    """
    f, s = _SINGLE(frequency), _INT(seed)
    for i in range(out.size):
        p, q, r = x[i] * f, y[i] * f, z[i] * f
        finer = _SINGLE(2.1)
        bend = _SINGLE(0.35) * _noise(p * finer, q * finer, r * finer, _INT(s + _INT(7)))
        ridge = _ONE - abs(_noise(p + bend, q - bend, r + bend, s)) * _SINGLE(2.2)
        finer = _SINGLE(1.7)
        other = _ONE - abs(_noise(p * finer + bend, q * finer, r * finer - bend, _INT(s + _INT(31)))) * _SINGLE(2.2)
        other *= _SINGLE(0.85)
        best = ridge if ridge > other else other
        best = best if best > _SINGLE(0) else _SINGLE(0)
        finer = _SINGLE(4.3)
        beads = _SINGLE(0.75) + _SINGLE(0.9) * _noise(p * finer, q * finer, r * finer, _INT(s + _INT(53)))
        beads = beads if beads > _SINGLE(0.1) else _SINGLE(0.1)
        out[i] += amplitude[i] * (best * best * beads - _SINGLE(0.3))
