"""ESIS: the steps from level 0 to level 3."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import numpy as np

from helioreduce import times
from helioreduce.api.values import ImageLike, to_image
from helioreduce.cosmic_rays import lacosmic
from helioreduce.errors import InputError
from helioreduce.esis import coalign, files, level1, level3, masks, normalise, stack, vignetting
from helioreduce.esis.camera import CAMERAS, FLIGHT, Flight, Line
from helioreduce.esis.target import on_grid
from helioreduce.esis.values import Aligned, Cube, Frame, Masks, Normalisation, Vignetting
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


def average_darks(frames: Sequence[str | Path | Frame]) -> Image:
    """Average the dark frames of one camera: bias taken out, trimmed mean.

    Parameters
    ----------
    frames
        Four or more level-0 frames, or their files.

    Returns
    -------
    Image
        (1040, 2048), DN.

    Raises
    ------
    InputError
        If a frame cannot be used, or they are of several cameras.

    Examples
    --------
    >>> from helioreduce import esis
    >>> files = [f"ESIS2_{number:05d}.fit.gz" for number in range(98, 102)]
    >>> dark = esis.average_darks(files)  # doctest: +SKIP
    """
    read = [_frame(frame) for frame in frames]
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
        If the frame cannot be reduced.

    Examples
    --------
    >>> from helioreduce import esis
    >>> image = esis.reduce_frame("ESIS2_00120.fit.gz", dark)  # doctest: +SKIP
    """
    own = _frame(frame)
    light = level1.electrons(own.counts, to_image(dark).data, own.camera, flight)
    variance = level1.variance_e(light, own.camera, flight)
    found = lacosmic.detect(light, variance, lacosmic.settings(sigclip=sigclip, objlim=objlim))
    flags = np.where(found.mask, Flag.COSMIC_RAY, 0).astype(np.uint8)
    clean = Image(found.cleaned, level1.header(own.header, own.camera), np.sqrt(found.variance), flags)
    image = level1.photons(clean, flight)
    if "NDARK" in (cards := to_image(dark).header):
        provenance.record(image.header, "esis_dark", {"frames": cards["NDARK"], "method": "trimmed mean"}, reference)
    facts = {"sigclip": sigclip, "objlim": objlim, "cosmic_ray_pixels": found.n_pixels}
    provenance.record(image.header, "esis_level1", facts, reference)
    return image


def align_line(
    images: Sequence[ImageLike],
    line: str = "ov",
    target: ImageLike | None = None,
    *,
    min_correlation: float = coalign.MIN_CORRELATION,
    robust: bool = False,
) -> Aligned:
    """Align one line of the four cameras: linear to a target, then quadratic among the cameras, on the level-3 grid.

    Parameters
    ----------
    images
        Level 1 of cameras 1 to 4 of one sequence, (1040, 2048) each.
    line
        ``ov`` (O V 629.7 Å) or ``hei`` (He I 584.3 Å).
    target
        AIA 304 Å at level 1.5; None: camera 2 is placed by its design.
    min_correlation
        Least correlation for which a registration is accepted.
    robust
        Bound the weight of bright, Doppler-shifted events.

    Returns
    -------
    Aligned
        (4, 1270, 1270) photons with σ and flags, and the transforms.

    Raises
    ------
    LowCorrelation
        If two images are less alike.

    Examples
    --------
    >>> from helioreduce import esis
    >>> aligned = esis.align_line(["ESIS1.fits", "ESIS2.fits", "ESIS3.fits", "ESIS4.fits"])  # doctest: +SKIP
    """
    frames = {number: to_image(image) for number, image in zip(CAMERAS, images, strict=True)}
    own, aim = _line(line), None
    if target is not None:
        light = to_image(target)
        aim = on_grid(light.data, light.header)
    windows = {number: frame.data[own.window] for number, frame in frames.items()}
    found = coalign.coalign(windows, own, aim, min_correlation=min_correlation, robust=robust)
    return stack.aligned(frames, found, own, aim)


