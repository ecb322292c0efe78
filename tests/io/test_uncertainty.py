"""Error planes of other writers: Astropy's types are read as what they are."""

import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits as astropy_fits
from astropy.nddata import CCDData, InverseVariance, StdDevUncertainty, VarianceUncertainty

from helioreduce.errors import InputError
from helioreduce.io import fits

SIGMA = np.array([[1.0, 2.0, 12.0], [0.5, 3.0, 40.0]])


@pytest.mark.parametrize(
    "uncertainty", [StdDevUncertainty(SIGMA), VarianceUncertainty(SIGMA**2), InverseVariance(SIGMA**-2.0)], ids=type
)
def test_what_astropy_writes_is_read_as_standard_deviation(tmp_path, uncertainty):
    CCDData(np.ones_like(SIGMA), unit="adu", uncertainty=uncertainty).write(tmp_path / "ccd.fits")
    np.testing.assert_allclose(fits.read(tmp_path / "ccd.fits").sigma, SIGMA, rtol=1e-7)


@pytest.mark.parametrize("uncertainty", [StdDevUncertainty(SIGMA), VarianceUncertainty(SIGMA**2)], ids=type)
def test_what_is_written_again_is_what_astropy_reads(tmp_path, uncertainty):
    CCDData(np.ones_like(SIGMA), unit="adu", uncertainty=uncertainty).write(tmp_path / "ccd.fits")
    fits.write(tmp_path / "ours.fits", fits.read(tmp_path / "ccd.fits"))
    again = CCDData.read(tmp_path / "ours.fits").uncertainty
    assert isinstance(again, StdDevUncertainty)
    np.testing.assert_allclose(again.array, SIGMA, rtol=1e-7)


@pytest.mark.parametrize("kind", ["UnknownUncertainty", "Poisson"])
def test_an_unknown_type_is_refused(tmp_path, kind):
    CCDData(np.ones_like(SIGMA), unit="adu", uncertainty=StdDevUncertainty(SIGMA)).write(tmp_path / "ccd.fits")
    astropy_fits.setval(tmp_path / "ccd.fits", "UTYPE", value=kind, extname="UNCERT")
    with pytest.raises(InputError, match=f"ccd.fits: UNCERT: UTYPE = '{kind}' is not known"):
        fits.read(tmp_path / "ccd.fits")


@pytest.mark.parametrize(
    ("kind", "own", "agrees"),
    [
        ("StdDevUncertainty", "DN", True),
        ("StdDevUncertainty", "dn", True),
        ("StdDevUncertainty", "DN/s", False),
        ("StdDevUncertainty", "DN2", False),
        ("VarianceUncertainty", "DN2", True),
        ("VarianceUncertainty", "DN", False),
        ("InverseVariance", "DN-2", True),
        ("InverseVariance", "DN2", False),
        ("StdDevUncertainty", "brightness", False),
        ("StdDevUncertainty", None, True),
    ],
)
def test_the_unit_is_that_of_the_data(tmp_path, kind, own, agrees):
    data = astropy_fits.PrimaryHDU(np.ones((2, 3)), astropy_fits.Header({"BUNIT": "DN"}))
    plane = astropy_fits.ImageHDU(np.full((2, 3), 4.0), astropy_fits.Header({"UTYPE": kind}), name="UNCERT")
    if own:
        plane.header["BUNIT"] = own
    astropy_fits.HDUList([data, plane]).writeto(tmp_path / "image.fits")
    if not agrees:
        with pytest.raises(InputError, match=f"UNCERT: BUNIT = '{own}'"):
            fits.read(tmp_path / "image.fits")
        return
    expected = {"StdDevUncertainty": 4, "VarianceUncertainty": 2, "InverseVariance": 0.5}[kind]
    np.testing.assert_array_equal(fits.read(tmp_path / "image.fits").sigma, expected)


def test_units_that_astropy_does_not_know_agree_when_equal(tmp_path):
    data = astropy_fits.PrimaryHDU(np.ones((2, 3)), astropy_fits.Header({"BUNIT": "counts"}))
    plane = astropy_fits.ImageHDU(np.ones((2, 3)), astropy_fits.Header({"BUNIT": "counts"}), name="UNCERT")
    astropy_fits.HDUList([data, plane]).writeto(tmp_path / "image.fits")
    assert fits.read(tmp_path / "image.fits").sigma.shape == (2, 3)
    with pytest.raises(ValueError, match="counts"):
        u.Unit("counts")
