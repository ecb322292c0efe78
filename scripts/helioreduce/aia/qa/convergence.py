"""Gain and cost of the deconvolution, iteration by iteration."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from helioreduce.aia import deconvolution, psf, restoration
from helioreduce.errors import InputError
from helioreduce.image import UNKNOWN, Image
from helioreduce.numerics import fft


class Trace(NamedTuple):
    """Deconvolution by number of iterations, arrays (n,), and the number at which the settings end it.

    ``chi2`` is χ² of the data and the blurred result per pixel; ``noise`` and ``predicted`` are the noise relative to the
    input's, measured and according to the error plane.
    """

    iterations: np.ndarray
    chi2: np.ndarray
    noise: np.ndarray
    predicted: np.ndarray
    chosen: int


def trace(image: Image, options: deconvolution.Options, iterations: Iterable[int], *, seed: int = 0) -> Trace:
    """Deconvolve a cut-out with several numbers of iterations, otherwise as the options say.

    Noise is measured as the scatter of the change that noise of the error plane, added once more, makes to the fainter half
    of the pixels; margins of 16 pixels are left out throughout.

    Parameters
    ----------
    image
        Counts with error plane, before deconvolution, (ny, nx).
    options
        How to deconvolve. The number at which they end it is added to ``iterations``.
    iterations
        Numbers of iterations.

    Raises
    ------
    InputError
        If the image has no error plane, or its channel no PSF.
    """
    if image.sigma is None:
        raise InputError("convergence needs an error plane", cure="Give a product of the error step")
    channel = int(image.header["WAVELNTH"])
    otf = psf.otf(channel, options.core, psf.grid(image.data.shape, channel)).astype(options.precision)
    noise = image.sigma * np.random.default_rng(seed).standard_normal(image.data.shape, np.float32)
    noisy = image.with_(data=image.data + noise, sigma=image.sigma if options.method == "wiener" else None)
    inner = (slice(16, -16), slice(16, -16))
    good = np.isfinite(image.data[inner]) & ~image.mask[inner]
    faint = good & (image.data[inner] <= np.median(image.data[inner][good]))
    chosen, rows = _chosen(image, otf, options), []
    for number in sorted({*iterations, chosen} if options.method in ("rl", "cg", "bid") else {chosen}):
        fixed = options.control | {"iterations": number, "tolerance": 0.0, "largest_change": 0.0}
        first = deconvolution.deconvolve(image, otf, **fixed)
        second = deconvolution.deconvolve(noisy, otf, **fixed | {"redraws": 0})
        residual = (image.data - _blurred(first.data, otf)) / image.sigma
        change = (second.data - first.data)[inner][faint]
        gain = np.sqrt(np.mean((np.asarray(first.sigma) / image.sigma)[inner][faint] ** 2))
        rows.append((number, np.mean(residual[inner][good] ** 2), change.std() / noise[inner][faint].std(), gain))
    numbers, chi2, measured, predicted = np.array(rows, float).T
    return Trace(numbers, chi2, measured, predicted, chosen)


def _chosen(image: Image, otf: np.ndarray, options: deconvolution.Options) -> int:
    """Return the number of iterations after which the options end the deconvolution of this image; 1 where there are none."""
    if options.method != "rl":
        return max(int(deconvolution.deconvolve(image, otf, **options.control | {"redraws": 0}).header["DECITER"]), 1)
    if not options.tolerance:
        return options.iterations
    known = np.isfinite(image.data) & ~image.flagged(UNKNOWN)
    counts = np.where(known, np.maximum(image.data, 0), np.nan).astype(otf.dtype)
    _, lengths = restoration.scene(counts, otf, options.iterations, tolerance=options.tolerance, accelerate=options.accelerate)
    return len(lengths)


def _blurred(scene: np.ndarray, otf: np.ndarray) -> np.ndarray:
    """Return the scene seen through the PSF; beyond its edge it continues as its mirror image."""
    grid = (otf.shape[0], 2 * (otf.shape[1] - 1))
    margins = [((full - side) // 2, full - side - (full - side) // 2) for full, side in zip(grid, scene.shape, strict=True)]
    padded = np.pad(np.nan_to_num(scene), margins, mode="symmetric").astype(otf.dtype)
    model = fft.irfft2(otf * fft.rfft2(padded), grid)
    return model[margins[0][0] : grid[0] - margins[0][1], margins[1][0] : grid[1] - margins[1][1]]
