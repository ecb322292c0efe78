"""Slits across ridges of known direction."""

import numpy as np
import pytest

from helioreduce.aia.qa import slit


@pytest.mark.parametrize("angle", [0.0, 0.6, 1.5, 2.4])
def test_slit_crosses_a_loop_at_right_angles(angle):
    y, x = np.ogrid[-150:151, -150:151]
    ridge = 100 * np.exp(-((x * np.cos(angle) + y * np.sin(angle)) ** 2) / (2 * 5.0**2)) + 1
    line = slit.across(ridge, 60)
    direction = np.arctan2(line.y[-1] - line.y[0], line.x[-1] - line.x[0])
    assert abs(np.cos(direction - angle)) == pytest.approx(1, abs=2e-3)
    values = slit.along(ridge, line)
    assert values[30] == values.max() == pytest.approx(101, rel=0.01)


def test_a_slit_ends_where_the_image_does():
    """A slit longer than the image has no values beyond its edges, and none there is made up."""
    ridge = np.exp(-((np.arange(40) - 20.0) ** 2) / 8)[None] * np.ones((40, 1))
    line = slit.across(ridge, 120)
    inside = (line.x >= 0) & (line.x <= 39)
    np.testing.assert_array_equal(np.isfinite(slit.along(ridge, line)), inside)
    assert 0 < inside.sum() < inside.size
