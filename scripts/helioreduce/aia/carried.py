"""What a deconvolution does to the planes beside the data: σ through its kernel, flags where doubtful pixels act on others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from helioreduce.aia import padding, reach
from helioreduce.image import Changes, Flag, Image
from helioreduce.numerics import backend, fft


def redrawn(image: Image, number: int, seed: int) -> Iterable[np.ndarray]:
    """Yield data with noise of the error plane added again."""
    generator, xp = np.random.default_rng(seed), backend.module_of(image.data)
    for _ in range(number):
        yield image.data + image.sigma * xp.asarray(generator.standard_normal(image.data.shape, np.float32))


def scatter(draws: Iterable[np.ndarray]) -> np.ndarray:
    """Return each pixel's standard deviation, by Welford's recurrence: two planes in memory, whatever the number of draws."""
    mean: Any = 0.0
    squares: Any = 0.0
    number = 0
    for number, draw in enumerate(draws, start=1):
        step = draw - mean
        mean = mean + step / number
        squares = squares + step * (draw - mean)
    return np.sqrt(squares / (number - 1))


def propagated(sigma: np.ndarray, known: np.ndarray, gain: np.ndarray) -> np.ndarray:
    """Return √(K² ∗ σ²), with ``gain`` the transform of K²; unknown pixels and those beyond the edges have no noise."""
    variance = np.where(known, sigma * sigma, 0).astype(gain.dtype, copy=False)
    with fft.Filter(gain).threads() as convolve:
        result = padding.Window(convolve, sigma.shape, gain)(variance, variance)
    return np.sqrt(np.maximum(result, 0, out=result), out=result)


def where_known(new: np.ndarray, old: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return the new plane in float32, contiguous, with the old values in unknown pixels; it may be the same array."""
    new = backend.module_of(new).ascontiguousarray(new, np.float32)
    np.copyto(new, old, where=~known)
    return new


def reach_flagged(new: Image, changed: Changes | None, saturated: Changes, known: np.ndarray, response: np.ndarray) -> Image:
    """Return the image with SPIKE where respiking, and NEAR_SATURATED where saturated pixels act on the scene, by K ∗ δ.

    Unknown pixels keep their own change.
    """
    sigma: Any = new.sigma
    if changed is not None:
        module = backend.module_of(known)
        at, value = (module.asarray(changed.y), module.asarray(changed.x)), module.asarray(changed.value, response.dtype)
        change = _through(changed._replace(value=np.where(known[at], value, 0)), known, response)
        if not known.all():
            change = np.where(known, change, 0)
            change[at] = np.where(known[at], change[at], value)
        flags = reach.flagged(new.flags, Flag.SPIKE, change, sigma)
        new = new.with_(flags=flags, changes=reach.changes(change, sigma))
    if not saturated.value.size:
        return new
    return reach.near_saturated(new, np.where(known, _through(saturated, known, response), 0))


def _through(changed: Changes, known: np.ndarray, response: np.ndarray) -> np.ndarray:
    """Return K ∗ δ on the grid of an image."""
    module = backend.module_of(response)
    change = module.zeros(known.shape, response.dtype)
    change[module.asarray(changed.y), module.asarray(changed.x)] = module.asarray(changed.value, response.dtype)
    with fft.Filter(response).threads() as convolve:
        return padding.Window(convolve, known.shape, response)(change, change)


def edge_flagged(flags: np.ndarray, width: int) -> np.ndarray:
    """Return the flags with EDGE on the ``width`` outermost pixels of each side."""
    flagged = flags | np.uint8(Flag.EDGE)
    ny, nx = flags.shape
    if 2 * width < min(ny, nx):
        inner = (slice(width, ny - width), slice(width, nx - width))
        flagged[inner] = flags[inner]
    return flagged
