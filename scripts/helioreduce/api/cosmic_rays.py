"""Cosmic rays of any CCD or EUV frames: calibration frames, calibration, cleaning."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from helioreduce.api.values import ImageLike, check_choice, to_image, to_list, use_threads
from helioreduce.cosmic_rays import calibrate, clean, combine, lacosmic
from helioreduce.cosmic_rays.frames import CALIBRATION, check_alike
from helioreduce.errors import InputError
from helioreduce.image import Image
from helioreduce.io import fits, provenance, rows
from helioreduce.io.hdus import STRUCTURAL


def combine_frames(
    files: Sequence[str | Path],
    kind: str = "dark",
    *,
    extension: int | str | None = None,
    memory_mb: float = 500,
    **choices: Any,
) -> Image:
    """Combine many bias, dark or flat frames to one, strip by strip, without holding all of them.

    Parameters
    ----------
    files
        FITS files of frames (ny, nx) of one shape and unit; darks of one exposure time. Pixels that are masked in a frame, or
        flagged so that a mean leaves them out, do not count.
    kind
        ``bias``, ``dark`` or ``flat``; flats are divided by their medians first.
    extension
        Number or EXTNAME of the image in files with several.
    memory_mb
        Frames held at a time, MB.
    **choices
        ``method`` (``clip``, ``median``, ``trimmed_mean`` or ``mean``), ``sigma``, ``deviation``, ``noise``, ``trim`` and
        ``quantum``: see :class:`helioreduce.cosmic_rays.combine.Choices`.

    Returns
    -------
    Image
        (ny, nx) with the standard error of each mean; NaN and NO_DATA where no frame has a value; NFRAMES in its header.

    Raises
    ------
    InputError
        If the frames differ in shape, unit or, for darks, exposure time; if there is none; if a choice is impossible.

    Examples
    --------
    >>> from helioreduce import cosmic_rays
    >>> dark = cosmic_rays.combine_frames(["dark1.fits", "dark2.fits", "dark3.fits"])  # doctest: +SKIP
    """
    check_choice(kind, CALIBRATION, "kind of frame")
    names = list(map(str, to_list(files, "frame")))
    wanted = [fits.one_image(path, extension) for path in names]
    headers = {path: fits.read_header(path, own) for path, own in zip(names, wanted, strict=True)}
    check_alike(headers, kind)
    header = headers[names[0]]
    readers: list[combine.Rows] = [partial(rows.read, path, extension=own) for path, own in zip(names, wanted, strict=True)]
    chosen = combine.Choices(**choices)
    if kind == "flat":
        levels = [combine.level(reader, header["NAXIS2"]) for reader in readers]
        readers = [combine.scaled(*flat) for flat in zip(readers, levels, names, strict=True)]
        chosen, header["BUNIT"] = chosen.over(float(np.median(levels))), ""
    shape = header["NAXIS2"], header["NAXIS1"]
    result = combine.combine(readers, shape, chosen, memory_mb=memory_mb)
    for key in STRUCTURAL:
        header.remove(key, ignore_missing=True)
    header["NFRAMES"] = (len(names), "frames combined")
    parameters = {"kind": kind, "n_frames": len(names), **choices, "mean_count": float(np.mean(result.count))}
    provenance.record(header, "combine", parameters)
    return Image(result.data, header, result.sigma)


def calibrate_image(
    source: ImageLike, *, bias: ImageLike | None = None, dark: ImageLike | None = None, flat: ImageLike | None = None
) -> Image:
    """Subtract bias and dark and divide by the flat, as far as they are given.

    Parameters
    ----------
    source
        Frame (ny, nx).
    bias, dark, flat
        Frames of the same camera, (ny, nx): files or images, as :func:`combine_frames` makes them. The dark has the
        exposure time of the frame.

    Returns
    -------
    Image
        Variances added, flags united; pixels where the flat is not above 0 are NaN and BAD_PIXEL.

    Raises
    ------
    InputError
        If shapes or units differ, or the exposure times of frame and dark.

    Examples
    --------
    >>> from helioreduce import cosmic_rays
    >>> image = cosmic_rays.calibrate_image("night.fits", dark=dark)  # doctest: +SKIP
    """
    image = to_image(source)
    for step, frame in (("bias", bias), ("dark", dark), ("flat", flat)):
        if frame is not None:
            is_file = isinstance(frame, str | Path)
            reference = f"{Path(frame).name}; sha256 {provenance.sha256(frame)}" if is_file else ""
            image = calibrate.apply(image, to_image(frame), step, reference)
    return image


def clean_image(
    source: ImageLike,
    gain: float = 1.0,
    read_noise: float | None = None,
    *,
    electrons_per_photon: float | str = 1,
    replace: bool = True,
    mode: str = "standard",
    threads: int | None = None,
    **settings: Any,
) -> Image:
    r"""Flag cosmic rays by their sharp edges (L.A.Cosmic) and replace them.

    A pixel is one where the Laplacian of the image, subsampled twice, exceeds ``sigclip`` times the noise, and ``objlim`` times
    the fine structure of the image.

    Parameters
    ----------
    source
        Frame (ny, nx), sky included, any unit.
    gain
        Electrons per DN; 1 for data in electrons.
    read_noise
        Electrons; None takes the image's own error plane.
    electrons_per_photon
        1 in visible light; a number, or ``auto`` from WAVELNTH, in the EUV.
    replace
        False only flags.
    mode
        Borders and replacements: ``standard``, ``astroscrappy`` or ``iraf``.
    threads
        Default: all cores. The result does not depend on it.
    **settings
        ``sigclip`` (4.5), ``sigfrac`` (0.3), ``objlim`` (5), ``iterations`` (4), ``saturation``: see
        :class:`helioreduce.cosmic_rays.lacosmic.Settings`.

    Returns
    -------
    Image
        With the flag COSMIC_RAY and an error plane; NCOSMIC in its header.

    Raises
    ------
    AlreadyDone
        If the image has been cleaned.
    InputError
        If there is no noise to compare with, or it must be wrong.

    References
    ----------
    van Dokkum 2001, PASP 113, 1420.

    Examples
    --------
    >>> import numpy as np
    >>> from astropy.io.fits import Header
    >>> from helioreduce import Image, cosmic_rays
    >>> data = np.random.default_rng(1).normal(100, 3, (64, 64)).astype(np.float32)
    >>> data[20, 30] = 2000
    >>> cleaned = cosmic_rays.clean_image(Image(data, Header()), gain=1, read_noise=5)
    >>> int(cleaned.flagged("cosmic_ray").sum()), bool(cleaned.data[20, 30] < 120)
    (1, True)
    """
    image = to_image(source)
    detector = clean.noise_model(image.header, gain, read_noise, electrons_per_photon)
    with use_threads(threads):
        return clean.clean(image, lacosmic.settings(mode, **settings), detector=detector, replace=replace)


def list_hits(before: ImageLike, after: ImageLike) -> np.ndarray:
    """Return the pixels that cleaning changed.

    Parameters
    ----------
    before, after
        Frame before and after :func:`clean_image`, (ny, nx).

    Returns
    -------
    numpy.ndarray
        (3, N): index ``y · nx + x``, value before, value after.

    Raises
    ------
    InputError
        If the frames differ in shape.

    Examples
    --------
    >>> from helioreduce import cosmic_rays
    >>> hits = cosmic_rays.list_hits("raw.fits", cleaned)  # doctest: +SKIP
    """
    raw, cleaned = to_image(before), to_image(after)
    if raw.data.shape != cleaned.data.shape:
        problem = f"the frames have the shapes {raw.data.shape} and {cleaned.data.shape}"
        raise InputError(problem, cure="Give one frame before and after clean_image")
    return clean.hits(raw, cleaned)
