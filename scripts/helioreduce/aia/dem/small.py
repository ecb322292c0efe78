"""Small dense systems, one per pixel, compiled: Cholesky factors and eigenvectors."""

from __future__ import annotations

import numba
import numpy as np

#: Rotations of a matrix of six end after about six rounds.
_ROUNDS = 30


@numba.njit(cache=True, nogil=True, error_model="numpy")
def cholesky(a, n):
    """Factor the leading n × n part of ``a`` into L Lᵀ, in place; return whether it is positive definite."""
    for j in range(n):
        d = a[j, j]
        for k in range(j):
            d -= a[j, k] * a[j, k]
        if not d > 0.0 or d == np.inf:
            return False
        d = np.sqrt(d)
        a[j, j] = d
        for i in range(j + 1, n):
            x = a[i, j]
            for k in range(j):
                x -= a[i, k] * a[j, k]
            a[i, j] = x / d
    return True


@numba.njit(cache=True, nogil=True, error_model="numpy")
def forward(factor, b, x, n):
    """Solve L x = b."""
    for i in range(n):
        v = b[i]
        for k in range(i):
            v -= factor[i, k] * x[k]
        x[i] = v / factor[i, i]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def backward(factor, b, x, n):
    """Solve Lᵀ x = b; ``b`` may be ``x``."""
    for i in range(n - 1, -1, -1):
        v = b[i]
        for k in range(i + 1, n):
            v -= factor[k, i] * x[k]
        x[i] = v / factor[i, i]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def eigen(a, vectors, n):
    """Diagonalise the symmetric leading n × n part of ``a`` by Jacobi rotations, in place.

    The eigenvalues are left on the diagonal of ``a``, the eigenvectors in the columns of ``vectors``.
    """
    for i in range(n):
        for j in range(n):
            vectors[i, j] = 1.0 if i == j else 0.0
    for _ in range(_ROUNDS):
        turned = False
        for p in range(n - 1):
            for q in range(p + 1, n):
                if abs(a[p, q]) <= 1e-17 * np.sqrt(abs(a[p, p] * a[q, q])):
                    continue
                turned = True
                _rotate(a, vectors, p, q, n)
        if not turned:
            return


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _rotate(a, vectors, p, q, n):
    """Rotate rows and columns p and q of ``a`` so that a_pq = 0 (Golub & Van Loan 2013, algorithm 8.5.1)."""
    theta = (a[q, q] - a[p, p]) / (2.0 * a[p, q])
    t = (1.0 if theta >= 0.0 else -1.0) / (abs(theta) + np.sqrt(1.0 + theta * theta))
    c = 1.0 / np.sqrt(1.0 + t * t)
    s, cross = t * c, a[p, q]
    a[p, p] -= t * cross
    a[q, q] += t * cross
    a[p, q] = a[q, p] = 0.0
    for k in range(n):
        if k not in (p, q):
            x, y = a[k, p], a[k, q]
            a[k, p] = a[p, k] = c * x - s * y
            a[k, q] = a[q, k] = s * x + c * y
        x, y = vectors[k, p], vectors[k, q]
        vectors[k, p], vectors[k, q] = c * x - s * y, s * x + c * y
