"""The despiker against a plain loop."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from helioreduce.sun import despiker


@given(st.integers(0, 2**31))
@settings(max_examples=25, deadline=None)
def test_despiker_replaces_by_the_published_rule(seed: int) -> None:
    """Against a plain loop: threshold, rank, border, passes; and respiking restores the counts to the bit."""
    rng = np.random.default_rng(seed)
    image = rng.poisson(20, (18, 23)).astype(np.int16)
    image[rng.random(image.shape) < 0.03] += 400
    cleaned, spikes = despiker.despike(image)
    expected = image.astype(int)
    for _ in range(3):
        before = expected.copy()
        for y in range(2, 16):
            for x in range(2, 21):
                near, far = before[y - 1 : y + 2, x - 1 : x + 2], before[y - 2 : y + 3, x - 2 : x + 3].copy()
                far[1:4, 1:4] = 30000
                if before[y, x] > 0 and before[y, x] / 1.8 - (near.sum() - before[y, x]) / 8 > 4:
                    expected[y, x] = np.sort(far.ravel())[7]
    np.testing.assert_array_equal(cleaned, expected)
    np.testing.assert_array_equal(spikes[0], np.argwhere(cleaned != image) @ (4096, 1))
    np.testing.assert_array_equal(despiker.respike(cleaned, spikes), image)


def test_despiker_finds_one_spike_and_spares_the_border() -> None:
    image = np.full((9, 9), 10, np.int16)
    image[4, 4] = image[1, 5] = 3000
    cleaned, spikes = despiker.despike(image)
    assert spikes.tolist() == [[4 * 4096 + 4], [3000], [10]]
    assert cleaned[1, 5] == 3000
