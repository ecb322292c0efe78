"""The cameras of one sequence and line on the level-3 grid."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from astropy.io.fits import Header

from helioreduce.esis import camera as cam
from helioreduce.esis.coalign import Coalignment, pair_correlations, zero_lag
from helioreduce.esis.masks import on_grid
from helioreduce.esis.resample import resample
from helioreduce.esis.values import Aligned
from helioreduce.image import Image


def aligned(
    frames: Mapping[int, Image],
    found: Coalignment,
    line: cam.Line,
    target: np.ndarray | None = None,
    shape: tuple[int, int] = cam.GRID_SHAPE,
) -> Aligned:
    """Resample the cameras as their registration says.

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
    linear = np.stack([resample(window.data, found.linear[camera], shape).data for camera, window in windows.items()])
    planes = [
        resample(window.data, found.quadratic[camera], shape, window.sigma, window.flags) for camera, window in windows.items()
    ]
    data, sigma, mask = (np.stack(parts) for parts in zip(*planes, strict=True))
    stages = (linear, data)
    seen = [on_grid(found.stops[camera], line, found.quadratic[camera], shape)[0] for camera in frames]
    common = np.logical_and.reduce(seen) & np.isfinite(stages).all(axis=(0, 1))
    return Aligned(
        data=data,
        sigma=sigma,
        mask=mask,
        linear=np.stack([found.linear[camera].coefficients for camera in frames]),
        quadratic=np.stack([found.quadratic[camera].coefficients for camera in frames]),
        stops=np.stack([found.stops[camera] for camera in frames]),
        internal=np.array([[pair_correlations(stage, where) for where in (None, common)] for stage in stages]),
        aim=np.array([[np.nan if target is None else zero_lag(plane, target) for plane in stage] for stage in stages]),
        target=np.full(shape, np.nan, np.float32) if target is None else target,
        header=_header(frames[cam.REFERENCE], line),
    )


def _window(frame: Image, line: cam.Line) -> Image:
    """Return the part of level 1 in which a line is seen."""
    sigma = None if frame.sigma is None else frame.sigma[line.window]
    return Image(frame.data[line.window], frame.header, sigma, frame.flags[line.window])


def _header(frame: Image, line: cam.Line) -> Header:
    """Return the header of the reference camera, with the line."""
    header = frame.header.copy()
    header["LINE"], header["WAVELNTH"] = line.name, line.wavelength_A
    return header
