"""Combination of calibration frames: closed forms, statistics, refusals, memory."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from helioreduce.cosmic_rays import combine as c
from helioreduce.errors import InputError

PLAIN = c.Choices()


def column(values, choices: c.Choices = PLAIN) -> tuple[float, float, int]:
    """Data, sigma and count of one pixel."""
    data, sigma, count = c.stack(np.array(values, np.float32)[:, None, None], choices)
    return float(data[0, 0]), float(sigma[0, 0]), int(count[0, 0])


@given(seed=st.integers(0, 10**6), n=st.integers(1, 40))
@settings(max_examples=30, deadline=None)
def test_closed_forms(seed: int, n: int) -> None:
    """Mean, median and trimmed mean are NumPy's and SciPy's."""
    cube = np.random.default_rng(seed).normal(100, 5, (n, 3, 4)).astype(np.float32)
    assert np.allclose(c.stack(cube, c.Choices("mean"))[0], cube.mean(axis=0), rtol=1e-5)
    assert np.allclose(c.stack(cube, c.Choices("median"))[0], np.median(cube, axis=0), rtol=1e-5)
    assert np.allclose(c.stack(cube, c.Choices("trimmed_mean"))[0], stats.trim_mean(cube, 0.25, axis=0), rtol=1e-5)
    if n > 1:
        assert np.allclose(c.stack(cube, c.Choices("mean"))[1], stats.sem(cube, axis=0), rtol=1e-3)
        kept = 1 - 2 * int(0.25 * n) / n
        winsorised = stats.mstats.winsorize(cube.astype(float), (0.25, 0.25), axis=0)
        expected = np.std(winsorised, axis=0, ddof=1) / np.sqrt(n) / kept
        assert np.allclose(c.stack(cube, c.Choices("trimmed_mean"))[1], expected, rtol=1e-3)


@given(seed=st.integers(0, 10**6), n=st.integers(3, 30), sigma=st.floats(1, 6))
@settings(max_examples=30, deadline=None)
def test_clip_is_its_definition(seed: int, n: int, sigma: float) -> None:
    """The mean of the values within ``sigma`` deviations of the median, for both deviations."""
    values = np.random.default_rng(seed).standard_t(2, n).astype(np.float32)
    middle = np.median(values.astype(float))
    few = c.FEW[n] if n < len(c.FEW) else n / (n - 0.8)
    deviations = {
        "mad": stats.median_abs_deviation(values.astype(float), scale="normal") * few,
        "std": np.std(values.astype(float)),
    }
    for name, deviation in deviations.items():
        kept = values[np.abs(values - middle) <= sigma * deviation]
        data, _, count = column(values, c.Choices(sigma=sigma, deviation=name))
        assert count == len(kept)
        assert data == pytest.approx(kept.mean(dtype=float), abs=1e-5)


@pytest.mark.parametrize("n", [3, 5, 8, 13, 30])
def test_deviation_is_unbiased(n: int) -> None:
    """The deviation of n Gaussian values is their σ on average, within 2 % (its error over 4·10⁴ trials is below 0.4 %)."""
    values = np.sort(np.random.default_rng(n).normal(0, 1, (40_000, n)), axis=1)
    work = np.empty(n)
    mean = np.mean([c._deviation(row, c._middle(row), work, 0) for row in values])
    assert mean == pytest.approx(1, rel=0.02)


@pytest.mark.parametrize(("method", "limit"), [("clip", 1.03), ("trimmed_mean", 1.2), ("median", 1.27)])
def test_noise_and_its_error(method: str, limit: float) -> None:
    """13 clean frames: noise over the mean's at most 1.03 for the clip; the error plane is the true scatter within 5 %."""
    cube = np.random.default_rng(5).normal(0, 10, (13, 300, 300)).astype(np.float32)
    data, sigma, _ = c.stack(cube, c.Choices(method))
    assert data.std() / cube.mean(axis=0).std() <= limit
    assert np.sqrt(np.mean(sigma**2)) == pytest.approx(data.std(), rel=0.05)


