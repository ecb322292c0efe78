"""The values that flow from step to step, beside :class:`helioreduce.image.Image` for level 1.

n is the number of cameras, (ny, nx) the level-3 grid. Maps are the coefficients of :class:`transforms.Map` from the grid to
the line's window of level 1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from helioreduce.image import shapes

if TYPE_CHECKING:
    from astropy.io.fits import Header


class Planes(NamedTuple):
    """Data and standard deviation (None if unknown), float32, and mask bits, uint8, all of one shape."""

    data: np.ndarray
    sigma: np.ndarray | None
    mask: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A level-0 frame that can be reduced.

    Parameters
    ----------
    counts
        (1040, 2152), DN.
    header
        Its keywords.
    camera
        1 to 4.
    """

    counts: np.ndarray
    header: Header
    camera: int

    __repr__ = shapes


@dataclass(frozen=True, slots=True, eq=False)
class Registered:
    """Transforms of one line of one sequence, before the sequences are aligned in time.

    Parameters
    ----------
    linear, quadratic
        Maps (n, 2, 6) of the linear and the quadratic registration; NaN for a camera without a usable frame.
    stops
        Vertices (n, 8, 2) of the field stop in level 1.
    scene
        Mean of the cameras over its local mean, less one, (ny, nx); NaN where none sees.
    header
        Of the reference camera's level 1, with the line; REFUSED says why the sequence cannot be used.
    """

    linear: np.ndarray
    quadratic: np.ndarray
    stops: np.ndarray
    scene: np.ndarray
    header: Header

    __repr__ = shapes


@dataclass(frozen=True, slots=True, eq=False)
class Drift:
    """Motion of the Sun over the field stop, and where each sequence lies.

    Parameters
    ----------
    exposures
        Numbers of the sequences, (n,).
    seconds
        Middle of each exposure after the first, (n,).
    measured, fitted
        Place of the Sun on the detector of the reference camera relative to the mean of the sequences, (n, 2), pixels of
        level 3 in (x, y): as registered, and by the smooth curve.
    places
        Matrices (n, 3, 3) in (1, u, v), the scaled coordinates of the grid: level 3 → the grid of the sequence's own
        registration.
    kept
        Boolean (n,): the curve is followed; elsewhere the measurement, which lies farther from it than its accuracy.
    """

    exposures: np.ndarray
    seconds: np.ndarray
    measured: np.ndarray
    fitted: np.ndarray
    places: np.ndarray
    kept: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Aligned:
    """One line of one sequence: the cameras on the level-3 grid.

    Parameters
    ----------
    data, sigma
        (n, ny, nx) float32, photons; NaN where a camera does not see.
    mask
        Same shape, uint8: :class:`Flag` bits.
    linear, quadratic
        Maps (n, 2, 6) of the linear and the quadratic registration.
    stops
        Vertices (n, 8, 2) of the field stop in level 1.
    internal
        Zero-lag correlation of the pairs of cameras, (2, 2, n (n − 1) / 2): after the linear and the quadratic step, on the
        full frame and where all cameras are lit.
    aim
        Zero-lag correlation with the target after each step, (2, n); NaN without one.
    target
        What the linear registration aimed at, (ny, nx); NaN without one.
    header
        Of the reference camera's level 1, with the line.
    """

    data: np.ndarray
    sigma: np.ndarray
    mask: np.ndarray
    linear: np.ndarray
    quadratic: np.ndarray
    stops: np.ndarray
    internal: np.ndarray
    aim: np.ndarray
    target: np.ndarray
    header: Header

    __repr__ = shapes


@dataclass(frozen=True, slots=True, eq=False)
class Masks:
    """Where the cameras see a line on the level-3 grid.

    Parameters
    ----------
    lit
        Boolean (n, ny, nx): inside the field stop.
    clear
        Boolean, same shape: free of Mg X, away from every edge.
    outlines
        Outline of the clear part for each camera, (2, m, 2): its vertices in level 1 and in level 3.
    """

    lit: np.ndarray
    clear: np.ndarray
    outlines: tuple[np.ndarray, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Vignetting:
    """Vignetting of the cameras in one line.

    Parameters
    ----------
    slopes, slope_errors
        s of V = 1 + s f for each camera, (n,), and their standard deviations.
    gains, gain_errors
        Response of each camera relative to the reference camera, whose own is 1.
    scatter
        Disagreement of the cameras beyond the noise, as a fraction of the scene.
    blocks
        Number of blocks that entered.
    single
        Slopes of each sequence fitted by itself, (n_sequences, n).
    cross
        Terms across the dispersion from two halves of the field, and their error, (3, n); not part of the field that is
        divided out. NaN where they were not looked for.
    """

    slopes: np.ndarray
    slope_errors: np.ndarray
    gains: np.ndarray
    gain_errors: np.ndarray
    scatter: float
    blocks: int
    single: np.ndarray
    cross: np.ndarray = field(default_factory=lambda: np.full((3, 4), np.nan))


@dataclass(frozen=True, slots=True, eq=False)
class Normalisation:
    """What brings the cameras and sequences of a line to one mean.

    Parameters
    ----------
    factors
        (n_sequences, n); multiplies the images.
    means
        Means before it, same shape, photons.
    transmission
        Mean of each sequence over that of the brightest, (n_sequences,): the transmission of the atmosphere, and what the
        whole field does. It is not taken out.
    """

    factors: np.ndarray
    means: np.ndarray
    transmission: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Cube:
    """Level 3 of one line, with n_times planes on a regular time axis; gaps are NaN and NO_DATA.

    Parameters
    ----------
    data, sigma
        (n_times, n, ny, nx) float32: photons of a detector pixel and an exposure, as the reference camera would count them
        without vignetting.
    mask
        Same shape, uint8: :class:`Flag` bits.
    clear
        Boolean, same shape: free of Mg X.
    quadratic, stops
        (n_times, n, 2, 6) and (n_times, n, 8, 2), as in :class:`Aligned`.
    factors
        Intensity normalisation (n_times, n).
    transmission
        Level of each sequence over the highest, (n_times,), not taken out.
    internal
        Correlations of the pairs of cameras, (n_times, 2, 2, 6), as in :class:`Aligned`.
    signal_to_noise
        Median of data / σ over the field of each camera, (n_times, n).
    seconds
        Time of each plane after the first, (n_times,).
    vignetting
        Slopes that were divided out, and their standard deviations, (2, n).
    header
        World coordinates, unit, line and processing.
    """

    data: np.ndarray
    sigma: np.ndarray
    mask: np.ndarray
    clear: np.ndarray
    quadratic: np.ndarray
    stops: np.ndarray
    factors: np.ndarray
    transmission: np.ndarray
    internal: np.ndarray
    signal_to_noise: np.ndarray
    seconds: np.ndarray
    vignetting: np.ndarray
    header: Header

    __repr__ = shapes