def find_masks(aligned: Aligned, line: str = "ov") -> Masks:
    """Map where each camera sees a line: inside its field stop, and free of Mg X.

    Parameters
    ----------
    aligned
        :func:`align_line`.
    line
        ``ov`` or ``hei``.

    Returns
    -------
    Masks
        Booleans (4, 1270, 1270), and outlines.

    Examples
    --------
    >>> from helioreduce import esis
    >>> seen = esis.find_masks(aligned)  # doctest: +SKIP
    """
    return masks.seen(aligned.stops, aligned.quadratic, _line(line))


def fit_vignetting(sequences: Sequence[Aligned], seen: Sequence[Masks]) -> Vignetting:
    """Fit the slopes of vignetting and the gains of the four cameras, from all sequences of one line.

    Parameters
    ----------
    sequences, seen
        :func:`align_line` and :func:`find_masks` of each.

    Returns
    -------
    Vignetting
        Slopes and gains with their errors.

    Examples
    --------
    >>> from helioreduce import esis
    >>> found = esis.fit_vignetting([aligned], [seen])  # doctest: +SKIP
    """
    return vignetting.fit_together([_blocks(*pair) for pair in zip(sequences, seen, strict=True)])


def _blocks(aligned: Aligned, seen: Masks) -> vignetting.Blocks:
    positions = vignetting.positions(aligned.quadratic, aligned.stops)
    across = vignetting.across(aligned.quadratic, aligned.stops)
    return vignetting.blocks(aligned.data, aligned.sigma, positions, seen.clear, across)


def find_normalisation(sequences: Sequence[Aligned], seen: Sequence[Masks], found: Vignetting) -> Normalisation:
    """Find the factors that bring every camera and sequence of one line to one mean, where all cameras see the Sun.

    Parameters
    ----------
    sequences, seen
        :func:`align_line` and :func:`find_masks` of each.
    found
        :func:`fit_vignetting`.

    Returns
    -------
    Normalisation
        Factors (n_sequences, 4).

    Examples
    --------
    >>> from helioreduce import esis
    >>> factors = esis.find_normalisation([aligned], [seen], found)  # doctest: +SKIP
    """
    return normalise.normalisation(np.stack([_means(*pair, found) for pair in zip(sequences, seen, strict=True)]))


def _means(aligned: Aligned, seen: Masks, found: Vignetting) -> np.ndarray:
    field = vignetting.fields(found.slopes, vignetting.positions(aligned.quadratic, aligned.stops))
    return normalise.masked_means(aligned.data / field, seen.clear)


def assemble_level3(
    sequences: Sequence[Aligned], seen: Sequence[Masks], found: Vignetting, factors: Normalisation, line: str = "ov"
) -> Cube:
    """Assemble level 3 of one line: vignetting divided out, normalised, on a regular time axis; gaps are NaN.

    Parameters
    ----------
    sequences, seen
        :func:`align_line` and :func:`find_masks` of each sequence.
    found, factors
        :func:`fit_vignetting` and :func:`find_normalisation` of all.
    line
        ``ov`` or ``hei``.

    Returns
    -------
    Cube
        (n_times, 4, 1270, 1270) photons with σ and flags, and world coordinates.

    Examples
    --------
    >>> from helioreduce import esis
    >>> cube = esis.assemble_level3([aligned], [seen], found, factors)  # doctest: +SKIP
    """
    _line(line)
    axis = level3.time_axis([_time(aligned) for aligned in sequences])
    cube = level3.empty([aligned.header for aligned in sequences], found)
    levels = zip(factors.factors, factors.transmission, strict=True)
    for place, aligned, own, (factor, level) in zip(axis, sequences, seen, levels, strict=True):
        level3.fill(cube, place, aligned, own, factor, level)
    level3.describe(cube, found)
    provenance.record(cube.header, "esis_level3", {"slopes": np.round(cube.vignetting, 5).tolist()})
    return cube


def _time(aligned: Aligned) -> datetime:
    return times.parse(str(aligned.header["DATE-AVG"]))


def _frame(frame: str | Path | Frame) -> Frame:
    return frame if isinstance(frame, Frame) else files.read_frame(frame)


def _line(line: str) -> Line:
    """Return a line by its name.

    Raises
    ------
    InputError
        If there is none.
    """
    if line not in FLIGHT.lines:
        raise InputError(f"there is no line {line!r}", cure=f"Choose one of {', '.join(FLIGHT.lines)}")
    return FLIGHT.lines[line]
