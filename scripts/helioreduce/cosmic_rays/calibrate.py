"""Subtraction of bias and dark frames and division by flat fields, with error propagation."""

from __future__ import annotations

import numpy as np

from helioreduce.cosmic_rays.frames import exposure_s, of_one_time
from helioreduce.errors import InputError
from helioreduce.image import Flag, Image
from helioreduce.io.provenance import caveat, record, refuse_twice


def apply(image: Image, frame: Image, step: str, reference: str = "") -> Image:
    """Subtract a ``bias`` or ``dark``, or divide by a ``flat``."""
    return divide(image, frame, reference) if step == "flat" else subtract(image, frame, step, reference)


def subtract(image: Image, frame: Image, step: str, reference: str = "") -> Image:
    """Subtract a ``bias`` or ``dark`` frame, which is also the name of the step: σ² = σ_image² + σ_frame², masks are united.

    Raises
    ------
    AlreadyDone
        If that step has already been applied.
    InputError
        If the shapes or units differ, or the exposure times of the image and a dark, where both are known.

    Warns
    -----
    InputWarning
        If ``frame`` does not know its error: σ is then the image's own, and the header says so.
    """
    refuse_twice(image, step)
    _check(image, frame, step)
    one, other = (str(own.header.get("BUNIT") or "") for own in (image, frame))
    if one != other:
        units = f"{one or 'no unit'!r} and the {step} {other or 'no unit'!r}"
        raise InputError(f"the image is in {units}", cure="Give both in one unit")
    sigma = image.sigma
    if sigma is not None and frame.sigma is not None:
        sigma = np.hypot(sigma, np.nan_to_num(frame.sigma))
    new = image.with_(data=image.data - frame.data, sigma=sigma, flags=image.flags | frame.flags)
    record(new.header, step, {"median": float(np.nanmedian(frame.data))}, reference)
    _doubt(new, frame, step)
    return new


def divide(image: Image, flat: Image, reference: str = "") -> Image:
    """Divide by ``flat / median of flat``, as the step ``flat``; relative variances add.

    Pixels without response, where the flat is not above 0, become NaN with the flag BAD_PIXEL.

    Raises
    ------
    AlreadyDone
        If the step has already been applied.
    InputError
        If the shapes differ, or the median of the flat is not above 0.
    """
    refuse_twice(image, "flat")
    _check(image, flat, "flat")
    level = float(np.nanmedian(flat.data)) if np.isfinite(flat.data).any() else np.nan
    if not level > 0:
        raise InputError(f"the flat has the median {level:g}", cure="Give a flat with the bias subtracted and light on it")
    dead = ~(np.isfinite(flat.data) & (flat.data > 0))
    response = np.where(dead, np.nan, flat.data / level).astype(np.float32)
    data = image.data / response
    sigma = None if image.sigma is None else image.sigma / response
    if sigma is not None and flat.sigma is not None:
        sigma = np.hypot(sigma, data * np.nan_to_num(flat.sigma) / flat.data)
    new = image.with_(data=data, sigma=sigma, flags=image.flags | flat.flags | dead * np.uint8(Flag.BAD_PIXEL))
    record(new.header, "flat", {"median": level, "dead_pixels": int(dead.sum())}, reference)
    _doubt(new, flat, "flat")
    return new


def _check(image: Image, frame: Image, step: str) -> None:
    if image.data.shape != frame.data.shape:
        raise InputError(
            f"the image has shape {image.data.shape}, the {step} {frame.data.shape}", cure="Give a frame of the same camera"
        )
    own, other = exposure_s(image.header), exposure_s(frame.header)
    if step == "dark" and not of_one_time(own, other):
        cure = "Give darks of that exposure time; one without dark current can be given as the bias"
        raise InputError(f"the image is exposed for {own:g} s, the dark for {other:g} s", cure=cure)


def _doubt(image: Image, frame: Image, step: str) -> None:
    """Say in the header of the image, and warn, that the error of a calibration frame is not known everywhere."""
    unknown = frame.sigma is None or ~np.isfinite(frame.sigma) & np.isfinite(frame.data)
    if not np.any(unknown):
        return
    where = "" if frame.sigma is None else f" in {int(np.sum(unknown))} pixels"
    caveat(
        image.header, f"the error of the {step} is not known{where} and not in sigma: combine the {step} with its error plane"
    )
