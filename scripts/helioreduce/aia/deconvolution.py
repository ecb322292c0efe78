"""Deconvolution of an image with its error plane and flags: full frames, cut-outs, unknown pixels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import lru_cache, partial
from types import ModuleType
from typing import Any, Literal, NamedTuple

import numpy as np

from helioreduce.aia import cards, reach, richardson_lucy
from helioreduce.aia import psf as psf_model
from helioreduce.errors import InputError
from helioreduce.image import UNKNOWN, Changes, Flag, Image
from helioreduce.io.provenance import caveat, record, refuse_twice
from helioreduce.numerics import backend, fft, gaps


@dataclass(frozen=True)
class Options:
    """What a user chooses; see :func:`deconvolve`, and :func:`helioreduce.aia.psf.otf` for ``core``."""

    iterations: int = 25
    core: str = "default"
    tolerance: float = 0.0
    accelerate: bool = False
    redraws: int = 0
    precision: Literal["float32", "float64"] = "float32"

    def __post_init__(self) -> None:
        _check_iterations(self.iterations)

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Options:
        """Return the options of a mapping.

        Raises
        ------
        InputError
            If there is no option of a name.
        """
        names = [field.name for field in fields(cls)]
        if unknown := [name for name in given if name not in names]:
            raise InputError(f"deconvolution has no option {unknown[0]!r}", cure=f"Options: {', '.join(names)}")
        return cls(**given)


class Optics(NamedTuple):
    """What images of one shape share: OTF, part of the scattered light that is from outside, noise gain and response."""

    otf: np.ndarray
    from_outside: float = 0.0
    gain: np.ndarray | None = None
    response: np.ndarray | None = None


class Psf:
    """The PSF of a channel, prepared once for all images of one shape.

    Parameters
    ----------
    full_frame
        Transform of the PSF on the full frame's grid, float32 (4096, 2049); computed from the mesh where there is none.
    """

    def __init__(self, full_frame: np.ndarray | None = None) -> None:
        self._full_frame = full_frame
        self._prepared = lru_cache(maxsize=1)(self._prepare)

    def optics(self, image: Image, options: Options) -> Optics:
        """Return what an image is deconvolved with, where its arrays live; the last shape's is kept."""
        return self._prepared(image.data.shape, image.header["WAVELNTH"], backend.module_of(image.data), options)

    def _prepare(self, shape: tuple[int, int], channel: int, module: ModuleType, options: Options) -> Optics:
        found = psf_model.for_image(shape, channel, options.core, self._full_frame)
        is_small = shape != psf_model.FULL_FRAME and min(shape) <= 2 * psf_model.reach(channel, 0.9)
        shared = module.asarray(found, options.precision), psf_model.from_outside(found, shape) if is_small else 0.0
        if options.redraws or options.tolerance or options.accelerate:
            return Optics(*shared)
        control = shared[0], options.iterations
        return Optics(*shared, richardson_lucy.noise_gain(*control), richardson_lucy.linear_response(*control))


def from_psf(image: Image, psf: Psf, options: Mapping[str, Any]) -> Image:
    """Deconvolve with the PSF of the image's channel; ``options`` are the fields of :class:`Options`.

    Warns (InputWarning) of an image smaller than the PSF's reach: how much of the light scattered into it is from outside.
    """
    chosen = Options.of(options)
    optics = psf.optics(image, chosen)
    new = deconvolve(
        image,
        optics.otf,
        chosen.iterations,
        core=chosen.core,
        edge=psf_model.reach(image.header["WAVELNTH"], 0.9),
        gain=optics.gain,
        response=optics.response,
        redraws=chosen.redraws,
        tolerance=chosen.tolerance,
        accelerate=chosen.accelerate,
    )
    if optics.from_outside:
        share = f"{100 * optics.from_outside:.0f} % of the light scattered into it is from outside, were the Sun uniform"
        caveat(new.header, f"deconvolved although smaller than the PSF's reach: {share} (aia.steps.deconvolve)")
    return new


