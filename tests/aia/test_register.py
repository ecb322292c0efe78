"""Registration: geometry, spline against scipy, noise, flags, header."""

import numpy as np
import pytest
from scipy import ndimage

from helioreduce.aia.cards import STATISTICS
from helioreduce.aia.register import Pointing, register
from helioreduce.errors import InputError
from helioreduce.image import Flag, Image
from helioreduce.numerics import spline

SHAPE = (120, 150)


@pytest.fixture
def header(level1_header):
    """A cut-out near disk centre."""
    level1_header.update(CRPIX1=70.3, CRPIX2=55.8, RSUN_OBS=975.0)
    return level1_header


def test_polynomials_are_exact(header):
    """Cubic splines reproduce cubic polynomials: away from the edges, a registered one is the same function of the sky."""
    y, x = np.indices(SHAPE)
    pointing = Pointing.of(header)
    u, v = pointing.to_level15(x, y) / 1000 - 2.0475
    result = register(Image((1e3 * (1 + u + 2 * v + 30 * u * v + 50 * u**2 - 900 * v**3)).astype(np.float32), header))
    rows, columns = np.indices(result.data.shape)
    u, v = (columns + 1 - result.header["CRPIX1"]) / 1000, (rows + 1 - result.header["CRPIX2"]) / 1000
    inner = np.s_[25:-25, 25:-25]
    expected = 1e3 * (1 + u + 2 * v + 30 * u * v + 50 * u**2 - 900 * v**3)
    np.testing.assert_allclose(result.data[inner], expected[inner], rtol=1e-6)


@pytest.mark.parametrize(("roll", "scale"), [(0.0193, (0.599489, 0.599489)), (31.0, (0.6, 0.6)), (178.0, (0.602, 0.598))])
def test_compact_source_keeps_place_and_flux(header, roll, scale):
    """Centroid on the sky, and flux times the area of a pixel: (CDELT1·CDELT2)/0.6²."""
    header.update(CROTA2=roll, CDELT1=scale[0], CDELT2=scale[1])
    y, x = np.indices(SHAPE)
    plane = np.exp(-((x - 80.4) ** 2 + (y - 60.9) ** 2) / 32)
    pointing = Pointing.of(header)
    target = pointing.to_level15(80.4, 60.9)
    image = Image(plane, header)
    result = register(image)
    rows, columns = np.indices(result.data.shape)
    data = np.nan_to_num(result.data.astype(float))
    found = np.array([(data * columns).sum(), (data * rows).sum()]) / data.sum()
    corner = np.array([2048.5 - result.header["CRPIX1"], 2048.5 - result.header["CRPIX2"]])
    np.testing.assert_allclose(found + corner, target, atol=2e-5)
    assert data.sum() / plane.sum() == pytest.approx(scale[0] * scale[1] / 0.36, rel=1e-6)


def test_white_noise_comes_out_with_the_stated_error(header, rng):
    """300 draws of 17000 pixels: the mean variance is known to 0.1 %, each σ to 4 %."""
    noise = rng.normal(0, 3, (300, *SHAPE)).astype(np.float32)
    draws = np.array([register(Image(plane, header)).data for plane in noise])[:, 8:-8, 8:-8]
    sigma = register(Image(noise[0], header, np.full(SHAPE, 3, np.float32))).sigma[8:-8, 8:-8]
    ratio = draws.std(axis=0) / sigma
    assert np.mean(ratio**2) == pytest.approx(1, abs=0.01)
    assert np.percentile(ratio, [5, 95]) == pytest.approx([0.933, 1.067], abs=0.02)


@pytest.mark.parametrize(("fraction", "factor"), [(0.0, 1.0), (0.25, 0.7582), (0.5, 0.5717)])
def test_variance_of_a_shift_is_the_closed_form(header, fraction, factor):
    """Σ η²(t − k), squared for two axes, for a shift by a fraction of a pixel both ways."""
    closed = np.sum(spline.cardinal(fraction - np.arange(-30, 31)) ** 2) ** 2
    header.update(CDELT1=0.6, CDELT2=0.6, CROTA2=0.0, CRPIX1=70.5 + fraction, CRPIX2=60.5 + fraction)
    result = register(Image(np.zeros(SHAPE, np.float32), header, np.ones(SHAPE, np.float32)))
    assert result.sigma[50, 50] ** 2 == pytest.approx(closed, rel=2e-3)
    assert closed == pytest.approx(factor, abs=5e-4)


def test_missing_pixels_do_not_spread(header, rng):
    plane = rng.normal(100, 10, SHAPE).astype(np.float32)
    holed = plane.copy()
    holed[40, 50] = np.nan
    sigma = np.where(np.isnan(holed), np.nan, 10).astype(np.float32)
    result, whole = register(Image(holed, header, sigma)), register(Image(plane, header))
    lost = np.isnan(result.data) & np.isfinite(whole.data)
    assert 1 <= lost.sum() <= 25
    assert result.flagged(Flag.NO_DATA)[lost].all()
    assert result.flagged(Flag.NO_DATA).sum() == lost.sum()
    np.testing.assert_array_equal(np.isnan(result.sigma), np.isnan(result.data))
    far = np.isfinite(result.data) & ~ndimage.binary_dilation(lost, iterations=12)
    np.testing.assert_allclose(result.data[far], whole.data[far], atol=1e-3)


