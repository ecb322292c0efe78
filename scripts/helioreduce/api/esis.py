"""ESIS: the steps from level 1 to level 3, each by one call."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from helioreduce import times
from helioreduce.api.values import ImageLike, to_image, to_list
from helioreduce.errors import InputError, counted
from helioreduce.esis import coalign, level3, masks, normalise, stack, vignetting
from helioreduce.esis.camera import CAMERAS, FLIGHT, Line
from helioreduce.esis.target import on_grid
from helioreduce.esis.values import Aligned, Cube, Masks, Normalisation, Vignetting
from helioreduce.image import Image
from helioreduce.io import provenance


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
