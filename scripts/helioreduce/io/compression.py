"""Compressed image extensions, which every FITS reader opens as it does plain ones."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from astropy.io import fits

from helioreduce.errors import InputError

#: Pixels a side of the tiles: flags are written and read faster than plain ones.
_TILE = 256
#: Steps in which the smallest sigma of an image is stored, at least.
_SIGMA_STEPS = 64
#: Loss of an archive copy, in units of sigma: rms over the image, and in any pixel.
RMS, _LARGEST = 0.03, 0.15
#: The same of an image in steps of powers of two, by :func:`in_steps`, in any pixel: half a step of √12 × 0.03 sigma.
LOSS = math.sqrt(3) * RMS
#: Values of the mantissa of sigma in such an image, and the largest part of sigma that is lost.
_BITS, SIGMA_LOSS = 128, 2.0**-7


def tiled(hdu: fits.ImageHDU, **options: Any) -> fits.CompImageHDU:
    """Return an image compressed in tiles (Rice), without loss where it holds integers."""
    tiles = tuple(min(side, _TILE) for side in hdu.data.shape)
    return fits.CompImageHDU(hdu.data, hdu.header, name=hdu.name, compression_type="RICE_1", tile_shape=tiles, **options)


def sigma(hdu: fits.ImageHDU) -> fits.CompImageHDU:
    """Return a plane of sigma compressed in steps of at most 1/64 of its smallest value: less than 1 % off in every pixel.

    The step is a power of two, so that values on its grid are stored as they are. A tile with infinite values, as saturated
    pixels have, is stored without loss.
    """
    smallest = float(np.min(hdu.data, where=hdu.data > 0, initial=np.inf))
    step = 2.0 ** math.floor(math.log2(smallest / _SIGMA_STEPS)) if math.isfinite(smallest) else 1.0
    hdu.header["SIGSTEP"] = (step, "sigma is stored in steps of this, [BUNIT]")
    return tiled(hdu, quantize_level=-step)


def finished(hdus: list[Any], error: np.ndarray | None, *, archived: bool) -> list[Any]:
    """Return the HDUs of a finished image with sigma and mask compressed; an archived image too, after an empty HDU."""
    first, *planes = hdus
    small = [sigma(hdu) if hdu.name == "UNCERT" else tiled(hdu) for hdu in planes]
    if not archived:
        return [first, *small]
    return [fits.PrimaryHDU(), science(fits.ImageHDU(first.data, first.header, name="SCI"), error), *small]


def science(hdu: fits.ImageHDU, error: np.ndarray | None) -> fits.CompImageHDU:
    """Return an image compressed in equal steps, such that the loss is at most 0.03 sigma (rms) and 0.15 sigma in any pixel.

    The step, and both losses in units of sigma, are in the header: DATSTEP, DATLOSS, DATLOSSX.

    Raises
    ------
    InputError
        If there is no sigma.
    """
    if error is None:
        raise InputError("the image has no sigma, by which its loss is bounded", cure="Make it with an error plane")
    known = error[(error > 0) & np.isfinite(error) & np.isfinite(hdu.data)].astype(float)
    smallest, inverse = (float(known.min()), float(np.sqrt(np.mean(known**-2)))) if known.size else (1.0, 1.0)
    step = min(2 * _LARGEST * smallest, math.sqrt(12) * RMS / inverse)
    hdu.header["DATSTEP"] = (step, "the image is stored in steps of this, [BUNIT]")
    hdu.header["DATLOSS"] = (step * inverse / math.sqrt(12), "rms of what was lost, in units of sigma")
    hdu.header["DATLOSSX"] = (step / 2 / smallest, "largest part that was lost, in units of sigma")
    return tiled(hdu, quantize_level=-step)


def in_steps(data: np.ndarray, error: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return an image and its sigma with fewer significant bits, which compress to a fraction of their size.

    Each value becomes the nearest multiple of the largest power of two that is at most √12 × 0.03 sigma of its pixel, so that
    the loss is at most 0.03 sigma (rms) and :data:`LOSS` sigma in any pixel. Sigma keeps seven bits: less than 1 % is lost.
    Where sigma is not known, or infinite, the value stays. What has been rounded once is not changed again by the same sigma.

    Parameters
    ----------
    data, error
        Image and sigma of the same shape and unit, single precision.
    """
    known = np.isfinite(error) & (error > 0) & np.isfinite(data)
    step = np.ldexp(np.float32(1), np.frexp(2 * LOSS * np.where(known, error, 1.0))[1] - 1)
    mantissa, exponent = np.frexp(error)
    return (
        np.where(known, np.rint(data / step) * step, data).astype(np.float32),
        np.where(known, np.ldexp(np.rint(mantissa * _BITS) / _BITS, exponent), error).astype(np.float32),
    )


def lossless(hdu: fits.ImageHDU) -> fits.ImageHDU | fits.CompImageHDU:
    """Return an image HDU compressed without loss, a plane at a time; small arrays stay as they are."""
    if hdu.data.size < _TILE**2:
        return hdu
    tile = (*(1,) * (hdu.data.ndim - 2), *(min(side, _TILE) for side in hdu.data.shape[-2:]))
    kind = "GZIP_2" if hdu.data.dtype.kind == "f" else "RICE_1"
    return fits.CompImageHDU(hdu.data, hdu.header, name=hdu.name, compression_type=kind, tile_shape=tile, quantize_level=0)
