"""The files of each step, as values and back."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from helioreduce import times
from helioreduce.errors import InputError
from helioreduce.esis import level0
from helioreduce.esis.camera import CAMERAS
from helioreduce.esis.values import Aligned, Cube, Frame, Masks, Normalisation, Vignetting
from helioreduce.io import fits

if TYPE_CHECKING:
    from astropy.io.fits import Header

#: Extensions of an aligned sequence, by field.
_ALIGNED = {
    "data": "IMAGE",
    "sigma": "SIGMA",
    "mask": "BITS",
    "linear": "LINEAR",
    "quadratic": "QUADRATIC",
    "stops": "STOP",
    "internal": "INTERNAL",
    "aim": "AIM",
    "target": "TARGET",
}


def read_frame(path: str | Path) -> Frame:
    """Return a level-0 frame.

    Raises
    ------
    InputError
        If it cannot be reduced, see :func:`level0.check`.
    """
    counts, header = fits.read_array(path)
    try:
        return Frame(counts, header, level0.check(header, counts.shape))
    except InputError as error:
        raise error.at(path) from None


def write_aligned(path: str | Path, aligned: Aligned) -> None:
    """Write one line of one sequence."""
    fits.write_arrays(path, {name: getattr(aligned, field) for field, name in _ALIGNED.items()}, aligned.header)


def read_aligned(path: str | Path) -> Aligned:
    """Return one line of one sequence."""
    arrays, header = fits.read_arrays(path, *_ALIGNED.values())
    fields: dict[str, Any] = dict(zip(_ALIGNED, arrays, strict=True))
    return Aligned(**fields, header=header)


def read_time(path: str | Path) -> datetime:
    """Return the middle of the exposure of an aligned sequence, UTC."""
    _, header = fits.read_arrays(path)
    return times.parse(header["DATE-AVG"])


def write_masks(path: str | Path, masks: Masks, header: Header) -> None:
    """Write the masks of a sequence, with its header."""
    planes = {"LIT": masks.lit.astype(np.uint8), "CLEAR": masks.clear.astype(np.uint8)}
    outlines = {f"OUTLINE{number}": outline for number, outline in zip(CAMERAS, masks.outlines, strict=True)}
    fits.write_arrays(path, planes | outlines, header)


def read_masks(path: str | Path) -> Masks:
    """Return the masks of a sequence."""
    (lit, clear, *outlines), _ = fits.read_arrays(path, "LIT", "CLEAR", *(f"OUTLINE{number}" for number in CAMERAS))
    return Masks(lit.astype(bool), clear.astype(bool), tuple(outlines))


def write_vignetting(path: str | Path, found: Vignetting) -> None:
    """Write the vignetting of a line."""
    arrays = {
        "SLOPES": np.stack([found.slopes, found.slope_errors]),
        "GAINS": np.stack([found.gains, found.gain_errors]),
        "SINGLE": found.single,
    }
    fits.write_arrays(path, arrays, fits.cards(SCATTER=found.scatter, NBLOCKS=found.blocks))


def read_vignetting(path: str | Path) -> Vignetting:
    """Return the vignetting of a line."""
    (slopes, gains, single), header = fits.read_arrays(path, "SLOPES", "GAINS", "SINGLE")
    (slope, slope_error), (gain, gain_error) = slopes, gains
    return Vignetting(slope, slope_error, gain, gain_error, header["SCATTER"], header["NBLOCKS"], single)


def write_normalisation(path: str | Path, found: Normalisation) -> None:
    """Write the normalisation of a line."""
    fits.write_arrays(path, {"FACTORS": found.factors, "MEANS": found.means})


def read_normalisation(path: str | Path) -> Normalisation:
    """Return the normalisation of a line."""
    (factors, means), _ = fits.read_arrays(path, "FACTORS", "MEANS")
    return Normalisation(factors, means)


def write_cube(path: str | Path, cube: Cube) -> None:
    """Write level 3 of a line."""
    others = {
        "CLEAR": cube.clear.astype(np.uint8),
        "QUADRATIC": cube.quadratic,
        "STOP": cube.stops,
        "VIGNET": cube.vignetting,
        "FACTORS": cube.factors,
        "TIME": cube.seconds,
    }
    fits.write_cube(path, cube.data, cube.sigma, cube.mask, cube.header, others)


def write_truth(path: str | Path, scene: np.ndarray, to_sky: np.ndarray) -> None:
    """Write what a simulated flight is made of: the scene of O V (ny, nx), and the cameras' true maps (n, 2, 6)."""
    fits.write_arrays(path, {"OV": scene, "TO_SKY": to_sky})
