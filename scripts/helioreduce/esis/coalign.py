"""Co-alignment of the four cameras of one sequence: linear to a target, then quadratic among themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from helioreduce.errors import InputError
from helioreduce.esis import camera as cam
from helioreduce.esis import masks
from helioreduce.esis.align import FINER, FINEST, LowCorrelation, Registration, Scene, consensus, register, scene, search
from helioreduce.esis.transforms import Map, nominal

#: Pixels inside the field stop: its soft edge, and the margin within which its silhouette still pulls.
SOFT_EDGE, MARGIN = 2.0, 12.0
#: Least correlation of two locally normalised images for which a registration is returned.
MIN_CORRELATION = 0.25


@dataclass(frozen=True, slots=True, eq=False)
class Coalignment:
    """Transforms of one sequence, by camera: level-3 pixel → pixel of the line's level-1 window.

    Parameters
    ----------
    stops
        Vertices of the field stop in level 1.
    linear
        Affine registration to the target; without a target camera 2 by design and the others to camera 2.
    quadratic
        Internal registration; camera 2 keeps its linear one.
    correlation
        Of the locally normalised images after the linear and the quadratic registration; NaN for a camera that was not
        registered.
    """

    stops: dict[int, np.ndarray]
    linear: dict[int, Map]
    quadratic: dict[int, Map]
    correlation: dict[int, tuple[float, float]]


def coalign(
    images: Mapping[int, np.ndarray],
    line: cam.Line,
    target: np.ndarray | None = None,
    *,
    min_correlation: float = MIN_CORRELATION,
    robust: bool = False,
    shape: tuple[int, int] = cam.GRID_SHAPE,
) -> Coalignment:
    """Register one line of the four cameras.

    The linear step registers every camera to ``target``. The quadratic step registers the others to camera 2 from there, then
    each to the mean of the other three, so that every pair gains and not only those with camera 2.

    Parameters
    ----------
    images
        Level 1 of each camera in the line's window (my, mx); without camera 2 the lowest number takes its place.
    line
        The spectral line.
    target
        AIA 304 on the level-3 grid; None: camera 2 is placed by the designed geometry.
    min_correlation
        Least correlation for which a registration is accepted.
    robust
        Bound the weight of bright events, see :func:`align.scene`; otherwise maximise the plain correlation, as the flight
        notebook does.
    shape
        (ny, nx) of the level-3 grid.

    Raises
    ------
    LowCorrelation
        If two images are less alike than ``min_correlation``.
    InputError
        If a camera shows no field stop.
    """
    stops = {camera: masks.field_stop(image) for camera, image in images.items()}
    scenes = {camera: _scene(images[camera], stop, line, robust) for camera, stop in stops.items()}
    linear, first = _linear(scenes, stops, _aim(target, robust), min_correlation, shape)
    quadratic, last = _internal(scenes, linear, min_correlation, shape)
    correlation = {camera: (first.get(camera, np.nan), last.get(camera, np.nan)) for camera in images}
    return Coalignment(stops, linear, quadratic, correlation)


def reference_of(cameras: Iterable[int]) -> int:
    """Return the camera onto which the others are brought: camera 2, or the lowest number where it is missing."""
    present = set(cameras)
    return cam.REFERENCE if cam.REFERENCE in present else min(present)


def without_sun(images: Mapping[int, np.ndarray]) -> dict[int, str]:
    """Return the cameras in whose window no field stop stands out of the background, and why."""
    dark = {}
    for camera, image in images.items():
        try:
            masks.field_stop(image)
        except InputError as error:
            dark[camera] = f"ESIS{camera}: {error.problem}"
    return dark


def joint_scene(
    images: Mapping[int, np.ndarray],
    found: Coalignment,
    line: cam.Line,
    *,
    robust: bool = False,
    shape: tuple[int, int] = cam.GRID_SHAPE,
) -> np.ndarray:
    """Return the mean of the cameras on the level-3 grid, divided by its local mean, less one: what sequences are compared by.

    Returns
    -------
    ndarray
        (ny, nx) float32; NaN where no camera sees.
    """
    scenes = {camera: _scene(image, found.stops[camera], line, robust) for camera, image in images.items()}
    mean = consensus(scenes, found.quadratic, shape, levels=FINEST)
    return np.where(mean.good, mean.levels[-1], np.float32(np.nan))


def _aim(target: np.ndarray | None, robust: bool) -> Scene | None:
    if target is None:
        return None
    everywhere = np.isfinite(target)
    return scene(target, everywhere, everywhere, robust=robust)


def _scene(image: np.ndarray, stop: np.ndarray, line: cam.Line, robust: bool) -> Scene:
    lit, good = (masks.inside(masks.lit(stop, line, margin), image.shape) for margin in (SOFT_EDGE, MARGIN))
    return scene(image, lit, good, robust=robust)


def _linear(
    scenes: Mapping[int, Scene],
    stops: Mapping[int, np.ndarray],
    target: Scene | None,
    min_correlation: float,
    shape: tuple[int, int],
) -> tuple[dict[int, Map], dict[int, float]]:
    """Return affine transforms and their correlation."""
    transforms: dict[int, Map] = {}
    correlation: dict[int, float] = {}
    if target is None:
        first = reference_of(scenes)
        transforms[first] = nominal(first, _centre(stops[first]), shape)
        reference = consensus({first: scenes[first]}, transforms, shape)
    else:
        reference = target
    for camera in scenes:
        if camera not in transforms:
            start = search(scenes[camera], reference, _centre(stops[camera]), camera)
            found = trusted(register(scenes[camera], reference, start, terms=3), min_correlation, camera)
            transforms[camera], correlation[camera] = found.transform, found.correlation
    return transforms, correlation


def _internal(
    scenes: Mapping[int, Scene], linear: Mapping[int, Map], min_correlation: float, shape: tuple[int, int]
) -> tuple[dict[int, Map], dict[int, float]]:
    """Return quadratic transforms that bring the cameras onto camera 2, and their correlation."""
    transforms, correlation, first = dict(linear), {}, reference_of(scenes)
    others = [camera for camera in scenes if camera != first]
    reference = consensus({first: scenes[first]}, transforms, shape)
    for camera in others:
        found = register(scenes[camera], reference, transforms[camera], terms=6, levels=FINER)
        transforms[camera] = trusted(found, min_correlation, camera).transform
    for camera in others:
        rest = {other: image for other, image in scenes.items() if other != camera}
        found = register(scenes[camera], consensus(rest, transforms, shape, levels=FINEST), transforms[camera], levels=FINEST)
        transforms[camera], correlation[camera] = found.transform, found.correlation
    return transforms, correlation


def trusted(found: Registration, min_correlation: float, camera: int | None = None) -> Registration:
    """Return the registration, of a ``camera`` or of all together, if the images are alike enough.

    Raises
    ------
    LowCorrelation
        If they are not.
    """
    if not found.correlation >= min_correlation:
        which = "the mean of the cameras" if camera is None else f"camera {camera}"
        raise LowCorrelation(
            f"{which} correlates by {found.correlation:.3f} only, less than {min_correlation:g}",
            cure="Give a target nearer in time and wavelength, or exclude the sequence",
        )
    return found


def pair_correlations(stack: np.ndarray, where: np.ndarray | None = None) -> np.ndarray:
    """Return :func:`zero_lag` of every pair of cameras, in the order 12 13 14 23 24 34: (n (n − 1) / 2,) from (n, ny, nx)."""
    return np.array([zero_lag(a, b, where) for a, b in combinations(stack, 2)])


def zero_lag(a: np.ndarray, b: np.ndarray, where: np.ndarray | None = None) -> float:
    """Return Pearson's r of two images (ny, nx) over ``where``; missing pixels count as 0, as in the flight notebook.

    NaN where one of them is empty.
    """
    a, b = (np.nan_to_num(image if where is None else image[where]).astype(np.float64).ravel() for image in (a, b))
    a, b = a - a.mean(), b - b.mean()
    norm = np.sqrt((a @ a) * (b @ b))
    return float(a @ b / norm) if norm > 0 else float("nan")


def _centre(stop: np.ndarray) -> tuple[float, float]:
    """Return the middle of the field stop, (column, row)."""
    column, row = (stop.min(axis=0) + stop.max(axis=0)) / 2
    return float(column), float(row)
