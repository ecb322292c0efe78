"""What the deconvolution gains and costs, iteration by iteration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from helioreduce.aia import deconvolve
from helioreduce.errors import InputError
from helioreduce.image import Image
from helioreduce.numerics import fft


class Trace(NamedTuple):
    """Per iteration (n,): χ² of data and blurred scene per pixel; noise over the input's, measured and of the error plane."""

    iterations: np.ndarray
    chi2: np.ndarray
    noise: np.ndarray
    predicted: np.ndarray


def trace(image: Image, otf: np.ndarray, iterations: Sequence[int], *, seed: int = 0) -> Trace:
    """Deconvolve an image with several numbers of iterations.

    Noise is measured as the scatter of the change that noise of the error plane, added once more, makes to the quieter half
    of the pixels; margins of 16 pixels are left out throughout.

    Parameters
    ----------
    image
        Counts with error plane, before deconvolution.
    otf
        :func:`helioreduce.aia.psf.otf` on a grid of at least the image's shape.
    """
    if image.sigma is None:
        raise InputError("convergence needs an error plane", cure="Give a product of the error step")
    noise = image.sigma * np.random.default_rng(seed).standard_normal(image.data.shape, np.float32)
    noisy = image.with_(data=image.data + noise)
    inner = (slice(16, -16), slice(16, -16))
    good = np.isfinite(image.data[inner]) & (image.mask[inner] == 0)
    quiet = good & (image.data[inner] <= np.median(image.data[inner][good]))
    rows = []
    for number in iterations:
        first, second = (deconvolve.deconvolve(frame, otf, number) for frame in (image, noisy))
        residual = (image.data - _blurred(first.data, otf)) / image.sigma
        change = (second.data - first.data)[inner][quiet]
        before = noise[inner][quiet].std()
        predicted = np.sqrt(np.mean((first.sigma / image.sigma)[inner][quiet] ** 2))
        rows.append((number, np.mean(residual[inner][good] ** 2), change.std() / before, predicted))
    return Trace(*np.array(rows, float).T)


def _blurred(scene: np.ndarray, otf: np.ndarray) -> np.ndarray:
    """The scene seen through the PSF; beyond its edge it goes on as its mirror image."""
    grid = (otf.shape[0], 2 * (otf.shape[1] - 1))
    margins = [((full - side) // 2, full - side - (full - side) // 2) for full, side in zip(grid, scene.shape, strict=True)]
    padded = np.pad(np.nan_to_num(scene), margins, mode="symmetric").astype(otf.dtype)
    model = fft.irfft2(otf * fft.rfft2(padded), grid)
    return model[margins[0][0] : grid[0] - margins[0][1], margins[1][0] : grid[1] - margins[1][1]]
