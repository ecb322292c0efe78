"""Archive copies: how much is lost is bounded by σ and said in the header; every reader opens them."""

import numpy as np
import pytest
import sunpy.map
from astropy.io import fits as astropy_fits
from astropy.nddata import CCDData

from helioreduce.errors import InputError
from helioreduce.image import Flag, Image
from helioreduce.io import compression, fits


@pytest.fixture
def image(level1_header):
    """Loops and quiet Sun as in 171 Å: 20 to 3000 DN, photon and read noise, exposed for 2 s; a hole and a saturated pixel."""
    rng = np.random.default_rng(4)
    y, x = np.mgrid[:512, :512] / 512
    mean = 150 * (1 + 0.5 * np.sin(40 * x) * np.cos(30 * y)) + 2500 * np.exp(-(((x - 0.6) ** 2 + (y - 0.4) ** 2) / 0.01))
    error = np.sqrt(mean / 1.1 + 1.3**2 + mean * 0.1)
    data = (mean + error * rng.normal(size=mean.shape)) / 2.0
    sigma, flags = (error / 2.0).astype(np.float32), np.zeros(mean.shape, np.uint8)
    data[5, 7], flags[5, 7] = np.nan, Flag.NO_DATA
    sigma[9, 9], flags[9, 9] = np.inf, Flag.SATURATED
    header = level1_header.copy()
    header.update(BUNIT="DN/s", CRPIX1=256.5, CRPIX2=256.5, WAVEUNIT="angstrom")
    return Image(data.astype(np.float32), header, sigma, flags)


def test_the_loss_is_bounded_by_sigma_and_said(image, tmp_path):
    """At most 0.03 σ (rms) and 0.15 σ in any pixel; σ to 1 %; NaN and flags exact; a quarter of the size of the planes."""
    fits.write(tmp_path / "copy.fits", image, archived=True)
    found, known = fits.read(tmp_path / "copy.fits"), np.isfinite(image.data) & np.isfinite(image.sigma)
    loss = ((found.data - image.data) / image.sigma)[known]
    assert np.sqrt(np.mean(loss**2)) == pytest.approx(found.header["DATLOSS"], rel=0.02) and found.header["DATLOSS"] <= 0.0301
    assert np.abs(loss).max() <= found.header["DATLOSSX"] * 1.01 and found.header["DATLOSSX"] <= 0.1501
    assert abs(loss.mean()) < 3 * 0.03 / np.sqrt(loss.size) and np.abs(found.sigma[known] / image.sigma[known] - 1).max() < 0.01
    np.testing.assert_array_equal(np.isnan(found.data), np.isnan(image.data))
    np.testing.assert_array_equal(found.flags, image.flags)
    assert np.isinf(found.sigma[9, 9])
    plain = image.data.nbytes + image.sigma.nbytes + image.flags.nbytes
    size = (tmp_path / "copy.fits").stat().st_size
    print(f"{plain / size:.2f} times smaller")
    assert plain / size > 3.5


def test_every_reader_opens_it(image, tmp_path):
    fits.write(tmp_path / "copy.fits", image, archived=True)
    seen = sunpy.map.Map(tmp_path / "copy.fits", hdus=1)
    assert type(seen).__name__ == "AIAMap" and seen.data.shape == image.data.shape
    ccd = CCDData.read(tmp_path / "copy.fits", hdu=1)
    assert str(ccd.unit) == "DN / s" and ccd.uncertainty.array.shape == image.data.shape and ccd.mask[5, 7]
    assert fits.read_header(tmp_path / "copy.fits")["WAVELNTH"] == 171


def test_two_copies_have_the_same_bytes(image, tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        fits.write(tmp_path / name / "copy.fits", image, archived=True)
    assert (tmp_path / "one/copy.fits").read_bytes() == (tmp_path / "two/copy.fits").read_bytes()


def test_without_sigma_nothing_says_what_may_be_lost(image, tmp_path):
    with pytest.raises(InputError, match="no sigma"):
        fits.write(tmp_path / "copy.fits", Image(image.data, image.header), archived=True)


def test_a_flipped_byte_is_noticed(image, tmp_path):
    """In any part of the file: by the checksums of its HDUs, or because it is no FITS any more."""
    fits.write(tmp_path / "copy.fits", image, archived=True)
    whole = (tmp_path / "copy.fits").read_bytes()
    with astropy_fits.open(tmp_path / "copy.fits", disable_image_compression=True) as hdus:
        starts = [hdu.fileinfo()["datLoc"] for hdu in hdus[1:]]
    for place in (start + 100 for start in starts):
        (tmp_path / "bad.fits").write_bytes(whole[:place] + bytes([whole[place] ^ 64]) + whole[place + 1 :])
        with pytest.raises(InputError):
            fits.read(tmp_path / "bad.fits")


def test_steps_of_powers_of_two_lose_what_they_say(image):
    """At most 0.03 σ (rms) and √3 × 0.03 σ in any pixel, 1/128 of σ; nothing where σ is not known; twice is once."""
    data, sigma = image.data.copy(), image.sigma.copy()
    sigma[3, 3], sigma[4, 4] = np.nan, 0
    rounded, error = compression.in_steps(data, sigma)
    known = np.isfinite(data) & np.isfinite(sigma) & (sigma > 0)
    loss = (rounded.astype(float) - data)[known] / sigma[known]
    assert 0.01 < np.sqrt(np.mean(loss**2)) <= compression.RMS and np.abs(loss).max() <= compression.LOSS * (1 + 1e-6)
    assert abs(loss.mean()) < 4 * loss.std() / np.sqrt(loss.size)
    assert np.abs(error[known] / sigma[known] - 1).max() <= compression.SIGMA_LOSS < 0.01
    np.testing.assert_array_equal(rounded[~known], data[~known])
    np.testing.assert_array_equal(error[~known], sigma[~known])
    np.testing.assert_array_equal(compression.in_steps(rounded, sigma)[0], rounded)
    np.testing.assert_array_equal(compression.in_steps(rounded, error)[1], error)
    assert rounded.dtype == error.dtype == np.float32
