"""Deconvolution of an image with its error plane and flags: full frames, cut-outs, unknown pixels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import lru_cache, partial
from types import ModuleType
from typing import Any, Literal, NamedTuple

import numpy as np

from helioreduce.aia import cards, carried, linear, padding, reach, richardson_lucy
from helioreduce.aia import psf as psf_model
from helioreduce.errors import InputError
from helioreduce.image import UNKNOWN, Image
from helioreduce.io.provenance import caveat, record, refuse_twice
from helioreduce.numerics import backend, fft, gaps

METHODS = ("rl", *linear.METHODS)


@dataclass(frozen=True)
class Options:
    """What a user chooses; see :func:`deconvolve`, and :func:`helioreduce.aia.psf.otf` for ``core``."""

    method: str = "rl"
    iterations: int = 25
    core: str = "default"
    tolerance: float = 0.0
    accelerate: bool = False
    largest_change: float = 0.1
    positive: bool = False
    redraws: int = 0
    precision: Literal["float32", "float64"] = "float32"

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise InputError(f"there is no method {self.method!r}", cure=f"Methods: {', '.join(METHODS)}")
        _check_iterations(self.iterations)

    @property
    def control(self) -> dict[str, Any]:
        """All but the precision, by the names of the arguments of :func:`deconvolve`."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "precision"}

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
    """What images of one shape share: OTF, part of the scattered light that is from outside, response and its square's."""

    otf: np.ndarray
    from_outside: float = 0.0
    response: np.ndarray | None = None
    gain: np.ndarray | None = None


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
        found = psf_model.for_image(shape, channel, options.core, self._full_frame, linear=options.method != "rl")
        is_small = shape != psf_model.FULL_FRAME and min(shape) <= 2 * psf_model.reach(channel, 0.9)
        otf = module.asarray(found, options.precision)
        shared = otf, psf_model.from_outside(found, shape) if is_small else 0.0
        is_rl, of_image = options.method == "rl", options.redraws or options.tolerance or options.accelerate
        if options.method in ("bid", "wiener") or (is_rl and of_image):
            return Optics(*shared)
        kernel = response(otf, options.method, options.iterations)
        return Optics(*shared, kernel, fft.squared_kernel(kernel))


def response(otf: np.ndarray, method: str, iterations: int) -> np.ndarray:
    """Return the transform of the kernel K that carries a small change of the data to the scene, like ``otf``.

    It is that of so many plain iterations where it depends on them; of ``wiener``, whose filter depends on the image, it is
    1/h, without smoothing.
    """
    if method == "rl":
        return richardson_lucy.linear_response(otf, iterations)
    return linear.bid_response(otf, iterations) if method == "bid" else linear.inverse_response(otf)


def from_psf(image: Image, psf: Psf, options: Mapping[str, Any]) -> Image:
    """Deconvolve with the PSF of the image's channel; ``options`` are the fields of :class:`Options`.

    Warns (InputWarning) of an image smaller than the PSF's reach: how much of the light scattered into it is from outside.
    """
    chosen = Options.of(options)
    optics = psf.optics(image, chosen)
    edge = psf_model.reach(image.header["WAVELNTH"], 0.9)
    new = deconvolve(image, optics.otf, **chosen.control, edge=edge, gain=optics.gain, response=optics.response)
    if optics.from_outside:
        share = f"{100 * optics.from_outside:.0f} % of the light scattered into it is from outside, were the Sun uniform"
        caveat(new.header, f"deconvolved although smaller than the PSF's reach: {share} (aia.steps.deconvolve)")
    return new


