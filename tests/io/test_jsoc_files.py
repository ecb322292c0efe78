"""Files as JSOC stores them: compressed images, spikes, and headers merged over untouched data."""

import numpy as np
import pytest
from astropy.io import fits as astropy_fits

from helioreduce.errors import InputError
from helioreduce.io import fits, jsoc_files


@pytest.mark.parametrize("dtype", [np.int16, np.int32])
def test_a_compressed_image_is_lossless_in_hdu_1(tmp_path, rng, dtype):
    array = rng.poisson(300, (50, 64)).astype(dtype)
    jsoc_files.write_compressed(tmp_path / "a.fits", array, fits.cards(WAVELNTH=171))
    with astropy_fits.open(tmp_path / "a.fits") as hdus:
        assert isinstance(hdus[1], astropy_fits.CompImageHDU) and hdus[1].header["WAVELNTH"] == 171
        np.testing.assert_array_equal(hdus[1].data, array)
    assert len(jsoc_files.check(tmp_path / "a.fits")) == 2


def test_quarters_of_dn_are_read_as_dn(tmp_path):
    """BZERO + BSCALE × stored: each count comes back, and a blank one as NaN."""
    counts = np.array([[0, 1, 17, 4000], [-32768, 100, 16375, 5]], np.int16)
    jsoc_files.write_compressed(tmp_path / "q.fits", counts, quarters=True)
    expected = np.where(counts == -32768, np.nan, counts).astype(np.float32)
    np.testing.assert_array_equal(fits.read(tmp_path / "q.fits").data, expected)


@pytest.mark.parametrize("number", [0, 1, 5])
def test_spikes_come_back_also_none(tmp_path, rng, number):
    spikes = rng.integers(0, 4096**2, (3, number)).astype(np.int32)
    jsoc_files.write_compressed(tmp_path / "s.fits", spikes, fits.cards(NSPIKES=number))
    found, header = jsoc_files.read_spikes(tmp_path / "s.fits")
    np.testing.assert_array_equal(found, spikes)
    assert found.dtype == np.int64 and header["NSPIKES"] == number


def test_an_image_is_no_list_of_spikes(tmp_path):
    jsoc_files.write_compressed(tmp_path / "s.fits", np.zeros((4, 9), np.int32))
    with pytest.raises(InputError, match=r"s.fits: has shape \(4, 9\), not \(3, N\)"):
        jsoc_files.read_spikes(tmp_path / "s.fits")


def data_bytes(path):
    """The bytes of every data unit, as stored."""
    with astropy_fits.open(path, disable_image_compression=True) as hdus:
        spans = [(hdu.fileinfo()["datLoc"], hdu.fileinfo()["datSpan"]) for hdu in hdus]
    content = path.read_bytes()
    return [content[start : start + span] for start, span in spans]


@pytest.mark.parametrize("compressed", [True, False])
def test_a_new_header_leaves_the_stored_data_alone(tmp_path, rng, compressed):
    array, before = rng.poisson(300, (50, 64)).astype(np.int16), fits.cards(OLD=1, BOTH=1)
    if compressed:
        jsoc_files.write_compressed(tmp_path / "a.fits", array, before)
    else:
        astropy_fits.PrimaryHDU(array, before).writeto(tmp_path / "a.fits")
    new = fits.cards(BOTH=2, NEW="text", BSCALE=7.0, NAXIS1=5)
    jsoc_files.rewrite(tmp_path / "a.fits", tmp_path / "b.fits", new)
    assert data_bytes(tmp_path / "a.fits") == data_bytes(tmp_path / "b.fits")
    assert jsoc_files.check(tmp_path / "b.fits")
    image = fits.read(tmp_path / "b.fits")
    np.testing.assert_array_equal(image.data, array)
    assert "OLD" not in image.header and (image.header["BOTH"], image.header["NEW"]) == (2, "text")


def test_a_file_without_an_image_has_no_header_to_replace(tmp_path):
    fits.write_arrays(tmp_path / "none.fits", {})
    with pytest.raises(InputError, match="none.fits: holds no image HDU"):
        jsoc_files.rewrite(tmp_path / "none.fits", tmp_path / "b.fits", fits.cards())
    assert not (tmp_path / "b.fits").exists()


@pytest.mark.parametrize("change", ["cut", "blocks cut", "blocks added", "one bit", "text"])
def test_what_is_not_whole_is_refused(tmp_path, rng, change):
    path = tmp_path / "a.fits"
    jsoc_files.write_compressed(path, rng.poisson(300, (200, 200)).astype(np.int16))
    content = bytearray(path.read_bytes())
    if change == "one bit":
        content[-4000] ^= 1
    changed = {"cut": content[:-1], "blocks cut": content[:-2880], "blocks added": content + bytes(2880), "text": b"<html>"}
    path.write_bytes(changed.get(change, content))
    with pytest.raises(InputError, match="a.fits"):
        jsoc_files.check(path)
