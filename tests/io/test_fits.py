"""Images, arrays, planes and tables: what is written is what is read."""

import astropy.units as u
import numpy as np
import pytest
from astropy.io import fits as astropy_fits
from astropy.nddata import CCDData
from astropy.table import Table
from astropy.wcs import WCS
from sunpy.map import Map

from helioreduce.api import products
from helioreduce.errors import InputError, InputWarning
from helioreduce.image import MASKED, Flag, Image
from helioreduce.io import fits, rows


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


@pytest.mark.parametrize("unit", [1.0, 1e-3, 37.0])
def test_a_compressed_image_opens_as_the_plain_one(tmp_path, level1_header, rng, unit):
    """Data, mask, flags and sigma without a finite value exactly; sigma within half a step, at most 1/64 of the least."""
    sigma = (unit * rng.uniform(1, 300, (300, 520))).astype(np.float32)
    sigma[3], sigma[7, :9], sigma[280, 500:] = np.inf, np.nan, 0
    flags = rng.integers(0, 255, sigma.shape).astype(np.uint8)
    image = Image(rng.normal(size=sigma.shape).astype(np.float32), level1_header, sigma, flags)
    for name, compressed in (("plain", False), ("packed", True)):
        fits.write(tmp_path / f"{name}.fits", image, compressed=compressed)
    plain, packed = (fits.read(tmp_path / f"{name}.fits") for name in ("plain", "packed"))
    np.testing.assert_array_equal(packed.data, plain.data)
    np.testing.assert_array_equal(packed.flags, plain.flags)
    step = astropy_fits.getheader(tmp_path / "packed.fits", "UNCERT")["SIGSTEP"]
    assert unit / 128 * 0.99 < step <= unit / 64 * 1.01 and np.log2(step) == int(np.log2(step))
    finite = np.isfinite(sigma)
    np.testing.assert_array_equal(packed.sigma[~finite], sigma[~finite])
    np.testing.assert_allclose(packed.sigma[finite], sigma[finite], atol=step / 2 * 1.001, rtol=1e-6)
    assert np.all(packed.sigma[280, 500:] == 0)
    ccd = CCDData.read(tmp_path / "packed.fits", unit="adu")
    np.testing.assert_array_equal(ccd.uncertainty.array, packed.sigma)
    np.testing.assert_array_equal(ccd.mask, image.mask)
    with astropy_fits.open(tmp_path / "packed.fits", checksum=True) as hdus:
        assert [hdu.name for hdu in hdus] == ["PRIMARY", "UNCERT", "MASK", "FLAGS"]
        for hdu in hdus:
            np.testing.assert_allclose(
                WCS(hdu.header).wcs_pix2world(9.0, 12.0, 0), WCS(level1_header).wcs_pix2world(9.0, 12.0, 0)
            )


def test_equal_images_are_equal_to_the_last_byte_whenever_they_are_written(tmp_path, image, monkeypatch):
    """Also in tiles without loss, whose form has a time."""
    image.sigma[0, 0] = np.inf
    written = []
    for now in (1.5e9, 1.6e9):
        monkeypatch.setattr("time.time", lambda now=now: now)
        fits.write(tmp_path / "image.fits", image, compressed=True)
        written.append((tmp_path / "image.fits").read_bytes())
    assert written[0] == written[1]


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0])
def test_an_error_plane_without_a_value_is_compressed_too(tmp_path, image, value):
    fits.write(tmp_path / "image.fits", image.with_(sigma=np.full_like(image.data, value)), compressed=True)
    np.testing.assert_array_equal(fits.read(tmp_path / "image.fits").sigma, value)


def test_arrays_in_steps(tmp_path, rng):
    arrays = {"A": rng.normal(size=(300, 40)).astype(np.float32), "N": rng.integers(-9, 9, (300, 40)).astype(np.int16)}
    arrays["A"][5] = 0
    fits.write_arrays(tmp_path / "a.fits", arrays, in_steps={"A": 2**-10, "N": 1})
    (a, n), _ = fits.read_arrays(tmp_path / "a.fits", "A", "N")
    np.testing.assert_allclose(a, arrays["A"], atol=2**-11)
    assert not a[5].any()
    np.testing.assert_array_equal(n, arrays["N"])


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


@pytest.mark.parametrize("kind", [np.int16, np.int32, np.float32])
def test_masks_of_larger_numbers_mask(tmp_path, kind):
    """256 would be 0 as a byte."""
    mask = np.array([[0, 256, -1], [1, Flag.SATURATED, 4096]], kind)
    hdus = [astropy_fits.PrimaryHDU(np.ones(mask.shape, np.float32)), astropy_fits.ImageHDU(mask, name="MASK")]
    astropy_fits.HDUList(hdus).writeto(tmp_path / "mask.fits")
    assert fits.read(tmp_path / "mask.fits").flags.tolist() == [[0, 1, 1], [1, Flag.SATURATED, 1]]
    assert np.isnan(rows.read(tmp_path / "mask.fits", slice(0, 2), 0)).sum() == 5
    assert next(iter(products.arrays(products.read_arrays(tmp_path / "mask.fits")))).mask.sum() == 5


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


def test_equal_cubes_are_equal_to_the_last_byte_whenever_they_are_written(tmp_path, rng, monkeypatch):
    """Planes compressed without loss are in gzip's form, which has a time."""
    data, written = rng.random((2, 260, 300)).astype(np.float32), []
    for now in (1.5e9, 1.6e9):
        monkeypatch.setattr("time.time", lambda now=now: now)
        fits.write_cube(tmp_path / "cube.fits", data, data / 2, np.zeros(data.shape, np.uint8), fits.cards())
        written.append((tmp_path / "cube.fits").read_bytes())
    assert written[0] == written[1]
    np.testing.assert_array_equal(fits.read_planes(tmp_path / "cube.fits")[1].data, data / 2)


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


def by_ccddata(path, target):
    """Write the product twice as bright, with Astropy."""
    ccd = CCDData.read(path, unit="adu")
    CCDData(2 * ccd.data, unit="adu", mask=ccd.mask, header=ccd.header).write(target)


def by_sunpy(path, target):
    """Write a part of the product, with SunPy."""
    Map(path, hdus=0).submap([2, 2] * u.pix, top_right=[5, 5] * u.pix).save(target)


@pytest.mark.parametrize(("rewrite", "factor", "corner"), [(by_ccddata, 2, 0), (by_sunpy, 1, 2)])
def test_a_product_that_another_program_has_rewritten_is_read_with_a_warning(tmp_path, image, rewrite, factor, corner):
    image.header["WAVEUNIT"] = "angstrom"
    fits.write(tmp_path / "image.fits", image)
    rewrite(tmp_path / "image.fits", tmp_path / "theirs.fits")
    with pytest.warns(InputWarning, match=r"theirs\.fits: the checksums do not match the content"):
        again = fits.read(tmp_path / "theirs.fits")
    part = tuple(slice(corner, corner + n) for n in again.data.shape)
    np.testing.assert_allclose(again.data, factor * image.data[part], rtol=1e-7)


def test_a_name_that_ends_in_gz_is_packed_and_comes_back(tmp_path, image):
    for name in ("image.fits.gz", "again.fits.gz"):
        fits.write(tmp_path / name, image)
    assert (tmp_path / "image.fits.gz").read_bytes()[:2] == b"\x1f\x8b"
    back = fits.read(tmp_path / "image.fits.gz")
    np.testing.assert_array_equal(back.data, image.data)
    np.testing.assert_array_equal(back.flags, image.flags)
