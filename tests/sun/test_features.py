"""Geometry of the features: on the sphere, and in projection."""

from __future__ import annotations

import numpy as np
import pytest
from sun_frames import DAY, SMALL

from helioreduce.sun import ephemeris, features
from helioreduce.sun.appearance import APPEARANCES
from helioreduce.sun.scenario import Pointing

POINTING = Pointing(255.5, 250.0, 4.8, 12.0)


def test_active_regions_have_orthonormal_axes() -> None:
    for region in features.regions(SMALL):
        axes = np.stack([region.centre, region.along, region.across])
        np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-12)


def test_rotation_to_the_frame_of_carrington() -> None:
    """Its columns are orthonormal; the third is the direction of the sub-observer point."""
    seen = ephemeris.observer(DAY)
    turn = features.carrington_matrix(seen)
    np.testing.assert_allclose(turn.T @ turn, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(turn[:, 2], features.direction(seen.longitude, seen.latitude), atol=1e-12)


def test_projection() -> None:
    """The sub-observer point is at disk centre, the pole of the view at the limb, and the far side lies behind it."""
    seen = ephemeris.observer(DAY)
    turn = features.carrington_matrix(seen)
    x, y, behind = features.project(np.stack([turn[:, 2], -turn[:, 2], turn[:, 1]]), seen, POINTING)
    assert (x[0], y[0]) == pytest.approx((POINTING.x0, POINTING.y0))
    assert behind.tolist() == [False, True, True]
    radius = np.hypot(x[2] - POINTING.x0, y[2] - POINTING.y0) * POINTING.scale
    assert radius == pytest.approx(seen.rsun_arcsec, rel=2e-5)
    assert np.rad2deg(np.arctan2(x[2] - POINTING.x0, y[2] - POINTING.y0)) == pytest.approx(POINTING.roll)


def test_narrow_points_keep_their_flux() -> None:
    points = features.Points(np.array([[1.0, 0, 0]] * 2), np.array([0.5, 9.6]), np.ones(2), np.full(2, 5.88))
    seen = ephemeris.observer(DAY)
    rows = features.table(points, APPEARANCES[171], 100.0, seen, POINTING, by_temperature=False)
    np.testing.assert_allclose(rows[:, 2], [0.45, 2.0])
    np.testing.assert_allclose(rows[:, 3] * rows[:, 2] ** 2, 100 * np.array([0.5, 9.6]) ** 2 / 4.8**2)
