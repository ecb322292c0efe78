"""The scene under shifts and rotations of the grid."""

from __future__ import annotations

import numpy as np
from sun_frames import DAY, SMALL

from helioreduce.sun import ephemeris
from helioreduce.sun.scenario import Pointing
from helioreduce.sun.sky import scene


def test_scene_moves_with_the_grid() -> None:
    """Shifting the pointing by whole pixels shifts the scene; turning by 90° turns it."""
    seen = ephemeris.observer(DAY)
    straight = scene(SMALL, 171, seen, Pointing(255.5, 255.5, 4.8, 0.0), 512)
    moved = scene(SMALL, 171, seen, Pointing(258.5, 250.5, 4.8, 0.0), 512)
    turned = scene(SMALL, 171, seen, Pointing(255.5, 255.5, 4.8, 90.0), 512)
    np.testing.assert_allclose(moved[:-5, 3:], straight[5:, :-3], rtol=2e-3, atol=1e-3)
    close = np.isclose(np.rot90(turned, -1), straight, rtol=2e-3, atol=1e-3) | np.isclose(
        np.rot90(turned), straight, rtol=2e-3, atol=1e-3
    )
    assert close.mean() > 0.99
