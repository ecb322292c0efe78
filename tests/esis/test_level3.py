"""Level 3: world coordinates, time axis, corrections, and the file."""

import warnings
from datetime import timedelta

import numpy as np
import pytest
from astropy.time import Time
from astropy.units import Unit
from astropy.wcs import WCS

from helioreduce.errors import InputError
from helioreduce.esis import camera, level3, masks, transforms, vignetting
from helioreduce.esis.values import Aligned, Masks, Planes, Vignetting
from helioreduce.image import Flag
from helioreduce.io import fits, provenance

FIRST = camera.FLIGHT.time_of(109) - timedelta(seconds=5)
SHAPE = (30, 40)
LINE = camera.FLIGHT.lines["ov"]


def headers(*seconds):
    """Headers of sequences so many seconds after the first."""
    cards = [
        fits.cards(TELESCOP="ESIS", CAMERA=2, SEQUENCE=120 + k, EXPTIME=10.0, LINE="O V 629.7") for k in range(len(seconds))
    ]
    for one, after in zip(cards, seconds, strict=True):
        one["DATE-AVG"] = (FIRST + timedelta(seconds=after)).replace(tzinfo=None).isoformat(timespec="milliseconds")
        one["DATE-END"] = (FIRST + timedelta(seconds=after + 5)).replace(tzinfo=None).isoformat(timespec="milliseconds")
        one["WAVELNTH"] = 629.7
    return cards


def vignetting_of(cameras):
    """Slopes of 0.1, 0.2 …, without errors."""
    slopes, none = 0.1 * np.arange(1, cameras + 1), np.zeros(cameras)
    return Vignetting(slopes, none, none, none, 0.0, 0, slopes[None])


@pytest.fixture
def world():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return WCS(level3.wcs_header(FIRST))


def test_world_coordinates_return_to_their_pixels(world, rng):
    """Four axes, over the whole flight: 1e-6 px."""
    pixels = rng.uniform(0, 1, (500, 4)) * [1270, 1270, 4, 28]
    np.testing.assert_allclose(world.wcs_world2pix(world.wcs_pix2world(pixels, 0), 0), pixels, atol=1e-6)


def test_world_coordinates_say_where_which_camera_and_when(world):
    """CRPIX is the centre of the disc, camera numbers start at 1, the third exposure is 20 s after the first."""
    *_, number, time = world.pixel_to_world(612.5, 667.5 + 100, 1, 2)  # SunPy, where imported, makes one of the first two
    x, y = world.wcs_pix2world([[612.5, 667.5 + 100, 1, 2]], 0)[0, :2] * 3600
    assert ((x + 648000) % 1296000 - 648000, y) == pytest.approx((0, 60), abs=1e-5)  # tangential plane
    assert number.value == 2
    assert (time - Time("2019-09-30T18:06:26.647")).to_value("s") == pytest.approx(0, abs=1e-4)


def test_excluded_sequences_leave_a_gap():
    times = [FIRST + timedelta(seconds=10.0004 * n) for n in (0, 1, 4)]
    np.testing.assert_array_equal(level3.time_axis(times), [0, 1, 4])
    cube = level3.empty(headers(0, 10.004, 40.016), vignetting_of(4), SHAPE)
    assert cube.data.shape == (5, 4, *SHAPE)
    assert np.isnan(cube.data).all() and (cube.mask == Flag.NO_DATA).all()
    np.testing.assert_allclose(cube.seconds, [0, 10.004, np.nan, np.nan, 40.016], atol=1e-6)


@pytest.mark.parametrize("off", [-0.4, 0.4])
def test_an_exposure_belongs_to_the_nearest_place(off):
    """Early or late by less than half a second: the same place on the axis, whichever exposure is the first."""
    times = [FIRST + timedelta(seconds=s) for s in (0, 10 + off, 50 + off)]
    np.testing.assert_array_equal(level3.time_axis(times), [0, 1, 5])


