"""Small dense systems, one per pixel, compiled: Cholesky factors, eigenvectors, and exponentials of whole rows."""

from __future__ import annotations

import numba
import numpy as np

#: 2^52 × 1.5: added to a number it leaves the nearest integer in the lowest bits.
_SHIFT = 6755399441055744.0
_LOG2E = 1.4426950408889634
#: ln 2 in two parts, the first exact in products with integers up to 2^11.
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
#: Rotations of a matrix of six end after about six rounds.
_ROUNDS = 30


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def exponentials(x, out, work):
    """Write exp(x) into ``out``, within 2 units in the last place, in arithmetic that fills whole vectors.

    x = k ln 2 + r with |r| ≤ ln 2/2; the series of exp(r) to r¹³ leaves 4e-18. ``x`` is finite and within ±709, ``work`` (n,).
    """
    n = x.size
    shifted, bits = work, work.view(np.int64)
    for j in range(n):
        shifted[j] = x[j] * _LOG2E + _SHIFT
    for j in range(n):
        k = shifted[j] - _SHIFT
        r = (x[j] - k * _LN2_HIGH) - k * _LN2_LOW
        p = 1 / 6227020800.0
        p = p * r + 1 / 479001600.0
        p = p * r + 1 / 39916800.0
        p = p * r + 1 / 3628800.0
        p = p * r + 1 / 362880.0
        p = p * r + 1 / 40320.0
        p = p * r + 1 / 5040.0
        p = p * r + 1 / 720.0
        p = p * r + 1 / 120.0
        p = p * r + 1 / 24.0
        p = p * r + 1 / 6.0
        p = p * r + 0.5
        p = p * r + 1.0
        out[j] = p * r + 1.0
    for j in range(n):
        bits[j] = (bits[j] + 1023) << 52  # 2^k
    for j in range(n):
        out[j] *= shifted[j]


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
