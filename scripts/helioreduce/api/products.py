"""One way to open a product, whatever made it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from helioreduce import interop
from helioreduce.errors import InputError
from helioreduce.image import MASKED, Image
from helioreduce.io import ecsv, fits, masks
from helioreduce.io.fits import Plane
from helioreduce.spice import files as spice_files
from helioreduce.spice.naming import unique

#: Extensions of an image beside its data.
_BESIDE = {"UNCERT", "MASK", "FLAGS", "CHANGES", "SHARES"}
#: What an image is given as, by the name of the form.
_FORMS: dict[str, Callable[[Image], Any]] = {
    "image": lambda image: image,
    "map": Image.to_map,
    "ccddata": Image.to_ccddata,
    "ndcube": Image.to_ndcube,
}


def open(path: str | Path, form: str = "auto") -> Any:
    """Open a product of any instrument, or a level-1 file, with its error and mask.

    Parameters
    ----------
    path
        FITS file, ECSV table or NPZ table of contribution functions.
    form
        ``auto``: an :class:`Image` where the file holds one image of two axes; an NDCube, or several by name, where it holds
        more axes or more arrays. ``image``, ``map``, ``ccddata``, ``ndcube``: that.

    Returns
    -------
    Image, sunpy.map.GenericMap, astropy.nddata.CCDData, ndcube.NDCube, dict or astropy.table.Table
        Several arrays are ``{name: NDCube}``, named by their extensions or lines; σ and mask are in the cubes, not beside them.
        Axes as stored: ESIS level 3 (time, camera, y, x), SPICE maps (time, y, x), SPICE fits (parameter, time, y, x).

    Raises
    ------
    InputError
        If the file cannot be read, or has no such form.

    Examples
    --------
    >>> import helioreduce
    >>> helioreduce.open("results/aia/normalised/171/20140101T000001.fits")  # doctest: +SKIP
    >>> helioreduce.open("results/aia/normalised/171/20140101T000001.fits", "map").peek()  # doctest: +SKIP
    >>> helioreduce.open("results/spice/radiance/simulated.fits")["ne_8 770.42"]  # doctest: +SKIP
    """
    if form not in ("auto", *_FORMS):
        raise InputError(f"there is no form {form!r}", cure=f"Choose one of auto, {', '.join(_FORMS)}")
    path = Path(path)
    if path.suffix == ".ecsv":
        return ecsv.read_table(path)
    if path.suffix == ".npz":
        return spice_files.read_table(path)
    planes = read_arrays(path)
    if is_image(planes):
        return _FORMS["image" if form == "auto" else form](fits.read(path))
    if form not in ("auto", "ndcube"):
        raise InputError(f"holds arrays of more than one image: it has no form {form!r}", cure="Take ndcube", where=path)
    found = cubes(planes)
    return next(iter(found.values())) if len(found) == 1 else found


def read_arrays(path: Path) -> list[Plane]:
    """Return the arrays of a FITS file.

    Raises
    ------
    InputError
        If it has none.
    """
    planes = [plane for plane in fits.read_planes(path, edited=True) if plane.data is not None]
    if not planes:
        raise InputError("holds no array", cure="Give a file with an image", where=path)
    return planes


def is_image(planes: list[Plane]) -> bool:
    """Return whether the arrays of a file are one image of two axes with its planes; a list of spikes (3, N) is none."""
    shape = planes[0].array.shape
    return len(shape) == 2 and shape[0] != 3 and {plane.name for plane in planes[1:]} <= _BESIDE


class Array(NamedTuple):
    """An array of a file: its name, the plane, and the error and the mask that are stored beside it."""

    name: str
    plane: Plane
    sigma: np.ndarray | None
    mask: np.ndarray | None


def cubes(planes: list[Plane]) -> dict[str, Any]:
    """Return the arrays of a file as NDCubes by name."""
    found = arrays(planes)
    return {own.name: interop.cube(own.plane.array, own.plane.header, own.sigma, own.mask) for own in found}


def arrays(planes: list[Plane]) -> list[Array]:
    """Return the arrays of a file, each with the error and the mask that are stored beside it."""
    names = unique([plane.name or "DATA" for plane in planes])
    stored = dict(zip(names, planes, strict=True))
    found: list[Array] = []
    beside: set[str | None] = {"FLAGS"}
    for name, plane in stored.items():
        error, bits = _beside(name, plane, stored)
        beside |= {error, bits}
        sigma = stored[error].array if error else _noise(name, plane)
        mask = (masks.bits(stored[bits].array) & np.uint8(MASKED)) != 0 if bits else None
        found.append(Array(name, plane, sigma, mask))
    return [array for array in found if array.name not in beside]


def _beside(name: str, plane: Plane, stored: Mapping[str, Plane]) -> tuple[str | None, str | None]:
    """Return the names of the error and of the mask of an array, where the file has them."""
    window = name.removesuffix(" DATA").removesuffix(" RESULTS")
    errors = {"IMAGE": "SIGMA", "FIP BIAS": "SIGMA", f"{window} RESULTS": f"{window} SIGMA"}
    errors["DATA"] = next((beside for beside in ("UNCERT", "int_err", "bg_err0") if beside in stored), "")
    if name in ("wav", "wid", "bg1"):  # SAFFRON's layout
        errors[name] = {"bg1": "bg_err1"}.get(name, f"{name}_err")
    masks = {"IMAGE": "BITS", "DATA": "MASK", f"{window} DATA": f"{window} MASK"}
    if name.startswith("DATA") and name != "DATA":
        masks[name] = name.replace("DATA", "MASK", 1)
    error, bits = errors.get(name, f"{name} SIGMA"), masks.get(name)
    same = [own if own and own in stored and stored[own].array.shape == plane.array.shape else None for own in (error, bits)]
    return same[0], same[1]


def _noise(name: str, plane: Plane) -> np.ndarray | None:
    """Return the standard deviation of SPICE's samples by the noise model in their header; None for other arrays."""
    if "NOISE_A" not in plane.header or not re.fullmatch(r"DATA\d+|.* DATA", name):
        return None
    a, b = (float(plane.header[key]) for key in ("NOISE_A", "NOISE_B"))
    return np.sqrt(a + b * np.maximum(plane.array, 0)).astype(np.float32)
