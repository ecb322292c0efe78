"""Frames of the example: mean, noise and truth."""

import numpy as np
import pytest

from helioreduce.cosmic_rays import simulate


def test_simulated_frames() -> None:
    """A dark frame has the camera's mean and noise; seeds decide; the truth marks the brightest pixels of the difference."""
    camera = simulate.Camera(shape=(200, 220))
    dark = simulate.dark_frame(camera, 3, hits=0)
    assert dark.mean() == pytest.approx(camera.bias + camera.dark / camera.gain, abs=0.2)
    assert dark.std() == pytest.approx(np.sqrt(camera.dark + camera.read_noise**2) / camera.gain, rel=0.02)
    assert np.array_equal(dark, simulate.dark_frame(camera, 3, hits=0))
    assert not np.array_equal(dark, simulate.dark_frame(camera, 4, hits=0))
    data, events = simulate.science_frame(camera, 1, stars=5, hits=30)
    assert events.max() <= 30 and np.median(data[events > 0]) > np.median(data) + 50