@pytest.mark.parametrize("value", [1e4, -500.0, np.nan])
def test_the_value_of_a_bad_pixel_does_not_ring(header, value):
    """What a user has masked is as a missing pixel: nothing of it is in any pixel that has a value."""
    plane, bad = np.full(SHAPE, 100, np.float32), np.zeros(SHAPE, bool)
    plane[60, 70], bad[60, 70] = value, True
    result = register(Image(np.ma.array(plane, mask=bad), header, np.ones(SHAPE, np.float32)))
    np.testing.assert_allclose(result.data[np.isfinite(result.data)], 100, rtol=1e-6)
    assert 9 <= np.count_nonzero(np.isnan(result.data) & result.flagged(Flag.NO_DATA)) <= 16
    np.testing.assert_array_equal(np.isnan(result.sigma), np.isnan(result.data))


def test_flags_go_to_the_pixels_that_see_them(header, rng):
    """OR over the 2 × 2 nearest pixels: a flag lands on at most 3 × 3 pixels, at its place on the sky."""
    mask = np.zeros(SHAPE, np.uint8)
    mask[40, 50] = Flag.SPIKE | Flag.SATURATED
    result = register(Image(np.zeros(SHAPE, np.float32), header, flags=mask))
    rows, columns = np.nonzero(result.flagged(Flag.SPIKE))
    assert 1 <= rows.size <= 9
    x, y = Pointing.of(header).to_level15(50, 40) - 2048.5 + [result.header["CRPIX1"], result.header["CRPIX2"]]
    assert np.abs(rows - y).max() < 1.01
    assert np.abs(columns - x).max() < 1.01
    np.testing.assert_array_equal(result.flagged(Flag.SPIKE), result.flagged(Flag.SATURATED))


def test_outside_the_detector_is_nan_and_flagged(header):
    header.update(CROTA2=20.0)
    result = register(Image(np.ones(SHAPE, np.float32), header))
    outside = result.flagged(Flag.OUTSIDE)
    assert outside[0, 0]
    assert 0.2 < outside.mean() < 0.6
    np.testing.assert_array_equal(np.isnan(result.data), outside)
    assert not result.flagged(Flag.NO_DATA).any()


def test_header_describes_the_new_grid(header):
    header.update(PC1_1=1.0, PC1_2=0.0, PC2_1=0.0, PC2_2=1.0, DATAMEAN=1.0, DATAMIN=0, XCEN=1.0, YCEN=1.0)
    result = register(Image(np.ones(SHAPE, np.float32), header)).header
    assert (result["CDELT1"], result["CDELT2"], result["CROTA2"], result["LVL_NUM"]) == (0.6, 0.6, 0, 1.5)
    assert result["R_SUN"] == pytest.approx(975 / 0.6)
    assert result["CRPIX1"] % 1 == result["CRPIX2"] % 1 == 0.5
    assert not {*STATISTICS, "PC1_1", "PC2_2"} & set(result)
    assert result["XCEN"] == pytest.approx(0.6 * ((result["NAXIS1"] + 1) / 2 - result["CRPIX1"]))
    assert header["CDELT1"] == 0.599489


def test_pointing_by_pc_cards_and_by_crval(header):
    """PCi_j instead of CROTA2, and a reference value instead of a distant reference pixel, are the same pointing."""
    first = Pointing.of(header)
    roll = np.deg2rad(header.pop("CROTA2"))
    header.update(PC1_1=np.cos(roll), PC1_2=-np.sin(roll), PC2_1=np.sin(roll), PC2_2=np.cos(roll))
    np.testing.assert_allclose(Pointing.of(header).arcsec_per_px, first.arcsec_per_px, rtol=1e-14)
    moved = first.arcsec_per_px @ [10, -20]
    header.update(CRPIX1=header["CRPIX1"] + 10, CRPIX2=header["CRPIX2"] - 20, CRVAL1=moved[0], CRVAL2=moved[1])
    np.testing.assert_allclose(Pointing.of(header).sun_px, first.sun_px, atol=1e-11)


def test_sunpy_reads_the_same_sky(header):
    """The registered image's pixels are where sunpy says the input's were."""
    sunpy_map = pytest.importorskip("sunpy.map")
    header.update(CROTA2=7.0, CDELT2=0.61, WAVEUNIT="angstrom")
    image = Image(np.ones(SHAPE, np.float32), header)
    result = register(image)
    old, new = (sunpy_map.Map(i.data, i.header) for i in (image, result))
    assert new.wcs.wcs.get_pc() == pytest.approx(np.eye(2))
    for x, y in ((0, 0), (149, 0), (75, 60)):
        sky = old.wcs.pixel_to_world(x, y)
        corner = np.array([2048.5 - result.header["CRPIX1"], 2048.5 - result.header["CRPIX2"]])
        expected = Pointing.of(header).to_level15(x, y) - corner
        np.testing.assert_allclose(np.array(new.wcs.world_to_pixel(sky)), expected, atol=1e-4)


@pytest.mark.parametrize("key", ["CRPIX1", "CDELT2", "CROTA2"])
def test_missing_pointing_names_the_keyword(header, key):
    del header[key]
    with pytest.raises(InputError, match=key):
        register(Image(np.ones(SHAPE, np.float32), header))


def test_all_missing_and_off_the_grid_are_errors(header):
    with pytest.raises(InputError, match="no pixel"):
        register(Image(np.full(SHAPE, np.nan, np.float32), header))
    header["CRPIX1"] = 9000.0
    with pytest.raises(InputError, match="off the grid"):
        register(Image(np.ones(SHAPE, np.float32), header))
