"""ESIS: frames of level 0, their darks, and level 1, each by one call."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from helioreduce.api.values import ImageLike, to_image, to_list
from helioreduce.cosmic_rays import lacosmic
from helioreduce.errors import InputError
from helioreduce.esis import files, level1
from helioreduce.esis.camera import ACTIVE_SHAPE, FLIGHT, Flight
from helioreduce.esis.values import Frame
from helioreduce.image import Flag, Image
from helioreduce.io import fits, provenance


def read_frame(path: str | Path) -> Frame:
    """Read a level-0 frame.

    Parameters
    ----------
    path
        FITS file ``ESIS<camera>_<exposure>.fit.gz``.

    Returns
    -------
    Frame
        Counts (1040, 2152), DN, with header and camera.

    Raises
    ------
    InputError
        If it cannot be reduced.

    Examples
    --------
    >>> from helioreduce import esis
    >>> frame = esis.read_frame("ESIS2_00120.fit.gz")  # doctest: +SKIP
    """
    return files.read_frame(path)


def average_darks(frames: Sequence[str | Path | Frame], *, flight: Flight = FLIGHT) -> Image:
    """Average the dark frames of one camera: bias taken out, trimmed mean.

    Parameters
    ----------
    frames
        Four or more level-0 frames, or their files. Their headers do not say that they are dark: their numbers do.
    flight
        Exposure time and exposures in sunlight of the flight; that of 2019 by default.

    Returns
    -------
    Image
        (1040, 2048), DN.

    Raises
    ------
    InputError
        If a frame cannot be used, is one in sunlight by its number, or they are of several cameras.

    Examples
    --------
    >>> from helioreduce import esis
    >>> files = [f"ESIS2_{number:05d}.fit.gz" for number in range(98, 102)]
    >>> dark = esis.average_darks(files)  # doctest: +SKIP
    """
    read = [_frame(frame, flight) for frame in to_list(frames, "dark frame")]
    first, last = flight.lights
    if lit := [number for frame in read if first <= (number := int(frame.header["IMG_ISN"])) <= last]:
        ranges = ", ".join(f"{start} to {end}" for start, end in flight.darks)
        raise InputError(
            f"exposure {lit[0]} is one in sunlight ({first} to {last})", cure=f"Give exposures in the dark: {ranges}"
        )
    if len({frame.camera for frame in read}) != 1:
        raise InputError("the dark frames are of several cameras", cure="Average those of each by themselves")
    header = fits.cards(CAMERA=read[0].camera, BUNIT="DN", NDARK=len(read))
    return Image(level1.dark([level1.debias(frame.counts) for frame in read]), header)


def reduce_frame(
    frame: str | Path | Frame,
    dark: ImageLike,
    *,
    sigclip: float = 6,
    objlim: float = 2,
    reference: str = "",
    flight: Flight = FLIGHT,
) -> Image:
    """Reduce one frame to level 1: photons with errors, cosmic rays flagged and replaced.

    Parameters
    ----------
    frame
        Level 0, or its file.
    dark
        :func:`average_darks` of the same camera, (1040, 2048), DN.
    sigclip, objlim
        Least significance and contrast of a cosmic ray.
    reference
        The dark in words, for the header.
    flight
        Gain, read noise and windows of the flight; that of 2019 by default.

    Returns
    -------
    Image
        (1040, 2048), photons.

    Raises
    ------
    InputError
        If the frame cannot be reduced, or the dark is of another camera or shape.

    Examples
    --------
    >>> from helioreduce import esis
    >>> image = esis.reduce_frame("ESIS2_00120.fit.gz", dark)  # doctest: +SKIP
    """
    own, subtracted = _frame(frame, flight), to_image(dark)
    cards, shape = subtracted.header, subtracted.data.shape
    if shape != ACTIVE_SHAPE or cards.get("CAMERA", own.camera) != own.camera:
        problem = f"the frame is of camera {own.camera}, the dark of camera {cards.get('CAMERA', 'unknown')} and shape {shape}"
        raise InputError(problem, cure="Give the average_darks of that camera")
    light = level1.electrons(own.counts, subtracted.data, own.camera, flight)
    variance = level1.variance_e(light, own.camera, flight)
    found = lacosmic.detect(light, variance, lacosmic.settings(sigclip=sigclip, objlim=objlim))
    flags = np.where(found.mask, Flag.COSMIC_RAY, 0).astype(np.uint8)
    clean = Image(found.cleaned, level1.header(own.header, own.camera), np.sqrt(found.variance), flags)
    image = level1.photons(clean, flight)
    if "NDARK" in cards:
        provenance.record(image.header, "esis_dark", {"frames": cards["NDARK"], "method": "trimmed mean"}, reference)
    facts = {"sigclip": sigclip, "objlim": objlim, "cosmic_ray_pixels": found.n_pixels}
    provenance.record(image.header, "esis_level1", facts, reference)
    return image


def _frame(frame: str | Path | Frame, flight: Flight) -> Frame:
    return frame if isinstance(frame, Frame) else files.read_frame(frame, flight)
