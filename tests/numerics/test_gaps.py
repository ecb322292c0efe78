"""Gaps: what is known stays, what is missing is filled linearly."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helioreduce.errors import InputError
from helioreduce.numerics import gaps

NAN = np.nan


@given(st.integers(0, 2**32 - 1), st.floats(0, 0.9))
def test_known_pixels_stay_and_none_is_missing(seed, share):
    rng = np.random.default_rng(seed)
    plane = rng.normal(size=(12, 15)).astype(np.float32)
    plane[rng.uniform(size=plane.shape) < share] = NAN
    plane[5, 7] = 1
    before = plane.copy()
    filled = gaps.filled(plane)
    known = np.isfinite(plane)
    np.testing.assert_array_equal(plane, before)
    np.testing.assert_array_equal(filled[known], plane[known])
    assert np.isfinite(filled).all()
    assert filled.min() >= plane[known].min() and filled.max() <= plane[known].max()


def test_a_linear_row_is_restored():
    """f(x) = 3 + 2 x between known pixels; constant beyond them."""
    row = 3 + 2 * np.arange(10.0)
    holed = row.copy()
    holed[[0, 3, 4, 5, 8, 9]] = NAN
    expected = np.where(np.arange(10) < 1, row[1], np.where(np.arange(10) > 7, row[7], row))
    np.testing.assert_allclose(gaps.filled(holed[None])[0], expected, rtol=1e-15)


def test_the_first_pixel_counts():
    """A gap after it is interpolated from it; where it is the only one, the row has its value."""
    np.testing.assert_array_equal(gaps.filled(np.array([[1.0, NAN, 3.0], [5.0, NAN, NAN]])), [[1, 2, 3], [5, 5, 5]])


def test_an_empty_row_is_the_nearest_one():
    plane = np.array([[1.0], [NAN], [NAN], [4.0], [NAN]]) * np.ones(6)
    np.testing.assert_array_equal(gaps.filled(plane)[:, 0], [1, 1, 4, 4, 4])


def test_an_image_without_a_good_pixel_is_refused():
    with pytest.raises(InputError, match="no pixel has a usable value"):
        gaps.filled(np.full((3, 4), NAN))
