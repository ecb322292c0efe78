"""Small systems beside NumPy's: solutions, inverses, lengths."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helioreduce.spice import algebra

SIZES, SEEDS = st.integers(1, 6), st.integers(0, 2**31)


def filled(size, seed):
    """A system with a positive definite H, all parameters chosen, and random numbers."""
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(size, size + 3))
    system = algebra.system(size)
    system.hessian[:] = root @ root.T
    system.gradient[:] = rng.normal(size=size)
    system.chosen[:] = rng.permutation(size)
    return system, rng


@given(SIZES, SEEDS)
def test_cholesky_and_substitution_are_numpys(size, seed):
    system, rng = filled(size, seed)
    right = rng.normal(size=size)
    factor, x = system.hessian.copy(), right.copy()
    assert algebra.cholesky(factor, size)
    np.testing.assert_allclose(np.tril(factor), np.linalg.cholesky(system.hessian), rtol=1e-9, atol=1e-12)
    algebra.substitute(factor, size, x)
    np.testing.assert_allclose(system.hessian @ x, right, rtol=1e-7, atol=1e-9)


def test_matrix_that_is_not_positive_definite_is_refused():
    assert not algebra.cholesky(np.array([[1.0, 2.0], [2.0, 1.0]]), 2)
    assert not algebra.cholesky(np.array([[1.0, 1.0], [1.0, 1.0]]), 2)
    assert not algebra.cholesky(np.array([[np.nan]]), 1)


@given(SIZES, SEEDS, st.floats(0, 10), st.data())
def test_damped_step_solves_the_damped_equations_of_the_chosen(size, seed, damping, data):
    system, _ = filled(size, seed)
    n = data.draw(st.integers(1, size))
    chosen = system.chosen[:n].copy()
    assert algebra.damped_step(system, n, damping)
    own = system.hessian[np.ix_(chosen, chosen)]
    damped = own + damping * np.diag(np.diag(own))
    np.testing.assert_allclose(damped @ system.delta[:n], system.gradient[chosen], rtol=1e-6, atol=1e-8)
    expected = system.delta[:n] @ own @ system.delta[:n]
    assert algebra.squared_length(system, n) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@given(SIZES, SEEDS, st.data())
def test_covariance_is_the_inverse_over_the_parameters_inside(size, seed, data):
    """NaN in the rows and columns of parameters at a bound; the others as if these were constants."""
    system, _ = filled(size, seed)
    inside = np.array(data.draw(st.lists(st.booleans(), min_size=size, max_size=size)))
    bounds = algebra.Bounds(np.zeros(size), np.ones(size))
    packed = np.empty(size * (size + 1) // 2)
    algebra.covariance(np.where(inside, 0.5, 1.0), bounds, system, packed)
    found = np.full((size, size), np.inf)
    for i in range(size):
        for j in range(i, size):
            found[i, j] = found[j, i] = packed[algebra.place(i, j, size)]
    own = np.flatnonzero(inside)
    assert np.isnan(np.delete(found, own, axis=0)).all()
    np.testing.assert_allclose(found[np.ix_(own, own)] @ system.hessian[np.ix_(own, own)], np.eye(own.size), atol=1e-6)


@given(st.integers(1, 8))
def test_packed_elements_are_in_the_order_of_numpys_triangle(size):
    pairs = zip(*np.triu_indices(size), strict=True)
    assert [algebra.place(int(i), int(j), size) for i, j in pairs] == list(range(size * (size + 1) // 2))


def test_parameters_pressed_against_a_bound_do_not_move():
    """At the lower bound with the gradient downwards, or the upper one upwards; or without any effect on χ²."""
    system = algebra.system(6)
    system.hessian[:] = np.diag([1.0, 1, 1, 1, 1, 0])
    system.gradient[:] = [-1, 1, 1, -1, 1, 1]
    bounds = algebra.Bounds(np.zeros(6), np.ones(6))
    p = np.array([0.0, 0.0, 1.0, 1.0, 0.5, 0.5])
    n = algebra.choose_movable(p, bounds, system)
    assert system.chosen[:n].tolist() == [1, 3, 4]
