"""The four cameras of one sequence and line as arrays on the level-3 grid: what ``esis_align`` writes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from helioreduce.esis import camera as cam
from helioreduce.esis.coalign import Coalignment, pair_correlations, zero_lag
from helioreduce.esis.masks import on_grid
from helioreduce.esis.resample import resample, resample_mask
from helioreduce.image import Image


def aligned(
    frames: Mapping[int, Image],
    found: Coalignment,
    line: cam.Line,
    target: np.ndarray | None = None,
    shape: tuple[int, int] = cam.GRID_SHAPE,
) -> dict[str, np.ndarray]:
    """Images and transforms of a co-alignment.

    Parameters
    ----------
    frames
        Level 1 of each camera, the whole active area.
    target
        What the linear co-alignment aimed at (ny, nx).

    Returns
    -------
    dict
        IMAGE, SIGMA, BITS (n, ny, nx); LINEAR, QUADRATIC (n, 2, 6), maps from the grid to the line's window; STOP (n, 8, 2);
        INTERNAL (2, 2, pairs), zero-lag correlation after the linear and the quadratic step, of the full frame and where all
        cameras are lit; AIM (2, n), that with the target after each step, NaN without one; TARGET (ny, nx).
    """
    planes, linear = [], []
    for camera, frame in frames.items():
        data, sigma, bits = (plane[line.window] for plane in (frame.data, frame.sigma, frame.mask))
        linear.append(resample(data, found.linear[camera], shape)[0])
        transform = found.quadratic[camera]
        planes.append((*resample(data, transform, shape, sigma), resample_mask(bits, transform, shape)))
    image, sigma, bits = (np.stack(parts) for parts in zip(*planes, strict=True))
    stages = (np.stack(linear), image)
    seen = [on_grid(found.stops[camera], line, found.quadratic[camera], shape)[0] for camera in frames]
    common = np.logical_and.reduce(seen) & np.isfinite(stages).all(axis=(0, 1))
    return {
        "IMAGE": image,
        "SIGMA": sigma,
        "BITS": bits,
        "LINEAR": np.stack([found.linear[camera].coefficients for camera in frames]),
        "QUADRATIC": np.stack([found.quadratic[camera].coefficients for camera in frames]),
        "STOP": np.stack([found.stops[camera] for camera in frames]),
        "INTERNAL": np.array([[pair_correlations(stage, where) for where in (None, common)] for stage in stages]),
        "AIM": np.array([[np.nan if target is None else zero_lag(plane, target) for plane in stage] for stage in stages]),
        "TARGET": np.full(shape, np.nan, np.float32) if target is None else target,
    }
