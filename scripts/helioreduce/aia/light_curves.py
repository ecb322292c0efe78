r"""Light curves of a region: its mean in every frame, with an error that knows what the pixels have in common.

Deconvolution and interpolation mix pixels, so that their errors are correlated. With the response K of the deconvolution
(:func:`helioreduce.aia.restoration.response`) and the cardinal spline η, the correlation at a distance d is

.. math:: \rho(\mathbf d) = R(\mathbf d) / R(0), \qquad \hat R = |\hat K|^2\,\hat A_x\,\hat A_y .

A(d) is ∫ η(t) η(t + d) dt, on average over where a pixel falls between those of the detector. In one image A(0)² is SPLVAR,
the part of the variance that interpolation has left; as Σ A(d) = 1 everywhere, the other A(d) follow in proportion. The mean of
N pixels has the variance Σ_ij σ_i σ_j ρ(i − j) / N². The uncertainty of the exposure time is one for all pixels of a frame,
systematic terms are one for all frames of a channel: neither becomes smaller in a mean.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from helioreduce.aia import cards, psf, restoration
from helioreduce.errors import InputError
from helioreduce.image import Flag, Image
from helioreduce.numerics import fft

#: Pixels a side above which a region counts as infinite: of all its pairs of pixels, hardly any is cut by the edges.
LARGE = 512
#: Part of the variance that interpolation leaves on average over all places, (∫ η²)².
MEAN_KEPT = 0.7644
#: Margin for the correlation of the spline, px.
_MARGIN = 32


class Correlation:
    """Correlation of the errors of the pixels of a channel's images at level 1.5.

    Parameters
    ----------
    channel
        Wavelength, Å.
    settings
        Settings of the deconvolution (``method``, ``iterations``, ``core``); empty where it was left out.
    """

    def __init__(self, channel: int, settings: Mapping[str, Any]) -> None:
        self._channel, self._deconvolution = channel, settings
        self._spectrum = lru_cache(maxsize=4)(self._of_grid)

    def variance_of_mean(self, sigma: np.ndarray, kept: float = MEAN_KEPT) -> float:
        """Return the variance of the mean of the pixels whose σ (ny, nx) is finite and not 0; NaN without such pixels.

        ``kept`` is the part of the variance that interpolation has left (SPLVAR).
        """
        used = np.where(np.isfinite(sigma), sigma, 0).astype(float)
        number = np.count_nonzero(used)
        if not number:
            return float("nan")
        if min(used.shape) > LARGE:
            return self.total(kept) * float(np.sum(used**2)) / number**2
        spectrum = self._spectrum(used.shape, kept)
        grid = spectrum.shape[0], 2 * (spectrum.shape[1] - 1)
        correlated = np.fft.irfft2(spectrum * np.fft.rfft2(used, grid), grid)
        return float(np.sum(used * correlated[: used.shape[0], : used.shape[1]])) / number**2

    def total(self, kept: float = MEAN_KEPT) -> float:
        """Return the sum of the correlations of one pixel: Σρ Σσ² / N² is the variance of the mean of many pixels."""
        return float(self._spectrum((LARGE, LARGE), kept)[0, 0])

    def factor(self, side: int, kept: float = MEAN_KEPT) -> float:
        """Return σ of the mean of side × side equal pixels, in units of what independent pixels would give."""
        return float(np.sqrt(self.variance_of_mean(np.ones((side, side)), kept)) * side)

    def _of_grid(self, shape: tuple[int, int], kept: float) -> np.ndarray:
        """Return the transform of ρ on a periodic grid that holds a region of this shape."""
        if self._deconvolution:
            grid = psf.grid(shape, self._channel)
            otf = psf.otf(self._channel, self._deconvolution["core"], grid)
            response = restoration.response(otf, self._deconvolution["method"], int(self._deconvolution["iterations"]))
        else:
            grid = fft.fast_shape((shape[0] + _MARGIN, shape[1] + _MARGIN))
            response = np.ones((grid[0], grid[1] // 2 + 1))
        y, x = (_of_spline(f, np.sqrt(kept)) for f in (np.fft.fftfreq(grid[0]), np.fft.rfftfreq(grid[1])))
        spectrum = response**2 * np.multiply.outer(y, x)
        return spectrum / np.fft.irfft2(spectrum, grid)[0, 0]


def _of_spline(frequency: np.ndarray, kept: float) -> np.ndarray:
    """Return Â at frequencies in cycles per pixel, for A(0) = ``kept``.

    On average it is Σ_k η̂²(f + k), with η̂(f) = sinc⁴(f) · 3/(2 + cos 2πf).
    """
    mean = np.sqrt(MEAN_KEPT)
    return kept + (1 - kept) * (_average(frequency) - mean) / (1 - mean)


def _average(frequency: np.ndarray) -> np.ndarray:
    shifted = np.add.outer(frequency, np.arange(-4, 5))
    return np.sum(np.sinc(shifted) ** 8, axis=-1) * (3 / (2 + np.cos(2 * np.pi * frequency))) ** 2


def region(image: Image, box: Sequence[float] | None) -> Image:
    """Return the part of an image at level 1.5 within a box; the image itself for None.

    Parameters
    ----------
    image
        Roll 0, ``CRPIX``, ``CDELT`` and ``CRVAL`` in arcsec.
    box
        Left, bottom, right, top in helioprojective arcsec.

    Raises
    ------
    InputError
        If the box holds no pixel of the image.
    """
    if box is None:
        return image
    inside, header = [], image.header.copy()
    for axis, low, high in ((2, box[1], box[3]), (1, box[0], box[2])):
        reference, scale = cards.required(header, f"CRPIX{axis}"), cards.required(header, f"CDELT{axis}")
        middle = (np.arange(image.data.shape[2 - axis]) + 1 - reference) * scale + (cards.number(header, f"CRVAL{axis}") or 0.0)
        pixels = np.flatnonzero((middle >= low) & (middle <= high))
        if not pixels.size:
            raise InputError(f"aia.light_curves.box = {list(box)} holds no pixel of the image", cure="Give arcsec within it")
        inside.append(slice(pixels[0], pixels[-1] + 1))
        header[f"CRPIX{axis}"] = reference - pixels[0]
    rows, columns = inside
    sigma = None if image.sigma is None else image.sigma[rows, columns]
    return Image(image.data[rows, columns], header, sigma, image.flags[rows, columns])


def measure(image: Image, correlation: Correlation) -> dict[str, Any]:
    """Return the mean of a region in one frame.

    Returns
    -------
    dict
        WAVELNTH, T_OBS, BUNIT, DEGFACT (1 where the image is not corrected), EXPUSED and EXPSRC (EXPTIME and empty in DN);
        ``pixels`` that are not masked, their ``mean`` and its ``sigma`` from noise; ``sigma_exposure`` and
        ``sigma_systematic``, common to all pixels; ``limit``, the mean with the saturated pixels, a lower limit; the shares
        ``masked`` and ``saturated`` of the region.
    """
    finite = np.isfinite(image.data)
    good, saturated = finite & ~image.mask, image.flagged(Flag.SATURATED)
    number, header = int(np.count_nonzero(good)), image.header
    mean = float(image.data[good].mean(dtype=float)) if number else float("nan")
    with_limits = finite & (good | saturated)
    kept = float(header.get("SPLVAR", MEAN_KEPT))
    used_s = cards.number(header, "EXPUSED") or cards.number(header, "EXPTIME") or 0.0
    variance = float("nan") if image.sigma is None else correlation.variance_of_mean(np.where(good, image.sigma, 0), kept)
    return {
        "WAVELNTH": int(header["WAVELNTH"]),
        "T_OBS": str(header["T_OBS"]),
        "mean": mean,
        "sigma": float(np.sqrt(variance)),
        "sigma_exposure": abs(mean) * header.get("EXPSIGMA", 0.0) / used_s if used_s else 0.0,
        "sigma_systematic": abs(mean) * header.get("SYSFRAC", 0.0),
        "limit": float(image.data[with_limits].mean(dtype=float)) if with_limits.any() else float("nan"),
        "pixels": number,
        "masked": 1 - number / good.size,
        "saturated": float(saturated.mean()),
        "EXPUSED": used_s,
        "EXPSRC": str(header.get("EXPSRC", "")),
        "DEGFACT": float(header.get("DEGFACT", 1.0)),
        "BUNIT": str(header.get("BUNIT", "")),
    }