def test_two_exposures_of_one_place_are_refused():
    with pytest.raises(InputError, match="10 s apart"):
        level3.time_axis([FIRST, FIRST + timedelta(seconds=10), FIRST + timedelta(seconds=10.2)])


def test_exposures_off_the_cadence_are_refused():
    with pytest.raises(InputError, match="10 s apart"):
        level3.time_axis([FIRST, FIRST + timedelta(seconds=14)])


def test_correction_scales_data_and_error_and_flags_the_outside(rng):
    image, sigma = rng.uniform(10, 20, (2, 4, *SHAPE)).astype(np.float32)
    image[0, 0, 0] = np.nan
    lit = np.ones((4, *SHAPE), bool)
    lit[:, :, :5] = False
    field = vignetting.fields(np.array([0.4, 0.3, 0.2, 0.1]), rng.uniform(0, 1, (4, *SHAPE)))
    factor = np.array([1.0, 1.5, 2.0, 1.2])
    planes = Planes(image, sigma, np.zeros((4, *SHAPE), np.uint8))
    data, error, bits = level3.correct(planes, lit, field, factor)
    seen = lit & np.isfinite(image)
    np.testing.assert_allclose((data / error)[seen], (image / sigma)[seen], rtol=1e-5)
    np.testing.assert_allclose(
        (data * field / image)[seen], np.broadcast_to(factor[:, None, None], seen.shape)[seen], rtol=1e-5
    )
    np.testing.assert_array_equal(np.isnan(data), ~seen)
    np.testing.assert_array_equal(bits == 0, seen)
    assert bits[0, 0, 0] == Flag.OUTSIDE | Flag.NO_DATA


def test_a_sequence_is_filled_in_at_its_place_only(rng):
    """The third of three times: data and σ × factor / V; the others stay empty."""
    data, sigma = rng.uniform(1, 2, (2, 4, *SHAPE)).astype(np.float32)
    maps = np.zeros((4, 2, 6))
    maps[:, 0, :2] = 500, 100
    stop = masks.octagon((500.0, 500.0))
    likeness = rng.uniform(0.9, 1, (2, 2, 6))
    aligned = Aligned(data, sigma, np.zeros(data.shape, np.uint8), maps, maps, np.stack([stop] * 4), likeness, None, None, None)
    everywhere = np.ones(data.shape, bool)
    cube = level3.empty(headers(0, 20), vignetting_of(4), SHAPE)
    factors = np.array([1.0, 2, 3, 4])
    level3.fill(cube, 2, aligned, Masks(everywhere, everywhere, ()), factors, 0.9)
    np.testing.assert_allclose(cube.transmission, [np.nan, np.nan, 0.9])
    np.testing.assert_allclose(cube.internal[2], likeness)
    np.testing.assert_allclose(cube.signal_to_noise[2], np.median(data / sigma, axis=(1, 2)), rtol=1e-5)
    assert np.isnan(cube.data[:2]).all() and np.isnan(cube.factors[:2]).all() and not cube.clear[:2].any()
    x = np.arange(SHAPE[1])
    column = 500 + 100 * (x - (SHAPE[1] - 1) / 2) / (max(SHAPE) / 2)
    f = (stop[:, 0].max() - column) / np.ptp(stop[:, 0])
    scale = factors[:, None, None] / (1 + 0.1 * np.arange(1, 5)[:, None, None] * f)
    np.testing.assert_allclose(cube.data[2], data * scale, rtol=1e-5)
    np.testing.assert_allclose(cube.sigma[2], sigma * scale, rtol=1e-5)
    assert (cube.mask[2] == 0).all() and cube.clear[2].all()
    np.testing.assert_array_equal(cube.factors[2], factors)


