"""Real cut-outs of JSOC: one point of the turning surface predicts where every window starts on the detector."""

import numpy as np
import pytest

from helioreduce.aia.wcs import Pointing, view_of
from helioreduce.io import fits
from helioreduce.numerics import sphere

#: Carrington longitude and latitude, deg, of the middle of the boxes of 40″, found by trying those around the flare.
PLACE = np.deg2rad([33.872, -19.754])
#: Arcsec.
WIDTH = 40.0


@pytest.mark.filterwarnings("ignore:Invalid 'BLANK'")
def test_one_point_predicts_all_window_starts(real):
    """30 of 30, in six channels over 8 minutes, to the pixel; 13 without tracking, which the test would notice."""
    headers = [fits.read_header(file) for file in sorted((real / "aia/flare").glob("*.fits"))]
    found, predicted = [], []
    for header in headers:
        centre = np.array([header["X0_MP"], header["Y0_MP"]])
        found.append(np.rint(centre + 1 - [header["CRPIX1"], header["CRPIX2"]]))
        direction = np.array(sphere.seen_at(view_of(header), *PLACE)) * sphere.ARCSEC
        middle = centre + np.linalg.solve(Pointing.of(header).arcsec_per_px, direction)
        predicted.append(np.round(middle - WIDTH / 2 / header["CDELT1"]))
        assert (header["NAXIS1"], header["NAXIS2"]) == (int(WIDTH / header["CDELT1"] + 1),) * 2
    assert len(headers) == 30
    np.testing.assert_array_equal(predicted, found)
