"""Where a line is seen: the field-stop octagon in level 1, its part free of Mg X, and both on the level-3 grid.

Polygons are vertices (n, 2) in (x, y) = (column, row), counter-clockwise. A convex one is also the intersection of the
half-planes n·(p − c) ≤ d of its sides.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.signal import fftconvolve

from helioreduce.errors import InputError
from helioreduce.esis import camera as cam
from helioreduce.esis import transforms
from helioreduce.esis.transforms import Map
from helioreduce.esis.values import Masks

#: Outward normals of the octagon's sides in level 1, radians from increasing column, before the anamorphism.
_SIDES = np.deg2rad(np.arange(0, 360, 45))
_BIN = 8
#: Distance of a clear pixel from the edges of its polygon, pixels.
CLEAR_MARGIN = 8.0
#: Half-width, pixels, in which a side is looked for around its designed place, and smoothing of the profile across it.
_REACH, _SMOOTH = 40, 3.0


def octagon(centre: Sequence[float] | np.ndarray, size: float = cam.FIELD_STOP * cam.PIXEL_RATIO) -> np.ndarray:
    """Return the designed field stop in level 1: flat to flat ``size`` rows and size/cos 16° columns. Vertices (8, 2)."""
    angle = _SIDES - np.pi / 8
    corner = size / 2 / np.cos(np.pi / 8) * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return np.asarray(centre) + corner * [1 / np.cos(np.deg2rad(cam.ANAMORPHIC_DEG)), 1]


def field_stop(image: np.ndarray) -> np.ndarray:
    """Return the octagon that the field stop leaves of a line, measured on the image.

    The designed octagon is placed where it covers most light; then each side is moved to the steepest fall of the mean
    profile across its middle. A side beyond the detector moves with the opposite one.

    Parameters
    ----------
    image
        Level 1 in the line's window (my, mx).

    Returns
    -------
    ndarray
        Vertices (8, 2), pixels of ``image``; they may lie outside it.

    Raises
    ------
    InputError
        If no octagon stands out of the background.
    """
    light = np.where(np.isfinite(image), image, 0)
    centre, contrast = _coarse_centre(light)
    if not contrast > 1.5:
        raise InputError(
            f"no field-stop octagon in the image: {contrast:.2f} times brighter inside than outside",
            cure="Exclude this sequence: the camera saw no Sun",
        )
    normals, distance = half_planes(octagon(centre), centre)
    measured = np.array([_side(light, centre, n, d) for n, d in zip(normals, distance, strict=True)])
    opposite = 2 * distance - np.roll(measured, 4)
    measured = np.where(np.isfinite(measured), measured, np.where(np.isfinite(opposite), opposite, distance))
    return _vertices(normals, measured, centre)


def half_planes(polygon: np.ndarray, centre: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the outward normals (n, 2) of a convex polygon's sides and their distances (n,) from ``centre``."""
    side = np.roll(polygon, -1, axis=0) - polygon
    normals = np.stack([side[:, 1], -side[:, 0]], axis=1) / np.hypot(*side.T)[:, None]
    return normals, np.einsum("ij,ij->i", normals, polygon - centre)


def shrunk(polygon: np.ndarray, margin: float) -> np.ndarray:
    """Return a convex polygon with every side moved inwards by ``margin`` pixels."""
    centre = polygon.mean(axis=0)
    normals, distance = half_planes(polygon, centre)
    return _vertices(normals, distance - margin, centre)


def clipped(polygon: np.ndarray, columns: tuple[float, float]) -> np.ndarray:
    """Return the part of a convex polygon between two columns (Sutherland–Hodgman)."""
    for limit, sign in zip(columns, (1, -1), strict=True):
        if np.isfinite(limit):
            polygon = _cut(polygon, limit, sign)
    return polygon


def lit(stop: np.ndarray, line: cam.Line, margin: float = 0.0) -> np.ndarray:
    """Return the part of a line's octagon that the detector sees, every side ``margin`` pixels inwards."""
    return clipped(shrunk(stop, margin), (cam.FIRST_LIT_COLUMN - line.columns[0] + margin, np.inf))


def clear_of_mgx(stop: np.ndarray, line: cam.Line, margin: float = 0.0) -> np.ndarray:
    """Return the part of :func:`lit` on which no light of Mg X 609.8 Å falls."""
    right = stop[:, 0].max()
    return clipped(lit(stop, line, margin), (right + line.clear[0] + margin, right + line.clear[1] - margin))


def densified(polygon: np.ndarray, points: int = 32) -> np.ndarray:
    """Return the same outline with ``points`` vertices on each side, for a map that bends straight lines."""
    t = np.arange(points)[None, :, None] / points
    return (polygon[:, None] * (1 - t) + np.roll(polygon, -1, axis=0)[:, None] * t).reshape(-1, 2)


def to_grid(polygon: np.ndarray, transform: Map) -> np.ndarray:
    """Return level-1 vertices (n, 2) on the level-3 grid, by the exact inverse of the transform."""
    return np.stack(transform.inverse(*polygon.T), axis=1)


def to_level1(polygon: np.ndarray, transform: Map) -> np.ndarray:
    """Return level-3 vertices (n, 2) in level 1."""
    return np.stack(transform(*polygon.T), axis=1)


