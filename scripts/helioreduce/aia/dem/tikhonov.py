"""The regularised DEM of Hannah & Kontar (2012, A&A 539, A146) as their code for maps computes it, compiled.

x minimises |Ax − d|² + λ|Lx|², A = K dT/σ and d in units of σ, with a diagonal L that a first solution weights. With a diagonal
L everything is in the small matrix A L⁻² Aᵀ = U s² Uᵀ, a row and column for each channel: x = L⁻²Aᵀ U (s² + λ)⁻¹ Uᵀ d. λ is
that of a grid whose residual is nearest to the χ² that is asked for, which grows while any x is negative.

σ is what the noise does to x for the λ and L of the pixel; it knows nothing of the bias of the regularisation.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

from helioreduce.aia.dem import found as results
from helioreduce.aia.dem.small import eigen
from helioreduce.aia.dem.status import NOT_CONVERGED, RELAXED, usable

#: Share of its maximum above which the first solution weights the second one, and the least weight.
_SHARE, _LEAST = 1e-4, 1e-8
#: By how much the target of χ² grows while x is negative.
_GROWTH = 1.5
#: Points at which the resolution is looked at.
_FINE = 51
_FWHM = 2.0 * np.sqrt(2.0 * np.log(2.0))
_FAST = {"contract", "reassoc"}


class Options(NamedTuple):
    """Widths of the bins (temperatures,), dex; target of χ², numbers of λ and of tries; whether the resolution is wanted."""

    widths: np.ndarray
    chi2: float
    grid: int
    tries: int
    resolution: bool


@numba.njit(cache=True, nogil=True, parallel=True)
def invert(data, sigma, problem, options, found, resolution, chunks):
    """Invert pixels (N, channels) into ``found`` and ``resolution`` (N, temperatures), dex."""
    nf, nt = problem.counts.shape
    for chunk in numba.prange(chunks):
        rows, vectors = np.empty((2, nf, nt)), np.empty((4, nt))
        system, used = np.empty((2 * nf + 4, nf)), np.empty(nf, np.int64)
        factor, fine = np.empty((nt, nf)), np.empty((2, nt))
        for p in range(chunk, data.shape[0], chunks):
            n, status = usable(data[p], sigma[p], used)
            if n < problem.least:
                results.fail(found, p, status)
                continue
            _pixel(p, data[p], sigma[p], n, used, status, problem, options, found, rows, vectors, system, factor)
            if options.resolution and np.isfinite(found.chi2[p]):
                _resolution(resolution[p], problem.logt, options.widths, rows[0], factor, n, fine)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _pixel(p, data, sigma, n, used, status, problem, options, found, rows, vectors, system, factor):
    nf, nt = problem.counts.shape
    a, scaled, inverse, x, d = rows[0], rows[1], vectors[0], vectors[1], system[2 * nf]
    for k in range(n):
        d[k] = data[used[k]] / sigma[used[k]]
        for j in range(nt):
            a[k, j] = problem.counts[used[k], j] / sigma[used[k]]
    for j in range(nt):
        inverse[j] = options.widths[j]
    _decompose(a, scaled, inverse, system, d, n)
    _solve(x, scaled, system, _lambda(system, n, options.chi2, options.grid), n)
    _weigh(x, vectors[2], vectors[3])
    for j in range(nt):
        inverse[j] = vectors[3][j] / options.widths[j]
    _decompose(a, scaled, inverse, system, d, n)
    target, tries, least = options.chi2, 0, -1.0
    while least < 0.0 and tries < options.tries:
        shrink = _lambda(system, n, target, options.grid)
        _solve(x, scaled, system, shrink, n)
        least, target, tries = x.min(), target * _GROWTH, tries + 1
    if not np.isfinite(x.sum()):
        results.fail(found, p, status)
        return
    found.dem[p], found.iterations[p] = x, tries
    status |= (RELAXED if tries > 1 else 0) | (NOT_CONVERGED if least < 0.0 else 0)
    found.status[p] = status
    results.fit(found, p, data, sigma, used, n, problem.counts, x)
    total = results.summarise(found, p, problem)
    _inverse(factor, scaled, system, shrink, n)
    if problem.errors:
        results.errors_from_factor(found, p, problem, factor, n, total)


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def _decompose(a, scaled, inverse, system, d, n):
    """Write A L⁻² and the eigenvectors and eigenvalues of A L⁻² Aᵀ, and d along the eigenvectors."""
    nf = system.shape[1]
    matrix, vectors, along, squares = system[:nf], system[nf : 2 * nf], system[2 * nf + 1], system[2 * nf + 2]
    for k in range(n):
        for j in range(a.shape[1]):
            scaled[k, j] = a[k, j] * inverse[j]
        for i in range(k + 1):
            total = 0.0
            for j in range(a.shape[1]):
                total += scaled[k, j] * a[i, j]
            matrix[k, i] = matrix[i, k] = total
    eigen(matrix, vectors, n)
    for k in range(n):
        squares[k], along[k] = max(matrix[k, k], 0.0), 0.0
        for i in range(n):
            along[k] += vectors[i, k] * d[i]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _lambda(system, n, chi2, grid):
    """Return the λ of a logarithmic grid whose residual is nearest to n χ²."""
    nf = system.shape[1]
    along, squares = system[2 * nf + 1], system[2 * nf + 2]
    largest, smallest = 0.0, np.inf
    for k in range(n):
        largest, smallest = max(largest, squares[k]), min(smallest, squares[k])
    low, high = np.log(smallest * 1e-4), np.log(np.sqrt(largest))
    best, chosen, step = np.inf, np.nan, (high - low) / (grid - 1)
    for i in range(grid):
        value = np.exp(i * step) * (smallest * 1e-4)
        residual = -n * chi2
        for k in range(n):
            part = value * along[k] / (squares[k] + value)
            residual += part * part
        if abs(residual) < best:
            best, chosen = abs(residual), value
    return chosen


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def _solve(x, scaled, system, shrink, n):
    """Write x = L⁻²Aᵀ U (s² + λ)⁻¹ Uᵀ d."""
    nf = system.shape[1]
    vectors, along, squares, weight = system[nf : 2 * nf], system[2 * nf + 1], system[2 * nf + 2], system[2 * nf + 3]
    for i in range(n):
        weight[i] = 0.0
        for k in range(n):
            weight[i] += vectors[i, k] * along[k] / (squares[k] + shrink)
    x[:] = 0.0
    for i in range(n):
        for j in range(x.size):
            x[j] += scaled[i, j] * weight[i]


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def _inverse(factor, scaled, system, shrink, n):
    """Write the inverse L⁻²Aᵀ U (s² + λ)⁻¹ Uᵀ, (temperatures, n); the noise of d has unit variance."""
    nf = system.shape[1]
    vectors, squares = system[nf : 2 * nf], system[2 * nf + 2]
    for i in range(n):
        factor[:, i] = 0.0
        for m in range(n):
            value = 0.0
            for k in range(n):
                value += vectors[i, k] * vectors[m, k] / (squares[k] + shrink)
            for j in range(factor.shape[0]):
                factor[j, i] += scaled[m, j] * value


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _weigh(x, raw, weight):
    """Write the weights of the second solution: the first where it is positive and not small, else 1; smoothed over 5 bins.

    The first and last bins are taken as zero, and the result is in units of its largest value before smoothing.
    """
    nt = x.size
    limit, largest = _SHARE * x.max(), 0.0
    for j in range(nt):
        raw[j] = x[j] if x[j] > limit else 1.0
        largest = max(largest, raw[j])
    for j in range(nt):
        total = 0.0
        for k in range(max(j - 2, 1), min(j + 3, nt - 1)):
            total += raw[k] * 0.2
        weight[j] = max(total / largest, _LEAST)


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def _resolution(width, logt, widths, a, factor, n, fine):
    """Write the width in temperature, dex (σ of a Gaussian), of what a spike at each temperature becomes.

    From half maximum to half maximum on a grid of 51 points; the width of the bin where no point reaches half the maximum.
    """
    nt, column = logt.size, fine[0]
    start, step = logt.min() + 1e-8, (logt.max() - logt.min()) / _FINE
    for j in range(nt):
        column[:] = 0.0
        largest = -np.inf
        for k in range(n):
            value = a[k, j]
            for i in range(nt):
                column[i] += factor[i, k] * value
        for i in range(nt):
            largest = max(largest, column[i])
        first, last = 0, _FINE - 1
        while first < _FINE and not _interpolated(column, logt, start + step * first) >= largest / 2.0:
            first += 1
        while last > first and not _interpolated(column, logt, start + step * last) >= largest / 2.0:
            last -= 1
        width[j] = (widths[j] if first == _FINE else (last - first) * step / 2.0) / _FWHM


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _interpolated(values, x, at):
    """Return linear interpolation on evenly spaced x; the end values outside."""
    place = (at - x[0]) / (x[1] - x[0])
    k = min(max(int(place), 0), x.size - 2)
    return values[k] + (values[k + 1] - values[k]) * min(max(place - k, 0.0), 1.0)