def test_cosmic_rays_leave_nothing() -> None:
    """13 darks of 6 e⁻ noise with hits of up to 10⁴ e⁻: residual at the hits at most 1 e⁻ on average and 6 e⁻ + 4σ anywhere."""
    rng = np.random.default_rng(6)
    cube = rng.normal(0, 6, (13, 200, 200)).astype(np.float32)
    clean = cube.copy()
    hit = rng.random(cube.shape) < 2e-3
    cube[hit] += rng.lognormal(6, 1.5, hit.sum()).astype(np.float32)
    at = hit.any(axis=0)
    truth = np.where(hit, np.nan, clean)
    left = (c.stack(cube)[0] - np.nanmean(truth, axis=0))[at]
    assert abs(left.mean()) <= 1 and np.abs(left).max() <= 6
    plain = (c.stack(cube, c.Choices("mean"))[0] - np.nanmean(truth, axis=0))[at]
    assert plain.mean() > 30


def test_standard_deviation_cannot_see_outliers_in_few_frames() -> None:
    """With n ≤ 23 one value never lies 5 standard deviations from the median, so nothing is clipped, and there is a warning."""
    values = [100.0] * 22 + [1e6]
    with pytest.warns(UserWarning, match="never"):
        result = c.combine([lambda rows, v=v: np.full((1, 1), v) for v in values], (1, 1), c.Choices(deviation="std"))
    assert result.count[0, 0] == 23 and result.data[0, 0] > 1e4
    assert column([*values, 100.0], c.Choices(deviation="std")) == (100.0, 0.0, 23)
    assert column(values) == (100.0, 0.0, 22)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        c.combine([lambda rows, v=v: np.full((1, 1), v) for v in values], (1, 1))


@pytest.mark.parametrize("n", [3, 10, 23, 24, 100])
def test_farthest(n: int) -> None:
    """n / √(n − 1): an outlier among equal values reaches it."""
    values = np.array([0.0] * (n - 1) + [1.0])
    assert (1 - np.median(values)) / np.std(values) == pytest.approx(c.farthest(n, "std"))
    assert (c.farthest(n, "std") > 5) == (n > 23)


def test_integer_data() -> None:
    """Where most values are one integer the median absolute deviation is 0; the quantum keeps the neighbours."""
    values = [100] * 9 + [101] * 3 + [500]
    assert column(values)[2] == 9
    assert column(values, c.Choices(quantum=1.0))[2] == 12


def test_known_noise() -> None:
    """With the noise given, three frames are enough; a noise without that deviation, or none with it, is refused."""
    assert column([100, 103, 140], c.Choices(deviation="noise", noise=5.0)) == (101.5, pytest.approx(1.5), 2)
    assert column([100, 103, 140], c.Choices(deviation="noise", noise=10.0))[2] == 3
    for wrong in ({"deviation": "noise"}, {"noise": 5.0}):
        with pytest.raises(InputError, match="noise"):
            c.Choices(**wrong)


def test_missing_values_and_none() -> None:
    """NaN do not count; no value gives NaN, one value no error."""
    assert column([1.0, np.nan, 3.0], c.Choices("mean"))[::2] == (2.0, 2)
    data, sigma, count = column([np.nan, np.nan])
    assert np.isnan(data) and np.isnan(sigma) and count == 0
    assert column([7.0])[::2] == (7.0, 1) and np.isnan(column([7.0])[1])


