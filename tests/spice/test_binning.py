"""Adaptive bins: the smallest that is good enough, with errors that hold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helioreduce.errors import InputError
from helioreduce.spice import binning, catalogue, fit, group, initial, level2, simulate
from helioreduce.spice.binning import Level


@pytest.fixture(scope="module")
def weak():
    """A short exposure of the Ne VIII window: few pixels are good enough by themselves."""
    settings = simulate.Settings(rows=36, columns=12, spikes=0, exposure_s=3, rim=2)
    own = group.join([level2.windows(simulate.raster(settings)[0])[2]])
    return own, initial.estimate(own.windows, own.noise, catalogue.built_in(), significance=0)


THRESHOLDS = {"I": 0.15, "s": 0.2}
BOXES = binning.levels([1, 3, 5, 9], [1], 4.0, 1.098)


def test_smallest_level_that_meets_the_thresholds_is_returned(weak):
    """Of pixels for which some level is good enough, ≥ 99 % get a good one, and it is the smallest."""
    own, start = weak
    cube, (a, b) = own.cube, own.variance
    result = binning.fit_adaptive(cube, a, b, start, BOXES, THRESHOLDS, lines=["ne_8 770.42"])
    pixels = np.arange(result.level.size)
    meets = []
    for box in BOXES:
        spectra, count = binning.bin_spectra(cube, pixels, box)
        every = fit.fit_spectra(start.model, spectra, a / count, b / count, start.q, start.bounds)
        meets.append(binning.ratios(every, THRESHOLDS, ["ne_8 770.42"]) <= 1)
    measured = np.isfinite(cube).any(axis=-1).ravel()
    possible = np.any(meets, axis=0) & measured
    assert (result.level[~measured] == -1).all()
    assert 0.2 < possible.mean() < 1
    assert result.met[possible].mean() >= 0.99
    smallest = np.argmax(meets, axis=0)
    assert (result.level == smallest)[possible].mean() >= 0.99
    assert len(set(result.level[possible])) >= 3
    assert (binning.ratios(result.fit, THRESHOLDS, ["ne_8 770.42"])[result.met] <= 1).all()


def test_one_level_is_the_plain_fit(weak):
    own, start = weak
    cube, (a, b) = own.cube, own.variance
    adaptive = binning.fit_adaptive(cube, a, b, start, [Level(1, 1, 1)], THRESHOLDS).fit
    spectra = cube.reshape(-1, a.size)
    plain = fit.fit_spectra(start.model, spectra, a, b, start.q, start.bounds)
    typical = np.median(plain.q[plain.good], axis=0)
    plain = fit.retry(plain, spectra, a, b, typical, start.bounds)
    assert adaptive.p.tobytes() == plain.p.tobytes()
    assert adaptive.packed.tobytes() == plain.packed.tobytes()


def test_error_of_a_mean_is_its_scatter(rng):
    """Variance (a + b mean) / N of a box against 1,500 draws: within 3 % in σ."""
    a, b, level = 0.01, 0.03, 0.4
    values = rng.poisson(level / b, (1500, 3, 3, 6)) * b + rng.normal(0, np.sqrt(a), (1500, 3, 3, 6))
    means = np.array([binning.bin_spectra(cube[None], np.array([4]), Level(1, 3, 3))[0][0] for cube in values])
    assert means.std() == pytest.approx(np.sqrt((a + b * level) / 9), rel=0.03)


@given(st.integers(1, 3), st.integers(3, 7), st.integers(1, 5), st.integers(0, 2**31))
def test_box_means_are_numpys(times, rows, columns, seed):
    rng = np.random.default_rng(seed)
    cube = rng.normal(size=(times, rows, columns, 4))
    cube[rng.random(cube.shape) < 0.2] = np.nan
    pixel = int(rng.integers(times * rows * columns))
    t, y, x = np.unravel_index(pixel, cube.shape[:3])
    mean, count = binning.bin_spectra(cube, np.array([pixel]), Level(1, 3, 3))
    box = cube[t : t + 1, max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2].reshape(-1, 4)
    number = np.isfinite(box).sum(axis=0)
    enough = number >= 0.5 * len(box)
    np.testing.assert_array_equal(count[0], np.maximum(number, 1))
    np.testing.assert_array_equal(np.isfinite(mean[0]), enough & (number > 0))
    np.testing.assert_allclose(mean[0, enough], np.nansum(box, axis=0)[enough] / number[enough], rtol=1e-12, atol=1e-12)


def test_boxes_are_as_wide_as_high_on_the_sun():
    assert binning.levels([1, 3, 5, 9], [1], 4.0, 1.098) == [(1, 1, 1), (1, 3, 1), (1, 5, 1), (1, 9, 3)]
    assert binning.levels([1, 5], [1, 3], 1.0, 4.0) == [(1, 1, 1), (3, 1, 1), (1, 1, 5), (3, 1, 5)]
    for wrong in ([3, 5], [1, 2], [1, -3]):
        with pytest.raises(InputError, match="odd"):
            binning.levels(wrong, [1], 4.0, 1.0)


def test_correlated_noise_gives_larger_errors(weak):
    own, start = weak
    cube, (a, b) = own.cube, own.variance
    asked = {"lines": ["ne_8 770.42"], "thresholds": {"I": 0.01}}
    fits = [binning.fit_adaptive(cube, a, b, start, BOXES[-1:], correlation=c, **asked).fit for c in (0.0, 0.2)]
    sigma = [f.sigma()[f.good & fits[0].good & fits[1].good, 3] for f in fits]
    assert np.median(sigma[1] / sigma[0]) == pytest.approx(np.sqrt(1 + 26 * 0.2), rel=0.05)
