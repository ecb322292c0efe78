"""Processing of exports: cut-outs (``im_patch``) and rebinning (``rebin``)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from astropy.io.fits import Header

from helioreduce.errors import InputError
from helioreduce.io import fits


def processed(source: Path, target: Path, header: Header, steps: Iterable[str]) -> None:
    """Write ``source`` after the steps ``name,key=value,…``, with ``header`` changed accordingly.

    Raises
    ------
    InputError
        If a step is unknown.
    """
    image, _ = fits.read_array(source)
    for step in steps:
        name, *options = step.split(",")
        if name not in _STEPS:
            raise InputError(f"the process {name!r} is not known")
        image, header = _STEPS[name](image, header, dict(option.split("=", 1) for option in options))
    fits.write_planes(target, [fits.Plane("", image, header)])


def im_patch(image: np.ndarray, header: Header, options: Mapping[str, str]) -> tuple[np.ndarray, Header]:
    """Return a box about (x, y), in arcsec from the Sun's centre or in pixels, and its header."""
    scale = header["CDELT1"], header["CDELT2"]
    arcsec = [options.get(key, "arcsec") == "arcsec" for key in ("locunits", "boxunits")]
    centre = [float(options[axis]) / (scale[i] if arcsec[0] else 1) for i, axis in enumerate("xy")]
    box = [
        math.ceil(round(float(options[side]) / (scale[i] if arcsec[1] else 1), 6)) for i, side in enumerate(("width", "height"))
    ]
    origin = (header["CRPIX1"] - 1, header["CRPIX2"] - 1) if arcsec[0] else (0, 0)
    first = [round(origin[i] + centre[i] - (box[i] - 1) / 2) for i in range(2)]
    patch = np.full(box[::-1], -32768, image.dtype)
    rows, inside = zip(*(_overlap(first[i], box[i], image.shape[1 - i]) for i in (1, 0)), strict=True)
    patch[inside] = image[rows]
    header = header.copy()
    header["CRPIX1"] -= first[0]
    header["CRPIX2"] -= first[1]
    return patch, header


def rebin(image: np.ndarray, header: Header, options: Mapping[str, str]) -> tuple[np.ndarray, Header]:
    """Return means over boxes of 1/scale pixels, and the header."""
    n = round(1 / float(options["scale"]))
    ny, nx = (side // n for side in image.shape)
    means = image[: ny * n, : nx * n].reshape(ny, n, nx, n).mean(axis=(1, 3), dtype=np.float64)
    header = header.copy()
    for axis in "12":
        if f"CRPIX{axis}" in header:
            header[f"CRPIX{axis}"] = (header[f"CRPIX{axis}"] - 0.5) / n + 0.5
            header[f"CDELT{axis}"] *= n
    return means.astype(np.float32), header


_STEPS = {"im_patch": im_patch, "rebin": rebin}


def _overlap(first: int, size: int, limit: int) -> tuple[slice, slice]:
    """Return the overlap of a box of ``size`` from ``first`` with 0…limit: in the image, and in the box."""
    start, stop = max(first, 0), min(first + size, limit)
    stop = max(stop, start)
    return slice(start, stop), slice(start - first, stop - first)
