"""Some rows of an image."""

import numpy as np
import pytest
from astropy.io import fits as astropy_fits
from astropy.io.fits import Header

from helioreduce import Image
from helioreduce.errors import InputError
from helioreduce.image import Flag
from helioreduce.io import fits, rows


def test_rows_are_those_of_the_image_without_its_masked_pixels(tmp_path, rng):
    data = rng.random((20, 8)).astype(np.float32)
    flags = rng.choice(np.array([0, Flag.SPIKE, Flag.BAD_PIXEL, Flag.EDGE | Flag.COSMIC_RAY], np.uint8), data.shape)
    image = Image(data, Header(), flags=flags)
    image.write(tmp_path / "image.fits")
    expected = np.where(image.mask, np.nan, data)[2:9]
    np.testing.assert_array_equal(rows.read(tmp_path / "image.fits", slice(2, 9), 0), expected)


@pytest.mark.parametrize("kind", [astropy_fits.ImageHDU, astropy_fits.CompImageHDU])
@pytest.mark.parametrize("cards", [{"BSCALE": 2.0}, {"BSCALE": 0.5, "BZERO": 5.0}, {}])
def test_rows_of_scaled_integers_are_those_of_the_image(tmp_path, kind, cards):
    """And 100, which is BLANK, may be the scaled value of 50."""
    stored = np.full((20, 12), 50, np.int16)
    stored[3, 4] = 100
    hdu = kind(stored, name="CHIP")
    hdu.header["BLANK"] = 100
    hdu.header.update(cards)
    astropy_fits.HDUList([astropy_fits.PrimaryHDU(), hdu]).writeto(tmp_path / "scaled.fits")
    expected = fits.read(tmp_path / "scaled.fits").data
    assert np.isnan(expected).sum() == 1 and np.isnan(expected[3, 4])
    np.testing.assert_array_equal(rows.read(tmp_path / "scaled.fits", slice(2, 9), "chip"), expected[2:9])


def test_images_that_are_no_frames_are_refused(tmp_path):
    fits.write_arrays(tmp_path / "cube.fits", {"A": np.ones((2, 4, 4))})
    with pytest.raises(InputError, match=r"cube\.fits: the image has shape \(2, 4, 4\)"):
        rows.read(tmp_path / "cube.fits", slice(0, 1), "A")
    planes = [astropy_fits.PrimaryHDU(np.ones((4, 4))), astropy_fits.ImageHDU(np.ones((2, 4), np.uint8), name="MASK")]
    astropy_fits.HDUList(planes).writeto(tmp_path / "odd.fits")
    with pytest.raises(InputError, match=r"odd\.fits: MASK has shape \(2, 4\), the image \(4, 4\)"):
        rows.read(tmp_path / "odd.fits", slice(0, 1), 0)
