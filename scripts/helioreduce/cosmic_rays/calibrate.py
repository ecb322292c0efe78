"""Bias and dark frames subtracted, flat fields divided out; the error plane follows."""

from __future__ import annotations

import numpy as np

from helioreduce.errors import InputError
from helioreduce.image import Image
from helioreduce.io.provenance import record, refuse_twice


def apply(image: Image, frame: Image, step: str, reference: str = "") -> Image:
    """A ``bias`` or ``dark`` subtracted, or a ``flat`` divided out."""
    return divide(image, frame, reference) if step == "flat" else subtract(image, frame, step, reference)


def subtract(image: Image, frame: Image, step: str, reference: str = "") -> Image:
    """``image − frame`` as the step ``step`` (``bias`` or ``dark``): σ² = σ_image² + σ_frame², masks united.

    Raises
    ------
    AlreadyDone
        If that step has been done.
    InputError
        If the shapes or units differ.
    """
    refuse_twice(image, step)
    _check(image, frame, step)
    if str(image.header.get("BUNIT", "")) != str(frame.header.get("BUNIT", "")):
        units = f"{image.header.get('BUNIT', 'no unit')!r} and the {step} {frame.header.get('BUNIT', 'no unit')!r}"
        raise InputError(f"the image is in {units}", cure="Give both in one unit")
    sigma = image.sigma
    if sigma is not None and frame.sigma is not None:
        sigma = np.hypot(sigma, np.nan_to_num(frame.sigma))
    new = image.with_(data=image.data - frame.data, sigma=sigma, mask=image.mask | frame.mask)
    record(new.header, step, {"median": float(np.nanmedian(frame.data))}, reference)
    return new


def divide(image: Image, flat: Image, reference: str = "") -> Image:
    """``image / (flat / median of flat)`` as the step ``flat``; relative variances add. Pixels of no response become NaN."""
    refuse_twice(image, "flat")
    _check(image, flat, "flat")
    response = flat.data / np.nanmedian(flat.data)
    response = np.where(response > 0, response, np.nan).astype(np.float32)
    data = image.data / response
    sigma = None if image.sigma is None else image.sigma / response
    if sigma is not None and flat.sigma is not None:
        sigma = np.hypot(sigma, data * np.nan_to_num(flat.sigma) / flat.data)
    new = image.with_(data=data, sigma=sigma, mask=image.mask | flat.mask)
    record(new.header, "flat", {"median": float(np.nanmedian(flat.data))}, reference)
    return new


def _check(image: Image, frame: Image, step: str) -> None:
    if image.data.shape != frame.data.shape:
        raise InputError(
            f"the image has shape {image.data.shape}, the {step} {frame.data.shape}", cure="Give one of the camera"
        )
