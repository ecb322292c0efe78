"""Cosmic-ray rejection for an :class:`~helioreduce.image.Image`: mask, replaced pixels, error plane and header."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from helioreduce.constants import ANGSTROM_PER_UNIT
from helioreduce.cosmic_rays import noise, replacement
from helioreduce.cosmic_rays.lacosmic import MODES, Result, Settings, detect, settings
from helioreduce.cosmic_rays.noise import Detector
from helioreduce.cosmic_rays.profile import profile
from helioreduce.cosmic_rays.proportion import LIMITS, Limits, judge
from helioreduce.errors import AlreadyDone, InputError
from helioreduce.image import UNKNOWN, Flag, Image
from helioreduce.io.provenance import record, refuse_twice

if TYPE_CHECKING:
    from astropy.io.fits import Header

#: Pixels that are neither searched nor used to replace others.
ELECTRONS = ("electron", "electrons", "e-", "e")
#: Å per unit of WAVELNTH, by WAVEUNIT in lower case: also a power of ten of the metre; none means Å.
ANGSTROM = {**ANGSTROM_PER_UNIT, "": 1.0, "0.1 nm": 1.0, "-10": 1.0, "-9": 10.0, "-6": 1e4}


def clean(
    image: Image,
    choices: Settings = MODES["standard"],
    *,
    detector: Detector | None = None,
    variance: np.ndarray | None = None,
    background: np.ndarray | None = None,
    replace: bool = True,
    limits: Limits = LIMITS,
) -> Image:
    """Flag the cosmic rays of an image and replace them.

    The variance is ``variance``, or that of the detector, or the square of the error plane. The error of a replaced pixel is
    the larger of the local noise and the standard deviation of the pixels that replace it. An image without an error plane
    gets the square root of the variance.

    Parameters
    ----------
    image
        Any unit, sky included; pixels flagged BAD_PIXEL, SATURATED, OUTSIDE or NO_DATA are ignored.
    choices, variance, background
        As in :func:`helioreduce.cosmic_rays.lacosmic.detect`; unit of the image (squared for ``variance``).
    detector
        Noise model for data in DN, or with gain 1 for data in electrons.
    replace
        False only flags, for series whose neighbouring frames may show that a hit is solar.
    limits
        Share of hits and ratio of noise beyond which header and screen say that something is wrong, see :mod:`proportion`.

    Returns
    -------
    Image
        With the mask bit COSMIC_RAY, the card NCOSMIC and the step ``clean`` in its header.

    Raises
    ------
    AlreadyDone
        If the image has already been cleaned.
    InputError
        If there is no variance, or it must be wrong: a gain for data in electrons, one electron per photon in the EUV.
    """
    refuse_twice(image, "clean")
    used, model = _variance(image, detector, variance)
    unusable = image.flagged(UNKNOWN) & np.isfinite(image.data)
    result = detect(image.data, used, choices, mask=unusable if unusable.any() else None, background=background)
    sigma = np.sqrt(result.variance) if image.sigma is None else image.sigma.copy()
    planes = {"flags": image.flags | result.mask * np.uint8(Flag.COSMIC_RAY), "sigma": sigma}
    if replace:
        pixels = np.flatnonzero(result.mask)
        spread = replacement.spread(result.cleaned, pixels, result.mask | image.flagged(UNKNOWN))
        sigma[result.mask] = np.maximum(np.sqrt(result.variance[result.mask]), spread)
        planes["data"] = result.cleaned
    new = image.with_(**planes)
    new.header["NCOSMIC"] = (result.n_pixels, "pixels flagged as cosmic rays")
    record(new.header, "clean", _parameters(choices, result, model, replace))
    judge(new.header, result.mask, result.cleaned, result.variance, limits)
    return new


def to_electrons(image: Image, gain: float | np.ndarray) -> Image:
    """Convert DN to electrons: multiply data and sigma by ``gain`` (electrons per DN, or an array) and set BUNIT.

    Raises
    ------
    AlreadyDone
        If the image is already in electrons.
    InputError
        If the gain is not positive.
    """
    if not np.all(gain > 0):
        raise InputError(f"the gain is {gain}", cure="Give electrons per DN, above 0")
    refuse_twice(image, "gain")
    _refuse_electrons(image.header, gain)
    if isinstance(gain, np.ndarray):
        per_electron = (1.0 / gain).astype(np.float32)
        new = image.with_(data=image.data / per_electron, sigma=None if image.sigma is None else image.sigma / per_electron)
    else:
        new = image / (1.0 / gain)
    new.header["BUNIT"] = ("electron", "unit of the image")
    record(
        new.header, "gain", {"gain_electron_per_dn": gain if np.ndim(gain) == 0 else f"{np.min(gain):g} to {np.max(gain):g}"}
    )
    return new


def noise_model(
    header: Header, gain: float | np.ndarray, read_noise: float | np.ndarray | None, electrons_per_photon: float | str
) -> Detector | None:
    """Return the noise model of a job; None, without a read noise, means the image's own error plane.

    Parameters
    ----------
    header
        Of the image: WAVELNTH and WAVEUNIT are read for ``auto``.
    gain
        Electrons per DN, or an array (ny, nx).
    read_noise
        Electrons, or an array.
    electrons_per_photon
        A number, or ``auto``: :func:`helioreduce.cosmic_rays.noise.electrons_per_photon` of the wavelength.

    Raises
    ------
    InputError
        If ``auto`` meets a header without a wavelength.
    """
    if read_noise is None:
        return None
    if electrons_per_photon != "auto":
        return Detector(gain, read_noise, float(electrons_per_photon))
    colour = wavelength(header)
    if colour is None:
        raise InputError("the keyword WAVELNTH is missing", cure="Give electrons_per_photon as a number")
    return Detector(gain, read_noise, noise.electrons_per_photon(colour))


def prepared(
    image: Image, model: Mapping[str, Any], planes: Mapping[str, np.ndarray], *, electrons: bool = False
) -> tuple[Image, Detector | None, dict[str, np.ndarray]]:
    """Return a frame in the unit in which it is cleaned, its noise model, and its ``variance`` and ``background`` likewise.

    Parameters
    ----------
    model
        ``gain``, ``read_noise``, ``electrons_per_photon`` as in :func:`noise_model`; ``amplifiers`` as in
        :func:`noise.by_amplifier`.
    planes
        ``variance`` and ``background``, as far as they are given, in the unit of the frame; ``mask`` (not 0: bad pixel).
    electrons
        Convert all to electrons.
    """
    gain, read_noise, amplifiers = model["gain"], model["read_noise"], model.get("amplifiers") or []
    if amplifiers:
        known = read_noise is not None or all("read_noise" in one for one in amplifiers)
        gain, noise_e = noise.by_amplifier(image.data.shape, amplifiers, gain, read_noise or 0.0)
        read_noise = noise_e if known else None
    for name, plane in planes.items():
        if plane.shape != image.data.shape:
            problem = f"the {name} has shape {plane.shape}, the frame {image.data.shape}"
            raise InputError(problem, cure="Give one of the frame's shape")
    if "mask" in planes:
        image = image.with_(flags=image.flags | (np.nan_to_num(planes["mask"]) != 0) * np.uint8(Flag.BAD_PIXEL))
    power = {"variance": 2, "background": 1}
    scaled = {name: plane * gain ** (power[name] * electrons) for name, plane in planes.items() if name in power}
    if electrons:
        image, gain = to_electrons(image, gain), 1.0
    return image, noise_model(image.header, gain, read_noise, model["electrons_per_photon"]), scaled


def with_hits(
    image: Image,
    planes: Mapping[str, np.ndarray],
    *,
    noise: Mapping[str, Any],
    search: Mapping[str, Any],
    electrons: bool,
    choice: Mapping[str, Any],
) -> tuple[Image, np.ndarray]:
    """Return a frame cleaned as a job of the configuration asks, and its :func:`hits`.

    Parameters
    ----------
    planes
        As :func:`prepared` takes them, and ``psf``.
    noise, electrons
        As in :func:`prepared`.
    search
        Arguments of :func:`helioreduce.cosmic_rays.lacosmic.settings`.
    choice
        Arguments of :func:`helioreduce.cosmic_rays.profile.profile` (``psf``; empty: that of ``planes``) and of
        :class:`helioreduce.cosmic_rays.proportion.Limits` (``limits``).
    """
    psf = profile(**choice["psf"]) if choice["psf"] else planes.get("psf")
    used = {name: plane for name, plane in planes.items() if name != "psf"}
    before, detector, scaled = prepared(image, noise, used, electrons=electrons)
    chosen, limits = settings(**search, psf=psf), Limits(**choice["limits"])
    variance, background = scaled.get("variance"), scaled.get("background")
    after = clean(before, chosen, detector=detector, variance=variance, background=background, limits=limits)
    return after, hits(before, after)


def hits(before: Image, after: Image) -> np.ndarray:
    """Return the replaced pixels, array (3, n) float64: flat index, value before and after, in the layout of AIA's spikes."""
    pixels = np.flatnonzero(after.flagged(Flag.COSMIC_RAY))
    return np.array([pixels, before.data.flat[pixels], after.data.flat[pixels]], float)


