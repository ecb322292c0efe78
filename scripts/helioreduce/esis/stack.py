"""The cameras of one sequence and line on the level-3 grid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np
from astropy.io.fits import Header

from helioreduce.errors import InputError
from helioreduce.esis import camera as cam
from helioreduce.esis.coalign import (
    MIN_CORRELATION,
    Coalignment,
    coalign,
    joint_scene,
    pair_correlations,
    reference_of,
    without_sun,
    zero_lag,
)
from helioreduce.esis.drift import placed
from helioreduce.esis.level0 import too_few
from helioreduce.esis.masks import on_grid
from helioreduce.esis.resample import resample
from helioreduce.esis.transforms import Map
from helioreduce.esis.transforms import on_grid as on_level3
from helioreduce.esis.values import Aligned, Registered
from helioreduce.image import Flag, Image
from helioreduce.io.provenance import caveats, record


def aligned(
    frames: Mapping[int, Image],
    found: Coalignment,
    line: cam.Line,
    target: np.ndarray | None = None,
    shape: tuple[int, int] = cam.GRID_SHAPE,
) -> Aligned:
    """Resample the cameras as their registration says; a camera that is missing is NaN and NO_DATA.

    Parameters
    ----------
    frames
        Level 1 of each camera, the whole active area, with standard deviations.
    found
        Their registration.
    line
        The spectral line.
    target
        What the linear registration aimed at (ny, nx).
    shape
        (ny, nx) of the level-3 grid.

    Returns
    -------
    Aligned
        Images after the quadratic registration, transforms and correlations.
    """
    windows = {camera: _window(frame, line) for camera, frame in frames.items()}
    linear = _every({camera: resample(window.data, found.linear[camera], shape).data for camera, window in windows.items()})
    planes = {
        camera: resample(window.data, found.quadratic[camera], shape, window.sigma, window.flags)
        for camera, window in windows.items()
    }
    data = _every({camera: plane.data for camera, plane in planes.items()})
    sigma = _every({camera: np.asarray(plane.sigma) for camera, plane in planes.items()})
    mask = _every({camera: plane.mask for camera, plane in planes.items()})
    stages, usable = (linear, data), [cam.CAMERAS.index(camera) for camera in frames]
    seen = [on_grid(found.stops[camera], line, found.quadratic[camera], shape)[0] for camera in frames]
    common = np.logical_and.reduce(seen) & np.isfinite([stage[usable] for stage in stages]).all(axis=(0, 1))
    return Aligned(
        data=data,
        sigma=sigma,
        mask=mask,
        linear=coefficients(found.linear),
        quadratic=coefficients(found.quadratic),
        stops=_every(found.stops),
        internal=np.array([[pair_correlations(stage, where) for where in (None, common)] for stage in stages]),
        aim=np.array([[np.nan if target is None else zero_lag(plane, target) for plane in stage] for stage in stages]),
        target=np.full(shape, np.nan, np.float32) if target is None else target,
        header=header(frames[reference_of(frames)], line),
    )


def register(
    frames: Mapping[int, Image],
    line: cam.Line,
    target: np.ndarray | None = None,
    refused: Mapping[int, str] = MappingProxyType({}),
    *,
    min_correlation: float = MIN_CORRELATION,
    robust: bool = False,
) -> Registered:
    """Register one line of the cameras of a sequence that see the Sun.

    Parameters
    ----------
    frames
        Level 1 of each camera, the whole active area.
    line, target, min_correlation, robust
        As in :func:`coalign.coalign`.
    refused
        Cameras without a usable frame, and why.

    Raises
    ------
    InputError
        If fewer than three cameras are left, or two images are unlike.
    """
    windows = {number: frame.data[line.window] for number, frame in frames.items()}
    dark = without_sun(windows)
    if why := too_few({**refused, **dark}):
        raise InputError(why)
    windows = {number: window for number, window in windows.items() if number not in dark}
    found = coalign(windows, line, target, min_correlation=min_correlation, robust=robust)
    cards = header(frames[reference_of(windows)], line)
    likeness = [found.correlation.get(number, (np.nan, np.nan)) for number in cam.CAMERAS]
    facts = {"min_correlation": min_correlation, "robust": robust, "cameras": list(windows)}
    record(cards, "esis_register", {**facts, "correlation": np.round(likeness, 4).tolist()})
    maps = (coefficients(found.linear), coefficients(found.quadratic), _every(found.stops))
    return Registered(*maps, joint_scene(windows, found, line, robust=robust), cards)


def coefficients(maps: Mapping[int, Map]) -> np.ndarray:
    """Return the coefficients (n, 2, 6) of the maps of all cameras, NaN for one that is missing."""
    return _every({camera: one.coefficients for camera, one in maps.items()})


def coalignment(stored: Registered, place: np.ndarray, shape: tuple[int, int] = cam.GRID_SHAPE) -> Coalignment:
    """Return a stored registration with its maps from the frame of all sequences; ``place`` is that of :class:`Drift`."""
    usable = [index for index, stop in enumerate(stored.stops) if np.isfinite(stop).all()]
    cameras = [cam.CAMERAS[index] for index in usable]
    linear, quadratic = (
        {camera: on_level3(one, shape) for camera, one in zip(cameras, placed(maps[usable], place, shape), strict=True)}
        for maps in (stored.linear, stored.quadratic)
    )
    stops = dict(zip(cameras, stored.stops[usable], strict=True))
    return Coalignment(stops, linear, quadratic, dict.fromkeys(cameras, (np.nan, np.nan)))


def described(aligned: Aligned, own: Header, common: Header) -> Aligned:
    """Return an aligned sequence with the header of its registration, and what the drift says of its coordinates."""
    cards = own.copy()
    for key in ("CSYER1", "CSYER2", "DRIFTRMS"):
        cards[key] = (common[key], common.comments[key])
    for text in caveats(common):
        cards[f"CAVEAT{len(caveats(cards)) + 1}"] = text
    record(cards, "esis_drift", {"target": own.get("TARGET", "none"), "error_arcsec": common["CSYER1"]})
    pairs = aligned.internal.mean(axis=2) if np.isfinite(aligned.internal).all() else np.nanmean(aligned.internal, axis=2)
    record(cards, "esis_align", {"correlation": np.round(pairs, 5).tolist()})
    return replace(aligned, header=cards)


def _every(planes: Mapping[int, np.ndarray]) -> np.ndarray:
    """Return the arrays of all cameras as one; one that is missing is NaN, or NO_DATA for mask bits."""
    like = next(iter(planes.values()))
    empty = np.full(like.shape, np.nan if like.dtype.kind == "f" else Flag.NO_DATA, like.dtype)
    return np.stack([planes.get(camera, empty) for camera in cam.CAMERAS])


def _window(frame: Image, line: cam.Line) -> Image:
    """Return the part of level 1 in which a line is seen."""
    sigma = None if frame.sigma is None else frame.sigma[line.window]
    return Image(frame.data[line.window], frame.header, sigma, frame.flags[line.window])


def header(frame: Image, line: cam.Line) -> Header:
    """Return the header of the reference camera, with the line."""
    cards = frame.header.copy()
    cards["LINE"], cards["WAVELNTH"] = line.name, line.wavelength_A
    return cards
