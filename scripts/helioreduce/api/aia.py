"""SDO/AIA: from level 1 to DN/s by one call."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from helioreduce import quality
from helioreduce.aia import cards, chain, error, steps
from helioreduce.api.aia_calibration import Calibration, tables_of
from helioreduce.api.aia_psf import optics
from helioreduce.api.aia_steps import SpikesLike, read_spikes
from helioreduce.api.values import ImageLike, to_image, to_names, use_threads
from helioreduce.errors import InputError
from helioreduce.image import Image

#: Steps that can be left out.
OPTIONAL = ("respike", "deconvolve", "degradation", "exposure")


def reduce(
    source: ImageLike,
    table: Calibration | None = None,
    *,
    spikes: SpikesLike = "beside",
    without: Collection[str] = (),
    systematic: Collection[str] = (),
    allow: Collection[str] = (),
    exposure_time: str = "auto",
    exposure_error: bool = False,
    threads: int | None = None,
    **deconvolution_options: Any,
) -> Image:
    """Reduce a level-1 image to DN/s: the steps of the workflow one after the other, the same to the last bit.

    Parameters
    ----------
    source
        Level 1, full frame or cut-out (ny, nx), DN: a file, Image, Map, CCDData or NDCube.
    table
        :func:`calibration`; default: the stand-ins, which the product says.
    spikes
        What the ground pipeline replaced: a file, an array (3, N), or :func:`fetch_spikes`'s result. ``beside``: the file
        beside ``source``, ``a.spikes.fits`` beside ``a.fits`` or by JSOC's names of exports. None: no respiking.
    without
        Steps to leave out: ``respike``, ``deconvolve``, ``degradation``, ``exposure``.
    systematic
        Systematic errors to add to the noise: ``preflight`` or ``eve``, ``chianti``.
    allow
        Flaws that QUALITY may report, by the names of ``aia.quality.allow`` in the configuration.
    exposure_time, exposure_error
        See :func:`normalise_exposure`.
    threads
        Default: all cores. The result does not depend on it.
    **deconvolution_options
        ``method`` (rl), ``iterations`` (25), ``core``, ``tolerance``, ``accelerate``, ``largest_change``, ``positive``,
        ``redraws``, ``precision``: see :func:`deconvolve`.

    Returns
    -------
    Image
        DN/s with σ and flags; level 1.5: 0.6″ pixels, roll 0.

    Raises
    ------
    InputError
        If the image is not AIA level 1, or a table does not fit.

    References
    ----------
    Boerner et al. 2012, Solar Physics 275, 41; Grigis, Su & Weber 2012.

    Examples
    --------
    >>> from helioreduce import aia
    >>> image = aia.reduce("aia.lev1_euv_12s.2011-02-15T014400Z.171.image_lev1.fits")  # doctest: +SKIP
    >>> image.header["BUNIT"], image.sigma.shape  # doctest: +SKIP
    ('DN/s', (4096, 4096))
    """
    image, used, terms = to_image(source), tables_of(table), to_names(systematic)
    _check_names("error term", terms, error.SYSTEMATIC)
    _check_names("flaw", to_names(allow), quality.FLAWS)
    channel = cards.channel(image.header)
    found, without_spikes = read_spikes(spikes, source)
    reasons = _left_out(channel, to_names(without), without_spikes)
    psf = None if "deconvolve" in reasons else optics(channel, deconvolution_options.get("core", "default"))
    given = {
        **{
            "quality": {"allow": list(to_names(allow)), "refuse": []},
            "spikes": found,
            "psf": psf,
            "options": deconvolution_options,
        },
        **{"error_table": used.error, "systematic": {name: name in terms for name in error.SYSTEMATIC}},
        **{"pointing": used.pointing, "degradation_table": used.degradation, "version": used.version},
        "exposure_time": {"source": exposure_time, "error": exposure_error},
    }
    with use_threads(threads):
        return chain.reduce(image, given, reasons)


def _check_names(kind: str, names: Collection[str], known: Collection[str]) -> None:
    """Refuse a name that is none of those known."""
    if unknown := [name for name in names if name not in known]:
        raise InputError(f"no {kind} is called {unknown[0]!r}", cure=f"Choose from {', '.join(known)}")


def _left_out(channel: int, without: Collection[str], without_spikes: str | None) -> dict[str, str]:
    """Return the steps that an image does not go through, with the reasons."""
    _check_names("step that can be left out", without, OPTIONAL)
    taken = {step: step.name not in without for step in steps.STEPS}
    reasons = {step.name: step.left_out(channel, switched_on=on, without_spikes=without_spikes) for step, on in taken.items()}
    return {name: reason for name, reason in reasons.items() if reason}
