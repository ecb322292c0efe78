"""Alignment of the sequences of one line in time: the Sun drifts over the field stop, smoothly.

Each sequence is registered by itself; its joint scene is then registered to that of the sequence in the middle of the flight.
With the sequence's own map this says where the Sun lies on the detector, and that is a smooth function of time: a straight
line, or a parabola from five sequences on. The curve is followed, not the single measurement, which changes of the Sun pull;
where the two differ by more than a tenth of a pixel the pointing has moved, and the measurement is followed.

The frame of all sequences is the mean of their own: the error of a registration to a target is averaged over the flight.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from astropy.io.fits import Header
from scipy.ndimage import gaussian_filter

from helioreduce.errors import InputError
from helioreduce.esis import camera as cam
from helioreduce.esis.align import PYRAMID, Scene, register
from helioreduce.esis.coalign import trusted
from helioreduce.esis.transforms import Map, on_grid
from helioreduce.esis.values import Drift
from helioreduce.io.provenance import caveat, record

#: Largest distance from the curve at which it is followed, pixels of level 3.
LIMIT = 0.1
#: Sequences from which on the drift is a parabola.
CURVED = 5
#: Error of the designed place of the field stop, arcsec and degrees: the drift over the flight, and the rotations measured.
DESIGN_ARCSEC, DESIGN_DEG = 5.0, 1.0
#: What is said of coordinates without a target.
RELATIVE = (
    f"coordinates are relative: the field stop lies where it was designed, within about {DESIGN_ARCSEC:g} arcsec "
    f"and {DESIGN_DEG:g} deg; set esis.target for absolute ones"
)
#: Error of a registration to AIA, arcsec: 0.37 to 0.63 pixels at correlations of 0.46 to 0.30.
TARGET_ARCSEC = 0.4


def prepared(flat: np.ndarray) -> Scene:
    """Return a stored joint scene (ny, nx), NaN where unseen, as a scene that can be registered."""
    good = np.isfinite(flat)
    light, finest = np.where(good, flat, 0).astype(np.float32), PYRAMID[-1][0]
    blurs = [np.sqrt(max(blur**2 - finest**2, 0)) for blur, _, _ in PYRAMID]
    return Scene(tuple(gaussian_filter(light, blur, truncate=3) if blur else light for blur in blurs), good)


def between(scene: Scene, reference: Scene, min_correlation: float, exposure: int) -> np.ndarray:
    """Return the affine map (3, 3), in (1, u, v), from the grid of ``reference`` to that of ``scene``.

    Raises
    ------
    LowCorrelation
        If the two are less alike than ``min_correlation``.
    """
    try:
        found = register(scene, reference, _map(np.eye(3), reference.shape), terms=3)
        return _matrix(trusted(found, min_correlation).transform, reference.shape)
    except InputError as error:
        raise error.at(f"sequence {exposure}") from None


def drift(
    exposures: Sequence[int], seconds: np.ndarray, own: np.ndarray, between: np.ndarray, shape: tuple[int, int] = cam.GRID_SHAPE
) -> Drift:
    """Return the smooth drift, and the place of each sequence in the frame of all.

    Parameters
    ----------
    exposures, seconds
        Number and time of each sequence, (n,).
    own
        Linear maps of the reference camera (n, 2, 6): grid of the sequence → detector; NaN where that camera is missing.
    between
        Maps (n, 3, 3) from the grid of one sequence, the same for all, to that of each.
    """
    frame = between @ np.linalg.inv(between.mean(axis=0))
    known = np.isfinite(own).all(axis=(1, 2))
    on_detector = np.tile(np.eye(3), (len(own), 1, 1))
    on_detector[known, 1:] = own[known, :, :3]
    there = on_detector @ frame
    curve, kept = _followed(seconds, there, known, shape)
    places = np.where(kept[:, None, None], np.linalg.solve(on_detector, curve), frame)
    origin = there[known].mean(axis=0) if known.any() else np.eye(3)
    measured, fitted = (_pixels(path, origin, shape) for path in (there, curve))
    measured[~known] = fitted[~known] = np.nan
    return Drift(np.asarray(exposures), np.asarray(seconds), measured, fitted, places, kept)


def placed(coefficients: np.ndarray, place: np.ndarray, shape: tuple[int, int] = cam.GRID_SHAPE) -> np.ndarray:
    """Return maps (n, 2, 6) of a sequence as maps from the frame of all sequences; NaN stay NaN."""
    return np.stack([on_grid(one, shape).after(place[1:]).coefficients for one in coefficients])


def error_arcsec(found: Drift, with_target: bool, shape: tuple[int, int] = cam.GRID_SHAPE) -> float:
    """Return the standard error of the coordinates, arcsec.

    Without a target it is that of the design; with one the scatter of the single registrations, at least that of one.
    """
    if not with_target:
        return DESIGN_ARCSEC
    scatter = found.places[:, 1:, 0].std(axis=0).max() * max(shape) / 2 * cam.GRID_SCALE_ARCSEC
    return max(TARGET_ARCSEC, float(scatter))


def header(sequence: Header) -> Header:
    """Return the header of a drift from that of one registered sequence: line and target."""
    cards = Header()
    for key in ("LINE", "WAVELNTH", "TARGET"):
        if key in sequence:
            cards[key] = sequence[key]
    return cards


def describe(cards: Header, found: Drift) -> None:
    """Write what is known of the coordinates into the header of a drift, in place.

    CSYER1 and CSYER2 are the systematic errors of the coordinates (Greisen & Calabretta 2002, A&A 395, 1061), DRIFTRMS the
    scatter of the single measurements about the curve. Coordinates that rest on the design alone have a caveat.
    """
    error, target = error_arcsec(found, "TARGET" in cards), cards.get("TARGET", "none: the design of the field stop")
    for axis in (1, 2):
        cards[f"CSYER{axis}"] = (round(error, 3), "[arcsec] systematic error of the coordinates")
    away = (found.measured - found.fitted)[found.kept]
    scatter = float(np.sqrt((away**2).mean())) if len(away) else 0.0
    cards["DRIFTRMS"] = (round(scatter, 4), "[pixel] of the drift about its curve")
    facts = {"sequences": len(found.exposures), "on_curve": int(found.kept.sum()), "target": target}
    record(cards, "esis_drift", {**facts, "error_arcsec": f"{error:.2f}"})
    if "TARGET" not in cards:
        caveat(cards, RELATIVE)


def _followed(
    seconds: np.ndarray, there: np.ndarray, known: np.ndarray, shape: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the curve (n, 3, 3) and where it is followed; the worst sequence leaves the fit until all others are within it."""
    kept = known.copy()
    while True:
        degree = min(1 if kept.sum() < CURVED else 2, max(int(kept.sum()) - 1, 0))
        if not kept.any():
            return there.copy(), kept
        time = (seconds - seconds[kept].mean()) / max(float(np.ptp(seconds)), 1.0)
        fit = np.polynomial.polynomial.polyfit(time[kept], there[kept].reshape(-1, 9), degree)
        curve = np.polynomial.polynomial.polyval(time, fit).T.reshape(-1, 3, 3)
        away = np.hypot(*_pixels(there - curve, there[kept].mean(axis=0), shape, relative=False).T)
        away[~kept] = 0
        if away.max() <= LIMIT:
            return curve, kept
        kept[away.argmax()] = False


