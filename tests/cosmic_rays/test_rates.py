"""Rates of hits, and hot pixels apart from them."""

import numpy as np
import pytest

from helioreduce.cosmic_rays import rates, sources

SHAPE = (300, 400)


def test_hot_pixels_are_those_of_too_many_frames(rng):
    """Ten frames of 100 random hits each and five pixels in all of them: exactly the five, in 20 draws."""
    always = np.array([5, 777, 40_000, 90_001, 119_999])
    for _ in range(20):
        frames = [np.union1d(rng.choice(SHAPE[0] * SHAPE[1], 100, replace=False), always) for _ in range(10)]
        assert np.flatnonzero(rates.hot(frames, SHAPE)).tolist() == always.tolist()


@pytest.mark.parametrize("n", [0, 1, 2])
def test_two_frames_tell_nothing(n):
    assert not rates.hot([np.array([3])] * n, SHAPE).any()


def test_chance_alone_makes_no_pixel_hot(rng):
    """1 % of the pixels in each of eight frames, at random: at most one pixel of 120,000 is called hot in 5 draws."""
    frames = [[rng.choice(120_000, 1200, replace=False) for _ in range(8)] for _ in range(5)]
    assert sum(rates.hot(one, SHAPE).sum() for one in frames) <= 1


def test_a_rate_is_hits_over_area_and_time():
    """25 single hits in 10 s on 300 × 400 pixels of 15 µm; the error is Poisson's, the deviation in that of the expected."""
    mask = np.zeros(SHAPE, bool)
    mask[10:260:10, 50] = True
    row = rates.row(
        "a",
        {"EXPTIME": 10.0, "CAVEAT1": "too many", "CAVEAT2": "too quiet"},
        sources.find(mask),
        3,
        SHAPE,
        pixel_um=15.0,
        expected_rate=5.0,
    )
    area = 300 * 400 * 0.0015**2
    assert row["rate"] == pytest.approx(25 / (10 * area)) and row["rate_error"] == pytest.approx(5 / (10 * area))
    assert row["deviation"] == pytest.approx((25 - 50 * area) / np.sqrt(50 * area))
    assert (row["n_hits"], row["n_hot"], row["share"]) == (25, 3, 25 / 120_000)
    assert tuple(row) == rates.COLUMNS and row["doubts"] == "too many; too quiet"


def test_without_a_pixel_size_or_an_exposure_there_is_no_rate():
    nothing = sources.find(np.zeros(SHAPE, bool))
    for header, size in (({}, 15.0), ({"EXPTIME": 10.0}, None)):
        row = rates.row("a", header, nothing, 0, SHAPE, pixel_um=size)
        assert np.isnan(row["rate"]) and np.isnan(row["deviation"])
