"""Adaptive bins: the smallest that is good enough, with errors that hold."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helioreduce.errors import InputError
from helioreduce.spice import binning, catalogue, fit, group, initial, level2, simulate
from helioreduce.spice.fitted import Box


@pytest.fixture(scope="module")
def weak():
    """A short exposure of the Ne VIII window: few pixels are good enough by themselves."""
    settings = simulate.Settings(rows=36, columns=12, spikes=0, exposure_s=3, rim=2)
    own = group.join("weak", [level2.windows(simulate.raster(settings)[0])[2]])
    return own, initial.estimate(own, catalogue.built_in(), initial.Settings(significance=0))


BOXES = tuple(binning.boxes([1, 3, 5, 9], [1], 4.0, 1.098))
SETTINGS = binning.Settings(BOXES, {"I": 0.15, "s": 0.2}, ("ne_8 770.42",))


def test_smallest_level_that_meets_the_thresholds_is_returned(weak):
    """Of pixels for which some level is good enough, ≥ 99 % get a good one, and it is the smallest."""
    own, start = weak
    cube, (a, b) = own.cube, own.variance
    result = binning.fit_adaptive(own, start, SETTINGS)
    pixels = np.arange(result.level.size)
    meets = []
    for box in BOXES:
        spectra, count = binning.bin_spectra(cube, pixels, box)
        every = fit.fit_spectra(start, spectra, a / count, b / count)
        meets.append(binning.ratios(every, SETTINGS) <= 1)
    measured = np.isfinite(cube).any(axis=-1).ravel()
    possible = np.any(meets, axis=0) & measured
    assert (result.level[~measured] == -1).all()
    assert 0.2 < possible.mean() < 1
    assert result.met[possible].mean() >= 0.99
    smallest = np.argmax(meets, axis=0)
    assert (result.level == smallest)[possible].mean() >= 0.99
    assert len(set(result.level[possible])) >= 3
    single = result.met & (result.level == 0)
    assert (binning.ratios(result.fit, SETTINGS)[single] <= 1).all()
    wide = result.met & (result.level > 0)  # the errors of the result count the structure of the bins besides
    assert np.array(meets)[result.level[wide], pixels[wide]].mean() >= 0.99


def test_one_level_is_the_plain_fit(weak):
    own, start = weak
    adaptive = binning.fit_adaptive(own, start, binning.Settings()).fit
    plain = fit.fit_spectra(start, own.spectra, *own.variance)
    typical = np.median(plain.q[plain.good], axis=0)
    plain = fit.retry(plain, own.spectra, *own.variance, replace(start, q=typical))
    assert adaptive.p.tobytes() == plain.p.tobytes()
    assert adaptive.packed.tobytes() == plain.packed.tobytes()


def test_error_of_a_mean_is_its_scatter(rng):
    """Variance (a + b mean) / N of a box against 1,500 draws: within 3 % in σ."""
    a, b, level = 0.01, 0.03, 0.4
    values = rng.poisson(level / b, (1500, 3, 3, 6)) * b + rng.normal(0, np.sqrt(a), (1500, 3, 3, 6))
    means = np.array([binning.bin_spectra(cube[None], np.array([4]), Box(1, 3, 3))[0][0] for cube in values])
    assert means.std() == pytest.approx(np.sqrt((a + b * level) / 9), rel=0.03)


@given(st.integers(1, 3), st.integers(3, 7), st.integers(1, 5), st.integers(0, 2**31))
def test_box_means_are_numpys(times, rows, columns, seed):
    rng = np.random.default_rng(seed)
    cube = rng.normal(size=(times, rows, columns, 4))
    cube[rng.random(cube.shape) < 0.2] = np.nan
    pixel = int(rng.integers(times * rows * columns))
    t, y, x = np.unravel_index(pixel, cube.shape[:3])
    mean, count = binning.bin_spectra(cube, np.array([pixel]), Box(1, 3, 3))
    box = cube[t : t + 1, max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2].reshape(-1, 4)
    number = np.isfinite(box).sum(axis=0)
    enough = number >= 0.5 * len(box)
    np.testing.assert_array_equal(count[0], np.maximum(number, 1))
    np.testing.assert_array_equal(np.isfinite(mean[0]), enough & (number > 0))
    np.testing.assert_allclose(mean[0, enough], np.nansum(box, axis=0)[enough] / number[enough], rtol=1e-12, atol=1e-12)


def test_boxes_are_as_wide_as_high_on_the_sun():
    assert binning.boxes([1, 3, 5, 9], [1], 4.0, 1.098) == [(1, 1, 1), (1, 3, 1), (1, 5, 1), (1, 9, 3)]
    assert binning.boxes([1, 5], [1, 3], 1.0, 4.0) == [(1, 1, 1), (3, 1, 1), (1, 1, 5), (3, 1, 5)]
    for wrong in ([3, 5], [1, 2], [1, -3]):
        with pytest.raises(InputError, match="odd"):
            binning.boxes(wrong, [1], 4.0, 1.0)


@given(st.integers(1, 100), st.floats(0, 1))
def test_variance_of_the_mean_of_correlated_samples(number, correlation):
    """1ᵀ C 1 / N² for the covariance C = (1 − ρ) 1 + ρ of N samples of variance 1."""
    covariance = (1 - correlation) * np.eye(number) + correlation
    expected = covariance.sum() / number**2
    assert binning.dilution(np.array(number), correlation) == pytest.approx(expected, rel=1e-12)


def test_correlation_enlarges_every_error_alike():
    """Boxes away from the edge, N = 27 and 3: the same fits, with errors that grow by √(1 + (N − 1) ρ), to 10⁻³."""
    settings = simulate.Settings(rows=20, columns=6, spikes=0, rim=0)
    own = group.join("own", level2.windows(simulate.raster(settings)[0])[2:])
    start = initial.estimate(own, catalogue.built_in())
    for box in (Box(1, 9, 3), Box(1, 3, 1)):
        plain, correlated = (binning.fit_adaptive(own, start, binning.Settings((box,), correlation=c)) for c in (0.0, 0.2))
        inside = np.zeros(own.shape, bool)
        inside[:, 4:-4, 1:-1] = True
        used = inside.ravel() & plain.fit.good & correlated.fit.good
        assert used.sum() > 30
        ratio = correlated.fit.sigma()[used] / plain.fit.sigma()[used]
        np.testing.assert_allclose(ratio, np.sqrt(1 + (box.y * box.x - 1) * 0.2), rtol=1e-3)
