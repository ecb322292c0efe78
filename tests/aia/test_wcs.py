"""World coordinates: CROTA2, PC and CD are one geometry."""

import numpy as np
import pytest
from astropy.io.fits import Header
from astropy.wcs import WCS
from hypothesis import given
from hypothesis import strategies as st

from helioreduce.aia import wcs
from helioreduce.errors import InputError


def header(**cards):
    """Cards of a pointing."""
    return Header({"CTYPE1": "HPLN-TAN", "CTYPE2": "HPLT-TAN", "CUNIT1": "arcsec", "CUNIT2": "arcsec", "CRPIX1": 100.0,
                   "CRPIX2": -50.0, "CRVAL1": 3.0, "CRVAL2": -4.0, **cards})  # fmt: skip


SCALES = st.floats(0.5, 0.7)


@given(st.floats(-180, 180), SCALES, SCALES)
def test_three_spellings_of_one_matrix(roll_deg, x, y):
    """CDELT with CROTA2 as Astropy takes it, the PC matrix of that, and their product."""
    rolled = header(CDELT1=x, CDELT2=y, CROTA2=roll_deg)
    astropy = WCS(rolled).pixel_scale_matrix * 3600
    pc = astropy / np.array([[x], [y]])
    named = [(i, j) for i in (0, 1) for j in (0, 1)]
    turned = header(CDELT1=x, CDELT2=y, **{f"PC{i + 1}_{j + 1}": pc[i, j] for i, j in named})
    product = header(**{f"CD{i + 1}_{j + 1}": astropy[i, j] for i, j in named})
    for spelling in (rolled, turned, product):
        np.testing.assert_allclose(wcs.matrix(spelling), astropy, atol=1e-12)
        wcs.normalise(spelling)
        assert not {"CD1_1", "CD1_2", "CD2_1", "CD2_2"} & set(spelling)
        np.testing.assert_allclose(wcs.matrix(spelling), astropy, atol=1e-12)


def test_only_a_matrix_of_its_own_is_rewritten():
    rolled = header(CDELT1=0.6, CDELT2=0.6, CROTA2=1.0)
    before = rolled.tostring()
    wcs.normalise(rolled)
    assert rolled.tostring() == before


def test_the_suns_centre_is_where_the_coordinates_are_zero():
    pointing = wcs.Pointing.of(header(CDELT1=0.6, CDELT2=0.59, CROTA2=20.0))
    offset = pointing.arcsec_per_px @ (np.array([99.0, -51.0]) - pointing.sun_px)
    np.testing.assert_allclose(offset, [3, -4], atol=1e-12)


@pytest.mark.parametrize("cards", [{"CDELT1": 0.0, "CDELT2": 0.6, "CROTA2": 0.0}, {"CD1_1": 0.6}, {"CD1_1": 0.0, "CD2_2": 0.0}])
def test_a_singular_matrix_is_refused(cards):
    with pytest.raises(InputError, match="is 0|singular"):
        wcs.Pointing.of(header(**cards))
