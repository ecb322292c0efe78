"""Statistics from a histogram against those of the pixels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helioreduce.numerics import histogram


@given(st.integers(0, 2**31), st.sampled_from([np.int16, np.int32, np.float32]), st.booleans())
def test_statistics_of_a_histogram_are_those_of_its_pixels(seed: int, kind: type, with_blank: bool) -> None:
    rng = np.random.default_rng(seed)
    image = rng.integers(-32768 if kind is np.int16 else -50000, 32767, (20, 17)).astype(kind)
    blank = None
    if with_blank:
        blank = -32768
        image[rng.random(image.shape) < 0.2] = blank
        seen = image != blank
    else:
        seen = np.ones(image.shape, bool)
    pixels, found = image[seen].astype(float), histogram.of(image, blank)
    assert found.size == pixels.size
    assert found.mean == pytest.approx(pixels.mean(), rel=1e-9, abs=1e-9)
    assert found.moment(2) == pytest.approx(pixels.var(), rel=1e-9)
    for percent in (0.5, 50, 99):
        assert found.percentile(percent) == np.percentile(pixels, percent, method="inverted_cdf")


def test_an_image_without_pixels_has_an_empty_histogram() -> None:
    assert histogram.of(np.full((3, 3), -32768, np.int16), -32768).size == 0
