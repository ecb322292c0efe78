"""Six channels as one set: one grid, one kind of calibration, means with their errors, saturation as a limit."""

from datetime import UTC, datetime

import numpy as np
import pytest
from astropy.io.fits import Header

from helioreduce.aia.cube.grid import Grid
from helioreduce.aia.dem import sets
from helioreduce.aia.dem.inversion import CHANNELS
from helioreduce.errors import InputError
from helioreduce.image import Flag, Image
from helioreduce.numerics import sphere


def image(channel, value=1.0, shape=(8, 10), crpix=(5.5, 4.5), **header):
    own = {
        "WAVELNTH": channel, "T_OBS": f"2014-01-01T00:00:{CHANNELS.index(channel):02d}", "BUNIT": "DN/s", "FSN": channel,
        "CDELT1": 0.6, "CDELT2": 0.6, "CRVAL1": 0.0, "CRVAL2": 0.0, "CRPIX1": crpix[0], "CRPIX2": crpix[1],
        "NAXIS1": shape[1], "NAXIS2": shape[0], "DEGRADAT": "COMPLETE", **header,
    }  # fmt: skip
    return Image(np.full(shape, value, np.float32), Header(own), np.full(shape, 0.5, np.float32))


def join(images, bin_px=1):
    return sets.join(iter(images), [one.header for one in images], bin_px)


def six(**changed):
    return [image(channel, channel, **changed) for channel in CHANNELS]


def test_channels_are_in_order_whatever_comes_first():
    found = join(six()[::-1])
    np.testing.assert_array_equal(found.data[:, 0, 0], CHANNELS)
    assert found.header["DEMSPAN"] == 5 and found.header["FSN171"] == 171 and found.header["TOBS94"] == "2014-01-01T00:00:00"
    assert found.header["DEMRESP"] == "at_launch" and found.header["DEM_SET"] == "COMPLETE"


def test_cut_outs_are_cut_to_what_they_share():
    images = six()
    images[3] = image(193, 193, shape=(9, 10), crpix=(7.5, 4.5))
    images[3].data[...] = np.arange(10)
    found = join(images)
    assert found.data.shape == (6, 8, 8)
    np.testing.assert_array_equal(found.data[3, 0], np.arange(2, 10))
    assert found.header["CRPIX1"] == 5.5 and found.header["DEMSHIFT"] == 0
    images[3] = image(193, 193, crpix=(5.8, 4.5))
    assert join(images).header["DEMSHIFT"] == pytest.approx(0.3)


def test_a_set_of_a_cube_says_when_its_coordinates_hold():
    """Tracked images have the grid of another time than theirs: law, time and place of the observer come along."""
    grid, images = (
        Grid(datetime(2014, 1, 1, tzinfo=UTC), sphere.View(211.0, -0.05, 1.0), (2040, 2000), (8, 10), "howard"),
        six(),
    )
    for one in images:
        grid.describe(one.header)
    found = join(images).header
    cards = [key for key in images[0].header if key.startswith("TRK")]
    assert len(cards) == 5 and all(found[key] == images[0].header[key] for key in cards)
    assert (found["CRPIX1"], found["CRPIX2"]) == (2048.5 - 2040, 2048.5 - 2000) and found["DEMSHIFT"] == 0


def test_the_radius_in_pixels_is_that_of_the_bins():
    assert join(six(R_SUN=1600.0), 2).header["R_SUN"] == 800


def test_mean_has_the_error_of_independent_pixels_and_keeps_the_sky():
    images = six()
    images[0].data[0, 0] = np.nan
    images[0] = images[0].with_(flags=np.where(np.isnan(images[0].data), np.uint8(Flag.NO_DATA), np.uint8(0)))
    found = join(images, 2)
    assert found.data.shape == (6, 4, 5)
    assert found.sigma[0, 0, 0] == pytest.approx(0.5 / np.sqrt(3)) and found.sigma[1, 0, 0] == pytest.approx(0.25)
    assert found.header["CDELT1"] == 1.2
    for axis, first in (("1", 5.5), ("2", 4.5)):  # the corner of the first pixel stays where it was
        assert (0.5 - found.header[f"CRPIX{axis}"]) * 1.2 == pytest.approx((0.5 - first) * 0.6)


def test_fewer_than_half_of_the_pixels_are_none():
    data, sigma = np.ones((2, 4)), np.ones((2, 4))
    data[:, 0], data[0, 1], data[0, 2] = np.nan, np.nan, np.nan
    mean, error = sets.binned(data, sigma, 2)
    assert np.isnan([mean[0, 0], error[0, 0]]).all() and mean[0, 1] == 1


def test_saturation_is_a_limit_and_the_mask_leaves_out():
    images = six()
    flags = np.zeros((8, 10), np.uint8)
    flags[0, 0], flags[1, 1] = Flag.SATURATED, Flag.BAD_PIXEL
    images[2] = images[2].with_(flags=flags)
    found = join(images)
    assert np.isinf(found.sigma[2, 0, 0]) and found.data[2, 0, 0] == 171
    assert np.isnan(found.data[2, 1, 1]) and np.isfinite(found.data[2, 2, 2])
    assert np.isinf(join(images, 2).sigma[2, 0, 0])


def test_images_that_are_not_corrected_belong_to_the_dated_response():
    assert join(six(DEGRADAT="SKIPPED")).header["DEMRESP"] == "at_date"
    images = six()
    images[0].header["DEGRADAT"] = "SKIPPED"
    with pytest.raises(InputError, match="some channels are corrected for degradation, some are not"):
        join(images)


@pytest.mark.parametrize(
    ("change", "reported"),
    [
        (lambda images: images[:5], "the channels are 94, 131, 171, 193, 211 Å"),
        (lambda images: [*images[:5], images[0]], "the channels are 94, 94, 131"),
        (lambda images: [*images[:5], image(335, BUNIT="DN")], "335 Å is in DN. Give images in DN/s"),
        (lambda images: [*images[:5], image(335, CDELT1=0.5)], "CDELT1 differs between the channels"),
        (lambda images: [*images[:5], image(335, crpix=(900.5, 4.5))], "no pixel in common"),
        (lambda images: [*images[:5], Image(images[5].data, images[5].header)], "335 Å has no error plane"),
    ],
)
def test_what_is_no_set_is_refused(change, reported):
    with pytest.raises(InputError, match=reported):
        join(change(six()))


def test_bins_larger_than_the_image_are_refused():
    with pytest.raises(InputError, match=r"aia\.dem\.bin to a smaller number"):
        join(six(), 9)
