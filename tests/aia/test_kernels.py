"""Loops of the deconvolution against their formulas, on the host and in array arithmetic."""

import numpy as np
import pytest
from scipy.special import xlogy

from helioreduce.aia import kernels


@pytest.fixture(params=[True, False], ids=["host", "arrays"])
def anywhere(request, monkeypatch):
    """Compiled, and as any other array library does it."""
    monkeypatch.setattr(kernels.backend, "on_host", lambda array: request.param)


DATA = np.array([[4.0, 0.0, np.nan, 5.0, 7.0, 0.0, 3.0]], np.float32)
MODEL = np.array([[2.0, 8.0, 3.0, 0.5, 0.25, -1.0, -2.0]], np.float32)


def test_excess_of_data_over_model(anywhere):
    """d/m − 1; −1 where the model is at the floor or below; 0 where the data are unknown."""
    model = MODEL.copy()
    assert kernels.excess(DATA, model, 0.5) is model
    np.testing.assert_array_equal(model, [[1, -1, 0, -1, -1, -1, -1]])


def test_correction_multiplies_and_never_makes_light_negative(anywhere):
    estimate = np.array([[2.0, 2.0, 2.0, 0.0]], np.float32)
    kernels.correct(estimate, np.array([[0.5, -1.0, -3.0, 9.0]], np.float32))
    np.testing.assert_array_equal(estimate, [[3, 0, 0, 0]])


def test_deviance_is_poissons(anywhere, rng):
    """2 Σ [d ln(d/m) − d + m]."""
    model = rng.gamma(2, 10, (7, 9)).astype(np.float32)
    data = rng.poisson(model).astype(np.float32)
    data[0] = 0
    expected = 2 * np.sum(xlogy(data, data / model, dtype=float) - data + model)
    assert kernels.deviance(data, model) == pytest.approx(expected, rel=1e-6)
    assert kernels.deviance(model, model) == pytest.approx(0, abs=1e-4)


def test_deviance_leaves_out_what_is_unknown_or_has_no_likelihood(anywhere):
    """Unknown data, and light where the model has none; darkness below a negative model costs nothing."""
    known = [(4.0, 2.0), (5.0, 0.5), (7.0, 0.25)]
    expected = 2 * sum(d * np.log(d / m) - d + m for d, m in known) + 2 * 8.0
    assert kernels.deviance(DATA, MODEL) == pytest.approx(expected, rel=1e-6)
