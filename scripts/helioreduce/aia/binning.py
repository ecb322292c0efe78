r"""Binning: level 1.5 on a coarser grid, the same for every channel and time, with σ and the share of every flag.

The mean of f × f pixels keeps surface brightness: DN/s per pixel of 0.6″, the unit of the responses, whatever f. The flux of a
source is f² times the sum over its bins. Pixels that the mask leaves out do not count; with fewer than half of them left a bin
is missing. One saturated pixel makes a bin a lower limit, with infinite σ.

The errors of neighbouring pixels are correlated (:mod:`helioreduce.aia.light_curves`), so that

.. math:: \sigma_\mathrm{bin} = c_f\,\sqrt{\textstyle\sum\sigma^2}\,/\,N, \qquad c_f^2 = \sum_{ij}\rho(i - j)\,/\,f^2,

where N pixels are left and c is exact for a bin of f² pixels of one σ. It is the card BINCORR.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numba
import numpy as np

from helioreduce.aia import cards, light_curves
from helioreduce.aia.channels import NPIX
from helioreduce.aia.wcs import CENTRE, SCALE_ARCSEC
from helioreduce.errors import InputError
from helioreduce.image import MASKED, Flag, Image
from helioreduce.io.provenance import record, refuse_twice

if TYPE_CHECKING:
    from astropy.io.fits import Header

#: Part of the grid of level 1.5, a side, from which an image is one of the whole Sun.
_WHOLE = 0.95
#: Flags of pixels without a value; what a saturated one has is a limit.
_HIDDEN, _SATURATED = np.uint8(MASKED & ~Flag.SATURATED), np.uint8(Flag.SATURATED)
_OUTSIDE, _NO_DATA = np.uint8(Flag.OUTSIDE), np.uint8(Flag.NO_DATA)


def from_settings(image: Image, grid: Mapping[str, Any] | None) -> Image:
    """Return the image on the grid of a request, by ``npix`` and ``deconvolution`` of :func:`to_grid`; None: as it is."""
    return to_grid(image, **grid) if grid else image


def to_grid(image: Image, npix: int, deconvolution: Mapping[str, Any] | None = None) -> Image:
    """Return the image on the grid of ``npix`` pixels a side for the whole Sun, with the share of every flag in each bin.

    Parameters
    ----------
    image
        At level 1.5 (ny, nx), 0.6″, full frame or cut-out.
    npix
        Pixels a side of the whole grid, of 0.6″ · 4096 / npix: 4096, or that divided by 2, 4, 8 …
    deconvolution
        What the correlation of its pixels follows from: ``method``, ``iterations``, ``core``; None without deconvolution.

    Returns
    -------
    Image
        Means, σ, flags and ``shares`` (8, ny, nx): the part of a bin's pixels with each flag, in the order of
        :class:`helioreduce.image.Flag`. The flags of a bin are those of any of its pixels; of pixels that were left out only
        where the bin is missing. A full frame has npix × npix bins, OUTSIDE where the detector sees nothing; a cut-out
        the bins that lie wholly inside it. CRPIX is (CRPIX − 1/2) / f + 1/2.

    Raises
    ------
    AlreadyDone
        If it has been binned.
    InputError
        If ``npix`` does not divide the grid into at most 15 × 15 pixels, or the image is not on it, or holds no bin.

    Examples
    --------
    >>> from astropy.io.fits import Header
    >>> cards = {"WAVELNTH": 171, "CRPIX1": 32.5, "CRPIX2": 32.5, "CDELT1": 0.6, "CDELT2": 0.6}
    >>> binned = to_grid(Image(np.ones((64, 64), np.float32), Header(cards)), 1024)
    >>> binned.data.shape, binned.header["CDELT1"], binned.header["CRPIX1"]
    ((16, 16), 2.4, 8.5)
    """
    refuse_twice(image, "bin")
    side = NPIX // npix
    if side * npix != NPIX or side * side > np.iinfo(np.uint8).max:
        raise InputError(f"npix is {npix}", cure="Give 4096, 2048, 1024 or 512")
    corner = _corner(image.header)
    sizes = image.data.shape[::-1]
    if min(sizes) > _WHOLE * NPIX:
        first, shape = (0, 0), (npix, npix)
    else:
        first = -(-corner[0] // side), -(-corner[1] // side)
        nx, ny = ((start + size) // side - b for start, size, b in zip(corner, sizes, first, strict=True))
        shape = ny, nx
    if min(shape) < 1:
        raise InputError(f"the image holds no bin of {side} × {side} pixels", cure="Give a larger aia.output.npix")
    factor = _factor(image.header, side, deconvolution or {})
    offset = [b * side - start for b, start in zip(first, corner, strict=True)]
    data, sigma, flags, counts = means(image, side, (offset[1], offset[0]), shape)
    shares = counts.astype(np.float32) / np.float32(side * side)
    error = None if image.sigma is None else sigma * np.float32(factor)
    new = image.with_(data=data, sigma=error, flags=flags, changes=None, shares=shares)
    _describe(new.header, side, first, shape)
    new.header["BINCORR"] = (factor, "sigma of a bin in units of independent pixels")
    record(new.header, "bin", {"npix": npix, "pixels_a_side": side, "sigma_factor": round(factor, 4)})
    return new


def means(
    image: Image, side: int, offset: tuple[int, int], shape: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return means of ``side`` × ``side`` pixels, σ of independent pixels, flags, and how many pixels have each flag.

    Parameters
    ----------
    image
        Any image; where it has no σ, all pixels weigh the same.
    side
        Pixels of a bin.
    offset
        Pixel (y, x) at which the first bin begins; pixels that the image does not have are OUTSIDE.
    shape
        Bins (ny, nx).
    """
    sigma = image.data if image.sigma is None else image.sigma
    mean, error = np.empty(shape, np.float32), np.empty(shape, np.float32)
    flags, counts = np.zeros(shape, np.uint8), np.zeros((len(Flag), *shape), np.uint8)
    _means(image.data, sigma, image.sigma is not None, image.flags, side, offset, mean, error, flags, counts)
    return mean, error, flags, counts


