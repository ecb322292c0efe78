"""Correlations of pairs, and which registrations are accepted."""

import numpy as np
import pytest

from helioreduce.esis import align, coalign

SHAPE = (30, 40)


def test_correlation_of_an_image_with_itself_is_1(rng):
    image = rng.normal(size=SHAPE)
    assert coalign.zero_lag(image, 3 * image + 2) == pytest.approx(1)
    assert coalign.zero_lag(image, -image) == pytest.approx(-1)


def test_pairs_come_in_the_order_of_their_numbers(rng):
    """12 13 14 23 24 34: a camera that is the negative of all others has −1 with each."""
    image = rng.normal(size=SHAPE)
    stack = np.stack([image, -image, image, image])
    np.testing.assert_allclose(coalign.pair_correlations(stack), [-1, 1, 1, -1, -1, 1])


@pytest.mark.parametrize("found", [0.249, np.nan])
def test_a_low_correlation_is_refused(found):
    with pytest.raises(align.LowCorrelation, match="camera 3"):
        coalign.trusted(align.Registration(None, found, 5), 0.25, 3)


def test_the_least_correlation_is_enough():
    found = align.Registration(None, 0.25, 5)
    assert coalign.trusted(found, 0.25, 3) is found
