"""Kernels of the scene against closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate

from helioreduce.sun import surface


@given(st.floats(-3, 3))
def test_soft_step_is_monotonic_and_symmetric(value: float) -> None:
    step = surface.soft_step(value, -1.0, 2.0)
    assert 0 <= step <= surface.soft_step(value + 0.1, -1.0, 2.0) <= 1
    assert step + surface.soft_step(1 - value, -1.0, 2.0) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9, 0.97, 1.0, 1.05, 1.2])
def test_column_of_an_exponential_atmosphere(rho: float) -> None:
    """Chapman's function against the integral along the line of sight, within its order H/R."""
    scale_height = 0.01
    nearest = math.sqrt(1 - rho * rho) if rho < 1 else -np.inf

    def density(s: float) -> float:
        return math.exp(-(math.hypot(rho, s) - 1) / scale_height)

    column = integrate.quad(density, max(nearest, -1.0), 1.5, points=[0.0] if rho >= 1 else None, limit=200)[0] / scale_height
    assert surface.thin_path(rho, scale_height) == pytest.approx(column, rel=0.03)


def test_a_point_source_adds_its_flux() -> None:
    """A Gaussian of peak 1 holds 2πσ², but for the 0.6 % beyond 3.2 σ; behind the Sun only what lies outside the limb."""
    front, behind = np.zeros((64, 80), np.float32), np.zeros((64, 80), np.float32)
    surface.add_points(front, np.array([[40.3, 30.6, 3.0, 1.0, 0.0]]), 20.0, 30.0, 20.0)
    surface.add_points(behind, np.array([[40.3, 30.6, 3.0, 1.0, 1.0]]), 20.0, 30.0, 20.0)
    assert front.sum(dtype=float) == pytest.approx(2 * math.pi * 9, rel=0.007)
    y, x = np.indices(front.shape)
    outside = (x - 20) ** 2 + (y - 30) ** 2 > 400
    np.testing.assert_array_equal(behind, np.where(outside, front, 0))
