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


def test_images_in_any_order_give_the_dem_that_made_them():
    truth = dem_cases.gaussian(6.25, 0.15, 1e29)
    header = {"BUNIT": "DN/s", "CDELT1": 0.6, "CDELT2": 0.6, "CRPIX1": 2.5, "CRPIX2": 2.5, "T_OBS": "2014-01-01T00:00:00"}
    images = [
        Image(np.full((4, 6), dn, np.float32), Header({**header, "WAVELNTH": channel}), np.full((4, 6), 0.01 * dn, np.float32))
        for channel, dn in zip(CHANNELS, dem_cases.counts(truth), strict=True)
    ]
    at, values = dem_cases.responses()
    response = Table({"temperature": 10.0**at, **{f"at_date_{c}": row for c, row in zip(CHANNELS, values, strict=True)}})
    dem = aia.differential_emission_measure(images[::-1], response, bin_px=2)
    assert dem.chi2.shape == (2, 3)
    np.testing.assert_allclose(dem.em(5.7, 7.1)[0], 1e29, rtol=0.1)
    np.testing.assert_allclose(dem.temperature()[0], 6.25, atol=0.06)
    with pytest.raises(InputError, match="the channels are 94, 131, 171, 193, 211 Å"):
        aia.differential_emission_measure(images[:5], response)