def deconvolve(
    image: Image,
    otf: np.ndarray,
    iterations: int = 25,
    *,
    core: str = "default",
    edge: int = 0,
    gain: np.ndarray | None = None,
    response: np.ndarray | None = None,
    redraws: int = 0,
    seed: int = 0,
    tolerance: float = 0.0,
    accelerate: bool = False,
) -> Image:
    """Return the image with the PSF removed by Richardson–Lucy iteration, on its own grid.

    The iteration starts from the image. Negative counts are taken as 0. Pixels that are not finite or carry a bit of
    :data:`helioreduce.image.UNKNOWN` have no weight: they keep their value, error and flags, and do not spread.

    Parameters
    ----------
    image
        Level-1 counts (ny, nx), before any resampling.
    otf
        :func:`helioreduce.aia.psf.otf`, (gy, gx//2+1) with gx even, or a PSF of any shape (:func:`helioreduce.aia.psf.as_otf`);
        the arithmetic takes its precision. See :func:`scene` for grids larger than the image.
    iterations
        Their number, or the largest number if ``tolerance`` is positive.
    core
        Name of the PSF core, for the record.
    edge
        Where the grid is larger than the image, the bit EDGE is set on pixels less than this far (px) from the edge of the
        image: part of their light comes from where nothing is known.
    gain
        :func:`richardson_lucy.noise_gain` of ``otf`` and the iterations that will be done, where many images share it;
        computed if absent.
    response
        :func:`richardson_lucy.linear_response`, likewise.
    redraws, seed
        0: the error by ``gain``, a linear approximation. N ≥ 2: the scatter of N deconvolutions of data redrawn from the error
        plane; it is itself uncertain by a fraction 1/√(2(N − 1)).
    tolerance, accelerate
        See :func:`richardson_lucy.restore`.

    Raises
    ------
    AlreadyDone
        If the image has been deconvolved.
    InputError
        If no pixel is known, redraws cannot give an error, or the OTF is none, or on a grid smaller than the image.
    """
    refuse_twice(image, "deconvolve")
    _check_iterations(iterations)
    _check_redraws(redraws, image)
    otf = psf_model.as_otf(otf, image.data.shape, image.header["WAVELNTH"])
    known = np.isfinite(image.data) & ~image.flagged(UNKNOWN)
    restored = partial(scene, otf=otf, iterations=iterations, tolerance=tolerance, accelerate=accelerate)
    data, lengths = restored(_counts(image.data, known, otf))
    done = lengths if accelerate else len(lengths)
    sigma, method = image.sigma, "none"
    if redraws:
        draws = (restored(_counts(noisy, known, otf))[0] for noisy in _redrawn(image, redraws, seed))
        sigma, method = _scatter(draws), f"{redraws} redraws with seed {seed}"
    elif sigma is not None:
        gain = richardson_lucy.noise_gain(otf, done) if gain is None else gain
        sigma, method = _propagated(sigma, known, otf, gain), "linear"
    new = image.with_(
        data=_where_known(data, image.data, known),
        sigma=_where_known(sigma, image.sigma, known) if sigma is not None and image.sigma is not None else None,
        flags=_edge_flagged(image.flags, edge) if _margins(data.shape, otf) else image.flags,
    )
    saturated = reach.saturated(image)
    if new.sigma is not None and (image.changes is not None or saturated.value.size):
        response = richardson_lucy.linear_response(otf, done) if response is None else response
        new = _reach_flagged(new, image.changes, saturated, known, response)
    cards.remove_statistics(new.header)
    parameters = {"iterations": len(lengths), "accelerated": accelerate, "core": core, "sigma": method}
    where = {"precision": otf.dtype, "fft": fft.library(otf), "device": backend.name(otf)}
    record(new.header, "deconvolve", parameters | where)
    return new


def _check_iterations(number: float) -> None:
    """Refuse what is no number of iterations."""
    if number < 1 or number != int(number):
        raise InputError(f"iterations = {number} is no number of iterations", cure="Give a whole number from 1")


def _check_redraws(redraws: int, image: Image) -> None:
    """Refuse redraws that give no error."""
    if redraws and (redraws == 1 or image.sigma is None):
        raise InputError(f"redraws = {redraws} gives no error", cure="Take 0, or at least 2 after the error step")