def _pixels(path: np.ndarray, origin: np.ndarray, shape: tuple[int, int], *, relative: bool = True) -> np.ndarray:
    """Return the places (n, 2) of the centre of the grid on the detector, in pixels of the grid, by the scale of ``origin``."""
    away = path[:, 1:, 0] - (origin[1:, 0] if relative else 0)
    return np.linalg.solve(origin[1:, 1:], away.T).T * max(shape) / 2


def _matrix(transform: Map, shape: tuple[int, int]) -> np.ndarray:
    """Return the affine part of a map between two grids as a matrix (3, 3) in (1, u, v)."""
    centre = np.array(on_grid(np.zeros((2, 6)), shape).centre)
    matrix = np.eye(3)
    matrix[1:, 0] = (transform.coefficients[:, 0] - centre) / (max(shape) / 2)
    matrix[1:, 1:] = transform.coefficients[:, 1:3] / (max(shape) / 2)
    return matrix


def _map(matrix: np.ndarray, shape: tuple[int, int]) -> Map:
    """Return the map between two grids that a matrix (3, 3) in (1, u, v) is; the inverse of :func:`_matrix`."""
    empty, half = on_grid(np.zeros((2, 6)), shape), max(shape) / 2
    coefficients = np.zeros((2, 6))
    coefficients[:, 0] = np.array(empty.centre) + half * matrix[1:, 0]
    coefficients[:, 1:3] = half * matrix[1:, 1:]
    return on_grid(coefficients, shape)
