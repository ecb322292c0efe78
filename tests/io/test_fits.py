"""Images, arrays, planes and tables: what is written is what is read."""

import numpy as np
import pytest
from astropy.io import fits as astropy_fits
from astropy.nddata import CCDData
from astropy.table import Table
from astropy.wcs import WCS

from helioreduce.errors import InputError
from helioreduce.image import MASKED, Flag, Image
from helioreduce.io import fits


@pytest.fixture
def image(rng, level1_header):
    data = rng.random((20, 30)).astype(np.float32)
    data[3, 4] = np.nan
    mask = np.zeros(data.shape, np.uint8)
    mask[3, 4], mask[5, 6] = Flag.NO_DATA, Flag.SPIKE | Flag.SATURATED
    return Image(data, level1_header, np.sqrt(data), mask)


@pytest.mark.parametrize("has_sigma", [True, False])
def test_an_image_comes_back(tmp_path, image, has_sigma):
    image = image if has_sigma else image.with_(sigma=None)
    fits.write(tmp_path / "image.fits", image)
    back = fits.read(tmp_path / "image.fits")
    np.testing.assert_array_equal(back.data, image.data)
    np.testing.assert_array_equal(back.flags, image.flags)
    assert back.sigma is None if not has_sigma else np.array_equal(back.sigma, image.sigma, equal_nan=True)
    assert back.data.dtype == np.float32 and back.flags.dtype == np.uint8
    assert {key: back.header[key] for key in image.header} == dict(image.header)
    assert not {"CHECKSUM", "DATASUM", "EXTNAME"} & set(back.header)


def test_it_is_ccddata_and_every_plane_has_the_world_coordinates(tmp_path, image):
    fits.write(tmp_path / "image.fits", image)
    ccd = CCDData.read(tmp_path / "image.fits", unit="adu")
    np.testing.assert_array_equal(ccd.uncertainty.array, image.sigma)
    np.testing.assert_array_equal(ccd.mask, image.mask)
    expected = WCS(image.header).wcs_pix2world(10.0, 12.0, 0)
    with astropy_fits.open(tmp_path / "image.fits") as hdus:
        assert [hdu.name for hdu in hdus] == ["PRIMARY", "UNCERT", "MASK", "FLAGS"]
        for hdu in hdus:
            np.testing.assert_allclose(WCS(hdu.header).wcs_pix2world(10.0, 12.0, 0), expected)


def test_mask_is_what_a_mean_leaves_out_and_flags_are_all(tmp_path, image):
    """Small files and files of one tile; MASK keeps its bits."""
    image.flags[7:9] = Flag.EDGE | Flag.NEAR_SATURATED
    fits.write(tmp_path / "image.fits", image)
    with astropy_fits.open(tmp_path / "image.fits", checksum=True) as hdus:
        np.testing.assert_array_equal(hdus["FLAGS"].data, image.flags)
        np.testing.assert_array_equal(hdus["MASK"].data, image.flags & np.uint8(MASKED))
        assert hdus["MASK"].data.dtype == hdus["FLAGS"].data.dtype == np.uint8
        assert not hdus["MASK"].data[7:9].any()


def test_a_mask_of_somebody_else_counts_beside_the_flags(tmp_path, image):
    """Astropy writes a mask of 0 and 1 and leaves FLAGS as they are."""
    fits.write(tmp_path / "image.fits", image)
    with astropy_fits.open(tmp_path / "image.fits", mode="update") as hdus:
        hdus["MASK"].data[0, 0] = 1
        for hdu in hdus:
            hdu.header.remove("DATASUM", ignore_missing=True)
            hdu.header.remove("CHECKSUM", ignore_missing=True)
    back = fits.read(tmp_path / "image.fits")
    assert back.mask[0, 0] and back.flagged("spike")[5, 6]


def test_scaled_integers_become_numbers_and_blank_ones_nan(tmp_path):
    stored = np.array([[1, 2], [-32768, 7]], np.int16)
    hdu = astropy_fits.PrimaryHDU(stored)
    hdu.header.update(BSCALE=0.25, BZERO=10.0, BLANK=-32768)
    hdu.writeto(tmp_path / "scaled.fits")
    image = fits.read(tmp_path / "scaled.fits")
    np.testing.assert_array_equal(image.data, np.array([[10.25, 10.5], [np.nan, 11.75]], np.float32))
    assert image.flags.tolist() == [[0, 0], [Flag.NO_DATA, 0]]
    assert not {"BSCALE", "BZERO", "BLANK"} & set(image.header)


