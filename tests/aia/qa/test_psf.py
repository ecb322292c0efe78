"""Encircled energy in closed form."""

import numpy as np
import pytest

from helioreduce.aia.qa import psf


def test_encircled_energy_of_a_gaussian():
    """E(r) = 1 − exp(−r²/2s²)."""
    y, x = np.ogrid[-200:201, -200:201]
    found = psf.encircled(np.exp(-(x**2 + y**2) / (2 * 15.0**2)))
    wide = found.radius > 10
    np.testing.assert_allclose(found.energy[wide], 1 - np.exp(-(found.radius[wide] ** 2) / (2 * 15.0**2)), atol=0.01)
    assert np.all(np.diff(found.energy) >= 0)
    assert found.profile[np.abs(found.radius - 15.0).argmin()] == pytest.approx(np.exp(-0.5) / (2 * np.pi * 225), rel=0.1)
