"""Images as Maps, CCDData and NDCubes, and back: no plane is lost."""

import numpy as np
import pytest
import sunpy.map
from astropy.nddata import CCDData, NDData, StdDevUncertainty, UnknownUncertainty, VarianceUncertainty
from astropy.units import Unit

from helioreduce import interop
from helioreduce.errors import InputError
from helioreduce.image import Flag, Image


@pytest.fixture
def image(level1_header, rng):
    level1_header["WAVEUNIT"] = "angstrom"
    data = rng.uniform(1, 100, (12, 16)).astype(np.float32)
    flags = np.zeros(data.shape, np.uint8)
    data[2, 3], flags[2, 3], flags[4, 5], flags[6, 7] = np.nan, Flag.NO_DATA, Flag.SATURATED, Flag.SPIKE
    return Image(data, level1_header, np.sqrt(data), flags)


def test_a_map_has_the_error_and_the_mask(image):
    smap = image.to_map()
    assert isinstance(smap, sunpy.map.sources.AIAMap)
    np.testing.assert_array_equal(smap.uncertainty.array, image.sigma)
    assert smap.mask.sum() == 2  # what a mean leaves out; a spike is advice
    assert smap.mask[2, 3] and smap.mask[4, 5]
    assert smap.unit == Unit("DN")


def test_there_and_back_by_a_map(image):
    back = Image.from_map(image.to_map())
    for plane in ("data", "sigma", "mask"):
        np.testing.assert_array_equal(getattr(back, plane), getattr(image, plane))
    assert back.header["CROTA2"] == image.header["CROTA2"]
    assert back.header["T_OBS"] == image.header["T_OBS"]
    assert (back.flags[2, 3], back.flags[4, 5]) == (Flag.NO_DATA, Flag.BAD_PIXEL)


def test_there_and_back_by_ccddata(image):
    back = interop.from_nddata(image.to_ccddata())
    for plane in ("data", "sigma", "flags"):
        np.testing.assert_array_equal(getattr(back, plane), getattr(image, plane))
    assert back.header == image.header


def test_an_ndcube_has_everything(image):
    cube = image.to_ndcube()
    assert cube.wcs.wcs.ctype[0] == "HPLN-TAN"
    assert cube.unit == Unit("DN")
    np.testing.assert_array_equal(interop.from_nddata(cube).sigma, image.sigma)
    assert cube[2:5, 3:9].uncertainty.array.shape == (3, 6)


def test_a_map_of_a_file_is_the_file(real):
    file = real / "aia/aia_171_cutout.fits"
    image, of_map = Image.read(file), Image.from_map(sunpy.map.Map(file))
    np.testing.assert_array_equal(of_map.data, image.data)
    values = [
        {key: found.header[key] for key in found.header if key not in ("", "COMMENT", "HISTORY")} for found in (image, of_map)
    ]
    assert values[0] == values[1]


def test_a_variance_becomes_a_standard_deviation():
    found = interop.from_nddata(CCDData(np.full((2, 2), 9.0), unit="DN", uncertainty=VarianceUncertainty(np.full((2, 2), 9.0))))
    assert (found.sigma == 3).all()
    assert found.header["BUNIT"] in ("DN", "dn")


def test_an_uncertainty_of_no_kind_is_refused():
    with pytest.raises(InputError, match="does not say whether"):
        interop.from_nddata(NDData(np.ones((2, 2)), uncertainty=UnknownUncertainty(np.ones((2, 2)))))


def test_units(level1_header):
    level1_header["BUNIT"] = "DN/s"
    assert interop.unit(level1_header) == Unit("DN / s")
    level1_header["BUNIT"] = "furlongs"
    assert interop.unit(level1_header) == Unit("")
    del level1_header["BUNIT"]
    level1_header["PIXLUNIT"] = "DN"
    assert interop.unit(level1_header) == Unit("DN")


def test_uncertainty_of_no_plane_is_none():
    plain = Image(np.ones((2, 2), np.float32), Image.from_map(sunpy.map.Map(np.ones((2, 2)), MINIMAL)).header)
    assert plain.to_map().uncertainty is None
    assert isinstance(interop._uncertainty(np.ones(2)), StdDevUncertainty)


MINIMAL = {"cunit1": "arcsec", "cunit2": "arcsec", "cdelt1": 0.6, "cdelt2": 0.6, "date-obs": "2014-01-01"} | {
    "ctype1": "HPLN-TAN", "ctype2": "HPLT-TAN",
}  # fmt: skip