def test_rows_are_those_of_the_image(tmp_path, image):
    fits.write(tmp_path / "image.fits", image)
    np.testing.assert_array_equal(fits.read_rows(tmp_path / "image.fits", slice(2, 9)), image.data[2:9])
    fits.write_arrays(tmp_path / "line.fits", {"A": np.arange(4.0)})
    with pytest.raises(InputError, match="line.fits: holds no two-dimensional image"):
        fits.read_rows(tmp_path / "line.fits", slice(0, 1))


def test_arrays_come_back_by_name(tmp_path, rng):
    arrays = {"A": rng.random((2, 3, 4)), "B": rng.integers(-9, 9, 5), "C": np.zeros((2, 2), np.uint8)}
    fits.write_arrays(tmp_path / "a.fits", arrays, fits.cards(ANSWER=42))
    for name, array in arrays.items():
        found, header = fits.read_array(tmp_path / "a.fits", name)
        assert header["EXTNAME"] == name and found.dtype == array.dtype
        np.testing.assert_array_equal(found, array)
    (b, a), header = fits.read_arrays(tmp_path / "a.fits", "B", "A")
    np.testing.assert_array_equal(a, arrays["A"])
    np.testing.assert_array_equal(b, arrays["B"])
    assert header["ANSWER"] == 42
    np.testing.assert_array_equal(fits.read_array(tmp_path / "a.fits")[0], arrays["A"])
    with pytest.raises(InputError, match="a.fits"):
        fits.read_array(tmp_path / "a.fits", "D")


def test_a_cube_has_its_arrays_behind_its_planes(tmp_path, rng):
    data = rng.random((3, 4, 5)).astype(np.float32)
    mask, times = np.zeros(data.shape, np.uint8), {"TIME": np.arange(3.0)}
    fits.write_cube(tmp_path / "cube.fits", data, data / 2, mask, fits.cards(), times)
    planes = fits.read_planes(tmp_path / "cube.fits")
    assert [plane.name for plane in planes] == ["", "UNCERT", "MASK", "TIME"]
    np.testing.assert_array_equal(planes[1].data, data / 2)


def test_planes_and_tables_come_back_in_order(tmp_path):
    planes = [fits.Plane("FIRST", np.arange(6.0).reshape(2, 3), fits.cards(A=1)), fits.Plane("", None, fits.cards(B=2)),
              fits.Plane("THIRD", np.arange(4), fits.cards(C=3))]  # fmt: skip
    fits.write_planes(tmp_path / "p.fits", planes)
    with astropy_fits.open(tmp_path / "p.fits", mode="append") as hdus:
        table = astropy_fits.table_to_hdu(Table({"x": [1.5, 2.5], "name": ["a", "b"]}))
        table.name = "LIST"
        hdus.append(table)
    back = fits.read_planes(tmp_path / "p.fits")
    assert [plane.name for plane in back] == ["FIRST", "", "THIRD"]
    assert [plane.data is None for plane in back] == [False, True, False]
    np.testing.assert_array_equal(back[0].data, planes[0].data)
    assert [header.get(key) for header, key in zip(fits.read_headers(tmp_path / "p.fits"), "ABC", strict=True)] == [1, 2, 3]
    (found,) = fits.read_tables(tmp_path / "p.fits")
    assert found.name == "LIST" and found.columns["x"].tolist() == [1.5, 2.5] and found.columns["x"].dtype == float
    assert fits.read_header(tmp_path / "p.fits")["A"] == 1


def test_statistics_are_those_of_the_finite_pixels(tmp_path):
    data = np.array([[1, 2], [np.nan, 6]], np.float32)
    fits.write(tmp_path / "a.fits", Image(data, fits.cards(DATAMIN=-9.0)))
    found = fits.read_header(tmp_path / "a.fits")
    assert (found["DATAMIN"], found["DATAMAX"], found["DATAMEAN"]) == (1.0, 6.0, 3.0)
