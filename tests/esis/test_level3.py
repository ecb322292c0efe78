"""Level 3: world coordinates, time axis, corrections, and the file."""

import warnings
from datetime import timedelta

import numpy as np
import pytest
from astropy.nddata import CCDData
from astropy.time import Time
from astropy.wcs import WCS

from helioreduce.errors import InputError
from helioreduce.esis import camera, coalign, level3, normalise, target, vignetting
from helioreduce.image import Mask
from helioreduce.io import fits

FIRST = camera.time_of(109) - timedelta(seconds=5)
SHAPE = (30, 40)


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
    cube = level3.Cube.empty(level3.time_axis(times), 4, SHAPE)
    assert cube.data.shape == (5, 4, *SHAPE)
    assert np.isnan(cube.data).all() and np.isnan(cube.placed(np.arange(3.0))[2:4]).all()


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
    data, error, bits = level3.correct(image, sigma, np.zeros((4, *SHAPE), np.uint8), lit, field, factor)
    seen = lit & np.isfinite(image)
    np.testing.assert_allclose((data / error)[seen], (image / sigma)[seen], rtol=1e-5)
    np.testing.assert_allclose(
        (data * field / image)[seen], np.broadcast_to(factor[:, None, None], seen.shape)[seen], rtol=1e-5
    )
    np.testing.assert_array_equal(np.isnan(data), ~seen)
    np.testing.assert_array_equal(bits == 0, seen)
    assert bits[0, 0, 0] == Mask.OUTSIDE | Mask.NO_DATA


def test_normalised_means_are_one_value(rng):
    """All sequences and cameras have the highest mean after their factors."""
    images = rng.uniform(1, 2, (3, 4, *SHAPE)) * rng.uniform(1, 3, (3, 4, 1, 1))
    clear = rng.uniform(size=(4, *SHAPE)) > 0.2
    means = np.stack([normalise.masked_means(stack, clear) for stack in images])
    scaled = images * normalise.factors(means)[..., None, None]
    after = np.stack([normalise.masked_means(stack, clear) for stack in scaled])
    np.testing.assert_allclose(after, means.max(), rtol=1e-12)


def test_no_common_pixel_is_refused():
    with pytest.raises(InputError, match="share no clear pixel"):
        normalise.masked_means(np.ones((4, 5, 5)), np.zeros((4, 5, 5), bool))


def test_the_file_holds_data_error_mask_and_what_made_them(tmp_path, rng):
    """CCDData reads it; every plane repeats the world coordinates; arrays return bit for bit."""
    cube = level3.Cube.empty(np.arange(2), 4, SHAPE)
    cube.data[:], cube.sigma[:] = rng.normal(size=(2, *cube.data.shape))
    header = level3.wcs_header(FIRST)
    header["BUNIT"] = "photon"
    fits.write_cube(tmp_path / "ov.fits", cube.data, cube.sigma, cube.mask, header, cube.extras())
    read = CCDData.read(tmp_path / "ov.fits")
    np.testing.assert_array_equal(read.data, cube.data)
    np.testing.assert_array_equal(read.uncertainty.array, cube.sigma)
    for name in ("UNCERT", "MASK"):
        stored, extension = fits.read_array(tmp_path / "ov.fits", name)
        assert stored.shape == cube.data.shape and extension["CTYPE4"] == "UTC" and extension["CUNIT1"] == "arcsec"
    (maps, stops), _ = fits.read_arrays(tmp_path / "ov.fits", "QUADRATIC", "STOP")
    np.testing.assert_array_equal(maps, cube.maps)
    np.testing.assert_array_equal(stops, cube.stops)


def aia_header(**cards):
    header = fits.cards(CRPIX1=2048.5, CRPIX2=2048.5, CRVAL1=0.0, CRVAL2=0.0, CDELT1=0.6, CDELT2=0.6)
    header.update(cards)
    return header


def test_level_1_5_of_aia_is_cut_out_pixel_by_pixel():
    """Rows 1380 to 2649 and columns 1435 to 2704 of the 0.6″ full disc."""
    there = target.grid_map(aia_header())
    np.testing.assert_allclose(there(np.array([0.0, 1269]), np.array([0.0, 1269])), [[1435, 2704], [1380, 2649]], atol=1e-9)


def test_roll_and_scale_of_a_target_follow_its_cards():
    """Against astropy's WCS, 0.5995″ and 0.5° of roll: 1e-3 px over the field (the tangential plane is not quite flat)."""
    header = aia_header(
        CTYPE1="HPLN-TAN", CTYPE2="HPLT-TAN", CUNIT1="arcsec", CUNIT2="arcsec", CDELT1=0.5995, CDELT2=0.5995, CROTA2=0.5
    )
    x, y = np.array([0.0, 600, 1269]), np.array([1269.0, 300, 0])
    sky = WCS(level3.wcs_header(FIRST)).celestial.wcs_pix2world(np.stack([x, y], axis=1), 0)
    expected = WCS(header).wcs_world2pix(sky, 0).T
    np.testing.assert_allclose(target.grid_map(header)(x, y), expected, atol=1e-3)


@pytest.mark.parametrize(("cards", "message"), [({"CRVAL1": 100.0}, "centre of the disc"), ({"CDELT1": None}, "CDELT1")])
def test_a_target_without_usable_coordinates_is_refused(cards, message):
    header = aia_header()
    for key, value in cards.items():
        header[key] = value
        if value is None:
            del header[key]
    with pytest.raises(InputError, match=message):
        target.grid_map(header)


def test_the_target_is_the_nearest_in_time_or_none():
    times = [FIRST + timedelta(seconds=s) for s in (-40, 11, 30)]
    assert target.nearest(times, FIRST) == 1
    with pytest.raises(InputError, match="no AIA image within 300 s"):
        target.nearest(times, FIRST + timedelta(hours=1))
    with pytest.raises(InputError, match="there is none"):
        target.nearest([], FIRST)


def test_correlation_of_an_image_with_itself_is_1(rng):
    image = rng.normal(size=SHAPE)
    assert coalign.zero_lag(image, 3 * image + 2) == pytest.approx(1)
    assert coalign.zero_lag(image, -image) == pytest.approx(-1)
