"""Plowman & Caspi: the reduced system against the dense one, errors against the dense inverse, and the rules of its ends."""

import dem_cases
import numpy as np
import pytest

from helioreduce.aia.dem import logsmooth
from helioreduce.aia.dem.inversion import mass
from helioreduce.aia.dem.status import Status

CASES = [dem_cases.gaussian(6.2, 0.1), dem_cases.gaussian(6.8, 0.1, 1e29), dem_cases.gaussian(6.1, 0.15, 1e26)]


def roughness(inversion, channels=6):
    """R of the paper, as a matrix."""
    step, logt = np.diff(inversion.logt), inversion.logt
    slopes = np.diff(np.eye(logt.size), axis=0)
    return slopes.T @ np.diag(1 / step) @ slopes * channels / (inversion.smooth**2 * (logt[-1] - logt[0]))


def by_hand(inversion, data, sigma):
    """The paper's iteration with a dense matrix over all temperatures, for one pixel; returns x per dex, χ² and steps."""
    kernel = inversion.response @ mass(inversion.logt)
    d, rough, flat = np.clip(data, 0, None), roughness(inversion), kernel.sum(1)
    misfit = lambda s: np.mean(((d - kernel @ np.exp(s)) / sigma) ** 2)  # noqa: E731
    s = np.full(inversion.logt.size, np.log((flat * np.clip(d, 0.01, None) / sigma**2).sum() / ((flat / sigma) ** 2).sum()))
    for step in range(100):
        slopes = kernel * np.exp(s) / sigma[:, None]
        right = slopes.T @ ((d - kernel @ ((1 - s) * np.exp(s))) / sigma)
        change = np.linalg.solve(slopes.T @ slopes + rough, right) - s
        change *= min(np.abs(change).max(), 5) / np.abs(change).max()
        before = misfit(s)
        sign = -1 if before < 1 else 1
        short, long = misfit(s + 0.1 * sign * change), misfit(s + 0.5 * sign * change)
        s = s + sign * change * np.clip((0.1 * (long - 1) + 0.5 * (1 - short)) / (long - short), 0.1, 0.5)
        if (sign * (before - short) / 0.1 < 0.1 and step > 5) or abs(misfit(s) - 1) < 0.1:
            break
    return np.exp(s), misfit(s), step + 1


@pytest.mark.parametrize("truth", CASES)
def test_small_system_takes_the_steps_of_the_dense_one(truth):
    inversion = dem_cases.inversion(bins=39)
    data, sigma = dem_cases.draws(truth, 6)
    found = inversion.invert(data, sigma)
    for p in range(len(data)):
        x, chi2, steps = by_hand(inversion, data[p], sigma[p])
        np.testing.assert_allclose(found.dem[p] * inversion.per_kelvin, x, atol=1e-9 * x.max())
        assert found.chi2[p] == pytest.approx(chi2, rel=1e-9)
        assert found.iterations[p] == steps


@pytest.mark.parametrize("truth", CASES)
def test_errors_are_those_of_the_dense_inverse(truth):
    inversion = dem_cases.inversion()
    data, sigma = dem_cases.draws(truth, 3)
    found = inversion.invert(data, sigma)
    for p in range(len(data)):
        x = found.dem[p] * inversion.per_kelvin
        slopes = inversion.response @ mass(inversion.logt) * x / sigma[p][:, None]
        covariance = np.linalg.inv(slopes.T @ slopes + roughness(inversion))
        np.testing.assert_allclose(found.sigma[p] / found.dem[p], np.sqrt(np.diag(covariance)), rtol=1e-9)
        edges = zip(inversion.bands[:-1], inversion.bands[1:], strict=True)
        bands = np.array([inversion.measure(*pair) for pair in edges]) * x
        np.testing.assert_allclose(found.covariance[p], bands @ covariance @ bands.T, rtol=1e-8)
        share = inversion.measure(*inversion.span) * x
        slope = share * (inversion.logt - found.logt[p, 0]) / share.sum()
        assert found.logt[p, 1] == pytest.approx(np.sqrt(slope @ covariance @ slope), rel=1e-8)


def test_a_channel_left_out_is_an_inversion_of_five():
    six, five = dem_cases.inversion(), dem_cases.inversion()
    data, sigma = (np.array(plane) for plane in dem_cases.draws(CASES[0], 4))
    object.__setattr__(five, "response", np.delete(five.response, 2, axis=0))
    expected = five.invert(np.delete(data, 2, axis=1), np.delete(sigma, 2, axis=1))
    sigma[:, 2] = np.inf
    found = six.invert(data, sigma)
    np.testing.assert_allclose(found.dem, expected.dem, rtol=1e-11)
    np.testing.assert_allclose(found.chi2, expected.chi2, rtol=1e-11)
    assert (found.status & (Status.LEFT_OUT | Status.SATURATED) == Status.LEFT_OUT | Status.SATURATED).all()


def test_the_smoother_the_flatter():
    data, sigma = dem_cases.draws(CASES[0], 1)
    spread = [np.ptp(np.log(dem_cases.inversion(smooth=smooth).invert(data, sigma).dem)) for smooth in (1, 8, 30)]
    assert spread[0] < spread[1] < spread[2]


def test_options_reach_the_kernel():
    data, sigma = dem_cases.draws(CASES[0], 200)
    assert np.median(dem_cases.inversion(chi2=2).invert(data, sigma).chi2) == pytest.approx(2, abs=0.1)
    assert logsmooth.Options._fields == ("tau", "chi2", "tolerance", "floor", "iterations")
