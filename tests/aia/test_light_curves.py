"""Light curves: means of regions, with errors that know what pixels have in common."""

import numpy as np
import pytest

from helioreduce.aia import deconvolution, error, light_curves, psf, register
from helioreduce.errors import InputError
from helioreduce.image import Flag, Image

NONE: dict = {}
DECONVOLVED = {"method": "rl", "iterations": 25, "core": "default"}
INVERTED = DECONVOLVED | {"method": "inverse"}


@pytest.fixture
def image(level1_header):
    """10 × 8 pixels of 0.6 arcsec about the Sun's centre, 100 DN/s ± 2."""
    header = level1_header.copy()
    header.update(CRPIX1=5.5, CRPIX2=4.5, CDELT1=0.6, CDELT2=0.6, CROTA2=0.0, BUNIT="DN/s", EXPUSED=0.04, EXPSIGMA=0.002)
    return Image(np.full((8, 10), 100, np.float32), header, np.full((8, 10), 2, np.float32))


def test_one_pixel_is_its_own_mean():
    for settings in (NONE, DECONVOLVED):
        assert light_curves.Correlation(171, settings).factor(1) == pytest.approx(1)


def test_interpolation_alone_makes_large_regions_less_certain():
    """Var → Σσ²/N² over ∫∫η², 0.874² for the cubic spline."""
    correlation = light_curves.Correlation(171, NONE)
    assert correlation.factor(400) == pytest.approx(1 / 0.874, rel=0.005)
    assert correlation.factor(600) == pytest.approx(correlation.factor(500), rel=0.005), "the formula for large ones joins on"


def test_a_narrow_strip_is_no_large_region_however_long_it_is():
    """Its pixels have no neighbours across: relative to independent pixels 1.02 for one row at 171 Å, not 0.74."""
    correlation = light_curves.Correlation(171, DECONVOLVED)
    short, long = (np.sqrt(correlation.variance_of_mean(np.ones((1, n))) * n) for n in (500, 600))
    assert long == pytest.approx(short, rel=1e-3) and long == pytest.approx(1.02, abs=0.01)


@pytest.mark.parametrize("crpix", [1053.85, 1053.3])
@pytest.mark.parametrize("settings", [NONE, DECONVOLVED, INVERTED], ids=["registered", "deconvolved", "inverted"])
def test_scatter_of_means_of_noise_is_what_is_said(level1_header, rng, settings, crpix):
    """White noise through the steps themselves, of pixels near those of the detector and between them: 600 boxes of 8 × 8."""
    level1_header.update(CRPIX1=crpix, CRPIX2=crpix)
    state = Image(10000 + rng.standard_normal((256, 256)).astype(np.float32), level1_header)
    if settings:
        state = deconvolution.deconvolve(state, psf.otf(171, shape=psf.grid((256, 256), 171)), method=settings["method"])
    state = register.register(state)
    field, side, n = state.data[32:-32, 32:-32], 8, (min(state.data.shape) - 64) // 8
    means = field[: n * side, : n * side].reshape(n, side, n, side).mean(axis=(1, 3))
    one = np.full((side, side), field.std())
    said = light_curves.Correlation(171, settings).variance_of_mean(one, state.header["SPLVAR"])
    assert means.std() == pytest.approx(np.sqrt(said), rel=0.08)


def test_pixels_without_sigma_do_not_count():
    sigma = np.full((6, 6), 2.0)
    sigma[:3] = np.inf
    correlation = light_curves.Correlation(171, NONE)
    assert correlation.variance_of_mean(sigma) == pytest.approx(correlation.variance_of_mean(np.full((3, 6), 2.0)))
    assert np.isnan(correlation.variance_of_mean(np.full((3, 3), np.inf)))


def test_mean_and_lower_limit(image):
    """Saturated pixels are left out of the mean; with them it is a lower limit."""
    image.data[0], image.flags[0] = 900, Flag.SATURATED
    image.flags[1] = Flag.EDGE
    image.data[2, :5], image.flags[2, :5] = np.nan, Flag.NO_DATA
    found = light_curves.measure(image, light_curves.Correlation(171, NONE))
    assert (found["mean"], found["pixels"]) == (100, 65)
    assert found["limit"] == pytest.approx((65 * 100 + 10 * 900) / 75)
    assert (found["masked"], found["saturated"]) == pytest.approx((15 / 80, 10 / 80))


def test_what_is_common_does_not_average_out(image):
    """5 % of the exposure time and 25 % of the calibration; noise falls with the number of pixels."""
    image.header["SYSFRAC"] = 0.25
    found = light_curves.measure(image, light_curves.Correlation(171, NONE))
    assert (found["sigma_exposure"], found["sigma_systematic"]) == pytest.approx((5, 25))
    assert 2 / np.sqrt(80) < found["sigma"] < 1.2 * 2 / np.sqrt(80)


def test_a_region_without_a_good_pixel_has_no_mean(image):
    image.flags[:] = Flag.BAD_PIXEL
    found = light_curves.measure(image, light_curves.Correlation(171, NONE))
    assert np.isnan([found[name] for name in ("mean", "sigma", "limit")]).all() and found["masked"] == 1


def test_a_box_is_in_arcsec(image):
    """Middles of pixels from −2.7 to 2.7 in x, from −2.1 to 2.1 in y."""
    image.data[:] = np.arange(80).reshape(8, 10)
    part = light_curves.region(image, [0, -1, 1, 10])
    np.testing.assert_array_equal(part.data, image.data[2:, 5:7])
    assert (part.header["CRPIX1"], part.header["CRPIX2"]) == (0.5, 2.5)
    assert part.flags.shape == part.sigma.shape == (6, 2)
    assert light_curves.region(image, None) is image
    with pytest.raises(InputError, match="aia.light_curves.box"):
        light_curves.region(image, [100, 100, 110, 110])


def test_a_blank_exposure_time_is_none(image):
    image.header.remove("EXPUSED")
    image.header["EXPTIME"] = None
    measured = light_curves.measure(image, light_curves.Correlation(171, NONE))
    assert (measured["EXPUSED"], measured["sigma_exposure"]) == (0.0, 0.0)


def test_the_systematic_part_of_sigma_is_a_card(level1_header):
    image = Image(np.full((8, 8), 100, np.float32), level1_header)
    row = {"DNPERPHT": 1.1, "COMPRESS": 14.0, "CALERR": 0.25, "EVEERR": 0.02, "CHIANTI": 0.3}
    reported = error.estimate(image, row, systematic=("eve", "chianti")).header
    assert reported["SYSFRAC"] == pytest.approx(np.hypot(0.02, 0.3))
    assert "SYSFRAC" not in error.estimate(image, row).header
