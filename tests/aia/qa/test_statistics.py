"""Statistics of small frames."""

import numpy as np
import pytest

from helioreduce import times
from helioreduce.aia.qa import statistics
from helioreduce.image import Flag, Image


def test_statistics(level1_header):
    level1_header.update(NSPIKES=17, DEGFACT=0.5)
    raw = Image(np.full((10, 10), 7.0, np.float32), level1_header, np.full((10, 10), 2.0, np.float32))
    raw.data[0, 0], raw.flags[0, 1] = np.nan, Flag.SATURATED
    told = statistics.measure(raw, raw)
    assert (told["pixels"], told["mean"], told["NSPIKES"], told["DEGFACT"]) == (98, 7.0, 17, 0.5)
    assert told["sigma"] == pytest.approx(2 / np.sqrt(98), rel=1e-6)


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