def on_grid(
    stop: np.ndarray, line: cam.Line, transform: Map, shape: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what one camera sees of a line on the level-3 grid.

    Parameters
    ----------
    stop
        Field stop (8, 2), pixels of the line's level-1 window.

    Returns
    -------
    tuple
        Boolean (ny, nx): lit; boolean: free of Mg X, 8 pixels from every edge; the outline of the latter, (2, n, 2): its
        vertices in level 1 and in level 3.
    """
    bright, clear = densified(lit(stop, line)), densified(clear_of_mgx(stop, line, CLEAR_MARGIN))
    outline = to_grid(clear, transform)
    return inside(to_grid(bright, transform), shape), inside(outline, shape), np.stack([clear, outline])


def seen(stops: np.ndarray, maps: np.ndarray, line: cam.Line, shape: tuple[int, int] = cam.GRID_SHAPE) -> Masks:
    """Return what every camera sees of a line on the level-3 grid.

    Parameters
    ----------
    stops
        Field stops (n, 8, 2), pixels of the line's level-1 window.
    maps
        Coefficients (n, 2, 6) of the transforms from the grid to it.
    """
    cameras = [_seen(stop, line, transforms.on_grid(one, shape), shape) for stop, one in zip(stops, maps, strict=True)]
    lit, clear, outlines = zip(*cameras, strict=True)
    return Masks(np.stack(lit), np.stack(clear), outlines)


def _seen(stop: np.ndarray, line: cam.Line, one: Map, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return :func:`on_grid` of one camera; one that is missing, whose field stop is NaN, sees nothing."""
    if np.isfinite(stop).all():
        return on_grid(stop, line, one, shape)
    return np.zeros(shape, bool), np.zeros(shape, bool), np.full((2, 1, 2), np.nan)


def area(polygon: np.ndarray) -> float:
    """Return the area of a polygon, pixels² (shoelace formula); positive for counter-clockwise vertices."""
    x, y = polygon.T
    return 0.5 * float(x @ np.roll(y, -1) - y @ np.roll(x, -1))


def inside(polygon: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return a boolean array (ny, nx): pixel centres within a polygon, by the even–odd rule along each row."""
    out = np.zeros(shape, bool)
    (x0, y0), (x1, y1) = polygon.T, np.roll(polygon, -1, axis=0).T
    column = np.arange(shape[1])
    for row in range(max(0, int(np.ceil(y0.min()))), min(shape[0], int(np.floor(y0.max())) + 1)):
        crosses = (y0 <= row) != (y1 <= row)
        x = x0[crosses] + (row - y0[crosses]) / (y1[crosses] - y0[crosses]) * (x1[crosses] - x0[crosses])
        out[row] = np.searchsorted(np.sort(x), column, side="right") % 2 == 1
    return out


def _coarse_centre(light: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the centre of the octagon to a few pixels, and how many times brighter it is inside than in a frame around it."""
    ny, nx = (n // _BIN * _BIN for n in light.shape)
    binned = light[:ny, :nx].reshape(ny // _BIN, _BIN, nx // _BIN, _BIN).mean(axis=(1, 3))
    capped = np.minimum(binned, 2 * np.median(binned[binned > np.median(binned)]))
    side = int(1.4 * cam.FIELD_STOP * cam.PIXEL_RATIO / _BIN) | 1
    middle = ((side - 1) / 2,) * 2
    core, frame = (inside(octagon(middle, scale * cam.FIELD_STOP * cam.PIXEL_RATIO / _BIN), (side, side)) for scale in (1, 1.1))
    frame &= ~core
    seen = np.ones_like(capped)
    cover = [np.maximum(fftconvolve(seen, 1.0 * k, mode="same"), 1) for k in (core, frame)]
    within, around = (fftconvolve(capped, 1.0 * k, mode="same") / c for k, c in zip((core, frame), cover, strict=True))
    share = cover[0] / core.sum()
    step = np.where(share > 0.6, (within - around) * share, -np.inf)
    row, column = np.unravel_index(step.argmax(), step.shape)
    contrast = within[row, column] / max(around[row, column], 1e-6)
    return (np.array([column, row]) + 0.5) * _BIN - 0.5, float(contrast)


def _side(light: np.ndarray, centre: np.ndarray, normal: np.ndarray, distance: float) -> float:
    """Return the distance of a side from the centre, at the steepest fall of the profile across it; NaN beyond the detector."""
    t = np.arange(distance - _REACH, distance + _REACH)
    s = np.arange(-120, 121, 2)
    x = centre[0] + t[:, None] * normal[0] - s * normal[1]
    y = centre[1] + t[:, None] * normal[1] + s * normal[0]
    i, j = np.rint(y).astype(int), np.rint(x).astype(int)
    valid = (i >= 0) & (i < light.shape[0]) & (j >= 0) & (j < light.shape[1])
    if valid.mean() < 0.99:
        return np.nan
    fall = -np.gradient(gaussian_filter1d(light[i, j].mean(axis=1, where=valid), _SMOOTH))[3:-3]
    k = int(fall.argmax())
    if k in (0, len(fall) - 1):
        return np.nan
    left, top, right = fall[k - 1 : k + 2]
    return float(t[k + 3] + 0.5 * (left - right) / (left - 2 * top + right))


def _vertices(normals: np.ndarray, distance: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """Return the vertices of a convex polygon; vertex k is where sides k − 1 and k meet."""
    before, d_before = np.roll(normals, 1, axis=0), np.roll(distance, 1)
    pairs = np.stack([before, normals], axis=1)
    return centre + np.linalg.solve(pairs, np.stack([d_before, distance], axis=1)[..., None])[..., 0]


def _cut(polygon: np.ndarray, limit: float, sign: int) -> np.ndarray:
    """Return the part of a polygon with sign·(x − limit) ≥ 0."""
    kept: list[np.ndarray] = []
    for p, q in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        a, b = sign * (p[0] - limit), sign * (q[0] - limit)
        if a >= 0:
            kept.append(p)
        if (a >= 0) != (b >= 0):
            kept.append(p + a / (a - b) * (q - p))
    return np.array(kept).reshape(-1, 2)
