"""The DEM of least emission within the errors (Cheung et al. 2015, ApJ 807, 143), by a dense dual simplex method, compiled.

min Σx, |Kx − d| ≤ fσ, x ≥ 0, on a dictionary of spikes and Gaussians in log T; f grows until there is a solution. No lower
limit is negative. All costs are positive, so x = 0 is dual feasible and the dual simplex method starts without a first phase.
The tableau has two rows for each channel and a column for each function; a pivot swaps a row and a column.

σ is that of the solution on its own functions and active limits; which ones these are is taken as known.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

from helioreduce.aia.dem import found as results
from helioreduce.aia.dem.status import NEGATIVE, NOT_CONVERGED, RELAXED, usable

#: Widths of the Gaussians exp[−(Δ/a)²], dex, and the value below which they are cut (EMToolKit's sparse_em).
WIDTHS, CUT = (0.1, 0.2, 0.6), 0.04
#: Factors of σ, one after another.
_TOLERANCES = (1.4, 2.1, 3.15)
#: Rounding error of a row, in units of its limit.
_TINY = 1e-11
_FAST = {"contract", "reassoc"}


class Options(NamedTuple):
    """Most pivots of one pixel."""

    pivots: int


def dictionary(logt: np.ndarray) -> np.ndarray:
    """Return spikes and Gaussians of three widths at every temperature, (temperatures, functions), peak 1."""
    away = logt[:, None] - logt
    gaussians = [np.exp(-((away / width) ** 2)) for width in WIDTHS]
    return np.hstack([np.eye(logt.size), *(np.where(values < CUT, 0.0, values) for values in gaussians)])


@numba.njit(cache=True, nogil=True, parallel=True)
def invert(data, sigma, problem, options, found, chunks):
    """Invert pixels (N, channels); every ``chunks``-th one goes to the same thread."""
    nf, nx = problem.counts.shape
    for chunk in numba.prange(chunks):
        tableau, used = np.empty((2 * nf + 1, nx + 1)), np.empty(nf, np.int64)
        row_of, column_of = np.empty(2 * nf, np.int64), np.empty(nx, np.int64)
        x, factor = np.empty(nx), np.empty((problem.logt.size, nf))
        for p in range(chunk, data.shape[0], chunks):
            n, status = usable(data[p], sigma[p], used)
            if n < problem.least:
                results.fail(found, p, status)
                continue
            _pixel(p, data[p], sigma[p], n, used, status, problem, options, found, tableau, row_of, column_of, x, factor)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _pixel(p, data, sigma, n, used, status, problem, options, found, tableau, row_of, column_of, x, factor):
    pivots, allowed = 0, -1.0
    for tolerance in _TOLERANCES:
        _fill(tableau, data, sigma, problem.counts, used, n, tolerance, row_of, column_of)
        taken = _simplex(tableau, row_of, column_of, n, options.pivots)
        pivots += abs(taken)
        if taken >= 0:
            allowed = tolerance
            break
    found.iterations[p] = pivots
    if allowed < 0.0:
        results.fail(found, p, status | (NOT_CONVERGED if pivots >= options.pivots else 0))
        return
    status |= RELAXED if allowed > _TOLERANCES[0] else 0
    for k in range(n):
        status |= NEGATIVE if data[used[k]] < 0.0 else 0
    found.status[p] = status
    x[:] = 0.0
    for r in range(2 * n):
        if row_of[r] < x.size:
            x[row_of[r]] = tableau[r, x.size]
    found.dem[p] = problem.values @ x
    results.fit(found, p, data, sigma, used, n, problem.counts, x)
    total = results.summarise(found, p, problem)
    if problem.errors:
        _factor(factor, problem.values, tableau, row_of, column_of, n)
        results.errors_from_factor(found, p, problem, factor, n, total)


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def _fill(tableau, data, sigma, counts, used, n, tolerance, row_of, column_of):
    """Write K x + r = d + fσ and −K x + r = −max(d − fσ, 0), in units of σ, and the costs in the last row."""
    nx = counts.shape[1]
    for k in range(n):
        i = used[k]
        value = max(data[i], 0.0)
        for j in range(nx):
            tableau[2 * k, j] = counts[i, j] / sigma[i]
            tableau[2 * k + 1, j] = -tableau[2 * k, j]
        tableau[2 * k, nx] = value / sigma[i] + tolerance
        tableau[2 * k + 1, nx] = -max(value / sigma[i] - tolerance, 0.0)
        row_of[2 * k], row_of[2 * k + 1] = nx + 2 * k, nx + 2 * k + 1
    tableau[2 * n, :nx], tableau[2 * n, nx] = 1.0, 0.0
    for j in range(nx):
        column_of[j] = j


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _simplex(tableau, row_of, column_of, n, most):
    """Pivot until no right side is negative; return the number of pivots, negative where there is no solution."""
    m, nx = 2 * n, column_of.size
    for count in range(most):
        r, least = -1, 0.0
        for i in range(m):
            limit = -_TINY * (1.0 + abs(tableau[i, nx]))
            if tableau[i, nx] < min(least, limit):
                r, least = i, tableau[i, nx]
        if r < 0:
            return count
        c, best = -1, np.inf
        for j in range(nx):
            if tableau[r, j] < 0.0 and -tableau[m, j] > best * tableau[r, j]:
                c, best = j, -tableau[m, j] / tableau[r, j]
        if c < 0:
            return -count - 1
        _pivot(tableau, r, c, m)
        row_of[r], column_of[c] = column_of[c], row_of[r]
    return -most


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def _pivot(tableau, r, c, m):
    """Swap the variables of row r and column c."""
    one, width = 1.0 / tableau[r, c], tableau.shape[1]
    for j in range(width):
        tableau[r, j] *= one
    tableau[r, c] = one
    for i in range(m + 1):
        if i != r:
            factor = tableau[i, c]
            tableau[i, c] = 0.0
            for j in range(width):
                tableau[i, j] -= factor * tableau[r, j]


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def _factor(factor, values, tableau, row_of, column_of, n):
    """Write ∂DEM/∂d, (temperatures, n), d in units of σ: a limit that is active has its slack in a column."""
    nx = column_of.size
    factor[:, :n] = 0.0
    for c in range(nx):
        if column_of[c] < nx:
            continue
        k, lower = (column_of[c] - nx) // 2, (column_of[c] - nx) % 2
        for r in range(2 * n):
            if row_of[r] < nx:
                slope = -tableau[r, c] if lower else tableau[r, c]
                for j in range(factor.shape[0]):
                    factor[j, k] += values[j, row_of[r]] * slope
