"""Pixels without a usable count: by definition, in one pass or in array arithmetic."""

import numpy as np
import pytest

from helioreduce.aia import pixels
from helioreduce.image import Flag


@pytest.mark.parametrize("on_host", [True, False])
def test_flags_and_numbers_of_pixels_without_a_count(monkeypatch, rng, on_host):
    """One value of each kind among good ones; flags that are there stay."""
    monkeypatch.setattr(pixels.backend, "on_host", lambda _: on_host)
    data = rng.uniform(-10, 100, (7, 9)).astype(np.float32)
    flags = np.zeros((7, 9), np.uint8)
    flags[3] = Flag.SPIKE
    odd = {(0, 0): np.nan, (1, 2): np.inf, (2, 3): -np.inf, (3, 4): -32768, (4, 5): -(2.0**31), (5, 6): 101, (6, 8): 1e9}
    for place, value in odd.items():
        data[place] = value
    data[0, 8], data[6, 0] = -32767, 100
    found = pixels.judge(data, flags, -32768, 100)
    expected = flags.copy()
    for place in list(odd)[:5]:
        expected[place] |= Flag.NO_DATA
    for place in list(odd)[5:]:
        expected[place] |= Flag.SATURATED
    np.testing.assert_array_equal(found.flags, expected)
    assert (found.missing, found.disguised) == (5, 4) and found.flags.dtype == np.uint8
    assert not flags[0].any(), "the image's own flags are left alone"