def test_memory_is_bounded_and_does_not_change_the_result() -> None:
    """Strips of any size give the same bits, and no strip is larger than asked."""
    cube = np.random.default_rng(1).normal(0, 1, (6, 50, 40)).astype(np.float32)
    asked: list[int] = []

    def reader(k: int) -> c.Rows:
        return lambda rows: asked.append(rows.stop - rows.start) or cube[k, rows]

    whole = c.combine([reader(k) for k in range(6)], (50, 40))
    assert set(asked) == {50}
    asked.clear()
    strips = c.combine([reader(k) for k in range(6)], (50, 40), memory_mb=6 * 40 * 4 * 7 / 1e6)
    assert set(asked) == {7, 1}
    for name in ("data", "sigma", "count"):
        assert np.array_equal(getattr(whole, name), getattr(strips, name))


def test_flats_are_scaled() -> None:
    """Flats of different lamps agree once divided by their medians."""
    pattern = np.linspace(0.9, 1.1, 60, dtype=np.float32).reshape(6, 10)
    frames = [lambda rows, k=k: k * 1000 * pattern[rows] for k in (1, 2, 3)]
    scaled = [c.scaled(frame, c.level(frame, 6)) for frame in frames]
    assert np.allclose(c.combine(scaled, (6, 10)).data, pattern / np.median(pattern), rtol=1e-6)
    skewed = np.array([[1, 2, 3, 4, 1000], [np.nan] * 5])
    assert c.level(lambda rows: skewed[rows], 2) == 3
    with pytest.raises(InputError, match="median"):
        c.scaled(frames[0], 0.0)


@pytest.mark.parametrize("wrong", [{"signma": 5}, {"signma_clip_dev_func": np.std}])
def test_unknown_keywords_are_type_errors(wrong: dict) -> None:
    """A misspelt keyword is never swallowed."""
    with pytest.raises(TypeError, match="unexpected keyword"):
        c.Choices(**wrong)


def test_refusals() -> None:
    """No frames, frames of another shape, unknown methods, impossible numbers."""
    with pytest.raises(InputError, match="no frame"):
        c.combine([], (1, 1))
    with pytest.raises(InputError, match="frame 1"):
        c.combine([lambda rows: np.zeros((4, 4)), lambda rows: np.zeros((4, 5))], (4, 4), c.Choices("mean"))
    for wrong in ({"method": "mode"}, {"deviation": "iqr"}, {"sigma": 0}, {"trim": 0.5}):
        with pytest.raises(InputError):
            c.Choices(**wrong)


@pytest.mark.parametrize("n", [3, 5, 7, 13])
def test_a_trimmed_mean_of_one_value_is_a_median_with_its_error(rng, n):
    """trim 0.49 of an odd number leaves the middle one: data and σ of the median; σ was 0."""
    cube = rng.normal(100, 5, (n, 40, 50)).astype(np.float32)
    data, sigma, count = c.stack(cube, c.Choices(method="trimmed_mean", trim=0.49))
    middle, error, _ = c.stack(cube, c.Choices(method="median"))
    np.testing.assert_array_equal(data, middle)
    np.testing.assert_array_equal(sigma, error)
    assert (count == 1).all() and (sigma > 0).all()


@pytest.mark.parametrize("method", ["clip", "median", "mean", "trimmed_mean"])
def test_a_pixel_of_one_value_has_the_error_of_one_value(rng, method):
    """All but one frame missing there: σ is that of a single frame, 5, not NaN."""
    cube = rng.normal(100, 5, (9, 40, 50)).astype(np.float32)
    cube[1:, 3, 4] = np.nan
    _, sigma, count = c.stack(cube, c.Choices(method=method))
    assert count[3, 4] == 1
    assert sigma[3, 4] == pytest.approx(5 * (c.MEDIAN_ERROR if method == "median" else 1), rel=0.3)


def test_one_frame_alone_has_the_noise_that_is_given_or_none(rng):
    cube = rng.normal(100, 5, (1, 4, 5)).astype(np.float32)
    assert np.isnan(c.stack(cube)[1]).all()
    np.testing.assert_array_equal(c.stack(cube, c.Choices(deviation="noise", noise=5.0))[1], 5)
