"""Windows of an image against NumPy's and SciPy's whole-plane filters, at every pixel and with every border."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from helioreduce.cosmic_rays import windows

PADDING = {windows.REFLECT: "reflect", windows.NEAREST: "edge"}


@pytest.fixture
def plane(rng) -> np.ndarray:
    """Distinct values, three of them missing."""
    values = rng.permutation(11 * 13).astype(np.float32).reshape(11, 13)
    values[0, 0] = values[5, 6] = values[9, 12] = np.nan
    return values


@pytest.mark.parametrize("border", PADDING)
@pytest.mark.parametrize("reach", [1, 2])
def test_median_is_the_lower_one_of_the_known_values(plane, border, reach) -> None:
    """Of an even number of values the lower median; beyond the edge what np.pad puts there."""
    padded = np.pad(plane, reach, mode=PADDING[border])
    side = 2 * reach + 1
    for y, x in np.ndindex(plane.shape):
        known = np.sort(padded[y : y + side, x : x + side], axis=None)
        known = known[np.isfinite(known)]
        found = windows.median(plane, y, x, reach, border, np.empty(side**2, np.float32))
        assert found == known[(known.size - 1) // 2]


def test_copied_border_is_left_as_it_is(plane) -> None:
    """The filter starts where its window lies inside the image."""
    window = np.empty(25, np.float32)
    filtered = np.array([[windows.median(plane, y, x, 2, windows.COPY, window) for x in range(13)] for y in range(11)])
    inside = np.zeros(plane.shape, bool)
    inside[2:-2, 2:-2] = True
    np.testing.assert_array_equal(filtered[~inside], plane[~inside])
    reflected = np.array([[windows.median(plane, y, x, 2, windows.REFLECT, window) for x in range(13)] for y in range(11)])
    np.testing.assert_array_equal(filtered[inside], reflected[inside])


def test_median_of_nothing_is_missing() -> None:
    assert np.isnan(windows.low_median(np.ones(3, np.float32), 0))


def test_least_value_around_a_pixel(rng) -> None:
    plane = rng.permutation(11 * 13).astype(np.float32).reshape(11, 13)
    expected = ndimage.minimum_filter(plane, 5)
    for y, x in np.ndindex(7, 9):
        assert windows.least_around(plane, y + 2, x + 2) == expected[y + 2, x + 2]


def test_least_values_of_columns(rng) -> None:
    """Five rows of nine columns; what is missing does not count, and a column without a number is infinite."""
    plane = rng.permutation(9 * 11).astype(np.float32).reshape(9, 11)
    plane[4, 3] = plane[1:6, 5] = np.nan
    found = np.empty(9, np.float32)
    windows.least_of_columns(plane, 3, 5, found)
    np.testing.assert_array_equal(found, np.nan_to_num(plane, nan=np.inf)[1:6, 1:10].min(axis=0))


@pytest.mark.parametrize("ties", [False, True])
def test_medians_of_nine_are_those_of_a_filter(rng, ties) -> None:
    """All 49 of a pixel whose 9 × 10 neighbours are known; elsewhere it says that it has none."""
    plane = rng.permutation(14 * 16).astype(np.float32).reshape(14, 16)
    plane = plane % 5 if ties else plane
    plane[0, 0] = np.nan
    expected, found, inside = ndimage.median_filter(plane, 3), np.empty(81, np.float32), []
    for y, x in np.ndindex(plane.shape):
        if windows.three_by_three(plane, y, x, found):
            np.testing.assert_array_equal(found[:49].reshape(7, 7), expected[y - 3 : y + 4, x - 3 : x + 4])
            inside.append((y, x))
    assert inside == [(y, x) for y in range(4, 10) for x in range(4, 11) if (y, x) != (4, 4)]


@given(st.sets(st.integers(0, 8 * 11 - 1), min_size=1, max_size=6), st.integers(1, 4))
def test_neighbourhood_is_a_dilation(pixels, reach) -> None:
    """Each pixel of the dilated set once; the work buffer is left as it was."""
    marked = np.zeros((8, 11), bool)
    marked.flat[list(pixels)] = True
    side = 2 * reach + 1
    marks = np.zeros(88, bool)
    found = windows.near(np.array(sorted(pixels)), reach, 8, 11, marks)
    assert not marks.any()
    np.testing.assert_array_equal(np.sort(found), np.flatnonzero(ndimage.binary_dilation(marked, np.ones((side, side)))))
