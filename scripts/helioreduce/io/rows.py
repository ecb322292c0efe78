"""Some rows of an image at a time: calibration frames are combined without holding all of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from helioreduce.errors import InputError
from helioreduce.image import MASKED
from helioreduce.io import masks
from helioreduce.io.fits import numbers
from helioreduce.io.hdus import opened


def read(path: str | Path, rows: slice, extension: int | str) -> np.ndarray:
    """Return some rows of an image HDU, float32, scaled, NaN where they are BLANK or MASK or FLAGS says to leave them out.

    Only they are read unless the file is compressed as a whole.

    Raises
    ------
    InputError
        If there is no such image, it is not two-dimensional, or a mask has another shape.
    """
    with opened(path, checksum=False) as hdus:
        image = hdus[extension]  # whose data must not be loaded: Astropy cannot read rows of scaled integers then
        if len(image.shape) != 2:
            raise InputError(f"the image has shape {image.shape}", cure="Give a file with a two-dimensional image")
        values = numbers(image.section[rows.start : rows.stop, :], image.header)
        for plane in (hdus[name] for name in ("MASK", "FLAGS") if name in hdus):
            if plane.shape != image.shape:
                raise InputError(f"{plane.name} has shape {plane.shape}, the image {image.shape}")
            flags = masks.bits(plane.section[rows.start : rows.stop, :])
            values = np.where(flags & np.uint8(MASKED), np.float32(np.nan), values)
        return values
