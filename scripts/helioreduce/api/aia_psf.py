"""SDO/AIA: the point spread function, and its removal."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from helioreduce.aia import cards, deconvolution
from helioreduce.aia import psf as psf_model
from helioreduce.api.aia_steps import ready
from helioreduce.api.values import ChannelLike, ImageLike, to_channel, to_image, use_threads
from helioreduce.errors import InputError
from helioreduce.image import Image


def calculate_psf(channel: ChannelLike, core: str = "default", shape: tuple[int, int] = psf_model.FULL_FRAME) -> np.ndarray:
    """Return the point spread function of a channel.

    Parameters
    ----------
    channel
        94, 131, 171, 193, 211, 304 or 335 Å: a number, or a Quantity.
    core
        ``default`` (w = 4.5 px⁻², sharp) or ``preflight`` (measured before launch).
    shape
        Grid (ny, nx); the spots that fall beyond a smaller one are spread evenly.

    Returns
    -------
    numpy.ndarray
        (ny, nx), of unit sum, its peak at pixel (ny // 2, nx // 2).

    Raises
    ------
    InputError
        If there is no PSF for the channel, or no such core.

    References
    ----------
    Grigis, Su & Weber 2012, "AIA PSF Characterization and Image Deconvolution".

    Examples
    --------
    >>> from astropy import units as u
    >>> from helioreduce import aia
    >>> psf = aia.calculate_psf(171 * u.angstrom, shape=(512, 512))
    >>> psf.shape, round(float(psf.sum()), 6), round(float(psf[256, 256]), 4)
    ((512, 512), 1.0, 0.6417)
    """
    return psf_model.psf(to_channel(channel), core, shape)


def deconvolve(
    source: ImageLike,
    psf: np.ndarray | None = None,
    iterations: int = 25,
    *,
    method: str = "rl",
    core: str = "default",
    tolerance: float = 0,
    accelerate: bool = False,
    largest_change: float = 0.1,
    positive: bool = False,
    beyond: Any = None,
    redraws: int = 0,
    precision: str = "float32",
    threads: int | None = None,
) -> Image:
    r"""Remove the point spread function, with the error plane, by Richardson–Lucy iteration or a linear method.

    .. math:: u \leftarrow u\,\frac{H(w\,d / H u)}{H w} \qquad\text{or}\qquad M H M u = d

    with the counts d, the PSF's convolution H, weights w of known pixels and the detector M. Linear methods are unbiased.

    Parameters
    ----------
    source
        Level 1 (ny, nx), DN, before any resampling; full frame or cut-out.
    psf
        :func:`calculate_psf`, a PSF of one's own of any shape, or its real transform (OTF); default: the channel's.
    iterations
        Of ``rl``; the largest number where ``tolerance`` is positive, and of ``cg`` and ``bid``.
    method
        ``rl``, ``inverse`` (closed form), ``cg`` (conjugate gradients), ``bid`` (basic iterative deconvolution) or ``wiener``.
    core
        ``default`` or ``preflight``, of the channel's PSF.
    tolerance
        Of ``rl``: stop when the deviance falls by less than this fraction: 0.1 to 0.02; 0: never.
    accelerate
        Of ``rl``: extrapolate; 11 such iterations do the work of 25.
    largest_change, positive
        Of ``cg`` and ``bid``: stop when no pixel changes by more, DN; of ``bid``: no negative pixels, biased in dark places.
    beyond
        Linear methods: the deconvolved full frame of a cut-out; with ``psf``, also as in :func:`helioreduce.aia.linear.solve`.
    redraws
        0: σ by linear propagation. N ≥ 2: from N deconvolutions of redrawn data.
    precision, threads
        ``float32``, or ``float64`` at five times the time; by default all cores, on which the result does not depend.

    Returns
    -------
    Image
        DN, on its own grid.

    Raises
    ------
    InputError
        If the image is not level 1, a later step has been applied, or the PSF is none.

    References
    ----------
    Richardson 1972, JOSA 62, 55; Lucy 1974, AJ 79, 745; Hofmeister 2024, Solar Physics 299, 77.

    Examples
    --------
    >>> from helioreduce import aia
    >>> sharp = aia.deconvolve("aia.171.image_lev1.fits", iterations=10)  # doctest: +SKIP
    """
    image = ready(source)
    channel = cards.channel(image.header)
    options: dict[str, Any] = {
        **{"method": method, "iterations": iterations, "redraws": redraws, "tolerance": tolerance, "accelerate": accelerate},
        **{"largest_change": largest_change, "positive": positive},
    }
    whole = _whole(beyond, psf)
    with use_threads(threads):
        if psf is None or whole:
            model = optics(channel, core) if psf is None else deconvolution.Psf(kernel=np.asarray(psf, precision))
            return deconvolution.part_of(whole, image, model, options | {"core": core, "precision": precision})
        edge = psf_model.reach(channel, 0.9)
        return deconvolution.deconvolve(image, np.asarray(psf, precision), core="given", edge=edge, beyond=beyond, **options)


def _whole(beyond: Any, psf: np.ndarray | None) -> Image | None:
    """Return the full frame that is given as what lies beyond the edges; None where something else is given."""
    if beyond is not None and not isinstance(beyond, np.ndarray) and beyond not in ("dark", "mirror"):
        return to_image(beyond)
    if beyond is not None and psf is None:
        raise InputError("beyond is no full frame, and no psf is given", cure="Give the psf too, or the deconvolved full frame")
    return None


@lru_cache(maxsize=2)
def optics(channel: int, core: str) -> deconvolution.Psf:
    """Return the PSF of a channel; the last two are kept, 100 MB each where full frames were reduced."""
    del core  # is one of the options that the PSF is asked with
    return deconvolution.Psf()
