"""L.A.Cosmic (van Dokkum 2001, PASP 113, 1420), exact and sparse.

A cosmic ray is sharper than the point-spread function: its Laplacian stands out of the noise, and its fine structure is
small. The noise decides: give the variance of the data (see :mod:`helioreduce.cosmic_rays.noise`), and do not subtract the
sky from the data unless the variance still holds it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import ndimage

from helioreduce.cosmic_rays import kernels, replacement, windows
from helioreduce.errors import InputError

#: Original data and variance.
_Pair = tuple[np.ndarray, np.ndarray]
BORDERS = {"reflect": windows.REFLECT, "copy": windows.COPY, "nearest": windows.NEAREST}
REPLACEMENTS = {"mean": replacement.MEAN, "median": replacement.MEDIAN, "distance": replacement.DISTANCE}
#: Distance over which a changed pixel affects S′ and F (medians of 5 × 5 and 7 × 7 over ones of 5 × 5 and 3 × 3), pixels; with
#: separable medians (of 7 and 9 over 7 and 5).
REACH, REACH_SEPARABLE = 4, 6


@dataclass(frozen=True)
class Settings:
    """Thresholds and options of L.A.Cosmic.

    Parameters
    ----------
    sigclip
        Minimum Laplacian significance S′ of a cosmic ray, in units of the noise.
    sigfrac
        Neighbours are flagged down to ``sigfrac · sigclip``.
    objlim
        Minimum contrast S′ / F: about 2 for critically sampled images with the right variance, 4–5 for undersampled ones.
    iterations
        Maximum number of passes; each may uncover further pixels.
    border
        Extrapolation beyond the edge: ``reflect`` finds hits up to the outermost row, ``copy`` leaves two rows untouched as
        astroscrappy does, ``nearest`` is IRAF's.
    replacement
        ``mean``, ``median`` or ``distance``-weighted mean of the good pixels in 5 × 5.
    saturation
        Saturation level, in the data's unit: bright extended cores at or above it are excluded.
    psf
        Array (k, k), k odd: fine structure from this profile in place of the 3 × 3 median (good for well sampled stars).
    sepmed
        Separable medians of 7, 5 and 9 pixels in place of those of 5 × 5, 3 × 3 and 7 × 7: astroscrappy's ``sepmed``, its
        default. Not the published algorithm; a few per cent of the pixels differ.
    grow
        Pixels by which the mask is grown at the end, on all sides, for the wings of a hit.
    """

    sigclip: float = 4.5
    sigfrac: float = 0.3
    objlim: float = 5.0
    iterations: int = 4
    border: str = "reflect"
    replacement: str = "mean"
    saturation: float = float("inf")
    psf: np.ndarray | None = None
    sepmed: bool = False
    grow: int = 0

    def __post_init__(self) -> None:
        if self.grow < 0:
            raise InputError(f"grow is {self.grow}", cure="Give a number of pixels, 0 or more")
        for name in ("sigclip", "sigfrac", "objlim"):
            if not getattr(self, name) > 0:
                raise InputError(f"{name} is {getattr(self, name)}", cure="Give a number above 0")
        for name, known in (("border", BORDERS), ("replacement", REPLACEMENTS)):
            if getattr(self, name) not in known:
                raise InputError(f"unknown {name} {getattr(self, name)!r}", cure=f"One of: {', '.join(known)}")
        if self.psf is not None and (len(set(self.psf.shape)) > 1 or self.psf.ndim != 2 or self.psf.shape[0] % 2 == 0):
            raise InputError(f"the PSF has shape {self.psf.shape}", cure="Give a square array with an odd side")


#: The algorithm as three programs run it. Their variances: :meth:`helioreduce.cosmic_rays.noise.Detector.variance` for
#: ``standard`` and ``iraf``, :func:`helioreduce.cosmic_rays.noise.classic_variance` for ``astroscrappy``.
MODES = {
    "standard": Settings(),
    "astroscrappy": Settings(border="copy"),
    "iraf": Settings(border="nearest", replacement="median"),
}


def settings(mode: str = "standard", **choices: Any) -> Settings:
    """Return the settings of a mode, with changes."""
    if mode not in MODES:
        raise InputError(f"unknown mode {mode!r}", cure=f"One of: {', '.join(MODES)}")
    return replace(MODES[mode], **choices)


@dataclass(frozen=True)
class Result:
    """Cosmic rays of one image.

    ``mask`` (ny, nx) bool; ``cleaned`` and ``variance`` (ny, nx) float32 with the masked pixels replaced;
    ``per_iteration``: new pixels found in each pass.
    """

    mask: np.ndarray
    cleaned: np.ndarray
    variance: np.ndarray
    per_iteration: tuple[int, ...]

    @property
    def n_pixels(self) -> int:
        """Number of pixels in the mask."""
        return int(self.mask.sum())

    @property
    def n_iterations(self) -> int:
        """Number of passes, including the last one, which found nothing new."""
        return len(self.per_iteration)


def detect(
    data: np.ndarray,
    variance: np.ndarray,
    choices: Settings = MODES["standard"],
    *,
    mask: np.ndarray | None = None,
    background: np.ndarray | None = None,
) -> Result:
    """Find cosmic rays and replace them.

    With S = L⁺ / 2σ, S′ = S − med₅ S, σ² = med₅ variance and F = (med₃ data − med₇ med₃ data) / σ, a pixel is hit where
    S′ > sigclip and S′ / F > objlim; its neighbours where S′ > sigclip, and theirs where S′ > sigfrac · sigclip.

    Parameters
    ----------
    data
        Array (ny, nx), any unit, sky included. NaN are left out of every window, never found, and stay NaN.
    variance
        Array (ny, nx), unit of ``data`` squared.
    choices
        See :class:`Settings`.
    mask
        Boolean (ny, nx): pixels not to be searched (nor their neighbours) and not to be used.
    background
        Array (ny, nx), unit of ``data``: a smooth model (sky, spectral lines). It is subtracted for the search and its share
        of the variance is not smoothed. ``variance`` must hold it, in units where it is its own variance.

    Returns
    -------
    Result
        Agrees with astroscrappy 1.3 (``sepmed=False``) to the last bit for ``border="copy"``.

    Raises
    ------
    InputError
        If the arrays are not of one two-dimensional shape of at least 9 × 9, or the variance holds no number.
    """
    given = data, variance
    data, variance, background = _single(data), _single(variance), None if background is None else _single(background)
    _check_shapes(data, variance, mask=mask, background=background)
    excluded = np.isnan(data) if mask is None else _grown(mask, choices.border) | np.isnan(data)
    border = BORDERS[choices.border]
    planes = kernels.planes(data, variance, background, choices.psf, excluded, border, choices.sepmed)
    if np.isfinite(choices.saturation):
        _exclude_saturated(planes, choices.saturation)
    if background is not None:
        data -= background
        variance -= background
    found, per_iteration = _search(planes, choices, given)
    if choices.grow:
        _grow(planes, choices, found, given)
    if background is not None:
        data += background
        variance += background
    return Result(found, data, variance, per_iteration)


def _search(planes: kernels.Planes, choices: Settings, given: _Pair) -> tuple[np.ndarray, tuple[int, ...]]:
    """Return the mask and the number of new pixels in each pass; clean data and variance of ``planes`` in place."""
    ny, nx = planes.data.shape
    high, low = np.float32(choices.sigclip), np.float32(choices.sigclip) * np.float32(choices.sigfrac)
    reach = REACH_SEPARABLE if choices.sepmed else REACH
    if choices.psf is not None:
        reach = max(reach, choices.psf.shape[0] // 2 + reach + 1)
    found, marks, per_iteration = np.zeros((ny, nx), bool), np.zeros(ny * nx, bool), []
    hits = np.empty(0, np.int64)
    # a median is never below the least value of its window: 5 × 5, or 7 × 7 of separable ones
    least = ndimage.minimum_filter(np.nan_to_num(planes.variance), 3) if choices.sepmed else planes.variance
    todo = np.flatnonzero(kernels.promising(planes.data, least, planes.background, high))
    for _ in range(choices.iterations):
        hits = np.concatenate([hits, kernels.hits(planes, todo, high, np.float32(choices.objlim))])
        grown = kernels.grow(planes, kernels.grow(planes, hits, high, True, marks), low, bool(low <= high), marks)
        new = grown[~found.flat[grown]]
        per_iteration.append(new.size)
        if not new.size:
            break
        found.flat[new] = True
        touched = windows.near(new, replacement.REACH, ny, nx, marks)
        touched = touched[found.flat[touched]]
        _clean(planes, touched, found, REPLACEMENTS[choices.replacement], given)
        todo = windows.near(touched, reach, ny, nx, marks)
        marks[todo] = True
        hits = hits[~marks[hits]]  # hits far from every change remain
        marks[todo] = False
    return found, tuple(per_iteration)


def _grow(planes: kernels.Planes, choices: Settings, found: np.ndarray, given: _Pair) -> None:
    """Grow the mask ``found`` in place, not onto excluded pixels, and replace all its pixels anew from the original image."""
    before = found.copy()
    found |= ndimage.binary_dilation(found, np.ones((3, 3), bool), iterations=choices.grow) & ~planes.excluded
    added = np.flatnonzero(found & ~before)
    touched = windows.near(added, replacement.REACH, found.shape[0], found.shape[1], np.zeros(found.size, bool))
    _clean(planes, touched[found.flat[touched]], found, REPLACEMENTS[choices.replacement], given)


def _clean(planes: kernels.Planes, pixels: np.ndarray, found: np.ndarray, method: int, given: _Pair) -> None:
    """Replace pixels of data and variance; those without a good pixel nearby, by the median of the original image."""
    unusable = found | planes.excluded
    for plane, before in zip((planes.data, planes.variance), given, strict=True):
        if replacement.replace(plane, pixels, unusable, method, np.float32(np.nan)):
            image = _single(before) - (planes.background if planes.background.size else np.float32(0))
            replacement.replace(plane, pixels, unusable, method, np.float32(replacement.level(image, planes.excluded)))


def _grown(mask: np.ndarray, border: str) -> np.ndarray:
    """Return a mask with its neighbours; the outermost rows and columns do not grow for ``copy``."""
    grown = ndimage.binary_dilation(mask, np.ones((3, 3), bool))
    if border == "copy":
        for edge in (0, -1):
            grown[edge], grown[:, edge] = mask[edge], mask[:, edge]
    return grown


def _exclude_saturated(planes: kernels.Planes, saturation: float) -> None:
    """Exclude bright cores: saturated pixels whose 5 × 5 median exceeds a tenth of the level, and a margin of four pixels."""
    pixels = np.flatnonzero(planes.data >= np.float32(saturation))
    pixels = pixels[kernels.medians(planes, pixels) > np.float32(np.float32(saturation) / 10.0)]
    disc = np.ones((5, 5), bool)
    disc[::4, ::4] = False
    margin = np.argwhere(ndimage.binary_dilation(np.pad(disc, 2), disc)) - 4
    ny, nx = planes.data.shape
    for dy, dx in margin:
        y, x = pixels // nx + dy, pixels % nx + dx
        inside = (y >= 0) & (y < ny) & (x >= 0) & (x < nx)
        planes.excluded[y[inside], x[inside]] = True


def _single(array: np.ndarray) -> np.ndarray:
    """Return a copy in single precision, with infinities as NaN."""
    copy = np.array(array, dtype=np.float32, order="C")
    with np.errstate(over="ignore", invalid="ignore"):  # a sum beyond single precision is looked at, too
        known = np.isfinite(copy.sum())
    if not known:
        copy[~np.isfinite(copy)] = np.nan
    return copy


def _check_shapes(data: np.ndarray, variance: np.ndarray, **others: np.ndarray | None) -> None:
    if data.ndim != 2 or min(data.shape) < 2 * REACH + 1:
        raise InputError(f"the data have shape {data.shape}", cure="Give an image of at least 9 × 9 pixels")
    for name, array in {"variance": variance, **others}.items():
        if array is not None and array.shape != data.shape:
            raise InputError(f"{name} has shape {array.shape}, the data {data.shape}")
    if np.all(np.isnan(variance)):
        raise InputError("the variance holds no number", cure="Give the variance of the data")
