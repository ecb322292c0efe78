"""JSOC's own level 1.5, ``aia_scale``: one interpolation as ours is, but the server's kernel, rounding and pointing.

Keys' cubic convolution (a = −0.5) at positions in single precision, whole counts, 0 outside the frame, the header's pointing.
``mpt`` puts the Sun's centre of the pointing table, which counts pixels from 0, into CRPIX, which counts from 1: the image is
one pixel off. What level 1.5 means here is in :mod:`helioreduce.aia.register`; this is what an export would bring in its place.

Source: lm-jps/proj, aia_lev1p5.c and imageRotate.c, read in 2022-09.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from astropy.io.fits import Header

#: Arcsec per pixel of level 1.5; counts to which the server clips.
SCALE, LIMITS = 0.6, (-8.0, 16383.5)
#: QUALLEV0 of frames that are dropped without a word.
_DROPPED = 0x800100F0
#: Rows that are interpolated at a time.
_ROWS = 128


class AIAScale:
    """The process for the frames of one request.

    Parameters
    ----------
    options
        As they were sent: ``mpt``, the name of a pointing table, for which X0_MP and Y0_MP of the header stand here;
        ``xc``, ``yc``, ``wide``, ``high``, a box in pixels from the Sun's centre.
    """

    def __init__(self, options: Mapping[str, str], _: Sequence[Header] = ()) -> None:
        self.options = options

    def __call__(self, image: np.ndarray, header: Header) -> tuple[np.ndarray, Header] | None:
        """Return the registered counts of a frame (ny, nx) and their header; None where a frame is dropped."""
        if int(header.get("QUALLEV0", 0)) & _DROPPED:
            return None
        ny, nx = (int(self.options.get(name, side)) for name, side in zip(("high", "wide"), image.shape, strict=True))
        middle = [(n + 1) / 2 - float(self.options.get(name, 0)) for n, name in ((nx, "xc"), (ny, "yc"))]
        centre = [float(header[key]) for key in (("X0_MP", "Y0_MP") if "mpt" in self.options else ("CRPIX1", "CRPIX2"))]
        roll, scale = math.radians(float(header["CROTA2"])), SCALE / float(header["CDELT1"])
        c, s = (np.float32(scale * f(roll)) for f in (math.cos, math.sin))
        found = np.empty((ny, nx), image.dtype)
        u = np.arange(1, nx + 1, dtype=np.float32) - np.float32(middle[0])
        for first in range(0, ny, _ROWS):
            v = np.arange(first + 1, min(first + _ROWS, ny) + 1, dtype=np.float32)[:, None] - np.float32(middle[1])
            x, y = c * u + s * v + np.float32(centre[0] - 1), c * v - s * u + np.float32(centre[1] - 1)
            found[first : first + len(v)] = np.rint(np.clip(keys(image, x, y), *LIMITS))
        new = header.copy()
        new.update(CRPIX1=middle[0], CRPIX2=middle[1], CDELT1=SCALE, CDELT2=SCALE, CROTA2=0.0, LVL_NUM=1.5)
        if "R_SUN" in header:
            new["R_SUN"] = float(header["R_SUN"]) / scale
        return found, new


def keys(image: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return an image at points, pixels from 0, by Keys' cubic convolution (a = −0.5); 0 where one of its 16 pixels is lacking.

    Source: Keys 1981, IEEE Trans. Acoustics, Speech and Signal Processing 29, 1153.
    """
    i, j = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    inside = (i >= 1) & (j >= 1) & (i < image.shape[1] - 2) & (j < image.shape[0] - 2)
    i, j = i.clip(1, image.shape[1] - 3), j.clip(1, image.shape[0] - 3)
    across, along = _weights(x - np.floor(x)), _weights(y - np.floor(y))
    found = np.zeros(x.shape, np.float32)
    for row, weight in enumerate(along):
        found += weight * sum(across[column] * image[j + row - 1, i + column - 1] for column in range(4))
    return np.where(inside, found, np.float32(0))


def _weights(t: np.ndarray) -> list[np.ndarray]:
    """Return the weights of the pixels −1, 0, 1, 2 at a distance t from pixel 0."""
    return [t * (-0.5 + t * (1 - 0.5 * t)), 1 + t * t * (1.5 * t - 2.5), t * (0.5 + t * (2 - 1.5 * t)), t * t * (0.5 * t - 0.5)]
