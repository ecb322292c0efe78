"""DEMs by one call: the same as the workflow's parts, from images in any order."""

import dem_cases
import numpy as np
import pytest
from astropy.io.fits import Header
from astropy.table import Table

from helioreduce import aia
from helioreduce.aia.dem.inversion import CHANNELS
from helioreduce.errors import InputError
from helioreduce.image import Image


@pytest.fixture
def observed():
    """Images of one DEM, and the response."""
    truth = dem_cases.gaussian(6.25, 0.15, 1e29)
    header = {"BUNIT": "DN/s", "CDELT1": 0.6, "CDELT2": 0.6, "CRPIX1": 2.5, "CRPIX2": 2.5, "T_OBS": "2014-01-01T00:00:00"}
    images = [
        Image(np.full((4, 6), dn, np.float32), Header({**header, "WAVELNTH": channel}), np.full((4, 6), 0.01 * dn, np.float32))
        for channel, dn in zip(CHANNELS, dem_cases.counts(truth), strict=True)
    ]
    at, values = dem_cases.responses()
    response = Table({"temperature": 10.0**at, **{f"at_date_{c}": row for c, row in zip(CHANNELS, values, strict=True)}})
    return images, response


def test_images_in_any_order_give_the_dem_that_made_them(observed):
    images, response = observed
    dem = aia.differential_emission_measure(images[::-1], response, bin_px=2)
    assert dem.chi2.shape == (2, 3)
    np.testing.assert_allclose(dem.em(5.7, 7.1)[0], 1e29, rtol=0.1)
    np.testing.assert_allclose(dem.temperature()[0], 6.25, atol=0.06)
    with pytest.raises(InputError, match="the channels are 94, 131, 171, 193, 211 Å"):
        aia.differential_emission_measure(images[:5], response)


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"bin_px": 0}, "bin_px is 0. Give a whole number of pixels, 1 or more"),
        ({"bin_px": 1.5}, "bin_px is 1.5"),
        ({"bin_px": 2, "mask": np.zeros((4, 6), bool)}, r"the mask has the shape \(4, 6\), the DEM \(2, 3\)"),
        ({"response": "file"}, "the response is no table but 'file'. Give what temperature_response"),
    ],
)
def test_what_makes_no_dem_is_refused(observed, changed, problem):
    images, response = observed
    with pytest.raises(InputError, match=problem):
        aia.differential_emission_measure(images, **{"response": response, **changed})


def test_observations_are_not_inverted_with_the_analytic_model(observed):
    images, _ = observed
    with pytest.raises(InputError, match="the response is that of the analytic model, the images are observations. Give temp"):
        aia.differential_emission_measure(images, aia.temperature_response(at="2014-01-01"))
    for image in images:
        image.header["SIMULATE"] = "synthetic"
    assert np.isfinite(aia.differential_emission_measure(images, aia.temperature_response(at="2014-01-01")).chi2).all()


def test_images_of_several_times_are_no_set(observed):
    images, response = observed
    images[2].header["T_OBS"] = "2014-01-01T00:08:00"
    with pytest.raises(InputError, match="the exposures span 480 s. Give images of one time, or a larger tolerance_s"):
        aia.differential_emission_measure(images, response)
    aia.differential_emission_measure(images, response, tolerance_s=600)


def test_a_mask_leaves_its_pixels_out(observed):
    images, response = observed
    mask = np.arange(6).reshape(2, 3) % 2 == 0
    dem = aia.differential_emission_measure(images, response, bin_px=2, mask=mask)
    np.testing.assert_array_equal(np.isnan(dem.chi2), mask)


@pytest.mark.parametrize("wrong", [(7.1, 6.8), (6.5, 6.5), (5.0, 6.0), (6.0, 7.6), (np.nan, 6.5)])
def test_an_emission_measure_of_no_temperatures_is_refused(observed, wrong):
    """Backwards, nothing, or beyond the temperatures: not 0."""
    images, response = observed
    dem = aia.differential_emission_measure(images, response, bin_px=2)
    with pytest.raises(InputError, match="there is no emission measure from"):
        dem.em(*wrong)
    assert np.isfinite(dem.em(5.5, 7.5)[0]).all()
