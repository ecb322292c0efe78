"""Images as Maps, CCDData and NDCubes, and back: no plane is lost."""

import numpy as np
import pytest
import sunpy.map
from astropy.nddata import CCDData, NDData, StdDevUncertainty, UnknownUncertainty, VarianceUncertainty
from astropy.units import Unit

from helioreduce import interop
from helioreduce.aia import level1
from helioreduce.aia.wcs import Pointing, matrix
from helioreduce.api import values
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


def test_a_mask_that_was_changed_counts_beside_the_flags(image):
    ccd = image.to_ccddata()
    ccd.mask[6, 7] = True
    back = interop.from_nddata(ccd)
    assert back.flags[6, 7] == Flag.SPIKE | Flag.BAD_PIXEL
    np.testing.assert_array_equal(back.mask, ccd.mask)


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


def _cut(image, y, x):
    """Return a part of an image as a file of it would have it."""
    part = image.with_(data=image.data[y, x], sigma=image.sigma[y, x], flags=image.flags[y, x])
    part.header.update(CRPIX1=image.header["CRPIX1"] - x.start, CRPIX2=image.header["CRPIX2"] - y.start)
    return part


@pytest.mark.parametrize("form", ["to_ccddata", "to_ndcube"])
def test_a_slice_knows_its_place(image, form):
    image.header.update(X0_MP=2050.3, Y0_MP=2040.1, CRPIX1=51.3, CRPIX2=41.1, XCEN=1.0, NAXIS1=16, NAXIS2=12)
    wanted = _cut(image, slice(2, 11), slice(3, 13))
    found = interop.from_nddata(getattr(image, form)()[1:][1:11, 3:][:9, :10])
    np.testing.assert_array_equal(found.data, wanted.data)
    for key in ("CRPIX1", "CRPIX2"):
        assert found.header[key] == pytest.approx(wanted.header[key], abs=1e-9)
    assert (found.header["NAXIS1"], found.header["NAXIS2"]) == (10, 9)
    assert "XCEN" not in found.header
    assert [found.header[key] for key in ("CDELT1", "CROTA2", "X0_MP")] == [
        image.header[key] for key in ("CDELT1", "CROTA2", "X0_MP")
    ]
    assert level1.origin(found) == level1.origin(wanted)


def test_a_slice_of_what_has_no_header_knows_its_place(image):
    """As CCDData.read leaves it, which takes the coordinates out of the header and into degrees."""
    ccd = image.to_ccddata()
    for key in ("CTYPE1", "CTYPE2", "CRPIX1", "CRPIX2", "CDELT1", "CDELT2", "CRVAL1", "CRVAL2", "CUNIT1", "CUNIT2", "CROTA2"):
        del ccd.meta[key]
    found, wanted = values.to_image(ccd[2:11, 3:13]), _cut(image, slice(2, 11), slice(3, 13))
    assert found.header["CUNIT1"] == "arcsec"
    assert found.header["CDELT1"] == image.header["CDELT1"]
    np.testing.assert_allclose(Pointing.of(found.header).sun_px, Pointing.of(wanted.header).sun_px, rtol=0, atol=1e-7)
    np.testing.assert_allclose(matrix(found.header), matrix(wanted.header), rtol=1e-10, atol=1e-12)


def test_another_wcs_than_that_of_the_header_is_believed(image):
    ccd = image.to_ccddata()
    ccd.wcs.wcs.crval = [0.1, 0.2]
    ccd.wcs.wcs.cdelt = ccd.wcs.wcs.cdelt * 2
    found = values.to_image(ccd)
    assert [found.header[key] for key in ("CRVAL1", "CRVAL2")] == [360, 720]
    np.testing.assert_allclose(matrix(found.header), 2 * matrix(image.header), rtol=1e-10, atol=1e-12)


def test_an_image_of_a_series_has_its_place(image):
    header = image.header.copy()
    header.update(CTYPE3="UTC", CUNIT3="s", CRPIX3=1.0, CRVAL3=0.0, CDELT3=12.0)
    found = interop.from_nddata(interop.cube(np.ones((3, 12, 16)), header)[1, 2:, 3:])
    for axis, start in ((1, 3), (2, 2)):
        assert found.header[f"CRPIX{axis}"] == pytest.approx(image.header[f"CRPIX{axis}"] - start)


def test_binned_pixels_have_no_place_in_the_header(image):
    with pytest.raises(InputError, match="ResampledLowLevelWCS.*not rebinned"):
        interop.from_nddata(image.to_ndcube().rebin((2, 2)))


@pytest.mark.parametrize("key", ["BUNIT", "PIXLUNIT"])
@pytest.mark.parametrize(
    ("listed", "own", "found", "factor"),
    [
        ("DN/s", "DN / min", "DN/s", 1 / 60), ("DN", "DN / min", "DN/s", 1 / 60), ("DN", "adu / s", "DN/s", 1),
        ("DN", "adu", "DN", 1), ("DN/s", "DN", "DN", 1), ("W/m2", "mW / m2", "W/m2", 1e-3), ("furlongs", "DN", "DN", 1),
        ("", "electron", "electron", 1), ("DN/s", "DN / s", "DN/s", 1), ("furlongs", "", "furlongs", 1),
    ],
)  # fmt: skip
def test_the_unit_of_the_object_is_believed(image, key, listed, own, found, factor):
    for other in ("BUNIT", "PIXLUNIT"):
        image.header.remove(other, ignore_missing=True)
    image.header[key] = listed
    new = interop.from_nddata(CCDData(image.data, unit=own, meta=image.header, uncertainty=StdDevUncertainty(image.sigma)))
    assert new.header.get("BUNIT", listed) == new.header.get("PIXLUNIT", found) == found
    np.testing.assert_allclose(new.data, image.data * factor, rtol=1e-6)
    np.testing.assert_allclose(new.sigma, image.sigma * factor, rtol=1e-6)


def test_an_error_of_another_unit_is_converted():
    ccd = CCDData(np.ones((2, 2)), unit="DN", uncertainty=StdDevUncertainty(np.full((2, 2), 0.1), unit=1000 * Unit("DN")))
    np.testing.assert_allclose(interop.from_nddata(ccd).sigma, 100)


@pytest.mark.parametrize("own", ["electron", "m", ""])
def test_a_unit_that_contradicts_the_header_is_refused(image, own):
    image.header["BUNIT"] = "DN"
    with pytest.raises(InputError, match=f"is {own}, that of its header DN. Give it in"):
        interop.from_nddata(CCDData(image.data, unit=own, meta=image.header))


def test_degrees_become_arcsec_whatever_holds_them(image, tmp_path):
    image.to_ccddata().write(tmp_path / "image.fits")
    for form in (tmp_path / "image.fits", CCDData.read(tmp_path / "image.fits"), Image.read(tmp_path / "image.fits")):
        found = values.to_image(form)
        assert found.header["CUNIT1"] == found.header["CUNIT2"] == "arcsec"
        assert found.header["CDELT1"] == image.header["CDELT1"]
        np.testing.assert_allclose(Pointing.of(found.header).sun_px, Pointing.of(image.header).sun_px, rtol=0, atol=1e-7)
