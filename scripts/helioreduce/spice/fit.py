"""Fits of many spectra: the kernel called in portions, with a second start where the first one failed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from helioreduce.spice import gaussians, kernel
from helioreduce.spice.algebra import Bounds
from helioreduce.spice.kernel import CONVERGED, NOT_CONVERGED, TOO_FEW
from helioreduce.spice.model import LineModel, Start

STATUS = {TOO_FEW: "too few samples", CONVERGED: "converged", NOT_CONVERGED: "not converged"}
#: Square of the last step in units of the errors: 10⁻³ σ.
TOLERANCE = 1e-6
LIMIT = 60
_PORTION = 20_000
#: The arrays of a fit.
_ARRAYS = ("p", "packed", "chi2", "samples", "status", "iterations", "at_bound")


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """Fits of N spectra with P free parameters.

    Attributes
    ----------
    model
        What was fitted.
    p
        Free parameters (N, P), NaN where a spectrum has not more samples than parameters, or none in the windows of a
        parameter.
    packed
        Upper triangle of their covariance by rows (N, P (P + 1) / 2), NaN for parameters at a bound.
    chi2, samples, status, iterations
        χ², number of samples used, code of :data:`STATUS`, number of iterations, (N,) each.
    at_bound
        (N, P): −1 at the lower bound, 0 inside, 1 at the upper bound.
    """

    model: LineModel
    p: np.ndarray
    packed: np.ndarray
    chi2: np.ndarray
    samples: np.ndarray
    status: np.ndarray
    iterations: np.ndarray
    at_bound: np.ndarray

    @property
    def q(self) -> np.ndarray:
        """Full parameters (N, K)."""
        return self.model.full(self.p)

    @property
    def degrees(self) -> np.ndarray:
        """Degrees of freedom (N,): samples less the parameters that were found."""
        return self.samples - np.isfinite(self.p).sum(axis=1)

    @property
    def reduced_chi2(self) -> np.ndarray:
        """χ² per degree of freedom (N,)."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(self.status != TOO_FEW, self.chi2 / self.degrees, np.nan)

    @property
    def good(self) -> np.ndarray:
        """Boolean (N,): converged, with no parameter at a bound.

        Where bounds lie within a few errors of the truth, the good fits are a selection that scatters less than its errors.
        """
        return (self.status == CONVERGED) & ~self.at_bound.any(axis=1)

    def covariance(self) -> np.ndarray:
        """Return the covariance M C Mᵀ (N, K, K) of the full parameters; NaN for parameters at a bound, 0 for fixed ones."""
        n, size = self.p.shape
        free = np.empty((n, size, size))
        rows, columns = np.triu_indices(size)
        free[:, rows, columns] = self.packed
        free[:, columns, rows] = self.packed
        is_free = self.model.arrays.parent >= 0
        parent = np.where(is_free, self.model.arrays.parent, 0)
        scale = np.where(is_free, self.model.arrays.scale, 0.0)
        covariance = free[:, parent[:, None], parent[None, :]] * (scale[:, None] * scale[None, :])
        covariance[:, ~is_free, :] = 0
        covariance[:, :, ~is_free] = 0
        return covariance

    def sigma(self) -> np.ndarray:
        """Return the standard errors (N, K) of the full parameters; NaN at a bound, 0 where fixed."""
        size, parent = self.model.free, self.model.arrays.parent
        diagonal = self.packed[:, [k * size - k * (k - 1) // 2 for k in range(size)]]
        sigma = np.abs(self.model.arrays.scale) * np.sqrt(diagonal[:, parent])
        sigma[:, parent < 0] = 0
        return sigma

    def put(self, where: np.ndarray, other: Fit) -> None:
        """Replace the fits of the spectra ``where`` (indices) by those of ``other``, in place."""
        for name in _ARRAYS:
            getattr(self, name)[where] = getattr(other, name)

    def take(self, where: np.ndarray) -> Fit:
        """Return the fits of the spectra ``where`` (indices)."""
        return replace(self, **{name: getattr(self, name)[where] for name in _ARRAYS})

    def evaluate(self) -> np.ndarray:
        """Return the model of every spectrum (N, n), unit of the data."""
        return evaluate(self.model, self.p)


def evaluate(model: LineModel, p: np.ndarray) -> np.ndarray:
    """Return the model (N, n) of free parameters ``p`` (N, P), unit of the data."""
    return gaussians.evaluate(np.atleast_2d(p).astype(float), model.arrays)


def leverage(fit: Fit, weight: np.ndarray) -> np.ndarray:
    """Return the share (N, n) of each sample in its own fitted value, 0 to 1, for inverse variances ``weight`` (N, n)."""
    return gaussians.leverage(fit.p, fit.packed, weight, fit.model.arrays)


def fit_spectra(
    start: Start,
    y: np.ndarray,
    a: np.ndarray,
    b: np.ndarray,
    *,
    limit: int = LIMIT,
    tolerance: float = TOLERANCE,
    progress: Callable[[int, int], None] | None = None,
) -> Fit:
    """Fit N spectra with variances ``a + b max(model, 0)``.

    Parameters
    ----------
    start
        What is fitted, from where, within which bounds. Peaks and backgrounds of the start do not matter: they are found
        exactly for its centres and widths.
    y
        Spectra (N, n) of the joined windows; NaN samples do not count.
    a, b
        Constant and proportional part of the variance, (N, n) or (n,); ``b = 0`` for given errors.
    limit
        Largest number of iterations.
    tolerance
        A fit has converged when its last step, squared and in units of the errors, is below this.
    progress
        Called with the number of spectra done and N.

    Returns
    -------
    Fit
    """
    model, n, size = start.model, y.shape[0], start.model.free
    p = np.array(np.broadcast_to(model.reduce(np.asarray(start.q, float)), (n, size)))
    bounds = Bounds(np.ascontiguousarray(start.bounds.lower, float), np.ascontiguousarray(start.bounds.upper, float))
    np.clip(p, bounds.lower, bounds.upper, out=p)
    packed, chi2, samples = np.empty((n, size * (size + 1) // 2)), np.empty(n), np.empty(n, np.int32)
    results = kernel.Results(p, packed, chi2, samples, np.empty(n, np.uint8), np.empty(n, np.int32))
    spectra = kernel.Spectra(y, np.atleast_2d(np.asarray(a, float)), np.atleast_2d(np.asarray(b, float)))
    for first in range(0, n, _PORTION):
        part = slice(first, min(first + _PORTION, n))
        portion = kernel.Results(*(array[part] for array in results))
        kernel.fit(_portion(spectra, part), model.arrays, bounds, kernel.Stop(limit, tolerance), portion)
        if progress:
            progress(part.stop, n)
    at_bound = np.zeros((n, size), np.int8)
    at_bound[p <= bounds.lower] = -1
    at_bound[p >= bounds.upper] = 1
    return Fit(model, *results, at_bound)


def _portion(spectra: kernel.Spectra, part: slice) -> kernel.Spectra:
    """Return some of the spectra, in double precision."""
    a, b = (noise[part] if noise.shape[0] > 1 else noise for noise in (spectra.a, spectra.b))
    return kernel.Spectra(np.ascontiguousarray(spectra.y[part], float), a, b)


def retry(first: Fit, y: np.ndarray, a: np.ndarray, b: np.ndarray, start: Start) -> Fit:
    """Fit again, from ``start``, what did not converge or ended at a bound; keep the lower χ² of each spectrum.

    A converged fit never gives way to one that is not.

    Parameters
    ----------
    first
        Fits of the spectra; they are changed in place.
    y, a, b
        As in :func:`fit_spectra`.
    start
        Another start (K,).
    """
    doubtful = np.flatnonzero((first.status != TOO_FEW) & ~first.good)
    if not doubtful.size:
        return first
    a, b = (noise[doubtful] if noise.ndim == 2 and noise.shape[0] > 1 else noise for noise in (a, b))
    second, old = fit_spectra(start, y[doubtful], a, b), first.take(doubtful)
    new_rank, old_rank = (np.where(fit.status == CONVERGED, fit.chi2, np.inf) for fit in (second, old))
    better = (new_rank < old_rank) | ((old.status != CONVERGED) & (second.chi2 < old.chi2))
    first.put(doubtful[better], second.take(np.flatnonzero(better)))
    return first
