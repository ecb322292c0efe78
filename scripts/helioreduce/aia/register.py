"""Registration: rotation, scale and centre of level 1.5, on one grid for full frames and cut-outs.

Level 1.5 has 0.6″ pixels, solar north up and the Sun's centre at pixel 2048.5 of 4096 (the grid of SolarSoft's ``aia_prep``).
Values stay counts per pixel as they are interpolated, as SolarSoft and aiapy leave them: the sum over a source
changes by (CDELT/0.6″)².
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from astropy.io.fits import Header

from helioreduce.aia import cards, reach
from helioreduce.aia.channels import NPIX
from helioreduce.aia.wcs import CENTRE, SCALE_ARCSEC, Pointing
from helioreduce.errors import InputError
from helioreduce.image import Changes, Flag, Image
from helioreduce.numerics import backend, gaps, spline, spline_arrays

#: For the record of the step that registers.
PARAMETERS = {"interpolation": "cubic B-spline", "scale_arcsec": SCALE_ARCSEC}
_ROTATION_CARDS = ("PC1_1", "PC1_2", "PC2_1", "PC2_2", "CD1_1", "CD1_2", "CD2_1", "CD2_2", "CROTA1")


def register(image: Image) -> Image:
    """Return the image on the grid of level 1.5: 4096 × 4096 for a full frame, the part that it covers for a cut-out.

    Parameters
    ----------
    image
        Counts (ny, nx) with an up-to-date pointing in the header.

    Returns
    -------
    Image
        Data by cubic B-spline; sigma with squared cardinal weights; flags of the 2 × 2 nearest pixels, SPIKE, NEAR_SATURATED
        and EDGE as far as :mod:`helioreduce.aia.reach` finds them to act. Where saturated pixels act, sigma says so; of
        saturated pixels it is infinite: their values are lower limits. What the detector does not see is NaN
        with OUTSIDE, what a missing or bad pixel touches NaN with NO_DATA. Sigma is per pixel: neighbours are correlated.

    Raises
    ------
    InputError
        If the header has no pointing, every pixel is missing, or the image lies off the grid.
    """
    pointing = Pointing.of(image.header)
    corner, shape = _target(image.data.shape, pointing)
    matrix = np.linalg.inv(pointing.arcsec_per_px) * SCALE_ARCSEC
    origin = pointing.sun_px + matrix @ (corner - (CENTRE - 1))
    loops = spline if backend.on_host(image.data) else spline_arrays
    data, sigma, flags = resampled(image, loops.coefficients, lambda *planes: loops.resample(*planes, origin, matrix, shape))
    new = image.with_(data=data, sigma=sigma, flags=flags, changes=None)
    if sigma is not None:
        grid = reach.Grid(origin, matrix, shape)
        new = reach_flagged(image, new, lambda changed, floor: reach.through_spline(changed, grid, floor))
    describe(new.header, corner, shape)
    new.header["SPLVAR"] = (spline.variance_kept(origin, matrix, shape), "part of the variance left by interpolation")
    return new


def resampled(image: Image, filtered: Callable[[Any], Any], interpolate: Callable[[Any, Any, Any], tuple]) -> tuple:
    """Return data, sigma (None if the image has none) and flags of an image on another grid.

    Parameters
    ----------
    image
        The image.
    filtered
        Returns the spline's coefficients of a plane.
    interpolate
        Returns the three planes from coefficients, variance and flags: :func:`helioreduce.numerics.spline.resample` or
        :func:`helioreduce.numerics.spline.sample` at the points of the grid.
    """
    # The value of a bad pixel, such as one that a user has masked, would ring through the spline.
    missing = ~np.isfinite(image.data) | image.flagged(Flag.BAD_PIXEL | Flag.NO_DATA | Flag.OUTSIDE)
    holes = missing.any()

    def whole(plane: np.ndarray) -> np.ndarray:
        """Return a plane with its missing pixels filled."""
        return gaps.filled(np.where(missing, np.nan, plane)) if holes else plane

    flags = spline.spread_flags(image.flags, missing) if holes or image.flags.any() else None
    variance = None if image.sigma is None else spline.mirrored(whole(image.sigma), spline.TAPS)
    if variance is not None:
        variance *= variance
    data, sigma, found = interpolate(filtered(whole(image.data)), variance, flags)
    sigma = sigma if variance is not None else None
    if holes:
        touched = (found & spline.NO_DATA) != 0
        for plane in (data, sigma):
            if plane is not None:
                plane[touched] = np.nan
    return data, sigma, found


def reach_flagged(image: Image, new: Image, through: Callable[[Changes, float], np.ndarray]) -> Image:
    """Return the interpolated image with the reach of pixels that were put back, are saturated or lie beyond its edges.

    σ of saturated pixels is infinite from here on: the last step that mixes pixels is behind them. ``through`` returns what
    changes of single pixels amount to on the new grid, see :func:`reach.through_spline`.
    """
    sigma: Any = new.sigma
    floor = 0.02 * float(np.nanmin(sigma))

    def reached(changed: Changes) -> np.ndarray:
        """Return what changes of single pixels amount to on the new grid."""
        return backend.module_of(sigma).asarray(through(changed, floor))

    edge, flags = reach.beyond_edges(image.data), new.flags
    if edge.value.size:
        flags = reach.flagged(flags, Flag.EDGE, reached(edge), sigma) | (flags & np.uint8(Flag.EDGE))
    if image.changes is not None and image.changes.value.size:
        flags = reach.flagged(flags, Flag.SPIKE, reached(image.changes), sigma)
    new, saturated = new.with_(flags=flags), reach.saturated(image)
    if not saturated.value.size:
        return new
    if (beside := reach.beside_saturated(image)).value.size:  # their σ is in that of the new pixels already
        flags = new.flags | reach.flagged(new.flags, Flag.NEAR_SATURATED, reached(beside), sigma)
        new = new.with_(flags=flags)
    new = reach.near_saturated(new, reached(saturated))
    widened: Any = new.sigma
    widened[new.flagged(Flag.SATURATED)] = np.inf  # in place: the plane was made here, and is as large as an image
    return new


def _target(data_shape: tuple[int, int], pointing: Pointing) -> tuple[np.ndarray, tuple[int, int]]:
    """Return the first pixel (x, y) on the grid of level 1.5, and shape (ny, nx), of the registered image."""
    if data_shape == (NPIX, NPIX):
        return np.zeros(2), (NPIX, NPIX)
    ny, nx = data_shape
    corners = pointing.to_level15(np.array([0, nx - 1, 0, nx - 1]), np.array([0, 0, ny - 1, ny - 1]))
    first = np.maximum(np.ceil(corners.min(axis=1)), 0)
    size = (np.minimum(np.floor(corners.max(axis=1)), NPIX - 1) - first + 1).astype(int)
    if size.min() < 1:
        raise InputError("the image lies off the grid of level 1.5", cure="Check CRPIX, CRVAL and CDELT")
    return first, (int(size[1]), int(size[0]))


def describe(header: Header, corner: Sequence[float] | np.ndarray, shape: tuple[int, int]) -> None:
    """Describe the part of level 1.5's grid from ``corner`` (x, y) in a header; replace or remove the cards of the old one."""
    scale = cards.number(header, "CDELT1") or SCALE_ARCSEC
    for key in _ROTATION_CARDS:
        header.remove(key, ignore_missing=True)
    for axis, (first, size) in enumerate(zip(corner, shape[::-1], strict=True), start=1):
        header[f"NAXIS{axis}"], header[f"CRPIX{axis}"] = size, CENTRE - first
        header[f"CRVAL{axis}"], header[f"CDELT{axis}"] = 0.0, SCALE_ARCSEC
        centre = ("XCEN", "YCEN")[axis - 1]
        if centre in header:
            header[centre] = ((size + 1) / 2 - (CENTRE - first)) * SCALE_ARCSEC
    header["CROTA2"], header["LVL_NUM"] = 0.0, 1.5
    if radius_arcsec := cards.number(header, "RSUN_OBS"):
        header["R_SUN"] = radius_arcsec / SCALE_ARCSEC
    elif radius_px := cards.number(header, "R_SUN"):
        header["R_SUN"] = radius_px * (scale / SCALE_ARCSEC)
    cards.remove_statistics(header)
