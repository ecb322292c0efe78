r"""Tracking: an image on the grid of a cube, in one interpolation.

Each pixel of the grid is followed to the time of the image by the rotation of the surface below it, and from there through
perspective, pointing, roll and scale to a place between the image's pixels, where data, variance and flags are read by the
spline of :mod:`helioreduce.numerics.spline`. What is emitted above the surface is moved like the surface below.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from helioreduce.aia import cards, reach, register
from helioreduce.aia.cube.grid import Grid
from helioreduce.aia.pointing import select, update
from helioreduce.errors import InputError
from helioreduce.image import Changes, Image
from helioreduce.io import ecsv
from helioreduce.io.provenance import record, refuse_twice
from helioreduce.numerics import backend, sphere, spline

#: For the record of the step.
PARAMETERS = {"interpolation": "cubic B-spline, once"}
#: Pixels around those that are read: the spline has forgotten what is farther away (0.27^24 = 2e-14).
_MARGIN = 24
#: Side of the blocks in which the grid is taken as affine where only the reach of flags follows from it, px.
_BLOCK = 128


def track(image: Image, grid: Grid, row: Mapping[str, object] | None, *, reference: str = "") -> Image:
    """Return an image on the grid of a cube: pointing updated, rotated, scaled and interpolated once.

    Parameters
    ----------
    image
        Level-1 pixels with their error plane, deconvolved or not; full frame or cut-out.
    grid
        The grid.
    row
        Of the master pointing table; None keeps the header's pointing.
    reference
        The table, for the record.

    Returns
    -------
    Image
        Planes as :func:`helioreduce.aia.register.register` gives them. What the image does not show is NaN with OUTSIDE: beyond
        its edges, and where the rotation has carried it behind the limb.

    Raises
    ------
    AlreadyDone
        If the image is on such a grid.
    InputError
        If the header has no pointing, time or place of the observer, the image shows nothing of the grid, or has no data there.
    """
    refuse_twice(image, "track")
    refuse_twice(image, "prep")
    pointed, parameters = update(_on_host(image), row)
    x, y = grid.source(pointed.header)
    part, x, y = _needed(pointed, x, y)
    data, sigma, flags = register.resampled(part, spline.coefficients, lambda c, v, f: spline.sample(c, v, f, x, y))
    if not np.isfinite(data).any():
        raise InputError("the image has no data in the cube's region", cure="Leave this image out")
    new = pointed.with_(data=data, sigma=sigma, flags=flags, changes=None)
    if sigma is not None:
        new = register.reach_flagged(part, new, lambda changed, floor: _through(changed, x, y, floor))
    grid.describe(new.header)
    seen = np.array([x, y])[:, np.isfinite(data)]
    new.header["SPLVAR"] = (spline.variance_kept_at(seen), "part of the variance left by interpolation")
    record(new.header, "track", parameters | PARAMETERS | {"law": grid.law}, reference)
    return new


def from_table(image: Image, pointing: ecsv.Calibration, grid: Mapping[str, Any]) -> Image:
    """Track by the row of a pointing table that covers T_OBS; an empty table keeps the header's pointing."""
    rows, meta = pointing
    row = select(rows, cards.time(image.header)) if rows else None
    return track(image, Grid.of(grid), row, reference=ecsv.reference(meta))


def _on_host(image: Image) -> Image:
    """Return the image in main memory: a region is small."""
    if backend.on_host(image.data):
        return image
    planes = {name: backend.to_host(getattr(image, name)) for name in ("data", "flags")}
    return image.with_(**planes, sigma=None if image.sigma is None else backend.to_host(image.sigma))


def _needed(image: Image, x: np.ndarray, y: np.ndarray) -> tuple[Image, np.ndarray, np.ndarray]:
    """Return the part of an image that points (x, y) are read from, and the points in its pixels."""
    seen = (x >= 0) & (x <= image.data.shape[1] - 1) & (y >= 0) & (y <= image.data.shape[0] - 1)
    if not seen.any():
        raise InputError("the image shows nothing of the cube's region", cure="Check aia.cutout, CRPIX and T_OBS")
    inside, first = [], []
    for points, side in ((y[seen], image.data.shape[0]), (x[seen], image.data.shape[1])):
        start, stop = int(points.min()) - _MARGIN, int(points.max()) + _MARGIN + 2
        inside.append(slice(max(start, 0), min(stop, side)))
        first.append(max(start, 0))
    rows, columns = inside
    sigma = None if image.sigma is None else np.ascontiguousarray(image.sigma[rows, columns])
    part = image.with_(
        data=np.ascontiguousarray(image.data[rows, columns]),
        sigma=sigma,
        flags=np.ascontiguousarray(image.flags[rows, columns]),
        changes=_within(image.changes, first, (rows.stop - first[0], columns.stop - first[1])),
    )
    return part, x - first[1], y - first[0]


def _within(changes: Changes | None, first: list[int], shape: tuple[int, int]) -> Changes | None:
    """Return the changes in a part of an image, by the pixels of the part."""
    if changes is None:
        return None
    y, x = np.asarray(changes.y) - first[0], np.asarray(changes.x) - first[1]
    inside = (y >= 0) & (y < shape[0]) & (x >= 0) & (x < shape[1])
    return Changes(y[inside], x[inside], np.asarray(changes.value)[inside])


def _through(changed: Changes, x: np.ndarray, y: np.ndarray, floor: float) -> np.ndarray:
    """Return what changes of single pixels amount to at points (x, y), block by block of the grid."""
    plane = np.zeros(x.shape, np.float32)
    for block in _blocks(x.shape):
        seen = x[block] > sphere.UNSEEN
        if not seen.any():
            continue
        inside = np.ones(np.shape(changed.value), bool)
        for at, points in ((changed.x, x[block][seen]), (changed.y, y[block][seen])):
            inside &= (at > points.min() - _MARGIN) & (at < points.max() + _MARGIN)
        if inside.any():
            near = Changes(*(np.asarray(part)[inside] for part in changed))
            plane[block] = reach.through_spline(near, _affine(x[block], y[block], seen), floor)
    return plane


def _affine(x: np.ndarray, y: np.ndarray, seen: np.ndarray) -> reach.Grid:
    """Return the affine grid nearest to the points (x, y) of a block that are seen."""
    rows, columns = np.nonzero(seen)
    terms = np.stack([np.ones(rows.size), columns, rows], axis=1)
    found = np.linalg.lstsq(terms, np.stack([x[seen], y[seen]], axis=1), rcond=1e-9)[0].T
    matrix = found[:, 1:] if min(x.shape) > 1 else np.eye(2)
    return reach.Grid(found[:, 0], matrix, (x.shape[0], x.shape[1]))


def _blocks(shape: tuple[int, ...]) -> Iterator[tuple[slice, slice]]:
    """Yield the blocks of a grid."""
    for j in range(0, shape[0], _BLOCK):
        for i in range(0, shape[1], _BLOCK):
            yield slice(j, min(j + _BLOCK, shape[0])), slice(i, min(i + _BLOCK, shape[1]))
