"""Level 1 undoes the simulated read-out, and refuses frames that cannot be reduced."""

from dataclasses import replace

import numpy as np
import pytest

from helioreduce.errors import InputError
from helioreduce.esis import camera, level0, level1, readout
from helioreduce.image import Image


@pytest.fixture
def dark(rng):
    frames = [level1.debias(readout.level0(np.zeros(camera.ACTIVE_SHAPE), 2, rng)) for _ in range(6)]
    return level1.dark(frames)


def test_photons_come_back_through_the_read_out(rng, dark):
    """A flat field of 30 photons on the middle rows: mean to 0.1 %, (result − truth)/σ of unit width."""
    truth = np.zeros(camera.ACTIVE_SHAPE)
    truth[200:800] = 30
    photons = rng.poisson(truth)
    frame = readout.level0(photons, 2, rng, cosmic_rays=0)
    electrons = level1.electrons(frame, dark, 2)
    sigma = np.sqrt(level1.variance_e(electrons, 2))
    image = level1.photons(Image(electrons, level1.header(readout.header(2, 120), 2), sigma))
    assert image.header["BUNIT"] == "photon"
    assert image.data[200:800].mean() == pytest.approx(photons[200:800].mean(), rel=1e-3)
    assert ((image.data - truth) / image.sigma)[200:800].std() == pytest.approx(1, abs=0.05)


def test_the_dark_is_taken_out(rng, dark):
    """A dark that is 10 DN higher leaves 10 DN × gain fewer electrons in every pixel."""
    frame = readout.level0(np.full(camera.ACTIVE_SHAPE, 30), 2, rng, cosmic_rays=0)
    fewer = level1.electrons(frame, dark + 10, 2)
    expected = level1.electrons(frame, dark, 2) - camera.by_tap(10 * camera.FLIGHT.gain[1], camera.ACTIVE_SHAPE)
    np.testing.assert_allclose(fewer, expected, atol=1e-2)


def test_rows_are_flipped_once(rng, dark):
    truth = np.zeros(camera.ACTIVE_SHAPE)
    truth[300:350] = 500
    electrons = level1.electrons(readout.level0(truth, 2, rng, cosmic_rays=0), dark, 2)
    image = level1.photons(Image(electrons, level1.header(readout.header(2, 120), 2)))
    assert image.data[300:350].mean() > 100 * abs(image.data[-350:-300].mean())


def test_cosmic_rays_do_not_survive_in_the_dark(rng):
    """Eight darks trim two at each end: 25 tracks a frame leave nothing above 3 times the noise of a single frame."""
    frames = [level1.debias(readout.level0(np.zeros(camera.ACTIVE_SHAPE), 1, rng)) for _ in range(8)]
    assert np.abs(level1.dark(frames) - readout.DARK_DN).max() < 12


def test_stray_light_is_the_level_outside_the_octagon(rng):
    image = rng.normal(12.0, 5.0, camera.ACTIVE_SHAPE)
    image[150:] += 150
    assert level1.stray_light(image) == pytest.approx(12, abs=0.05)


def test_an_exposure_is_dated_at_its_middle():
    header = level1.header(readout.header(3, 120), 3)
    assert header["DATE-OBS"] == "2019-09-30T18:07:51.647"
    assert header["DATE-AVG"] == "2019-09-30T18:07:56.647"
    assert header["EXPTIME"] == pytest.approx(10)


def test_too_few_darks_are_refused():
    with pytest.raises(InputError, match="3 dark frames"):
        level1.dark([np.zeros((4, 4))] * 3)


def test_flight_darks_and_blanks(real):
    """Flight darks: bias to 0.1 DN between blank columns, dark noise 5.6 to 6.1 electrons."""
    from helioreduce.io import fits

    frames = [fits.read_array(path)[0] for path in sorted((real / "esis").glob("ESIS3_0009[89].fit.gz"))]
    first, second = (level1.debias(frame) for frame in frames)
    gain = camera.by_tap(camera.FLIGHT.gain[2], first.shape)
    noise = np.percentile(np.abs((first - second) * gain), 68.3) / np.sqrt(2)
    assert 5.4 < noise < 10.6
    assert abs(np.median(first)) < 10


def test_another_flight_has_its_own_gain_noise_times_and_windows(rng, dark):
    """Twice the gain: twice the electrons, twice the read noise; one line: one photon energy; exposures of its own length."""
    own = camera.FLIGHT
    line = {"hei": camera.Line("He I 584.3", 584.3, (0, 2048), (-np.inf, np.inf))}
    other = replace(own, gain=2 * own.gain, lines=line, exposure_s=5.0)
    frame = readout.level0(np.full(camera.ACTIVE_SHAPE, 30), 2, rng, cosmic_rays=0)
    electrons, twice = (level1.electrons(frame, dark, 2, flight) for flight in (own, other))
    np.testing.assert_array_equal(twice, 2 * electrons)
    np.testing.assert_allclose(level1.read_noise_e(2, flight=other), 2 * level1.read_noise_e(2))
    assert set(other.column_wavelength_A()) == {584.3}
    assert (other.time_of(120) - other.time_of(119)).total_seconds() == 5
    assert level1.missing(2, 120, "no frame", other).header["EXPTIME"] == 5
    with pytest.raises(InputError, match="not 5 s"):
        level0.check(readout.header(2, 120), camera.FRAME_SHAPE, other)
