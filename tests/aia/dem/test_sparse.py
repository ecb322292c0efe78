"""Least emission within the errors: against SciPy's HiGHS, and the conditions of an optimum."""

import dem_cases
import numpy as np
import pytest
from scipy.optimize import linprog

from helioreduce.aia.dem import sparse
from helioreduce.aia.dem.found import empty
from helioreduce.aia.dem.status import Status


def highs(inversion, data, sigma):
    """The least Σx and the factor of σ that allows it, by HiGHS."""
    counts, d = inversion.problem.counts / sigma[:, None], np.clip(data, 0, None) / sigma
    for tolerance in (1.4, 2.1, 3.15):
        limits = np.concatenate([d + tolerance, -np.maximum(d - tolerance, 0)])
        answer = linprog(np.ones(counts.shape[1]), np.vstack([counts, -counts]), limits, method="highs")
        if answer.status == 0:
            return answer.fun, tolerance
    return np.nan, np.nan


def solutions(inversion, data, sigma):
    """Σx of every pixel: the dictionary's emission measure at a cost of one a function."""
    problem = inversion.problem._replace(values=np.ones((1, inversion.problem.counts.shape[1])), logt=np.ones(1))
    problem = problem._replace(bands=np.ones((1, 1)), weights=np.ones(1))
    found = empty(len(data), data.shape[1], 1, 1)
    sparse.invert(np.ascontiguousarray(data), np.ascontiguousarray(sigma), problem, sparse.Options(200), found, 1)
    return found.dem[:, 0], found.status


def random_pixels(number):
    rng = np.random.default_rng(7)
    centres, spreads, sizes = rng.uniform(5.8, 7.1, number), rng.uniform(0.05, 0.3, number), 10 ** rng.uniform(26, 29, number)
    pixels = [
        dem_cases.draws(dem_cases.gaussian(*case), 1, seed=n)
        for n, case in enumerate(zip(centres, spreads, sizes, strict=True))
    ]
    return np.concatenate([data for data, _ in pixels]), np.concatenate([sigma for _, sigma in pixels])


def test_objective_is_that_of_highs_on_150_pixels():
    inversion = dem_cases.inversion("sparse", bins=21, span=(5.5, 7.6))
    data, sigma = random_pixels(150)
    ours, status = solutions(inversion, data, sigma)
    theirs = np.array([highs(inversion, *pixel) for pixel in zip(data, sigma, strict=True)])
    np.testing.assert_allclose(ours, theirs[:, 0], rtol=1e-9)
    np.testing.assert_array_equal(status & Status.RELAXED > 0, theirs[:, 1] > 1.4)
    np.testing.assert_array_equal(status & Status.NO_SOLUTION > 0, np.isnan(theirs[:, 0]))
    assert (theirs[:, 1] > 1.4).any() and np.isfinite(ours).sum() > 140


def test_counts_are_within_their_limits_and_the_dem_is_positive():
    inversion = dem_cases.inversion("sparse")
    data, sigma = random_pixels(100)
    found = inversion.invert(data, sigma)
    solved = found.status & Status.NO_SOLUTION == 0
    assert (found.dem[solved] >= 0).all()
    assert np.abs((found.counts - np.clip(data, 0, None)) / sigma)[solved].max() < 3.15 + 1e-9


def test_errors_follow_the_data_on_the_same_functions():
    inversion = dem_cases.inversion("sparse")
    data, sigma = dem_cases.draws(dem_cases.gaussian(6.3, 0.15, 1e29), 1)
    base, step = inversion.invert(data, sigma), 1e-5
    slopes = np.stack(
        [(inversion.invert(data + step * sigma * unit, sigma).em[0] - base.em[0]) / step for unit in np.eye(6)], axis=1
    )
    np.testing.assert_allclose(base.covariance[0], slopes @ slopes.T, atol=1e-5 * np.abs(base.covariance).max())


def test_dictionary_has_spikes_and_cut_gaussians():
    functions = sparse.dictionary(np.linspace(5.5, 7.5, 21))
    assert functions.shape == (21, 84)
    np.testing.assert_array_equal(functions[:, :21], np.eye(21))
    assert functions[10, 31] == 1 and functions[11, 31] == pytest.approx(np.exp(-1)) and functions[12, 31] == 0  # e⁻⁴ is cut
