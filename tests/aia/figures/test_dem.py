"""Figures of a DEM: drawn from a product, and right in what they say."""

import dem_cases
import numpy as np
import pytest
from astropy.io.fits import Header
from astropy.table import Table
from scipy.stats import norm

from helioreduce.aia.dem import product
from helioreduce.aia.dem.inversion import CHANNELS
from helioreduce.aia.dem.layers import Layers
from helioreduce.aia.dem.sets import Set
from helioreduce.aia.dem.value import DEM
from helioreduce.aia.figures import dem as figures
from helioreduce.aia.figures.dem_truth import dem_truth

HEADER = {
    "BUNIT": "DN/s",
    "CDELT1": 0.6,
    "CDELT2": 0.6,
    "CRPIX1": 3.0,
    "CRPIX2": 2.0,
    "T_OBS": "2014-01-01",
    "DEMRESP": "at_launch",
}


@pytest.fixture(scope="module")
def maps(tmp_path_factory):
    """A product of 12 × 10 pixels, the left half cooler than the right one, one pixel without data."""
    file = tmp_path_factory.mktemp("dem") / "dem.fits"
    halves = [dem_cases.draws(dem_cases.gaussian(centre, 0.12, 3e28), 60) for centre in (6.0, 6.5)]
    data, sigma = (np.concatenate([np.reshape(half[n], (12, 5, 6)) for half in halves], axis=1) for n in (0, 1))
    data[0, 0] = np.nan
    cubes = [np.moveaxis(plane, -1, 0).astype(np.float32) for plane in (data, sigma)]
    DEM.of(Set(*cubes, Header(HEADER)), dem_cases.inversion()).write(file)
    return product.read(file, 1024)


def title(axis):
    """Whatever style it is drawn with."""
    return axis.get_title(loc="left") or axis.get_title()


def test_bands_share_one_scale(maps):
    figure = figures.dem_maps(maps)
    axes = figure.axes
    assert figure.get_supxlabel() == ""  # the place of what is said of the data
    scales = [axis.images[0].norm for axis in axes if title(axis).startswith("log T")]
    assert len(scales) == 6 and len(set(map(id, scales))) == 1
    temperature = next(axis for axis in axes if title(axis) == "EM-weighted log T").images[0].get_array()
    assert np.nanmean(temperature[:, :5]) < 6.15 < 6.35 < np.nanmean(temperature[:, 5:])


def test_inputs_are_the_counts_of_the_six_channels(maps):
    """Each channel in its place, and the share of pixels without a DEM as it is: one of 120."""
    figure = figures.dem_inputs(maps)
    shown = [axis for axis in figure.axes if title(axis).endswith("Å")]
    assert [title(axis) for axis in shown] == [f"{channel} Å" for channel in CHANNELS]
    for axis, counts in zip(shown, maps.images["OBSERVED"], strict=True):
        np.testing.assert_array_equal(axis.images[0].get_array().filled(np.nan), counts)
    assert "no DEM in 0.8%" in shown[4].get_xlabel()


def test_fit_shows_every_pixel_and_what_is_known(maps):
    left, middle, right = figures.dem_fit(maps).axes
    assert sum(patch.get_height() * patch.get_width() for patch in left.patches) == pytest.approx(1)
    assert np.trapezoid(left.lines[0].get_ydata(), left.lines[0].get_xdata()) == pytest.approx(1, abs=0.02)
    assert len(middle.patches) == 6
    error = maps.images["UNCERT"] / maps.images[""]
    np.testing.assert_allclose(right.lines[0].get_ydata(), np.nanmedian(error.reshape(30, -1), axis=1), rtol=1e-6)


def test_curves_have_the_loci_of_their_points(maps):
    axes = figures.dem_curves(maps).axes
    assert [title(axis) for axis in axes[:2]] == ["most emission", "hottest"]
    lines = axes[0].lines
    assert len(lines) == 7
    y, x = np.unravel_index(np.nanargmax(np.nansum(maps.images["EM"], axis=0)), (12, 10))
    np.testing.assert_allclose(lines[1].get_ydata(), maps.images["OBSERVED"][0, y, x] / maps.inversion.response[0])


def test_recovery_puts_in_what_it_says(maps):
    axis = figures.dem_recovery(maps).axes[8]
    logt, truth = axis.lines[1].get_data()
    assert logt[truth.argmax()] == pytest.approx(6.8, abs=0.04)
    assert np.trapezoid(truth, logt) == pytest.approx(1, abs=0.02)


def test_dated_response_is_distinguished_from_the_right_one(maps):
    at, values = dem_cases.responses()
    columns = {
        f"{kind}_{c}": row * factor
        for kind, factor in (("at_launch", 1), ("at_date", 0.8))
        for c, row in zip(CHANNELS, values, strict=True)
    }
    (axis,) = figures.dem_dated(maps, Table({"temperature": 10.0**at, **columns})).axes
    right, wrong = axis.lines
    assert "right here" in right.get_label() and "wrong here" in wrong.get_label()
    np.testing.assert_allclose(wrong.get_ydata(), right.get_ydata() / 0.8, rtol=0.02)


def test_truth_is_beside_what_is_found(maps):
    """Both on one scale and on the same pixels; the true emission measure of a band is that of the plasma put in."""
    em = np.zeros((2, 24, 20), np.float32)
    em[0, :, :10], em[1, :, 10:] = 3e28, 3e28
    half = {"CDELT1": 0.3, "CDELT2": 0.3, "CRPIX1": 5.5, "CRPIX2": 3.5}  # pixels of half the size on the same sky
    axes = np.array(dem_truth(maps, Layers(em, np.array([6.0, 6.5]), np.array([0.12, 0.12]), Header(half))).axes[:18]).reshape(
        3, 6
    )
    true, found = axes[0, 1].images[0], axes[1, 1].images[0]
    assert true.norm is found.norm
    np.testing.assert_allclose(true.get_array()[:, :4], 3e28 * (norm.cdf(0.1 / 0.12) - norm.cdf(-0.1 / 0.12)), rtol=1e-5)
    np.testing.assert_allclose(found.get_array()[2:, :5], maps.images["EM"][1, 2:, :5].clip(true.norm.vmin), rtol=1e-6)