def deconvolve(
    image: Image,
    otf: np.ndarray,
    iterations: int = 25,
    *,
    method: str = "rl",
    core: str = "default",
    edge: int = 0,
    gain: np.ndarray | None = None,
    response: np.ndarray | None = None,
    redraws: int = 0,
    seed: int = 0,
    tolerance: float = 0.0,
    accelerate: bool = False,
    largest_change: float = 0.1,
    positive: bool = False,
    beyond: Any = None,
) -> Image:
    """Return the image with the PSF removed, on its own grid, by Richardson–Lucy iteration or a linear method.

    Pixels that are not finite or carry a bit of :data:`helioreduce.image.UNKNOWN` keep their value, error and flags, and do
    not spread: they have no weight in ``rl``, where negative counts are taken as 0, and are filled from their neighbours
    in the linear methods, which clip nothing.

    Parameters
    ----------
    image
        Level-1 counts (ny, nx), before any resampling.
    otf
        :func:`helioreduce.aia.psf.otf`, (gy, gx//2+1) with gx even, or a PSF of any shape (:func:`helioreduce.aia.psf.as_otf`);
        the arithmetic takes its precision. On grids larger than the image see :func:`scene` and ``beyond``.
    iterations
        Their number, or the largest number where they stop by themselves.
    method
        ``rl``, or one of :data:`helioreduce.aia.linear.METHODS`.
    core
        Name of the PSF core, for the record.
    edge
        Where something is taken to lie beyond the edges of the image, the bit EDGE is set on pixels less than this far (px)
        from them.
    gain
        :func:`helioreduce.numerics.fft.squared_kernel` of ``response``, where many images share it; computed if absent.
    response
        Transform of the kernel that carries a small change of the data to the scene, likewise.
    redraws, seed
        0: the error by ``gain``, exact for linear methods. N ≥ 2: the scatter of N deconvolutions of data redrawn from the
        error plane; it is itself uncertain by a fraction 1/√(2(N − 1)).
    tolerance, accelerate
        Of ``rl``, see :func:`richardson_lucy.restore`.
    largest_change, positive
        Of ``cg`` and ``bid``, see :class:`helioreduce.aia.linear.Control`.
    beyond
        Of linear methods, see :func:`helioreduce.aia.linear.solve`; by default a full frame is dark beyond its edges,
        and a cut-out goes on as its mirror image.

    Raises
    ------
    AlreadyDone
        If the image has been deconvolved.
    InputError
        If no pixel is known, redraws cannot give an error, the OTF is none, or on a grid smaller than the image, or too small
        for the method.
    """
    refuse_twice(image, "deconvolve")
    _check_iterations(iterations)
    _check_redraws(redraws, image)
    otf = psf_model.as_otf(otf, image.data.shape, image.header["WAVELNTH"], linear=method != "rl")
    known = np.isfinite(image.data) & ~image.flagged(UNKNOWN)
    if method == "rl":
        restore: Callable[[np.ndarray], Restored] = partial(
            _richardson_lucy, known=known, otf=otf, iterations=iterations, tolerance=tolerance, accelerate=accelerate
        )
    else:
        beyond = ("dark" if image.data.shape == psf_model.FULL_FRAME else "mirror") if beyond is None else beyond
        control = linear.Control(method, iterations, largest_change, positive)
        restore = partial(_linear, sigma=image.sigma, known=known, otf=otf, control=control, beyond=beyond, response=response)
    restored = restore(image.data)
    sigma, how = image.sigma, "none"
    if redraws:
        sigma = carried.scatter(restore(noisy).data for noisy in carried.redrawn(image, redraws, seed))
        how = f"{redraws} redraws with seed {seed}"
    elif sigma is not None:
        gain = fft.squared_kernel(restored.response()) if gain is None else gain
        sigma, how = carried.propagated(sigma, known, gain), "linear"
    is_edged = padding.margins(known.shape, otf) and not (isinstance(beyond, str) and beyond == "dark")
    new = image.with_(
        data=carried.where_known(restored.data, image.data, known),
        sigma=carried.where_known(sigma, image.sigma, known) if sigma is not None and image.sigma is not None else None,
        flags=carried.edge_flagged(image.flags, edge) if is_edged else image.flags,
    )
    saturated = reach.saturated(image)
    if new.sigma is not None and (image.changes is not None or saturated.value.size):
        response = restored.response() if response is None else response
        new = carried.reach_flagged(new, image.changes, saturated, known, response)
    cards.remove_statistics(new.header)
    new.header.update(restored.cards)
    where = {"precision": otf.dtype, "fft": fft.library(otf), "device": backend.name(otf)}
    record(new.header, "deconvolve", restored.parameters | {"core": core, "sigma": how} | where)
    return new


class Restored(NamedTuple):
    """The data of a scene; what computes the transform of K, for which δ of the data is K ∗ δ of the scene; the record."""

    data: np.ndarray
    response: Callable[[], np.ndarray]
    parameters: dict[str, object]
    cards: dict[str, tuple[Any, str]]


def _richardson_lucy(
    data: np.ndarray, known: np.ndarray, otf: np.ndarray, iterations: int, tolerance: float, accelerate: bool
) -> Restored:
    """Restore by Richardson–Lucy iteration."""
    counts = _counts(np.maximum(data, 0), known, otf)
    restored, lengths = scene(counts, otf, iterations, tolerance=tolerance, accelerate=accelerate)
    done = lengths if accelerate else len(lengths)
    parameters: dict[str, object] = {"iterations": len(lengths), "accelerated": accelerate}
    return Restored(restored, partial(richardson_lucy.linear_response, otf, done), parameters, {})


def _linear(
    data: np.ndarray,
    sigma: np.ndarray | None,
    known: np.ndarray,
    otf: np.ndarray,
    control: linear.Control,
    beyond: Any,
    response: np.ndarray | None,
) -> Restored:
    """Restore by a linear method; unknown pixels are filled."""
    counts, variance = gaps.filled(_counts(data, known, otf)), None
    if control.method == "wiener":
        if sigma is None:
            raise InputError("the method wiener needs an error plane", cure="Take the error step first")
        variance = np.where(known, sigma * sigma, 0)
    found = linear.solve(counts, otf, control, beyond=beyond, response=response, variance=variance)
    around = beyond if isinstance(beyond, str) else "given"
    parameters = {
        **{"method": control.method, "iterations": found.iterations, "stopped": found.stopped, "beyond": around},
        **({"positive": control.positive} if control.method == "bid" else {}),
    }
    cards = {
        "DECONV": (control.method, "method of deconvolution"),
        "DECITER": (found.iterations, "iterations done"),
        "DECSTOP": (found.stopped, "why they ended"),
        "DECTOL": (control.largest_change, "[DN] change of a pixel at which they end"),
        "DECRESMX": (found.residual_max, "[DN] largest residual of data and model"),
        "DECRESRM": (found.residual_rms, "[DN] rms residual of data and model"),
        "DECPAD": (around, "what lies beyond the edges"),
        "OTFMIN": (float(otf.min()), "smallest value of the OTF"),
    }
    return Restored(found.scene, lambda: found.response, parameters, cards)


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
    start, margins = gaps.filled(counts), padding.margins(counts.shape, otf)
    if margins:
        start, counts = np.pad(start, margins, mode="symmetric"), np.pad(counts, margins, constant_values=np.nan)
    result, lengths = richardson_lucy.restore(counts, start, otf, iterations, tolerance=tolerance, accelerate=accelerate)
    return padding.inner(result, margins), lengths


def _counts(data: np.ndarray, known: np.ndarray, otf: np.ndarray) -> np.ndarray:
    """Return the data, NaN where unknown, in the precision of an OTF."""
    return np.where(known, data, np.nan).astype(otf.dtype, copy=False)
