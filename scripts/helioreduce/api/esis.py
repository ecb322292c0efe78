"""ESIS: the steps from level 0 to level 3."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import numpy as np

from helioreduce import times
from helioreduce.api.values import ImageLike, to_image, to_list
from helioreduce.cosmic_rays import lacosmic
from helioreduce.errors import InputError, counted
from helioreduce.esis import coalign, files, level1, level3, masks, normalise, stack, vignetting
from helioreduce.esis.camera import ACTIVE_SHAPE, CAMERAS, FLIGHT, Flight, Line
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
    InputError
        If the images are not one of each camera, in that order, or there is no such line.

    Examples
    --------
    >>> from helioreduce import esis
    >>> aligned = esis.align_line(["ESIS1.fits", "ESIS2.fits", "ESIS3.fits", "ESIS4.fits"])  # doctest: +SKIP
    """
    own, aim, frames = _line(line), None, _by_camera(images)
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

    Raises
    ------
    InputError
        If there is no sequence, or not a mask of each.

    Examples
    --------
    >>> from helioreduce import esis
    >>> found = esis.fit_vignetting([aligned], [seen])  # doctest: +SKIP
    """
    return vignetting.fit_together([_blocks(*pair) for pair in _pairs(sequences, seen)])


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

    Raises
    ------
    InputError
        If there is no sequence, or not a mask of each.

    Examples
    --------
    >>> from helioreduce import esis
    >>> factors = esis.find_normalisation([aligned], [seen], found)  # doctest: +SKIP
    """
    return normalise.normalisation(np.stack([_means(*pair, found) for pair in _pairs(sequences, seen)]))


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

    Raises
    ------
    InputError
        If there is no sequence, or not a mask and factors of each.

    Examples
    --------
    >>> from helioreduce import esis
    >>> cube = esis.assemble_level3([aligned], [seen], found, factors)  # doctest: +SKIP
    """
    _line(line)
    pairs = _pairs(sequences, seen)
    if len(factors.factors) != len(pairs):
        problem = f"{counted(len(pairs), 'sequence')}, and factors of {len(factors.factors)}"
        raise InputError(problem, cure="Give the find_normalisation of these sequences")
    axis = level3.time_axis([_time(aligned) for aligned, _ in pairs])
    cube = level3.empty([aligned.header for aligned, _ in pairs], found)
    levels = zip(factors.factors, factors.transmission, strict=True)
    for place, (aligned, own), (factor, level) in zip(axis, pairs, levels, strict=True):
        level3.fill(cube, place, aligned, own, factor, level)
    level3.describe(cube, found)
    provenance.record(cube.header, "esis_level3", {"slopes": np.round(cube.vignetting, 5).tolist()})
    return cube


def _time(aligned: Aligned) -> datetime:
    return times.parse(str(aligned.header["DATE-AVG"]))


def _frame(frame: str | Path | Frame, flight: Flight) -> Frame:
    return frame if isinstance(frame, Frame) else files.read_frame(frame, flight)


def _by_camera(images: Sequence[ImageLike]) -> dict[int, Image]:
    """Return level 1 by the number of its camera.

    Raises
    ------
    InputError
        If the images are not one of each, in that order.
    """
    found = dict(enumerate(map(to_image, to_list(images, "image")), CAMERAS[0]))
    own = [image.header.get("CAMERA", number) for number, image in found.items()]
    if own != list(CAMERAS):
        problem = f"{counted(len(own), 'image')}, of the cameras {', '.join(map(str, own))}"
        raise InputError(problem, cure="Give level 1 of cameras 1 to 4, in that order")
    return found


def _pairs(sequences: Sequence[Aligned], seen: Sequence[Masks]) -> list[tuple[Aligned, Masks]]:
    """Return each sequence with its masks.

    Raises
    ------
    InputError
        If there is none, or not as many of both.
    """
    aligned, own = to_list(sequences, "sequence"), to_list(seen, "mask")
    if len(aligned) != len(own):
        problem = f"{counted(len(aligned), 'sequence')}, and masks of {len(own)}"
        raise InputError(problem, cure="Give the find_masks of each sequence")
    return list(zip(aligned, own, strict=True))


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
