"""A grid of directions that follows the turning Sun into a later image: :mod:`helioreduce.numerics.sphere`, compiled."""

from __future__ import annotations

import math

import numba
import numpy as np

from helioreduce.numerics import sphere

UNSEEN = sphere.UNSEEN
_met = numba.njit(cache=True, inline="always")(sphere.met)


@numba.njit(cache=True, inline="always")
def _carried(u, v, view, later, tilts, rates, seconds):
    """Return a direction after its place on the surface has turned, twice UNSEEN behind the limb; the same beside the disk."""
    c, s, c1, s1 = tilts
    p, q, r, is_met = _met(u, v, view[0], c, s)
    if is_met:
        square = r * r
        rate = rates[0] + square * (rates[1] + rates[2] * square)
        turned = view[2] - later[2] + rate * seconds
        ct, st = math.cos(turned), math.sin(turned)
        p, q = p * ct - q * st, q * ct + p * st
        ahead, north = p * c1 + r * s1, r * c1 - p * s1
        if ahead <= 1 / later[0]:
            u, v = UNSEEN, UNSEEN
        else:
            u, v = q / (later[0] - ahead), north / (later[0] - ahead)
    return u, v


@numba.njit(cache=True)
def carried(x, y, view, later, rates, seconds):
    """Return where places on the surface are seen after a time.

    Parameters
    ----------
    x, y
        Directions (n,), rad, as ``view`` sees them.
    view, later
        :class:`helioreduce.numerics.sphere.View` at the beginning and at the end, in one frame of longitudes.
    rates
        Rotation in that frame: A, B, C, rad/s.
    seconds
        From the beginning to the end.

    Returns
    -------
    tuple
        Directions x and y (n,) as ``later`` sees them: the same beside the disk,
        :data:`helioreduce.numerics.sphere.UNSEEN` behind the limb.
    """
    u, v = np.empty(x.size), np.empty(x.size)
    tilts = math.cos(view[1]), math.sin(view[1]), math.cos(later[1]), math.sin(later[1])
    for i in range(x.size):
        u[i], v[i] = _carried(x[i], y[i], view, later, tilts, rates, seconds)
    return u, v


@numba.njit(cache=True, parallel=True)
def tracked(shape, origin, step, view, later, rates, seconds, centre, matrix):
    """Return where the points of a regular grid are found in a later image, in its pixels.

    Parameters
    ----------
    shape
        Of the grid, (ny, nx).
    origin, step
        Direction (x, y) of its first point, and the distance of its points, rad, as ``view`` sees them.
    view, later
        :class:`helioreduce.numerics.sphere.View` of the grid and of the image.
    rates
        Rotation less that of Carrington's meridians: A, B, C, rad/s. None: nothing turns, directions stay what they are.
    seconds
        From the time of the grid to that of the image.
    centre, matrix
        Pixel (x, y), from 0, of the Sun's centre, and pixels per rad, 2 × 2, of the image.

    Returns
    -------
    tuple
        Pixels x and y, (ny, nx) float64. Directions beside the disk stay what they are; what has gone behind the limb is
        at :data:`helioreduce.numerics.sphere.UNSEEN`.
    """
    x, y = np.empty(shape), np.empty(shape)
    c, s, c1, s1 = math.cos(view[1]), math.sin(view[1]), math.cos(later[1]), math.sin(later[1])
    for j in numba.prange(shape[0]):
        for i in range(shape[1]):
            u, v = origin[0] + step * i, origin[1] + step * j
            if rates is not None:
                u, v = _carried(u, v, view, later, (c, s, c1, s1), rates, seconds)
                if u == UNSEEN:
                    x[j, i], y[j, i] = UNSEEN, UNSEEN
                    continue
            x[j, i] = centre[0] + matrix[0, 0] * u + matrix[0, 1] * v
            y[j, i] = centre[1] + matrix[1, 0] * u + matrix[1, 1] * v
    return x, y
