"""Binning: means, σ, flags and coordinates of the bins in closed form."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helioreduce.aia import binning, light_curves
from helioreduce.aia.dem.sets import binned
from helioreduce.errors import AlreadyDone, InputError
from helioreduce.image import Flag, Image
from helioreduce.io import fits

SIDES = st.sampled_from([2, 4, 8])


def image(shape, corner=(0, 0), **planes):
    """An image of 171 Å at level 1.5 whose first pixel (x, y) is at a corner."""
    new = fits.cards(WAVELNTH=171, R_SUN=1626.0)
    new.update(NAXIS1=shape[1], NAXIS2=shape[0], CDELT1=0.6, CDELT2=0.6, CROTA2=0.0, CRVAL1=0.0, CRVAL2=0.0)
    new.update(CRPIX1=2048.5 - corner[0], CRPIX2=2048.5 - corner[1], BUNIT="DN/s", SPLVAR=0.76, LVL_NUM=1.5)
    planes.setdefault("data", np.ones(shape, np.float32))
    planes.setdefault("sigma", np.ones(shape, np.float32))
    return Image(header=new, **planes)


@given(SIDES, st.tuples(st.integers(0, 40), st.integers(0, 40)), st.tuples(st.integers(24, 60), st.integers(24, 60)))
def test_a_linear_field_keeps_its_value_at_every_place(side, corner, shape):
    """The mean of a linear field is its value in the middle, and the middle of a bin has the coordinates of its pixels."""
    y, x = np.indices(shape)
    arcsec_x, arcsec_y = ((n + start - 2047.5) * 0.6 for n, start in ((x, corner[0]), (y, corner[1])))
    found = binning.to_grid(image(shape, corner, data=(1000 + arcsec_x + 2 * arcsec_y)), 4096 // side)
    h = found.header
    assert found.data.shape == (h["NAXIS2"], h["NAXIS1"])
    assert h["CDELT1"] == 0.6 * side
    rows, columns = np.indices(found.data.shape)
    own_x, own_y = (columns + 1 - h["CRPIX1"]) * h["CDELT1"], (rows + 1 - h["CRPIX2"]) * h["CDELT2"]
    np.testing.assert_allclose(found.data, 1000 + own_x + 2 * own_y, rtol=1e-6)
    grid = (2048.5 - 0.5) / side + 0.5  # of the whole Sun
    assert (grid - h["CRPIX1"]).is_integer() and (grid - h["CRPIX1"]) * side >= corner[0]
    assert 0 <= shape[0] - side * found.data.shape[0] <= 2 * (side - 1), "every whole bin is there"


@given(SIDES, st.integers(0, 7), st.integers(0, 2**32 - 1))
def test_a_cut_out_is_a_part_of_the_whole(side, start, seed):
    """Cut and binned as binned and cut: all planes, to the bit."""
    rng = np.random.default_rng(seed)
    shape = (64, 64)
    planes = {"data": rng.normal(100, 10, shape).astype(np.float32), "sigma": rng.uniform(1, 2, shape).astype(np.float32)}
    planes["flags"] = rng.choice([0, 0, 0, 0, 4, 8, 32], shape).astype(np.uint8)
    whole = binning.to_grid(image(shape, (0, 0), **planes), 4096 // side)
    cut = {name: plane[start:, start:] for name, plane in planes.items()}
    part = binning.to_grid(image((64 - start, 64 - start), (start, start), **cut), 4096 // side)
    first = -(-start // side)
    for name in ("data", "sigma", "flags"):
        np.testing.assert_array_equal(getattr(part, name), getattr(whole, name)[first:, first:])
    np.testing.assert_array_equal(part.shares, whole.shares[:, first:, first:])


@pytest.mark.parametrize("settings", [{}, {"method": "rl", "iterations": 25, "core": "default"}])
def test_sigma_is_that_of_the_mean_of_correlated_pixels(settings):
    """Of equal pixels exactly; Σσ²/N² with one factor where some are left out."""
    made = image((16, 16), sigma=np.full((16, 16), 3.0, np.float32))
    correlation = light_curves.Correlation(171, settings)
    for side in (2, 4, 8):
        found = binning.to_grid(made, 4096 // side, settings)
        exact = np.sqrt(correlation.variance_of_mean(np.full((side, side), 3.0), 0.76))
        np.testing.assert_allclose(found.sigma, exact, rtol=1e-6)
        assert found.header["BINCORR"] == pytest.approx(exact * side / 3)
        flags = np.zeros((16, 16), np.uint8)
        flags[0, 0] = Flag.COSMIC_RAY
        fewer = binning.to_grid(made.with_(flags=flags), 4096 // side, settings)
        assert fewer.sigma[0, 0] == pytest.approx(exact * side / np.sqrt(side**2 - 1), rel=1e-6)


def test_noise_of_registered_pixels_has_the_sigma_that_is_reported():
    """White noise through the spline at many offsets: the spread of the bins over their σ is 1."""
    from helioreduce.numerics import spline

    rng = np.random.default_rng(1)
    pulls = []
    for offset in rng.uniform(0, 1, (12, 2)):
        matrix, shape = np.eye(2), (120, 120)
        noise = spline.coefficients(rng.normal(0, 1, (128, 128)).astype(np.float32))
        variance = np.ones((128 + 2 * spline.TAPS,) * 2, np.float32)
        data, sigma, _ = spline.resample(noise, variance, None, offset + 4, matrix, shape)
        made = image(shape, data=data, sigma=sigma)
        made.header["SPLVAR"] = spline.variance_kept(offset + 4, matrix, shape)
        found = binning.to_grid(made, 1024)
        pulls.append(found.data / found.sigma)
    assert np.std(pulls) == pytest.approx(1, abs=0.04)


@given(st.lists(st.tuples(st.integers(0, 15), st.sampled_from(list(Flag))), max_size=12))
def test_shares_are_the_parts_of_the_pixels(flagged):
    """Of every flag; the mean leaves out what the mask does, and is missing where more than half is gone."""
    flags = np.zeros((4, 4), np.uint8)
    for place, flag in flagged:
        flags.flat[place] |= np.uint8(flag)
    data = np.arange(16, dtype=np.float32).reshape(4, 4) + 1
    found = binning.to_grid(image((4, 4), data=data, flags=flags), 1024)
    expected = [((flags & np.uint8(flag)) != 0).mean() for flag in Flag]
    np.testing.assert_array_equal(found.shares[:, 0, 0], np.float32(expected))
    made = Image(data, fits.cards(), flags=flags)
    hidden = made.flagged("bad_pixel", "cosmic_ray", "outside", "no_data")
    if hidden.sum() > 8:
        assert np.isnan(found.data[0, 0]) and np.isnan(found.sigma[0, 0]) and found.mask[0, 0]
        assert found.flags[0, 0] == np.bitwise_or.reduce(flags.ravel())
        return
    assert found.data[0, 0] == pytest.approx(data[~hidden].mean(), rel=1e-6)
    saturated = made.flagged("saturated").any()
    assert found.mask[0, 0] == saturated == np.isinf(found.sigma[0, 0])


def test_a_full_frame_fills_the_grid_whatever_the_detector_sees():
    """A simulated frame of fewer pixels covers a little less: the rest is OUTSIDE, on the same grid."""
    planes = {name: np.ones((4064, 4080), np.float32) for name in ("data", "sigma")}
    found = binning.to_grid(image((4064, 4080), (10, 20), **planes), 512)
    assert found.data.shape == (512, 512) and found.header["CRPIX1"] == found.header["CRPIX2"] == 256.5
    assert found.header["CDELT1"] == pytest.approx(4.8, rel=1e-15)
    outside = list(Flag).index(Flag.OUTSIDE)
    seen = 64 * (512**2 - found.shares[outside].sum(dtype=float))
    assert seen == 4064 * 4080
    assert np.isnan(found.data[0, 0]) and found.flagged("outside")[0, 0] and found.data[256, 256] == 1


def test_what_cannot_be_binned_is_refused():
    made = image((16, 16))
    with pytest.raises(AlreadyDone):
        binning.to_grid(binning.to_grid(made, 2048), 2048)
    with pytest.raises(InputError, match="npix is 1000"):
        binning.to_grid(made, 1000)
    with pytest.raises(InputError, match="holds no bin"):
        binning.to_grid(image((4, 4), (1, 1)), 1024)
    made.header["CDELT1"] = 0.5993
    with pytest.raises(InputError, match=r"grid of level 1\.5"):
        binning.to_grid(made, 1024)


def test_shares_are_kept_in_files(tmp_path):
    flags = np.zeros((600, 600), np.uint8)
    flags[3, 4] = Flag.SPIKE
    found = binning.to_grid(image((600, 600), flags=flags), 2048)
    fits.write(tmp_path / "a.fits", found, compressed=True)
    read = fits.read(tmp_path / "a.fits")
    np.testing.assert_array_equal(read.shares, found.shares)
    assert read.shares.sum() == 0.25


def test_dem_sets_use_the_same_means():
    """Without a correlation: σ of independent pixels."""
    data = np.arange(64, dtype=np.float32).reshape(8, 8)
    mean, error = binned(data, np.full((8, 8), 2, np.float32), 4)
    np.testing.assert_allclose(mean, data.reshape(2, 4, 2, 4).mean(axis=(1, 3)))
    np.testing.assert_allclose(error, 0.5)
