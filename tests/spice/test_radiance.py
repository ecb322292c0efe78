"""Radiance of a line: the integral of its profile, with the error of all its parameters."""

import numpy as np
import pytest
from spice_scenes import STEP

from helioreduce.spice import radiance


def test_radiance_is_the_integral_of_the_profile():
    """Per nm over Å: Σ m Δλ / 10."""
    wavelength = 770 + STEP / 10 * np.arange(-600, 601)
    profile = 0.7 * np.exp(-0.5 * ((wavelength - 770.1) / 0.35) ** 2)
    assert radiance.of_gaussian(0.7, 0.35) == pytest.approx(profile.sum() * STEP / 10 / 10, rel=1e-12)


def test_covariance_is_the_gradient_through_the_parameters(three):
    """gᵀ C g for all pairs of lines, the gradient by central differences."""
    found = three(40).fit()
    found = found.take(np.flatnonzero(found.good))
    values, covariance = radiance.of_fit(found)
    q, full = found.q, found.covariance()
    gradient = np.zeros((len(q), 3, q.shape[1]))
    for k in range(q.shape[1]):
        step = np.zeros(q.shape[1])
        step[k] = 1e-6
        up, down = (radiance.of_gaussian(moved[:, 0:9:3], moved[:, 2:9:3]) for moved in (q + step, q - step))
        gradient[:, :, k] = (up - down) / 2e-6
    np.testing.assert_allclose(values, radiance.of_gaussian(q[:, 0:9:3], q[:, 2:9:3]))
    expected = np.einsum("nak,nkl,nbl->nab", gradient, full, gradient)
    np.testing.assert_allclose(covariance, expected, rtol=1e-6, atol=1e-9 * np.abs(expected).max())


def test_correlation_of_peak_and_width_counts(single):
    """Without it the error would be larger: their errors are anticorrelated."""
    scene = single(200, 60)
    found = scene.fit()
    used = found.good
    _, covariance = radiance.of_fit(found)
    relative = found.sigma() / found.q
    alone = np.hypot(relative[used, 0], relative[used, 2])
    values = radiance.of_gaussian(found.q[used, 0], found.q[used, 2])
    assert (np.sqrt(covariance[used, 0, 0]) / values < alone).all()