def excess(shape: tuple[int, int], listed: np.ndarray) -> np.ndarray:
    """Return image minus cleaned image, (ny, nx), from the output of :func:`hits`."""
    image = np.zeros(shape)
    image.flat[listed[0].astype(np.int64)] = listed[1] - listed[2]
    return image


def wavelength(header: Header) -> float | None:
    """Return WAVELNTH in Å, by WAVEUNIT; None where it is missing, not positive or in an unknown unit."""
    value, unit = header.get("WAVELNTH"), header.get("WAVEUNIT")
    unit = "" if unit is None else str(unit).strip().lower()
    if not isinstance(value, int | float) or not value > 0 or unit not in ANGSTROM:
        return None
    return float(value) * ANGSTROM[unit]


def _variance(image: Image, detector: Detector | None, variance: np.ndarray | None) -> tuple[np.ndarray, str]:
    """Return the variance to use and its name."""
    if variance is not None:
        return variance, "variance"
    if detector is not None:
        detector.check(wavelength(image.header))
        if np.any(detector.gain != 1):
            _refuse_electrons(image.header, detector.gain)
        return detector.variance(image.data), str(detector)
    if image.sigma is None:
        raise InputError("the image has no error plane", cure="Give a variance or a detector: gain and read noise")
    return np.square(image.sigma), "error plane"


def _refuse_electrons(header: Header, gain: float | np.ndarray) -> None:
    if str(header.get("BUNIT", "")).strip().lower() in ELECTRONS:
        raise AlreadyDone(
            f"BUNIT = {header['BUNIT']}: the data are in electrons, a gain of {gain} would be applied twice", cure="Give gain 1"
        )


def _parameters(choices: Settings, result: Result, model: str, replaced: bool) -> dict[str, object]:
    """Return the parameters of the step for the header."""
    names = ("sigclip", "sigfrac", "objlim", "border", "replacement", "saturation")
    chosen = {name: getattr(choices, name) for name in names}
    chosen |= {name: getattr(choices, name) for name in ("sepmed", "grow") if getattr(choices, name)}
    fine = "median" if choices.psf is None else f"psf {choices.psf.shape[0]}x{choices.psf.shape[1]}"
    passes = "+".join(map(str, result.per_iteration))
    found = {"noise": model, "n_pixels": result.n_pixels, "passes": passes}
    return {**chosen, "fine_structure": fine, "replaced": replaced, **found}
