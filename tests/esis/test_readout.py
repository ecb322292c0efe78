"""The simulated read-out: every effect has its size, and the keywords are those of the flight."""

import numpy as np
import pytest

from helioreduce.esis import camera, readout


@pytest.mark.parametrize("number", camera.CAMERAS)
def test_counts_are_photons_over_gain_above_dark_and_bias(number, rng):
    """Means of the four taps, half a million pixels each: to 6 standard errors."""
    photons = np.full(camera.ACTIVE_SHAPE, 100.0)
    counts = readout.level0(photons, number, rng, cosmic_rays=0).astype(float)
    assert counts.shape == camera.FRAME_SHAPE
    for tap, (rows, columns) in enumerate(camera.quadrants(camera.FRAME_SHAPE)):
        left = columns.start is None
        active = counts[rows, columns][:, 50:-2] if left else counts[rows, columns][:, 2:-50]
        blank = counts[rows, columns][:, :50] if left else counts[rows, columns][:, -50:]
        gain, noise = camera.FLIGHT.gain[number - 1, tap], camera.FLIGHT.read_noise_dn[number - 1, tap]
        assert blank.mean() == pytest.approx(readout.BIAS_DN + 30 * tap, abs=6 * noise / np.sqrt(blank.size))
        assert blank.std() == pytest.approx(np.sqrt(noise**2 + 1 / 12), rel=0.02)
        colour = camera.FLIGHT.column_wavelength_A()
        half = colour[: active.shape[1]] if left else colour[-active.shape[1] :]
        expected = 100 * camera.electrons_per_photon(half).mean() / gain + readout.DARK_DN + readout.BIAS_DN + 30 * tap
        assert active.mean() == pytest.approx(expected, abs=6 * noise / np.sqrt(active.size))


def test_tracks_have_their_number_and_brightness(rng):
    """A mean of 200 tracks: between 1 and 12 pixels of 300 to 3000 electrons each."""
    image = readout.tracks(rng, 200)
    hit = image[image > 0]
    assert hit.min() >= 300 and hit.max() <= 3000
    assert 200 - 6 * np.sqrt(200) < hit.size < 12 * (200 + 6 * np.sqrt(200))


def test_saturation_is_clipped(rng):
    assert readout.level0(np.full(camera.ACTIVE_SHAPE, 1e6), 1, rng).max() == 65535


def test_keywords_say_camera_exposure_and_length():
    cards = readout.header(3, 120)
    assert cards["CAM_ID"] == "ESIS3" and cards["IMG_ISN"] == 120 and cards["IMG_CNT"] == 24
    assert cards["MEAS_EXP"] * camera.TICK_S == pytest.approx(10)
    assert cards["IMG_TS"] == "2019-09-30T18:08:01.647Z"
