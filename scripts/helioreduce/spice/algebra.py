"""Small positive definite systems inside the fit: damped steps, and the covariance at the end."""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True)
def cholesky(matrix, n):  # type: ignore[no-untyped-def]
    """Lower triangle of the Cholesky factor, in place; False if the matrix is not positive definite."""
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
def substitute(factor, n, x):  # type: ignore[no-untyped-def]
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
def damped_step(hessian, gradient, chosen, n, damping, factor, delta):  # type: ignore[no-untyped-def]
    """Solve (H + damping diag H) δ = g for the chosen parameters; the others stay."""
    for i in range(n):
        for j in range(i + 1):
            factor[i, j] = hessian[chosen[i], chosen[j]]
        factor[i, i] *= 1.0 + damping
        delta[i] = gradient[chosen[i]]
    if not cholesky(factor, n):
        return False
    substitute(factor, n, delta)
    return True


@numba.njit(cache=True)
def movable(p, lower, upper, hessian, gradient, chosen):  # type: ignore[no-untyped-def]
    """Parameters that may move: not pressed against a bound, and of some effect. Their number; ``chosen`` in place."""
    n = 0
    for k in range(p.size):
        pressed = (p[k] <= lower[k] and gradient[k] <= 0.0) or (p[k] >= upper[k] and gradient[k] >= 0.0)
        if not pressed and hessian[k, k] > 0.0:
            chosen[n] = k
            n += 1
    return n


@numba.njit(cache=True)
def quadratic(hessian, chosen, n, delta):  # type: ignore[no-untyped-def]
    """δᵀHδ: the square of the step in units of the errors."""
    total = 0.0
    for i in range(n):
        for j in range(n):
            total += delta[i] * hessian[chosen[i], chosen[j]] * delta[j]
    return total


@numba.njit(cache=True)
def covariance(p, lower, upper, hessian, chosen, factor, delta, packed):  # type: ignore[no-untyped-def]
    """Inverse of H over the parameters inside their bounds, packed by rows of the upper triangle; NaN for the others."""
    n = 0
    for k in range(p.size):
        if lower[k] < p[k] < upper[k] and hessian[k, k] > 0.0:
            chosen[n] = k
            n += 1
    packed[:] = np.nan
    for i in range(n):
        for j in range(i + 1):
            factor[i, j] = hessian[chosen[i], chosen[j]]
    if n == 0 or not cholesky(factor, n):
        return
    for column in range(n):
        delta[:n] = 0.0
        delta[column] = 1.0
        substitute(factor, n, delta)
        for row in range(column + 1):
            i, j = chosen[row], chosen[column]
            packed[i * p.size - i * (i - 1) // 2 + j - i] = delta[row]
