"""Scores of cosmic-ray masks: agreement with a reference, and persistence in time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from helioreduce.cosmic_rays.sources import EIGHT, find
from helioreduce.errors import InputError

if TYPE_CHECKING:
    from astropy.io.fits import Header

#: Columns of AIA's detector, in which the lists of spikes count.
DETECTOR_SIDE = 4096


@dataclass(frozen=True)
class Agreement:
    """Shares are NaN where they have no denominator.

    ``completeness``: share of the reference's pixels that are found; ``purity``: share of the found pixels that are in the
    reference; ``events``: share of the reference's sources of which a pixel is found.
    """

    n_found: int
    n_reference: int
    completeness: float
    purity: float
    events: float

    def __str__(self) -> str:
        return f"completeness {self.completeness:.0%}, purity {self.purity:.0%}, hits found {self.events:.0%}"


def agreement(found: np.ndarray, reference: np.ndarray, *, tolerance: int = 0, where: np.ndarray | None = None) -> Agreement:
    """Compare two boolean masks (ny, nx) or stacks of them (n, ny, nx).

    Parameters
    ----------
    tolerance
        Pixels match if they are at most this many rows and columns apart.
    where
        Boolean, like the masks: count only these pixels (a region, or all but those that time shows to be solar).
    """
    if found.shape != reference.shape:
        raise InputError(f"the masks have shapes {found.shape} and {reference.shape}")
    if where is not None:
        found, reference = found & where, reference & where
    near_found, near_reference = _widened(found, tolerance), _widened(reference, tolerance)
    planes = zip(np.atleast_3d(reference.T).T, np.atleast_3d(near_found.T).T, strict=True)
    met = [hit for plane, near in planes for hit in _met(plane, near)]
    return Agreement(
        n_found=int(found.sum()),
        n_reference=int(reference.sum()),
        completeness=_share(near_found[reference]),
        purity=_share(near_reference[found]),
        events=_share(np.array(met, bool)),
    )


def spike_mask(indices: np.ndarray, shape: tuple[int, int], side: int = DETECTOR_SIDE) -> np.ndarray:
    """Return a boolean mask (ny, nx) of AIA's spikes, given by flat index (row-major, from 0) into the level-0.5 frame.

    Parameters
    ----------
    indices, shape
        Of one frame.
    side
        Columns that the indices count; those of the detector also where a frame of the embedded archive has fewer.

    Raises
    ------
    InputError
        If an index lies outside the frame.
    """
    y, x = np.divmod(np.asarray(indices, np.int64), side)
    mask = np.zeros(shape, bool)
    if y.size and not (y.min() >= 0 and y.max() < shape[0] and x.max() < shape[1]):
        raise InputError(f"spikes lie outside a frame of shape {shape}", cure="Give the spikes of this frame, not registered")
    mask[y, x] = True
    return mask


def persistent(masks: np.ndarray, frames: int = 3, *, tolerance: int = 0) -> np.ndarray:
    """Return the pixels of a stack (n, ny, nx) set in at least ``frames`` consecutive frames: these are solar, not cosmic rays.

    A cosmic ray meets one frame; what is flagged at one place three times in a row is a bright point or a loop
    (Young et al. 2021, Solar Physics 296, 181). ``tolerance``: largest motion between frames, pixels.
    """
    set_near = np.stack([_widened(mask, tolerance) for mask in masks]) if len(masks) else masks
    ones = np.ones((frames, 1, 1), bool)
    runs = ndimage.binary_opening(np.pad(set_near, ((frames, frames), (0, 0), (0, 0))), ones)[frames : len(masks) + frames]
    return runs & masks


def temporal_outliers(cube: np.ndarray, noise: float | np.ndarray, sigma: float = 8.0) -> np.ndarray:
    """Return the values of a cube (n, ny, nx) more than ``sigma`` · ``noise`` above their pixel's median in time, once only.

    ``noise``: standard deviation of one value, a number or (ny, nx), in the data's unit. Pixels that stand out in two frames
    or more are left out: they are hot, or the Sun.
    """
    out = cube - np.nanmedian(cube, axis=0) > sigma * noise
    return out & (out.sum(axis=0) < 2)


def stands_out_in_time(cube: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Return the significance of a cube's frames (n, ny, nx) above the brighter of the frames before and after.

    z = min over neighbours m of (Iₜ − I_m) / √(σₜ² + σ_m²). A cosmic ray has a large z; a hit with a small one is seen by its
    neighbours too, and should be flagged but not replaced. NaN for a single frame.
    """
    z = np.full(cube.shape, np.nan)
    step = (cube[1:] - cube[:-1]) / np.sqrt(variance[1:] + variance[:-1])
    z[1:] = step
    z[:-1] = np.fmin(z[:-1], -step)
    return z


def on_disc(header: Header, shape: tuple[int, int]) -> np.ndarray:
    """Return a boolean mask (ny, nx) of the pixels within R_SUN pixels of the disc centre (CRPIX1, CRPIX2).

    Raises
    ------
    InputError
        If the header lacks one of these keywords.
    """
    missing = [key for key in ("R_SUN", "CRPIX1", "CRPIX2") if key not in header]
    if missing:
        raise InputError(f"the keyword {missing[0]} is missing", cure="Give a level-1 image")
    y, x = np.ogrid[: shape[0], : shape[1]]
    return (x + 1 - header["CRPIX1"]) ** 2 + (y + 1 - header["CRPIX2"]) ** 2 < header["R_SUN"] ** 2


def _widened(mask: np.ndarray, tolerance: int) -> np.ndarray:
    """Grow a mask, or each one of a stack, by ``tolerance`` rows and columns."""
    if not tolerance:
        return mask
    structure = EIGHT if mask.ndim == 2 else EIGHT[np.newaxis]
    return ndimage.binary_dilation(mask, structure, iterations=tolerance)


def _met(reference: np.ndarray, near_found: np.ndarray) -> list[bool]:
    """Return for each source of one reference mask whether one of its pixels is found."""
    sources = find(reference)
    return list(ndimage.maximum(near_found, sources.labels, np.arange(1, len(sources) + 1)) > 0) if len(sources) else []


def _share(truth: np.ndarray) -> float:
    return float(truth.mean()) if truth.size else float("nan")