@numba.njit(cache=True, nogil=True)
def _means(data: Any, sigma: Any, has_sigma: bool, flags: Any, side: int, offset: Any,
           mean: Any, error: Any, bits: Any, counts: Any) -> None:  # fmt: skip
    """Fill the planes of the bins."""
    (ny, nx), (y0, x0) = data.shape, offset
    for by in range(mean.shape[0]):
        for bx in range(mean.shape[1]):
            total, variance, number, seen = 0.0, 0.0, 0, np.uint8(0)
            for y in range(y0 + by * side, y0 + (by + 1) * side):
                for x in range(x0 + bx * side, x0 + (bx + 1) * side):
                    inside = 0 <= y < ny and 0 <= x < nx
                    flag = flags[y, x] if inside else _OUTSIDE
                    if inside and not flag & _HIDDEN and not np.isfinite(data[y, x]):
                        flag |= _NO_DATA
                    seen |= flag
                    for k in range(counts.shape[0]):
                        counts[k, by, bx] += (flag >> k) & 1
                    if not flag & _HIDDEN:
                        total += data[y, x]
                        number += 1
                        if has_sigma:
                            variance += np.float64(sigma[y, x]) ** 2
            if 2 * number >= side * side:
                mean[by, bx], error[by, bx] = total / number, np.sqrt(variance) / number
                bits[by, bx] = seen & ~_HIDDEN
                if seen & _SATURATED:
                    error[by, bx] = np.inf
            else:
                mean[by, bx], error[by, bx], bits[by, bx] = np.nan, np.nan, seen


def _corner(header: Header) -> tuple[int, int]:
    """Return the first pixel (x, y), from 0, on the grid of level 1.5."""
    found = []
    for axis in "12":
        first = CENTRE - cards.required(header, f"CRPIX{axis}")
        scale = cards.required(header, f"CDELT{axis}")
        if abs(scale - SCALE_ARCSEC) > 1e-9 or first != round(first) or cards.number(header, "CROTA2"):
            raise InputError("the image is not on the grid of level 1.5", cure="Bin after prep")
        found.append(round(first))
    return found[0], found[1]


def _factor(header: Header, side: int, deconvolution: Mapping[str, Any]) -> float:
    """Return σ of the mean of a bin of equal pixels, in units of what independent pixels would give."""
    correlation = light_curves.Correlation(cards.channel(header), deconvolution)
    return correlation.factor(side, float(header.get("SPLVAR", light_curves.MEAN_KEPT)))


def _describe(header: Header, side: int, first: tuple[int, ...], shape: tuple[int, int]) -> None:
    """Describe the grid of the bins in a header, in place."""
    for axis, (start, size) in enumerate(zip(first, shape[::-1], strict=True), start=1):
        middle = (CENTRE - 0.5) / side + 0.5 - start
        header[f"NAXIS{axis}"], header[f"CRPIX{axis}"], header[f"CDELT{axis}"] = size, middle, SCALE_ARCSEC * side
        centre = ("XCEN", "YCEN")[axis - 1]
        if centre in header:
            header[centre] = ((size + 1) / 2 - middle) * SCALE_ARCSEC * side
    if radius_px := cards.number(header, "R_SUN"):
        header["R_SUN"] = radius_px / side
    header["BINPIX"] = (side, "[pix] pixels of 0.6 arcsec a side that became one")
    header.remove("SPLVAR", ignore_missing=True)
    cards.remove_statistics(header)
