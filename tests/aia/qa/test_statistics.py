"""Statistics of small frames."""

import numpy as np
import pytest

from helioreduce import times
from helioreduce.aia.qa import statistics
from helioreduce.errors import InputWarning
from helioreduce.image import Flag, Image


def test_statistics(level1_header):
    level1_header.update(NSPIKES=17, DEGFACT=0.5)
    raw = Image(np.full((10, 10), 7.0, np.float32), level1_header, np.full((10, 10), 2.0, np.float32))
    raw.data[0, 0], raw.flags[0, 1] = np.nan, Flag.SATURATED
    reported = statistics.measure(raw, raw)
    assert (reported["pixels"], reported["mean"], reported["NSPIKES"], reported["DEGFACT"]) == (98, 7.0, 17, 0.5)
    assert reported["sigma"] == pytest.approx(2 / np.sqrt(98), rel=1e-6)


def test_keywords_are_those_of_the_level_1_frame(level1_header):
    """A respiked image has no spikes left; what a header lacks is left out."""
    raw, plane = level1_header.copy(), np.ones((5, 5), np.float32)
    raw["NSPIKES"] = 12
    del raw["QUALITY"], level1_header["QUALITY"]
    found = statistics.measure(Image(plane, level1_header), Image(plane, raw))
    assert found["NSPIKES"] == 12 and "QUALITY" not in found and found["DEGFACT"] == 1.0 and np.isnan(found["sigma"])


def test_an_image_without_good_pixels_has_no_mean(level1_header):
    image = Image(np.full((5, 5), np.nan, np.float32), level1_header)
    assert np.isnan(statistics.measure(image, image)["mean"])


def test_frames_by_channel_in_order_of_time():
    rows = [{"WAVELNTH": c, "T_OBS": f"2014-01-01T00:00:{s:02d}Z"} for c, s in ((304, 5), (171, 9), (171, 3))]
    found = statistics.by_channel(rows)
    assert list(found) == [171, 304]
    assert [row["time"] for row in found[171]] == [times.parse(f"2014-01-01T00:00:0{s}Z") for s in (3, 9)]


def test_shares_and_median_of_a_frame_without_good_pixels(level1_header):
    image = Image(np.ones((5, 5), np.float32), level1_header, np.ones((5, 5)), np.full((5, 5), Flag.SATURATED, np.uint8))
    reported = statistics.measure(image, image)
    assert (reported["pixels"], reported["masked"], reported["saturated"]) == (0, 1, 1)
    assert all(np.isnan(reported[name]) for name in ("mean", "sigma", "median"))


def test_advice_leaves_no_pixel_out(level1_header):
    """A small cut-out is within reach of its edges everywhere."""
    image = Image(np.ones((5, 5), np.float32), level1_header, flags=np.full((5, 5), Flag.EDGE, np.uint8))
    assert statistics.measure(image, image)["pixels"] == 25


@pytest.mark.parametrize(
    ("medians", "expected"),
    [
        ([10, 70, 10], [1, 7, 1]),
        ([10, 1, 20], [1, 0.1, 1]),
        ([1, 10, 100, 1000], [1, 1, 1, 1]),
        ([1, np.nan, 1], [1, 1, 1]),
        ([5, 40, 8, 8], [1, 5, 1, 1]),
        ([5], [1]),
    ],
    ids=["brighter than both", "fainter than both", "a flare rises", "no median", "of the nearer one", "a lone frame"],
)
def test_a_jump_stands_out_on_both_sides(medians, expected):
    np.testing.assert_allclose(statistics.jumps(medians), expected)


def rows(*medians, unit="DN/s"):
    return [
        {"WAVELNTH": 193, "T_OBS": f"2011-02-15T01:{minute:02d}:00Z", "BUNIT": unit, "median": median}
        for minute, median in enumerate(medians)
    ]


def test_a_series_shows_which_frame_jumps():
    """7.5 times too bright: EXPTIME of 4.9 ms for 37 ms."""
    with pytest.warns(InputWarning, match="193 Å 2011-02-15T01:01:00Z: the median is 6.82 times its neighbours'"):
        found = statistics.series(reversed(rows(1.0, 7.5, 1.1)))
    assert [row["jump"] for row in found] == pytest.approx([1, 7.5 / 1.1, 1])
    assert {tuple(row) for row in found} == {tuple(found[0])}, "one set of columns"


def test_counts_are_not_compared():
    assert [row["jump"] for row in statistics.series(rows(1.0, 7.5, 1.1, unit="DN"))] == [1, 1, 1]
