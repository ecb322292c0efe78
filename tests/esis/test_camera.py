"""Constants of the cameras in use: taps, windows, times, photon energies."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from helioreduce.esis import camera


def test_taps_cover_the_detector_once():
    """Lower left, upper left, upper right, lower right."""
    image = camera.by_tap(np.array([1, 2, 3, 4]), (6, 8))
    np.testing.assert_array_equal(image[[0, -1, -1, 0], [0, 0, -1, -1]], [1, 2, 3, 4])
    assert [(image == value).sum() for value in (1, 2, 3, 4)] == [12] * 4


def test_exposures_follow_each_other_at_ten_seconds():
    assert camera.FLIGHT.time_of(97) == datetime(2019, 9, 30, 18, 4, 11, 647000, tzinfo=UTC)
    assert camera.FLIGHT.time_of(120) - camera.FLIGHT.time_of(109) == timedelta(seconds=110)


def test_dispersion_turns_by_45_degrees_from_camera_to_camera():
    assert [camera.dispersion_deg(number) for number in camera.CAMERAS] == [22.5, 67.5, 112.5, 157.5]


def test_a_photon_is_worth_its_energy_in_electrons():
    """(12398.42 eV Å / 629.7 Å) / 3.6 eV = 5.469."""
    assert camera.electrons_per_photon(629.7) == pytest.approx(5.4692, abs=1e-4)
    assert camera.electrons_per_photon(584.3) / camera.electrons_per_photon(629.7) == pytest.approx(629.7 / 584.3, rel=1e-12)


def test_each_line_is_converted_at_its_own_wavelength():
    """Every column of a window has the wavelength of its line."""
    wavelength = camera.FLIGHT.column_wavelength_A()
    assert wavelength.shape == (camera.ACTIVE_SHAPE[1],)
    for line in camera.FLIGHT.lines.values():
        assert set(wavelength[line.window[1]]) == {line.wavelength_A}
