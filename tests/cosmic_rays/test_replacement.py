"""Replacements: weighted means of the good pixels of a 5 × 5 square, and their spread."""

from __future__ import annotations

import numpy as np
import pytest

from helioreduce.cosmic_rays import replacement

PLACES = [(6, 7), (0, 0), (1, 12), (9, 3)]


@pytest.fixture
def plane(rng) -> np.ndarray:
    values = rng.permutation(10 * 13).astype(np.float32).reshape(10, 13)
    values[5, 7] = np.nan
    return values


@pytest.fixture
def spoilt(plane, rng) -> np.ndarray:
    """One pixel in five, and the ones to be replaced."""
    marked = rng.random(plane.shape) < 0.2
    marked[tuple(zip(*PLACES, strict=True))] = True
    return marked


def source(plane, spoilt, y, x):
    """Good values within two rows and columns of a pixel, and their distances from it."""
    j, i = np.mgrid[: plane.shape[0], : plane.shape[1]]
    good = (abs(j - y) <= 2) & (abs(i - x) <= 2) & ~spoilt & np.isfinite(plane)
    return plane[good].astype(float), np.hypot(j - y, i - x)[good]


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        (replacement.MEAN, lambda values, distance: values.mean()),
        (replacement.MEDIAN, lambda values, distance: np.sort(values)[(values.size - 1) // 2]),
        (replacement.DISTANCE, lambda values, distance: np.sum(values / distance) / np.sum(1 / distance)),
    ],
)
@pytest.mark.parametrize(("y", "x"), PLACES)
def test_value_from_the_good_pixels_around(plane, spoilt, y, x, method, expected) -> None:
    wanted = expected(*source(plane, spoilt, y, x))
    assert replacement.replace(plane, np.array([y * 13 + x]), spoilt, method, np.float32(-1)) == 0
    assert plane[y, x] == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize(("y", "x"), PLACES)
def test_spread_is_the_standard_deviation_of_the_source(plane, spoilt, y, x) -> None:
    values, _ = source(plane, spoilt, y, x)
    assert replacement.spread(plane, np.array([y * 13 + x]), spoilt)[0] == pytest.approx(np.std(values, ddof=1), rel=1e-6)


def test_one_pixel_has_no_spread_and_two_have(plane) -> None:
    spoilt = np.ones(plane.shape, bool)
    spoilt[4, 4] = False
    assert replacement.spread(plane, np.array([4 * 13 + 5]), spoilt)[0] == 0
    spoilt[4, 6] = False
    expected = abs(plane[4, 4] - plane[4, 6]) / np.sqrt(2)
    assert replacement.spread(plane, np.array([4 * 13 + 5]), spoilt)[0] == pytest.approx(expected, rel=1e-6)


def test_level_is_the_lower_median_of_what_is_known(plane) -> None:
    excluded = np.zeros(plane.shape, bool)
    excluded[0, 0] = True
    known = np.sort(plane[~excluded & np.isfinite(plane)])
    assert known.size == 128
    assert replacement.level(plane, excluded) == known[63]
    assert np.isnan(replacement.level(plane, np.ones(plane.shape, bool)))
