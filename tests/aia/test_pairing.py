"""Frames of several channels that belong together in time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helioreduce.aia import pairing

TIMES = st.lists(st.integers(0, 60), min_size=1, max_size=12, unique=True).map(sorted)


def test_the_nearest_frame_of_every_channel_within_the_tolerance():
    groups = pairing.groups({94: [2, 122, 242], 131: [9, 131], 171: [12]}, 10)
    assert [dict(group.frames) for group in groups] == [{94: 0, 131: 0, 171: 0}, {94: 1, 131: 1}, {94: 2}]
    assert [group.spread_s for group in groups] == [10, 9, 0]


@given(st.dictionaries(st.sampled_from((94, 131, 171)), TIMES, min_size=1), st.integers(0, 20))
def test_no_other_frame_is_nearer(times, tolerance):
    first = max(times, key=lambda channel: len(times[channel]))
    for index, group in enumerate(pairing.groups(times, tolerance)):
        distances = {channel: [abs(other - times[first][index]) for other in own] for channel, own in times.items()}
        wanted = {channel: own.index(min(own)) for channel, own in distances.items() if min(own) <= tolerance}
        assert group.frames == wanted


def test_nothing_to_pair():
    assert pairing.groups({}, 10) == []
    assert [dict(group.frames) for group in pairing.groups({171: [0, 60]}, 10)] == [{171: 0}, {171: 1}]


def row(value, sigma=3.0, exposure=4.0):
    return {"limit": value, "sigma": sigma, "sigma_exposure": exposure}


def test_a_light_curve_changes_by_its_steeper_slope():
    """100 in 20 s, 10 s apart: 50, of an error of 5."""
    curve = [row(0), row(100), row(110)]
    assert pairing.change(curve, [0, 20, 40], 1, 10) == pytest.approx(10)
    assert pairing.change(curve, [0, 20, 40], 2, 10) == pytest.approx(1)


@pytest.mark.parametrize("curve", [[row(5)], [row(5, np.nan), row(6, np.nan)]], ids=["a lone frame", "without sigma"])
def test_a_change_that_is_not_known_is_nan(curve):
    assert np.isnan(pairing.change(curve, [0, 20], 0, 10))
