"""The Sun's edge in an image, and how far a circle fitted to it is from where the header says."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.ndimage import gaussian_filter1d, map_coordinates

from helioreduce.aia import cards
from helioreduce.aia.wcs import Pointing
from helioreduce.errors import InputError
from helioreduce.image import Image

#: Radii searched, relative to RSUN_OBS: EUV limbs lie above the photosphere.
_SEARCHED = (0.95, 1.06)
_REACH_ARCSEC = 15.0
_CLIPPED_SIGMAS = 3.0


class Limb(NamedTuple):
    """A circle fitted to the limb.

    ``angle`` (n,) rad from +x towards +y in the detector frame; ``radius`` (n,) arcsec of the limb at each angle, seen from the
    header's centre; ``kept`` (n,) which took part in the fit. ``dx``, ``dy``: fitted minus header's centre, arcsec;
    ``mean_radius`` arcsec; ``rms`` arcsec of the kept radii about the circle.
    """

    angle: np.ndarray
    radius: np.ndarray
    kept: np.ndarray
    dx: float
    dy: float
    mean_radius: float
    rms: float


def fit(image: Image, *, angles: int = 720) -> Limb:
    """Return the limb at each position angle, and the circle through it.

    The limb is where the smoothed logarithm of the intensity changes most steeply with radius. To first order a centre off by
    (dx, dy) shows as r(θ) = R + dx cos θ + dy sin θ. It is fitted first to the least median of absolute residuals, which
    outliers do not pull; then by least squares, without the radii (filaments, bright loops) that lie farther off than
    three times 1.48 times the median absolute residual, until none is dropped.

    Raises
    ------
    InputError
        No RSUN_OBS or CRPIX, less than half of the limb in the image, or no circle through half of it.
    """
    cure = "Give an image with AIA's pointing keywords"
    scale, expected = (cards.required(image.header, key, cure) for key in ("CDELT1", "RSUN_OBS"))
    angle = 2 * np.pi * np.arange(angles) / angles
    radius = _steepest(image, angle, expected, scale)
    kept = np.isfinite(radius)
    if kept.sum() < angles / 2:
        raise InputError("less than half of the limb is in the image", cure="Give a full-disk image")
    design = np.stack([np.ones(angles), np.cos(angle), np.sin(angle)], axis=1)
    seen, solution = kept, _least_median(design[kept], radius[kept])
    for _ in range(20):
        residual = radius - design @ solution
        width = _CLIPPED_SIGMAS * max(1.4826 * float(np.median(np.abs(residual[seen]))), scale / 10)
        better = seen & (np.abs(residual) <= width)
        solution = np.linalg.lstsq(design[better], radius[better], rcond=None)[0]
        if np.array_equal(better, kept):
            break
        kept = better
    rms = float(np.sqrt(np.mean((radius - design @ solution)[kept] ** 2)))
    if kept.sum() < angles / 2 or rms > _REACH_ARCSEC / 3:
        raise InputError("no circle goes through half of the limb", cure="Give a full-disk image with a clear limb")
    return Limb(angle, radius, kept, float(solution[1]), float(solution[2]), float(solution[0]), rms)


def _least_median(design: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the solution with the least median of absolute residuals, of 500 solutions through three values each.

    Outliers do not pull it, in any place, as long as they are fewer than half (Rousseeuw 1984, JASA 79, 871).
    """
    triples = np.random.default_rng(0).integers(values.size, size=(500, 3))
    triples = triples[np.abs(np.linalg.det(design[triples])) > 0.1]
    found = np.linalg.solve(design[triples], values[triples][..., None])[..., 0]
    return np.asarray(found[np.median(np.abs(values - found @ design.T), axis=1).argmin()])


def _steepest(image: Image, angle: np.ndarray, expected: float, scale: float) -> np.ndarray:
    """Return the radius (arcsec) of the steepest change of ln I at each angle; NaN where the ray leaves the image.

    The mean profile over all angles shows where the limb is and whether the light rises there, as in a limb-brightened
    line, or falls; each angle is then searched for the same sign within ``_REACH_ARCSEC`` of it.
    """
    radii = np.arange(_SEARCHED[0] * expected, _SEARCHED[1] * expected, scale / 2)
    centre = Pointing.of(image.header).sun_px
    x = centre[0] + radii / scale * np.cos(angle)[:, None]
    y = centre[1] + radii / scale * np.sin(angle)[:, None]
    profile = map_coordinates(np.maximum(image.data, 0.1), [y, x], order=1, cval=np.nan)
    slope = np.gradient(gaussian_filter1d(np.log(profile), 2.0, axis=1), axis=1)
    complete = np.isfinite(slope).all(axis=1)
    if not complete.any():
        return np.full(angle.size, np.nan)
    typical = np.median(slope[complete], axis=0)
    limb = int(np.abs(typical).argmax())
    near = np.abs(radii - radii[limb]) <= _REACH_ARCSEC
    height = np.where(near, np.nan_to_num(slope) * np.sign(typical[limb]), -np.inf)
    index = np.clip(height.argmax(axis=1), 1, radii.size - 2)
    rows = np.arange(angle.size)
    left, middle, right = (np.nan_to_num(slope[rows, index + step]) for step in (-1, 0, 1))
    with np.errstate(divide="ignore", invalid="ignore"):  # vertex of the parabola through the three
        shift = 0.5 * (left - right) / (left - 2 * middle + right)
    return np.where(complete, radii[index] + np.clip(np.nan_to_num(shift), -1, 1) * scale / 2, np.nan)
