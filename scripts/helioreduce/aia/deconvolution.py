"""Deconvolution of an image with its error plane and flags: full frames, cut-outs, unknown pixels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from helioreduce.aia import cards, carried, padding, reach, restoration, steps
from helioreduce.aia import psf as psf_model
from helioreduce.aia.restoration import Options as Options
from helioreduce.errors import InputError
from helioreduce.image import UNKNOWN, Flag, Image
from helioreduce.io.provenance import COMPLETE, card, caveat, record
from helioreduce.numerics import backend, fft, gaps

#: Fraction of a pixel by which the pixels of a cut-out may seem to be off those of its full frame.
_WHOLE_PX = 0.01
#: Part of the light scattered into a cut-out that is from outside above which this is said.
_FROM_OUTSIDE = 0.5


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
    kernel
        PSF of another model (:func:`helioreduce.aia.psf.transform`), for cut-outs and linear methods.
    cards
        What describes it in the header of each image.
    """

    def __init__(
        self,
        full_frame: np.ndarray | None = None,
        kernel: np.ndarray | None = None,
        cards: Mapping[str, tuple[Any, str]] | None = None,
    ) -> None:
        self._full_frame, self._kernel, self.cards = full_frame, kernel, dict(cards or {})
        self._prepared = lru_cache(maxsize=1)(self._prepare)

    def optics(self, image: Image, options: Options) -> Optics:
        """Return what an image is deconvolved with, where its arrays live; the last shape's is kept."""
        return self._prepared(image.data.shape, image.header["WAVELNTH"], backend.module_of(image.data), options)

    def _prepare(self, shape: tuple[int, int], channel: int, module: ModuleType, options: Options) -> Optics:
        found = _otf_for(shape, channel, options.core, self._full_frame, self._kernel, linear=options.method != "rl")
        is_small = min(shape) < 3 * psf_model.reach(channel, 0.9)  # from there on less than half is from outside
        otf = module.asarray(found, options.precision)
        shared = otf, psf_model.from_outside(found, shape) if is_small else 0.0
        is_rl, of_image = options.method == "rl", options.redraws or options.tolerance or options.accelerate
        if options.method in ("bid", "wiener") or (is_rl and of_image):
            return Optics(*shared)
        kernel = restoration.response(otf, options.method, options.iterations)
        return Optics(*shared, kernel, fft.squared_kernel(kernel))


def from_psf(image: Image, psf: Psf, options: Mapping[str, Any]) -> Image:
    """Deconvolve with the PSF of the image's channel; ``options`` are the fields of :class:`Options`.

    Warns (InputWarning) of a small image: more than half of the light scattered into it is from outside, were the Sun uniform.
    """
    return part_of(None, image, psf, options)


def part_of(whole: Image | None, image: Image, psf: Psf, options: Mapping[str, Any]) -> Image:
    """Deconvolve a cut-out as :func:`from_psf` does, less what its deconvolved full frame scatters into it.

    Raises
    ------
    InputError
        If the method is not linear, or the frame not that of the cut-out (:func:`light_from_outside`).
    """
    chosen = Options.of(options)
    if whole is not None and chosen.method == "rl":
        raise InputError("Richardson–Lucy takes no light from outside", cure="Take a linear method, such as cg")
    edge = psf_model.reach(image.header["WAVELNTH"], 0.9)
    optics = psf.optics(whole or image, chosen)  # on the grid of the frame no part of the PSF is cut
    beyond = None if whole is None else light_from_outside(image, whole, optics.otf)
    new = deconvolve(image, optics.otf, **chosen.control, edge=edge, gain=optics.gain, response=optics.response, beyond=beyond)
    new.header.update(psf.cards)
    if optics.from_outside > _FROM_OUTSIDE and whole is None:
        share = f"{100 * optics.from_outside:.0f} % of the light scattered into it is from outside, were the Sun uniform"
        caveat(new.header, f"deconvolved although small: {share} (aia.steps.deconvolve)")
    return new


