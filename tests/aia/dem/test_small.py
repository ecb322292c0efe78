"""Small systems: factors and eigenvectors against NumPy."""

import numpy as np
import pytest

from helioreduce.aia.dem import small


@pytest.mark.parametrize("n", [1, 3, 6])
def test_factor_solves_and_names_what_has_none(n):
    rng = np.random.default_rng(n)
    root, b = rng.normal(size=(n, n)), rng.normal(size=n)
    a = root @ root.T + np.eye(n)
    factor, y, x = np.zeros((6, 6)), np.empty(6), np.empty(6)
    factor[:n, :n] = a
    assert small.cholesky(factor, n)
    small.forward(factor, b, y, n)
    small.backward(factor, y, x, n)
    np.testing.assert_allclose(a @ x[:n], b, rtol=1e-10)
    factor[:n, :n] = -a
    assert not small.cholesky(factor, n)


def test_eigenvectors_rebuild_the_matrix():
    rng = np.random.default_rng(4)
    root = rng.normal(size=(6, 6)) * 10.0 ** np.arange(6)[:, None]
    a = root @ root.T
    work, vectors = a.copy(), np.empty((6, 6))
    small.eigen(work, vectors, 6)
    np.testing.assert_allclose(vectors @ np.diag(np.diag(work)) @ vectors.T, a, atol=1e-12 * a.max())
    np.testing.assert_allclose(vectors.T @ vectors, np.eye(6), atol=1e-14)
    np.testing.assert_allclose(np.sort(np.diag(work))[-3:], np.linalg.eigvalsh(a)[-3:], rtol=1e-12)
