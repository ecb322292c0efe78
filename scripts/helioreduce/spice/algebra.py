"""Small positive definite systems inside the fit: damped steps, and the covariance at the end."""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np


class Bounds(NamedTuple):
    """Lower and upper bound (P,) of the free parameters."""

    lower: np.ndarray
    upper: np.ndarray


class System(NamedTuple):
    """Normal equations ``H δ = g`` of P parameters, and the memory to solve them for a choice of parameters."""

    hessian: np.ndarray  # (P, P) H
    gradient: np.ndarray  # (P,) g
    factor: np.ndarray  # (P, P) of the Cholesky decomposition
    chosen: np.ndarray  # (P,) indices of the chosen parameters, the first so many
    delta: np.ndarray  # (P,) solution, in the order of ``chosen``


@numba.njit(cache=True)
def system(size):
    """Return the memory for ``size`` parameters."""
    return System(np.empty((size, size)), np.empty(size), np.empty((size, size)), np.empty(size, np.int64), np.empty(size))


@numba.njit(cache=True)
def cholesky(matrix, n):
    """Replace the lower triangle by the Cholesky factor; return False if the matrix is not positive definite."""
    for i in range(n):
        limit = 1e-14 * matrix[i, i]
        for j in range(i + 1):
            total = matrix[i, j]
            for k in range(j):
                total -= matrix[i, k] * matrix[j, k]
            if i == j:
                if not total > limit:
                    return False
                matrix[i, i] = np.sqrt(total)
            else:
                matrix[i, j] = total / matrix[j, j]
    return True


@numba.njit(cache=True)
def substitute(factor, n, x):
    """Solve L Lᵀ x = b, in place."""
    for i in range(n):
        for k in range(i):
            x[i] -= factor[i, k] * x[k]
        x[i] /= factor[i, i]
    for i in range(n - 1, -1, -1):
        for k in range(i + 1, n):
            x[i] -= factor[k, i] * x[k]
        x[i] /= factor[i, i]


@numba.njit(cache=True)
def damped_step(s, n, damping):
    """Solve (H + damping diag H) δ = g for the first n chosen parameters; return False if that is impossible."""
    for i in range(n):
        for j in range(i + 1):
            s.factor[i, j] = s.hessian[s.chosen[i], s.chosen[j]]
        s.factor[i, i] *= 1.0 + damping
        s.delta[i] = s.gradient[s.chosen[i]]
    if not cholesky(s.factor, n):
        return False
    substitute(s.factor, n, s.delta)
    return True


@numba.njit(cache=True)
def choose_movable(p, bounds, s):
    """Choose the parameters that may move: not pressed against a bound, and of some effect; return their number."""
    n = 0
    for k in range(p.size):
        at_lower = p[k] <= bounds.lower[k] and s.gradient[k] <= 0.0
        at_upper = p[k] >= bounds.upper[k] and s.gradient[k] >= 0.0
        if not (at_lower or at_upper) and s.hessian[k, k] > 0.0:
            s.chosen[n] = k
            n += 1
    return n


@numba.njit(cache=True)
def squared_length(s, n):
    """Return δᵀHδ: the square of the step in units of the errors."""
    total = 0.0
    for i in range(n):
        for j in range(n):
            total += s.delta[i] * s.hessian[s.chosen[i], s.chosen[j]] * s.delta[j]
    return total


@numba.njit(cache=True)
def covariance(p, bounds, s, packed):
    """Invert H over the parameters inside their bounds into ``packed``, the upper triangle by rows; NaN for the others."""
    n = 0
    for k in range(p.size):
        if bounds.lower[k] < p[k] < bounds.upper[k] and s.hessian[k, k] > 0.0:
            s.chosen[n] = k
            n += 1
    packed[:] = np.nan
    for i in range(n):
        for j in range(i + 1):
            s.factor[i, j] = s.hessian[s.chosen[i], s.chosen[j]]
    if n == 0 or not cholesky(s.factor, n):
        return
    _invert(s.factor, n)
    for row in range(n):
        for column in range(row, n):
            total = 0.0
            for k in range(column, n):
                total += s.factor[k, row] * s.factor[k, column]
            packed[place(s.chosen[row], s.chosen[column], p.size)] = total


@numba.njit(cache=True)
def _invert(factor, n):
    """Replace the lower triangle by its inverse."""
    for i in range(n):
        factor[i, i] = 1.0 / factor[i, i]
        for j in range(i):
            total = 0.0
            for k in range(j, i):
                total += factor[i, k] * factor[k, j]
            factor[i, j] = -total * factor[i, i]


@numba.njit(cache=True, inline="always")
def place(i, j, size):
    """Return where element (i, j), i ≤ j, of a symmetric matrix of ``size`` rows is in its packed upper triangle."""
    return i * size - i * (i - 1) // 2 + j - i
