"""Gaussian lines: the formula, its derivatives, and the identities of least squares."""

import numpy as np
import pytest
from spice_scenes import joined, wavelengths

from helioreduce.spice import fit, gaussians
from helioreduce.spice.gaussians import Samples
from helioreduce.spice.model import Line, Tie, build

LINES = [Line("mg_9 706.06", 706.06, 0), Line("s_4 748.40", 748.40, 1), Line("mg_9 749.55", 749.55, 1)]
WAVES = [wavelengths(706, 31), wavelengths(749, 41)]
TIES = [Tie("mg_9 749.55 x", "add", "mg_9 706.06 x", 43.49), Tie("mg_9 749.55 s", "mul", "mg_9 706.06 s", 1.1)]
Q = np.array([0.3, 706.1, 0.35, 0.2, 748.5, 0.30, 0.4, 749.59, 0.385, 0.02, 0.03])


@pytest.fixture(params=[(), TIES], ids=["free", "tied"])
def lines(request):
    return build(WAVES, LINES, request.param, {"s_4 748.40 s": 0.30})


def formula(q):
    """B + Σ I exp(−(λ − x)² / 2 s²), window by window."""
    (first, second), (i, x, s) = WAVES, np.reshape(q[:9], (3, 3)).T
    shapes = [i[g] * np.exp(-((wave - x[g]) ** 2) / (2 * s[g] ** 2)) for g, wave in ((0, first), (1, second), (2, second))]
    return np.concatenate([q[9] + shapes[0], q[10] + shapes[1] + shapes[2]])


def state_of(lines, p):
    """Model and Jacobian at free parameters."""
    arrays = lines.arrays
    state = gaussians.state(arrays, arrays.wavelength.size)
    gaussians.full(p, arrays, state.q)
    gaussians.write_model(arrays.wavelength, arrays.edges, arrays, state)
    return state


def jacobian_of(lines, state):
    """The Jacobian (n, P) from the slots of each window."""
    arrays = lines.arrays
    whole = np.zeros((arrays.wavelength.size, lines.free))
    for w in range(arrays.counts.size):
        own = lines.samples(w)
        for slot in range(arrays.counts[w]):
            whole[own, arrays.members[w, slot]] = state.jacobian[slot, own]
    return whole


def test_model_is_the_formula(lines):
    p = lines.reduce(Q)
    np.testing.assert_allclose(gaussians.evaluate(p[None], lines.arrays)[0], formula(lines.full(p)), rtol=1e-13)
    np.testing.assert_allclose(state_of(lines, p).values, formula(lines.full(p)), rtol=1e-13)


def test_jacobian_is_the_derivative(lines):
    """Central differences of the formula, to 10⁻⁷ of the largest."""
    p = lines.reduce(Q)
    found = jacobian_of(lines, state_of(lines, p))
    for k in range(lines.free):
        step = np.zeros_like(p)
        step[k] = 1e-5
        expected = (formula(lines.full(p + step)) - formula(lines.full(p - step))) / 2e-5
        np.testing.assert_allclose(found[:, k], expected, atol=1e-7 * np.abs(expected).max() + 1e-9)


def test_normal_equations_and_chi2_are_those_of_matrices(lines, rng):
    arrays, p = lines.arrays, lines.reduce(Q)
    state = state_of(lines, p)
    n = arrays.wavelength.size
    y, a, b = state.values + rng.normal(0, 0.02, n), rng.uniform(1e-4, 1e-3, n), rng.uniform(0, 0.01, n)
    samples = Samples(y, a, b, arrays.wavelength, arrays.edges)
    gaussians.weigh(samples, state)
    np.testing.assert_allclose(state.weight, 1 / (a + b * np.maximum(state.values, 0)), rtol=1e-13)
    system = gaussians.algebra.system(lines.free)
    gaussians.write_normal_equations(samples, arrays, state, system)
    whole = jacobian_of(lines, state)
    np.testing.assert_allclose(system.hessian, whole.T @ (state.weight[:, None] * whole), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(system.gradient, whole.T @ (state.weight * (y - state.values)), rtol=1e-7, atol=1e-9)
    assert gaussians.chi2_of(samples, state) == pytest.approx(np.sum(state.weight * (y - state.values) ** 2), rel=1e-12)


def test_shares_of_the_samples_add_up_to_the_parameters(lines):
    """Σ h_i = tr(J C Jᵀ W) = P, each between 0 and 1."""
    scene = joined(np.random.default_rng(2), lines, np.tile(lines.full(lines.reduce(Q)), (200, 1)), 600)
    found = scene.fit()
    found = found.take(np.flatnonzero(found.good))
    assert len(found.p) > 150
    shares = fit.leverage(found, 1 / (scene.a + scene.b * np.maximum(found.evaluate(), 0)))
    np.testing.assert_allclose(shares.sum(axis=1), lines.free, rtol=1e-6)
    assert shares.min() >= 0
    assert shares.max() <= 1