def deconvolve(
    image: Image,
    otf: np.ndarray,
    iterations: int = 25,
    *,
    edge: int = 0,
    gain: np.ndarray | None = None,
    response: np.ndarray | None = None,
    seed: int = 0,
    beyond: Any = None,
    **options: Any,
) -> Image:
    """Return the image with the PSF removed, on its own grid, by Richardson–Lucy iteration or a linear method.

    Pixels that are not finite or carry a bit of :data:`helioreduce.image.UNKNOWN` keep their value, error and flags, and do
    not spread: they have no weight in ``rl``, where negative counts are taken as 0, and are filled from their neighbours
    in the linear methods, which clip nothing. A pixel without a finite σ keeps it, and brings no noise to others.

    Parameters
    ----------
    image
        Level-1 counts (ny, nx), before any resampling.
    otf
        :func:`helioreduce.aia.psf.otf`, (gy, gx//2+1) with gx even, or a PSF of any shape (:func:`helioreduce.aia.psf.as_otf`);
        the arithmetic takes its precision. Grids larger than the image:
        :func:`helioreduce.aia.restoration.scene`, ``beyond``.
    iterations, options
        See :class:`Options`; ``core`` is for the record here.
    edge
        Where something is taken to lie beyond the edges of the image, the bit EDGE is set on pixels less than this far (px)
        from them.
    gain
        :func:`helioreduce.numerics.fft.squared_kernel` of ``response``, where many images share it; computed if absent.
    response
        :func:`helioreduce.aia.restoration.response`, likewise.
    seed
        Of the redraws.
    beyond
        Of linear methods, see :func:`helioreduce.aia.linear.solve`; by default a full frame is dark beyond its edges,
        and a cut-out goes on as its mirror image.

    Raises
    ------
    AlreadyDone
        If the image has been deconvolved.
    InputError
        If a later step has been applied, no pixel is known, redraws cannot give an error, or the OTF is none, on a grid smaller
        than the image, or too small for the method.
    """
    steps.refuse_late(image, "deconvolve")
    chosen = Options.of({"iterations": iterations, **options})
    _check_redraws(chosen.redraws, image)
    otf = psf_model.as_otf(otf, image.data.shape, image.header["WAVELNTH"], linear=chosen.method != "rl")
    known = _known(image)
    if chosen.method != "rl" and beyond is None:
        beyond = "dark" if image.data.shape == psf_model.FULL_FRAME else "mirror"
    restore = restoration.method(chosen, otf, known, image.sigma, beyond, response)
    restored = restore(image.data)
    sigma, how = image.sigma, "none"
    measured = known if sigma is None else known & np.isfinite(sigma)  # one NaN would spread over the whole plane
    if chosen.redraws:
        sigma = carried.scatter(restore(noisy).data for noisy in carried.redrawn(image, chosen.redraws, seed))
        how = f"{chosen.redraws} redraws with seed {seed}"
    elif sigma is not None:
        gain = fft.squared_kernel(restored.response()) if gain is None else gain
        sigma, how = carried.propagated(sigma, measured, gain), "linear"
    new = image.with_(
        data=carried.where_known(restored.data, image.data, known),
        sigma=carried.where_known(sigma, image.sigma, measured) if sigma is not None and image.sigma is not None else None,
    )
    if padding.margins(known.shape, otf) and (beyond is None or (isinstance(beyond, str) and beyond == "mirror")):
        new = new.with_(flags=carried.edge_flagged(image.flags, edge))
    new = _reach_flagged(new, image, known, restored.response if response is None else lambda: response)
    cards.remove_statistics(new.header)
    new.header.update(restored.cards)
    where = {"precision": otf.dtype, "fft": fft.library(otf), "device": backend.name(otf)}
    record(new.header, "deconvolve", restored.parameters | {"core": chosen.core, "sigma": how} | where)
    return new