def test_the_header_of_a_cube_says_what_it_is(rng):
    """Telescope, exposures, observer, unit, and every step from the dark to the cube, in their order."""
    first, *others = headers(0, 10, 20)
    for step in ("esis_dark", "esis_level1", "esis_register", "esis_drift", "esis_align"):
        provenance.record(first, step)
    first["CSYER1"], first["CAVEAT1"] = 5.0, "coordinates are relative"
    cube = level3.empty([first, *others], vignetting_of(4), SHAPE)
    cube.internal[:], cube.factors[:], cube.signal_to_noise[:] = 0.9, 1.0, rng.uniform(4, 5, (3, 4))
    level3.describe(cube, vignetting_of(4))
    cards = cube.header
    assert (cards["TELESCOP"], cards["INSTRUME"], cards["EXPTIME"], cards["XPOSURE"]) == ("ESIS", "ESIS", 10.0, 30.0)
    assert cards["SEQUENCE"] == "120 121 122" and cards["NSEQ"] == 3
    assert cards["DATE-END"] == others[-1]["DATE-END"]
    assert cards["HGLN_OBS"] == 0 and cards["HGLT_OBS"] == pytest.approx(6.75, abs=0.05)  # Astronomical Almanac, 2019-09-30
    assert cards["DSUN_OBS"] == pytest.approx(1.0014 * 149597870700, rel=2e-4)
    assert Unit(cards["BUNIT"]) == Unit("ph / pix")
    steps = [entry["step"] for entry in provenance.history(cards)]
    assert steps == [f"esis_{step}" for step in ("dark", "level1", "register", "drift", "align", "vignetting", "normalise")]
    assert cards["CSYER1"] == 5 and "relative" in cards["CAVEAT1"]
    assert cards["CORRQUAD"] == 0.9 and 4 < cards["SNR3"] < 5


def test_the_header_of_a_cube_without_one_camera_has_no_numbers_of_it(rng):
    (first,) = headers(0)
    cube = level3.empty([first], vignetting_of(4), SHAPE)
    cube.internal[:], cube.factors[:], cube.signal_to_noise[:] = 0.9, 1.0, rng.uniform(4, 5, (1, 4))
    cube.internal[..., 2], cube.factors[:, 2], cube.signal_to_noise[:, 2] = np.nan, np.nan, np.nan
    level3.describe(cube, vignetting_of(4))
    assert "SNR3" not in cube.header and 4 < cube.header["SNR2"] < 5 and cube.header["CORRQUAD"] == 0.9


def test_the_dispersion_is_that_of_the_design():
    """By 1/0.0366 columns per Å at the angle of each camera; level 1 has cos 16°/0.79 of a grid pixel along the dispersion."""
    maps = np.stack([transforms.nominal(number, (500.0, 480.0)).coefficients for number in camera.CAMERAS])
    maps[2] = np.nan
    found = level3.dispersion(maps)
    length = np.cos(np.deg2rad(16)) / 0.79 / 0.0366
    for number, vector in zip(camera.CAMERAS, found, strict=True):
        if number == 3:
            assert np.isnan(vector).all()
            continue
        angle = np.deg2rad(22.5 + 45 * (number - 1))
        np.testing.assert_allclose(vector, length * np.array([np.cos(angle), np.sin(angle)]), rtol=1e-9, atol=1e-9)


def test_light_of_another_wavelength_lies_where_the_dispersion_says(rng):
    """With distortion: (x, y) + d Δλ lies Δλ/0.0366 columns further right on level 1, to 0.01 pixel for 0.1 Å."""
    coefficients = transforms.nominal(1, (500.0, 480.0)).coefficients
    coefficients[:, 3:] = rng.uniform(-1.5, 1.5, (2, 3))
    one, (vector,) = transforms.on_grid(coefficients), level3.dispersion(coefficients[None])
    column, row = one(*one.centre)
    there = one(*(np.array(one.centre) + 0.1 * vector))
    np.testing.assert_allclose(there, [column + 0.1 / 0.0366, row], atol=0.01)