def scene(
    counts: np.ndarray, otf: np.ndarray, iterations: int = 25, *, tolerance: float = 0.0, accelerate: bool = False
) -> tuple[np.ndarray, list[float]]:
    """Return the scene behind counts, and the iterations done, as :func:`richardson_lucy.restore` gives them.

    On a grid of the image's shape edges are periodic. On a larger one (:func:`helioreduce.aia.psf.grid`) the image gets a
    margin of unknown pixels, which starts as its mirror image.

    Parameters
    ----------
    counts
        Array (ny, nx), not negative, NaN where unknown, in the precision of ``otf``.
    otf
        Real transform (gy, gx//2+1) of the PSF on a grid of at least (ny, nx).
    iterations, tolerance, accelerate
        See :func:`richardson_lucy.restore`.
    """
    start, margins = gaps.filled(counts), _margins(counts.shape, otf)
    if margins:
        start, counts = np.pad(start, margins, mode="symmetric"), np.pad(counts, margins, constant_values=np.nan)
    result, lengths = richardson_lucy.restore(counts, start, otf, iterations, tolerance=tolerance, accelerate=accelerate)
    return _inner(result, margins), lengths


def _margins(shape: tuple[int, int], otf: np.ndarray) -> tuple[tuple[int, int], ...]:
    """Return the pixels to add before and after each axis to fill the OTF's grid; empty if there are none."""
    grid = (otf.shape[0], 2 * (otf.shape[1] - 1))
    excess = [g - n for g, n in zip(grid, shape, strict=True)]
    if min(excess) < 0:
        raise InputError(f"an image of {shape} does not fit on the PSF's grid of {grid}", cure="Give psf.grid(shape, channel)")
    return tuple((n // 2, n - n // 2) for n in excess) if any(excess) else ()


def _inner(plane: np.ndarray, margins: tuple[tuple[int, int], ...]) -> np.ndarray:
    """Return a plane without its margins."""
    return plane[tuple(slice(a, n - b) for n, (a, b) in zip(plane.shape, margins, strict=True))] if margins else plane


def _counts(data: np.ndarray, known: np.ndarray, otf: np.ndarray) -> np.ndarray:
    """Return data that are not negative, NaN where unknown."""
    return np.where(known, np.maximum(data, 0), np.nan).astype(otf.dtype, copy=False)


def _redrawn(image: Image, number: int, seed: int) -> Iterable[np.ndarray]:
    """Yield data with noise of the error plane added again."""
    generator, xp = np.random.default_rng(seed), backend.module_of(image.data)
    for _ in range(number):
        yield image.data + image.sigma * xp.asarray(generator.standard_normal(image.data.shape, np.float32))


def _scatter(draws: Iterable[np.ndarray]) -> np.ndarray:
    """Return each pixel's standard deviation, by Welford's recurrence: two planes in memory, whatever the number of draws."""
    mean: Any = 0.0
    squares: Any = 0.0
    number = 0
    for number, draw in enumerate(draws, start=1):
        step = draw - mean
        mean = mean + step / number
        squares = squares + step * (draw - mean)
    return np.sqrt(squares / (number - 1))


def _propagated(sigma: np.ndarray, known: np.ndarray, otf: np.ndarray, gain: np.ndarray) -> np.ndarray:
    """Return √(K² ∗ σ²); unknown pixels have no noise."""
    margins = _margins(sigma.shape, otf)
    variance = np.where(known, sigma * sigma, 0).astype(gain.dtype, copy=False)
    variance = np.pad(variance, margins) if margins else variance
    with fft.Filter(gain).threads() as convolve:
        result = _inner(convolve(variance, overwrite_x=True), margins)
    return np.sqrt(np.maximum(result, 0, out=result), out=result)


def _where_known(new: np.ndarray, old: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return the new plane in float32, contiguous, with the old values in unknown pixels; it may be the same array."""
    new = backend.module_of(new).ascontiguousarray(new, np.float32)
    np.copyto(new, old, where=~known)
    return new


def _reach_flagged(new: Image, changed: Changes | None, saturated: Changes, known: np.ndarray, response: np.ndarray) -> Image:
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
    module, margins = backend.module_of(response), _margins(known.shape, response)
    change = module.zeros(known.shape, response.dtype)
    change[module.asarray(changed.y), module.asarray(changed.x)] = module.asarray(changed.value, response.dtype)
    with fft.Filter(response).threads() as convolve:
        return _inner(convolve(np.pad(change, margins) if margins else change, overwrite_x=True), margins)


def _edge_flagged(flags: np.ndarray, width: int) -> np.ndarray:
    """Return the flags with EDGE on the ``width`` outermost pixels of each side."""
    flagged = flags | np.uint8(Flag.EDGE)
    ny, nx = flags.shape
    if 2 * width < min(ny, nx):
        inner = (slice(width, ny - width), slice(width, nx - width))
        flagged[inner] = flags[inner]
    return flagged