def light_from_outside(image: Image, whole: Image, otf: np.ndarray) -> np.ndarray:
    """Return the light (ny, nx) that a deconvolved full frame scatters into a cut-out of it from beyond its edges.

    Parameters
    ----------
    image
        The cut-out, level 1.
    whole
        The full frame, of the same exposure.
    otf
        On the grid of the full frame, in the precision in which to work.

    Raises
    ------
    InputError
        If the frame is not deconvolved, is of another exposure, or does not hold the cut-out.
    """
    cure = "Give the deconvolved full frame of the same exposure"
    if whole.header.get(card("deconvolve")) != COMPLETE:
        raise InputError("the full frame is not deconvolved", cure=cure)
    for name in ("WAVELNTH", "T_OBS"):
        if (mine := image.header.get(name)) != (other := whole.header.get(name)):
            raise InputError(f"{name} is {mine!r} of the cut-out and {other!r} of the full frame", cure=cure)
    offset = np.array([whole.header[name] - image.header[name] for name in ("CRPIX2", "CRPIX1")])
    first = np.rint(offset).astype(int)
    if abs(offset - first).max() > _WHOLE_PX or first.min() < 0 or (first + image.data.shape > whole.data.shape).any():
        raise InputError(f"the cut-out begins at pixel ({offset[1]:.2f}, {offset[0]:.2f}) of the full frame", cure=cure)
    known = np.isfinite(whole.data) & ~whole.flagged(UNKNOWN)
    scene = gaps.filled(np.where(known, whole.data, np.nan).astype(otf.dtype))
    box = tuple(slice(start, start + n) for start, n in zip(first, image.data.shape, strict=True))
    scene[box] = 0
    with fft.Filter(otf).threads() as blur:
        return padding.Window(blur, scene.shape, otf)(scene, np.empty_like(scene))[box].copy()


def _known(image: Image) -> np.ndarray:
    """Return where the pixels have a usable value; refuse an image of which none has."""
    known = np.isfinite(image.data) & ~image.flagged(UNKNOWN)
    if not known.any():
        problem = f"deconvolve: no pixel has a usable value, {100 * image.flagged(Flag.SATURATED).mean():.0f} % are saturated"
        raise InputError(problem, cure="Leave the frame out, or set aia.steps.deconvolve: false")
    return known


def _reach_flagged(new: Image, image: Image, known: np.ndarray, response: Callable[[], np.ndarray]) -> Image:
    """Return the new image with the flags of what respiked and saturated pixels of the old one act on."""
    saturated = reach.saturated(image)
    if new.sigma is None or not (image.changes is not None or saturated.value.size):
        return new
    return carried.reach_flagged(new, image.changes, saturated, known, response())


def _check_redraws(redraws: int, image: Image) -> None:
    """Refuse redraws that give no error."""
    if redraws and (redraws == 1 or image.sigma is None):
        raise InputError(f"redraws = {redraws} gives no error", cure="Take 0, or at least 2 after the error step")


def _otf_for(
    shape: tuple[int, int],
    channel: int,
    core: str,
    full_frame: np.ndarray | None,
    kernel: np.ndarray | None,
    *,
    linear: bool,
) -> np.ndarray:
    """Return the OTF for an image of ``shape``, float32: ``full_frame`` as it is if given, or one on its :func:`psf.grid`.

    With ``linear`` it is one on its :func:`psf.linear_grid`, for which the PSF of the full frame is cut at the half of its
    side. A ``kernel`` takes the place of the meshes' PSF.
    """
    is_full = tuple(shape) == psf_model.FULL_FRAME
    if is_full and not linear and full_frame is not None:
        return full_frame
    if is_full and linear and kernel is None:
        known = psf_model.otf(channel, core).astype(np.float32) if full_frame is None else full_frame
        kernel = fft.irfft2(known.astype(np.complex64), psf_model.FULL_FRAME)
    reach_px = psf_model.reach(channel, 0.99) if kernel is None else min(kernel.shape) // 2
    grid = psf_model.linear_grid(shape, reach_px) if linear else psf_model.grid(shape, channel)
    found = psf_model.otf(channel, core, grid) if kernel is None else psf_model.transform(kernel, grid)
    return found.astype(np.float32)
