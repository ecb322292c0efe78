"""The three methods on one footing: from counts and a temperature response to a DEM, its bands and their errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numba
import numpy as np

from helioreduce.aia.channels import THIN
from helioreduce.aia.dem import bins, logsmooth, sparse, tikhonov
from helioreduce.aia.dem.found import Found, Problem, empty
from helioreduce.errors import InputError

METHODS = ("logsmooth", "tikhonov", "sparse")
#: Channels with a DEM.
CHANNELS = THIN
#: Edges of the bands of emission measure, dex.
BANDS = (5.7, 5.9, 6.1, 6.3, 6.5, 6.8, 7.1)
#: Channels of the six that may be missing in a pixel.
_SPARE = 1
#: Most iterations (logsmooth), λ of a map and tries (tikhonov), pivots (sparse); tolerance of χ².
_ITERATIONS, _GRID, _TRIES, _PIVOTS, _TOLERANCE = 100, 42, 10, 200, 0.1
#: Scales that keep the numbers of a method near one; that of the Tikhonov method is part of its grid of λ (demregpy).
_TIKHONOV, _SPARSE = 1e15, 1e26


@dataclass(frozen=True)
class Inversion:
    """What is asked of every pixel.

    Parameters
    ----------
    response
        K(T) (channels, temperatures), DN cm⁵ s⁻¹ pixel⁻¹, at the centres of the bins.
    edges
        Edges of the temperature bins, dex, (temperatures + 1,).
    method
        ``logsmooth`` (Plowman & Caspi 2020), ``tikhonov`` (Hannah & Kontar 2012) or ``sparse`` (Cheung et al. 2015).
    chi2
        χ² per channel that is asked for (not of ``sparse``).
    smooth
        Scale of smoothness of ``logsmooth``, e-foldings per dex.
    bands
        Edges of the bands of emission measure, dex.
    floor
        Least value with which ``logsmooth`` starts, in the unit of the counts.
    errors
        Compute every σ; without them they are NaN, and ``logsmooth`` takes about half the time.

    Raises
    ------
    InputError
        Unknown method; edges that do not ascend, or are not evenly spaced.
    """

    response: np.ndarray
    edges: np.ndarray
    method: str = "logsmooth"
    chi2: float = 1.0
    smooth: float = 8.0
    bands: Sequence[float] = field(default=BANDS)
    floor: float = 0.01
    errors: bool = True

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise InputError(f"there is no method {self.method!r}", cure=f"Methods: {', '.join(METHODS)}")
        for name, value in (("chi2", self.chi2), ("smooth", self.smooth)):
            if not value > 0:
                raise InputError(f"{name} is {value!r}", cure="Give a positive number")
        bins.check(self.edges, self.bands, self.method)
        if not np.allclose(self.widths, self.widths[0], rtol=1e-6):
            raise InputError("the temperature bins are not equal in log T", cure="Give evenly spaced edges")
        if self.response.shape[1] != self.logt.size:
            raise InputError(f"the response has {self.response.shape[1]} temperatures, the bins are {self.logt.size}")

    @cached_property
    def logt(self) -> np.ndarray:
        """Centres of the bins, dex."""
        return (np.asarray(self.edges)[1:] + np.asarray(self.edges)[:-1]) / 2

    @cached_property
    def widths(self) -> np.ndarray:
        """Widths of the bins, dex."""
        return np.diff(self.edges)

    @property
    def span(self) -> tuple[float, float]:
        """Range of log T over which the DEM is defined, see :func:`helioreduce.aia.dem.bins.span`."""
        return bins.span(self.edges, self.method)

    @cached_property
    def per_kelvin(self) -> np.ndarray:
        """Emission measure per dex for a DEM of 1 cm⁻⁵ K⁻¹: T ln 10."""
        return 10.0**self.logt * np.log(10.0)

    def measure(self, low: float, high: float) -> np.ndarray:
        """Return the emission measure between two log T for a DEM of 1 per dex at each temperature, (temperatures,).

        The DEM is piecewise linear between the centres (``logsmooth``), or constant in each bin.
        """
        if self.method == "logsmooth":
            at = np.unique(np.clip(np.concatenate([self.logt, [low, high]]), low, high).clip(*self.span))
            hats = np.stack([np.interp(at, self.logt, row) for row in np.eye(self.logt.size)])
            return np.asarray(np.trapezoid(hats, at, axis=1))
        edges = np.asarray(self.edges)
        return np.asarray((np.minimum(edges[1:], high) - np.maximum(edges[:-1], low)).clip(0))

    @cached_property
    def problem(self) -> Problem:
        """What the compiled loops need, in the units of the method."""
        bands = np.stack([self.measure(*pair) for pair in zip(self.bands[:-1], self.bands[1:], strict=True)])
        weights, least = self.measure(*self.span), max(self.response.shape[0] - _SPARE, 1)
        counts, values = self.response * self.widths, np.zeros((0, 0))
        if self.method == "logsmooth":
            counts = self.response @ mass(self.logt)
        elif self.method == "tikhonov":
            scale = self.per_kelvin * _TIKHONOV
            counts, bands, weights = counts * scale, bands * scale, weights * scale
        else:
            functions = sparse.dictionary(self.logt)
            counts, values = self.response @ functions * _SPARSE, functions / self.widths[:, None] * _SPARSE
        counts, values, bands, weights = (np.ascontiguousarray(array, float) for array in (counts, values, bands, weights))
        return Problem(counts, values, bands, weights, np.ascontiguousarray(self.logt), least, self.errors)

    def invert(self, data: np.ndarray, sigma: np.ndarray) -> Found:
        """Invert pixels.

        Parameters
        ----------
        data, sigma
            Counts and their σ (N, channels), DN s⁻¹ pixel⁻¹; a channel with a value that is not finite or a σ that is not
            positive and finite does not count.

        Returns
        -------
        Found
            DEM and σ in cm⁻⁵ K⁻¹, emission measure and covariance of the bands in cm⁻⁵ and cm⁻¹⁰; the status in place of any
            exception.
        """
        data, sigma = (np.ascontiguousarray(plane, np.float64) for plane in (data, sigma))
        found = empty(len(data), data.shape[1], self.logt.size, len(self.bands) - 1)
        chunks = numba.get_num_threads()
        if self.method == "logsmooth":
            tau = self.smooth**2 * (self.logt[-1] - self.logt[0]) * np.diff(self.logt)
            options = logsmooth.Options(tau, float(self.chi2), _TOLERANCE, float(self.floor), _ITERATIONS)
            logsmooth.invert(data, sigma, self.problem, options, found, chunks)
        elif self.method == "tikhonov":
            settings = tikhonov.Options(self.widths, float(self.chi2), _GRID, _TRIES, False)
            tikhonov.invert(data, sigma, self.problem, settings, found, np.empty((len(data), 0)), chunks)
        else:
            sparse.invert(data, sigma, self.problem, sparse.Options(_PIVOTS), found, chunks)
        scale = _TIKHONOV if self.method == "tikhonov" else 1 / self.per_kelvin
        found.dem[:] *= scale
        found.sigma[:] *= scale
        return found


def mass(logt: np.ndarray) -> np.ndarray:
    """Return ∫ h_i h_j dlogT, h piecewise linear and 1 at one temperature: (temperatures, temperatures)."""
    step = np.diff(logt)
    sides = np.append(step, 0.0) + np.append(0.0, step)
    return np.diag(sides / 3) + np.diag(step / 6, 1) + np.diag(step / 6, -1)


def interpolate(log_temperature: np.ndarray, response: np.ndarray, logt: np.ndarray) -> np.ndarray:
    """Return a response (n,) at other temperatures, linear in the logarithms of both.

    Values that are not positive count as the least one that is.

    Raises
    ------
    InputError
        If it does not reach the temperatures, or is nowhere positive.
    """
    if logt[0] < log_temperature[0] - 1e-6 or logt[-1] > log_temperature[-1] + 1e-6:
        reach = f"the response reaches from log T {log_temperature[0]:g} to {log_temperature[-1]:g}"
        raise InputError(f"{reach}, the DEM from {logt[0]:g} to {logt[-1]:g}", cure="Ask for fewer temperatures")
    positive = response > 0
    if not positive.any():
        raise InputError("the response is nowhere positive", cure="Give the response of an EUV channel")
    safe = np.where(positive, response, response[positive].min())
    return np.asarray(10 ** np.interp(logt, log_temperature, np.log10(safe)))


def with_relative(sigma: np.ndarray, data: np.ndarray, relative: float) -> np.ndarray:
    """Return σ with a relative error of the data added in quadrature.

    Raises
    ------
    InputError
        If the relative error is negative or none.
    """
    if not 0 <= relative < np.inf:
        raise InputError(f"the relative error is {relative!r}", cure="Give a fraction of the counts, 0 or more")
    return np.hypot(sigma, relative * data)
