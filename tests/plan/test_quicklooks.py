"""Which images have a quick look: every N-th of a channel of the request, whichever are missing."""

import pytest
from configuration import configuration
from hypothesis import given
from hypothesis import strategies as st

from helioreduce.plan import quicklooks

WANTED = [(channel, f"{n:02d}") for n in range(10) for channel in ("171", "1600")]


def settings(quicklook, form="images"):
    return {"quicklook": quicklook, "output": {**configuration()["aia"]["output"], "form": form}}


@pytest.mark.parametrize(("quicklook", "images", "in_series"), [("auto", 1, 0), ("all", 1, 1), ("none", 0, 0), (7, 7, 7)])
def test_words_stand_for_numbers(quicklook, images, in_series):
    assert quicklooks.every(settings(quicklook)) == images and quicklooks.every(settings(quicklook, "series")) == in_series


@given(st.integers(1, 12), st.sets(st.sampled_from(WANTED)))
def test_what_is_missing_does_not_shift_the_others(step, missing):
    frames = set(WANTED) - missing
    found = quicklooks.of(settings(step), WANTED, frames)
    assert set(found) == {key for key in frames if int(key[1]) % step == 0}
    assert all(file == f"results/aia/quicklook/{channel}/{time}.jpg" for (channel, time), file in found.items())


def test_none_is_none():
    assert quicklooks.of(settings("none"), WANTED, WANTED) == {}
