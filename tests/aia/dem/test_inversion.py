"""All methods on one footing: bands, invariances, bad pixels, truth, pulls."""

import dem_cases
import numba
import numpy as np
import pytest

from helioreduce.aia.dem.inversion import METHODS, Inversion, interpolate, with_relative
from helioreduce.aia.dem.status import Status
from helioreduce.errors import InputError

QUIET = dem_cases.gaussian(6.15, 0.15, 3e28)


@pytest.mark.parametrize("method", METHODS)
def test_bands_add_up_to_the_whole(method):
    inversion = dem_cases.inversion(method)
    low, high = inversion.span
    parts = sum(inversion.measure(*pair) for pair in ((low, 6.01), (6.01, 6.4), (6.4, high)))
    np.testing.assert_allclose(parts, inversion.measure(low, high), atol=1e-15)
    assert inversion.measure(low, high).sum() == pytest.approx(high - low)  # ∫ of a DEM of 1 per dex
    assert inversion.measure(6.0, 6.5) @ inversion.logt == pytest.approx((6.5**2 - 6.0**2) / 2, rel=1e-3)


@pytest.mark.parametrize("method", METHODS)
def test_counts_are_those_of_the_dem(method):
    inversion = dem_cases.inversion(method)
    data, sigma = dem_cases.draws(QUIET, 20)
    found = inversion.invert(data, sigma)
    x = found.dem * inversion.per_kelvin
    kernel = inversion.problem.counts if method == "logsmooth" else inversion.response * inversion.widths
    np.testing.assert_allclose(found.counts, x @ kernel.T, rtol=1e-9)
    seen = np.clip(data, 0, None) if method != "tikhonov" else data
    np.testing.assert_allclose(found.chi2, np.mean(((seen - found.counts) / sigma) ** 2, axis=1), rtol=1e-7, atol=1e-9)
    edges = zip(inversion.bands[:-1], inversion.bands[1:], strict=True)
    np.testing.assert_allclose(found.em, np.stack([x @ inversion.measure(*pair) for pair in edges], axis=1), rtol=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_order_of_the_channels_changes_nothing(method):
    inversion, order = dem_cases.inversion(method), [3, 0, 5, 1, 4, 2]
    turned = Inversion(inversion.response[order], inversion.edges, method)
    data, sigma = dem_cases.draws(QUIET, 30)
    first, second = inversion.invert(data, sigma), turned.invert(data[:, order], sigma[:, order])
    np.testing.assert_allclose(second.dem, first.dem, atol=1e-9 * first.dem.max(1, keepdims=True).max())
    np.testing.assert_allclose(second.chi2, first.chi2, rtol=1e-7)


@pytest.mark.parametrize("method", ["logsmooth", "sparse"])
@pytest.mark.parametrize("scale", [1e-3, 50.0])
def test_brighter_plasma_is_the_same_plasma(method, scale):
    data, sigma = dem_cases.draws(QUIET, 30)
    first = dem_cases.inversion(method).invert(data, sigma)
    second = dem_cases.inversion(method, floor=0.01 * scale).invert(data * scale, sigma * scale)
    np.testing.assert_allclose(second.dem, scale * first.dem, rtol=1e-8, atol=1e-9 * scale * first.dem.max())
    np.testing.assert_allclose(second.logt, first.logt, rtol=1e-8)


@pytest.mark.parametrize("method", METHODS)
def test_bad_pixels_have_a_status_and_touch_no_other(method):
    inversion = dem_cases.inversion(method)
    data, sigma = (np.array(plane) for plane in dem_cases.draws(QUIET, 12))
    expected = inversion.invert(data, sigma)
    data[0, 2], sigma[1, 3], sigma[2, 0], sigma[3, 1] = np.nan, 0.0, -1.0, np.inf
    data[4, :], sigma[5, :] = np.nan, np.inf
    data[6, 0] = -3.0
    data[7, :2] = np.nan
    data[8, :] = -5.0
    data[9, :] = 0.0
    found = inversion.invert(data, sigma)
    left_out, saturated, none = Status.LEFT_OUT, Status.SATURATED, Status.NO_SOLUTION
    assert [bool(s & left_out) for s in found.status] == [True] * 6 + [False, True] + [False] * 4
    assert [bool(s & saturated) for s in found.status] == [False, False, False, True, False, True] + [False] * 6
    for p in (4, 5, 7):
        assert found.status[p] & none and np.isnan(found.dem[p]).all() and np.isnan(found.em[p]).all()
    assert np.isfinite(found.dem[:4]).all() and not (found.status[:4] & none).any()
    if method != "tikhonov":
        assert found.status[6] & Status.NEGATIVE
    np.testing.assert_array_equal(found.dem[10:], expected.dem[10:])
    np.testing.assert_array_equal(found.covariance[10:], expected.covariance[10:])


@pytest.mark.parametrize("method", METHODS)
def test_threads_change_no_bit(method):
    inversion, (data, sigma) = dem_cases.inversion(method), dem_cases.draws(QUIET, 40)
    threads, found = numba.get_num_threads(), []
    try:
        for number in {1, threads}:
            numba.set_num_threads(number)
            found.append(inversion.invert(data, sigma))
    finally:
        numba.set_num_threads(threads)
    for one, other in zip(found[0], found[-1], strict=True):
        np.testing.assert_array_equal(one, other)


def test_dated_response_and_corrected_data_are_the_same():
    degradation = np.array([0.9137, 0.7525, 0.8764, 0.8872, 0.8251, 0.4435])
    launch = dem_cases.inversion()
    dated = Inversion(launch.response * degradation[:, None], launch.edges)
    data, sigma = dem_cases.draws(QUIET, 30)
    first, second = launch.invert(data, sigma), dated.invert(data * degradation, sigma * degradation)
    np.testing.assert_allclose(second.dem, first.dem, rtol=1e-6)
    np.testing.assert_allclose(second.logt, first.logt, rtol=1e-6)


#: Truth, what one pixel must give (EM/true, |Δ log T|) where channels are bright, and 16 pixels with 5 %.
TRUTH = {"5.9": (5.9, 0.1, 1e29), "6.2": (6.2, 0.1, 3e28), "6.5": (6.5, 0.1, 3e29), "7.0": (7.0, 0.1, 1e30)}


@pytest.mark.parametrize("case", TRUTH)
def test_default_method_recovers_what_was_put_in(case):
    centre, width, em = TRUTH[case]
    truth, inversion = dem_cases.gaussian(centre, width, em), dem_cases.inversion()
    inside = (dem_cases.FINE > 5.7) & (dem_cases.FINE < 7.1)
    true = np.trapezoid(np.where(inside, truth, 0), dem_cases.FINE)
    for relative, pixels, share, shift in ((0.1, 1, (0.8, 1.25), 0.14), (0.05, 16, (0.9, 1.25), 0.13)):
        found = inversion.invert(*dem_cases.draws(truth, 500, relative=relative, pixels=pixels))
        recovered = found.dem @ (inversion.measure(5.7, 7.1) * inversion.per_kelvin) / true
        assert share[0] <= np.mean(recovered) <= share[1]
        assert abs(found.logt[:, 0].mean() - centre) <= shift
        assert 0.9 <= np.median(found.chi2) <= 1.1


def test_errors_cover_the_truth_of_the_default_method():
    truth, inversion = dem_cases.gaussian(6.25, 0.2, 1e29), dem_cases.inversion()
    found = inversion.invert(*dem_cases.draws(truth, 1000))
    expected = np.interp(inversion.logt, dem_cases.FINE, truth) / inversion.per_kelvin
    bright = expected > 0.05 * expected.max()
    pulls = ((np.log(found.dem) - np.log(expected)) / (found.sigma / found.dem))[:, bright]
    assert np.abs(pulls.mean()) <= 0.4 and 0.3 <= pulls.std() <= 1
    edges = zip(inversion.bands[:-1], inversion.bands[1:], strict=True)
    peaks = np.array([np.interp(np.linspace(*pair, 20), dem_cases.FINE, truth).max() for pair in edges])
    lit = peaks > truth.max() / 3
    reported = np.sqrt(np.median(np.diagonal(found.covariance, axis1=1, axis2=2), axis=0))
    assert ((reported / found.em.std(axis=0))[lit] > 0.9).all() and ((reported / found.em.std(axis=0))[lit] < 3).all()


def test_band_errors_are_no_sums_of_bin_errors():
    inversion = dem_cases.inversion()
    found = inversion.invert(*dem_cases.draws(QUIET, 5))
    band = inversion.measure(*inversion.bands[1:3]) * inversion.per_kelvin
    independent = np.sqrt(found.sigma**2 @ band**2)
    assert (np.sqrt(found.covariance[:, 1, 1]) < 0.9 * independent).any()
    assert np.abs(found.covariance[:, 1, 2]).min() > 0


def test_interpolation_is_a_power_law():
    logt = np.linspace(5, 8, 31)
    np.testing.assert_allclose(interpolate(logt, 10 ** (-2.5 * logt), logt[:-1] + 0.03), 10 ** (-2.5 * (logt[:-1] + 0.03)))
    with pytest.raises(InputError, match="reaches from log T 5 to 8"):
        interpolate(logt, logt, np.array([4.0, 5.0]))
    with pytest.raises(InputError, match="nowhere positive"):
        interpolate(logt, -logt, logt)


def test_relative_error_adds_in_quadrature():
    np.testing.assert_allclose(with_relative(np.array([3.0]), np.array([40.0]), 0.1), [5.0])
    for relative in (-1.0, float("nan")):
        with pytest.raises(InputError, match="the relative error is"):
            with_relative(np.array([3.0]), np.array([40.0]), relative)


@pytest.mark.parametrize(
    "change, reported",
    [
        ({"method": "magic"}, "there is no method 'magic'"),
        ({"bands": (6.0,)}, "edges of the bands do not ascend"),
        ({"bands": (5.0, 6.0)}, "the bands go from 5 to 6"),
        ({"chi2": -1.0}, "chi2 is -1.0"),
        ({"smooth": 0.0}, "smooth is 0.0"),
    ],
)
def test_nonsense_is_refused(change, reported):
    with pytest.raises(InputError, match=reported):
        dem_cases.inversion(**change)
