"""Fits of many spectra: the kernel called in portions, with a second start where the first one failed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from helioreduce.spice import kernel
from helioreduce.spice.kernel import CONVERGED, NOT_CONVERGED, TOO_FEW
from helioreduce.spice.model import LineModel

STATUS = {TOO_FEW: "too few samples", CONVERGED: "converged", NOT_CONVERGED: "not converged"}
#: Square of the last step in units of the errors: 10⁻³ σ.
TOLERANCE = 1e-6
LIMIT = 60
_PORTION = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """Fits of N spectra with P free parameters.

    ``p`` (N, P), NaN where a spectrum has not more samples than parameters, or none in the windows of a parameter; ``packed``
    (N, P (P + 1) / 2) upper triangle of the covariance by rows, NaN for parameters at a bound; ``chi2`` (N,), ``samples`` (N,)
    used, ``status`` (N,) of :data:`STATUS`, ``iterations`` (N,), ``at_bound`` (N, P) −1 lower, 0 inside, 1 upper.
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
        """Covariance M C Mᵀ (N, K, K) of the full parameters; NaN for parameters at a bound, 0 for fixed ones."""
        n, size = self.p.shape
        free = np.empty((n, size, size))
        rows, columns = np.triu_indices(size)
        free[:, rows, columns] = self.packed
        free[:, columns, rows] = self.packed
        parent, scale = self.model.parent, self.model.scale
        tied = parent >= 0
        index = np.where(tied, parent, 0)
        scale = np.where(tied, scale, 0.0)
        covariance = free[:, index[:, None], index[None, :]] * (scale[:, None] * scale[None, :])
        covariance[:, ~tied, :] = 0
        covariance[:, :, ~tied] = 0
        return covariance

    def sigma(self) -> np.ndarray:
        """Standard errors (N, K) of the full parameters; NaN at a bound, 0 where fixed."""
        size = self.model.free
        diagonal = self.packed[:, [k * size - k * (k - 1) // 2 for k in range(size)]]
        sigma = np.abs(self.model.scale) * np.sqrt(diagonal[:, self.model.parent])
        sigma[:, self.model.parent < 0] = 0
        return sigma

    def put(self, where: np.ndarray, other: Fit) -> None:
        """Take over the fits of ``other`` for the spectra ``where`` (indices), in place."""
        for name in ("p", "packed", "chi2", "samples", "status", "iterations", "at_bound"):
            getattr(self, name)[where] = getattr(other, name)

    def take(self, where: np.ndarray) -> Fit:
        """The fits of the spectra ``where`` (indices)."""
        names = ("p", "packed", "chi2", "samples", "status", "iterations", "at_bound")
        return replace(self, **{name: getattr(self, name)[where] for name in names})

    def evaluate(self) -> np.ndarray:
        """Model of every spectrum (N, n), unit of the data."""
        return evaluate(self.model, self.p)


def evaluate(model: LineModel, p: np.ndarray) -> np.ndarray:
    """Model (N, n) of free parameters ``p`` (N, P), unit of the data."""
    m = model
    return kernel.evaluate(np.atleast_2d(p).astype(float), m.wavelength, m.edges, m.windows, m.parent, m.scale, m.offset)


def leverage(fit: Fit, weight: np.ndarray) -> np.ndarray:
    """Share (N, n) that each sample has in its own fitted value, 0 to 1, for inverse variances ``weight`` (N, n)."""
    m = fit.model
    return kernel.leverage(
        fit.p, fit.packed, weight, m.wavelength, m.edges, m.windows, m.parent, m.scale, m.offset, m.slots, m.members, m.counts
    )


def fit_spectra(
    model: LineModel,
    y: np.ndarray,
    a: np.ndarray,
    b: np.ndarray,
    start: np.ndarray,
    bounds: tuple[np.ndarray, np.ndarray],
    *,
    limit: int = LIMIT,
    tolerance: float = TOLERANCE,
    progress: Callable[[int, int], None] | None = None,
) -> Fit:
    """Fit N spectra with variances ``a + b max(model, 0)``.

    Parameters
    ----------
    y
        Spectra (N, n) of the joined windows; NaN samples do not count.
    a, b
        Constant and proportional part of the variance, (N, n) or (n,); ``b = 0`` for given errors.
    start
        Full parameters (K,) or (N, K). Peaks and backgrounds are found exactly for the centres and widths given.
    bounds
        Lower and upper bound (P,) of the free parameters.
    limit
        Largest number of iterations.
    tolerance
        A fit has converged when its last step, squared and in units of the errors, is below this.
    progress
        Called with the number of spectra done and N.
    """
    n, size = y.shape[0], model.free
    p = np.array(np.broadcast_to(model.reduce(np.asarray(start, float)), (n, size)))
    lower, upper = (np.ascontiguousarray(bound, float) for bound in bounds)
    np.clip(p, lower, upper, out=p)
    result = Fit(
        model, p, np.empty((n, size * (size + 1) // 2)), np.empty(n), np.empty(n, np.int32), np.empty(n, np.uint8),
        np.empty(n, np.int32), np.zeros((n, size), np.int8),
    )  # fmt: skip
    a, b = np.atleast_2d(np.asarray(a, float)), np.atleast_2d(np.asarray(b, float))
    m, linear, windows = model, model.linear, model.windows
    for first in range(0, n, _PORTION):
        part = slice(first, min(first + _PORTION, n))
        own = part if a.shape[0] > 1 else slice(None)
        kernel.fit(
            np.ascontiguousarray(y[part], float), a[own], b[own], m.wavelength, m.edges, windows, m.parent, m.scale, m.offset,
            m.slots, m.members, m.counts, lower, upper, linear, p[part], limit, tolerance, result.packed[part],
            result.chi2[part], result.samples[part], result.status[part], result.iterations[part],
        )  # fmt: skip
        if progress:
            progress(part.stop, n)
    result.at_bound[p <= lower] = -1
    result.at_bound[p >= upper] = 1
    return result


def retry(
    first: Fit, y: np.ndarray, a: np.ndarray, b: np.ndarray, start: np.ndarray, bounds: tuple[np.ndarray, np.ndarray]
) -> Fit:
    """Fit again, from ``start``, what did not converge or ended at a bound; the lower χ² per spectrum is kept.

    Arguments as in :func:`fit_spectra`. A converged fit never gives way to one that is not.
    """
    doubtful = np.flatnonzero((first.status != TOO_FEW) & ~first.good)
    if not doubtful.size:
        return first
    own = [np.atleast_2d(v)[doubtful if np.ndim(v) == 2 and v.shape[0] > 1 else slice(None)] for v in (a, b)]
    second = fit_spectra(first.model, y[doubtful], *own, start if start.ndim == 1 else start[doubtful], bounds)
    old = first.take(doubtful)
    ranks = [np.where(f.status == CONVERGED, f.chi2, np.inf) for f in (second, old)]
    better = (ranks[0] < ranks[1]) | ((old.status != CONVERGED) & (second.chi2 < old.chi2))
    first.put(doubtful[better], second.take(np.flatnonzero(better)))
    return first
