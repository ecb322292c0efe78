"""Figures of the degradation: curves, epochs, jumps and corrected images against tables with known factors."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from astropy.table import Table
from drawing import SPOT, drawn, labels, line, shows
from matplotlib.dates import date2num

from helioreduce import times
from helioreduce.aia.figures import degradation, style
from helioreduce.aia.response import history
from helioreduce.errors import InputError
from helioreduce.image import Flag


def epoch(start, stop, area, slope=0.0, version=10):
    return {
        "DATE": "2020-01-01T00:00:00", "T_START": start, "T_STOP": stop, "VER_NUM": version, "WAVE_STR": "171_THIN",
        "EFF_AREA": area, "EFFA_P1": slope, "EFFA_P2": 0.0, "EFFA_P3": 0.0,
    }  # fmt: skip


TABLE = [
    epoch("2010-03-24", "2012-01-01", 2.0),
    epoch("2012-01-01", "2014-01-01", 1.0, -0.0005),
    epoch("2014-01-01", "2030-01-01", 1.2),
    epoch("2010-03-24", "2030-01-01", 2.0, -0.0001, version=9),
]


@pytest.fixture
def figure():
    """Two frames at half of the sensitivity and at 60 %."""
    curves = history.to_table([history.history(TABLE, 171, version) for version in (9, 10)])
    return drawn(degradation.degradation, curves, TABLE, 171, ["20120101T000000", "20140601T000000"], 10)


def test_curves_and_the_images_own_factors(figure):
    upper = figure.axes[0]
    assert labels(upper) == ["V9", "V10", "images"]
    for version in (9, 10):
        curve = history.history(TABLE, 171, version)
        when, factor = line(upper, f"V{version}")
        assert list(when) == list(curve.times)
        np.testing.assert_array_equal(factor, curve.factor)
    when, factor = line(upper, "images")
    assert list(factor) == [0.5, 0.6] and list(when) == [datetime(2012, 1, 1, tzinfo=UTC), datetime(2014, 6, 1, tzinfo=UTC)]
    assert [own.get_color() for own in upper.lines[:2]] == [style.VERSIONS[version]["color"] for version in (9, 10)]


def test_epochs_jumps_and_the_frozen_part(figure):
    upper, lower = figure.axes
    starts = [times.parse(text) for text in ("2012-01-01", "2014-01-01")]
    epochs = [own for own in upper.lines if own.get_label().startswith("_")]
    assert [own.get_xdata()[0] for own in epochs] == starts
    (jumps,) = lower.collections
    before = 0.5 * (1 - 0.0005 * 731)
    heights = [segment[1][1] for segment in jumps.get_segments()]
    assert heights == pytest.approx([-50, 100 * (0.6 / before - 1)])
    assert [segment[0][0] for segment in jumps.get_segments()] == [date2num(start) for start in starts]
    (largest,) = lower.texts
    assert largest.get_text().strip() == f"{heights[1]:.1f} % up on 2014-01-01"
    (frozen,) = upper.texts
    assert "frozen" in frozen.get_text() and frozen.get_position()[0] == starts[1]
    assert upper.patches[0].get_x() == date2num(starts[1])


def test_correction_divides_by_its_factor(frame):
    before = frame()
    after = frame(before.data / 0.4, DEGFACT=0.4, BUNIT="DN")
    figure = drawn(degradation.correction, before, after)
    first, second = (axis for axis in figure.axes if axis.images)
    (a,), (b,) = first.images, second.images
    assert a.norm is b.norm and second.get_title(loc="left") == "÷ 0.4000"
    for axis, shown, image in ((first, a, before), (second, b, after)):
        for x, y in (SPOT, (20, 10), (20, 110), (150, 100)):
            assert shows(axis, shown, x, y, image.data[y, x])
    (plot,) = (axis for axis in figure.axes if axis.patches and axis.get_ylabel() == "pixels")
    for patch, image in zip(plot.patches, (before, after), strict=True):
        x, y = patch.get_xy().T
        lowest = x[np.flatnonzero(y > 0.5)[0]]
        assert lowest == pytest.approx(image.data.min(), rel=0.15)


def test_a_frame_without_a_good_pixel_has_a_reason(frame):
    before = frame()
    lost = before.with_(flags=np.full(before.flags.shape, Flag.SATURATED, np.uint8), header=frame(DEGFACT=0.4).header)
    (said,) = drawn(degradation.correction, before, lost).texts
    assert "No pixel" in said.get_text()


def test_trend_names_empty_cells():
    means = Table({"time": ["2014-01-01", "2014-01-02"], "mean_171": [1.0, 2.0]}, masked=True)
    means["mean_171"].mask[1] = True
    with pytest.raises(InputError, match="column mean_171 has empty cells"):
        degradation.trend(means, [TABLE], 171)


def test_trend_of_means_that_follow_one_version():
    """Means that decline as version 10 says are flat once corrected with it, and not with version 9."""
    when = [datetime(2012, 1, 2, tzinfo=UTC) + timedelta(days=10 * day) for day in range(60)]
    truth = np.array([0.5 * (1 - 0.0005 * (time - datetime(2012, 1, 1, tzinfo=UTC)).days) for time in when])
    means = Table({"time": [times.iso(time) for time in when], "mean_171": 80 * truth})
    axis = drawn(degradation.trend, means, [TABLE[:3], TABLE[3:]], 171).axes[0]
    observed, nine, ten = axis.lines
    assert list(observed.get_xdata()) == when
    np.testing.assert_allclose(observed.get_ydata(), truth / truth[0])
    np.testing.assert_allclose(ten.get_ydata(), 1, rtol=1e-12)
    own = 1 - 0.0001 * np.array([(time - datetime(2010, 3, 24, tzinfo=UTC)).days for time in when])
    np.testing.assert_allclose(nine.get_ydata(), truth / own / (truth[0] / own[0]), rtol=1e-12)
    assert ten.get_label() in ("corrected, V10: +0.00 ± 0.00 % per year", "corrected, V10: -0.00 ± 0.00 % per year")
    assert nine.get_label().startswith("corrected, V9: -")


def test_trend_names_the_missing_column():
    with pytest.raises(InputError, match="column mean_171 missing"):
        degradation.trend(Table({"time": ["2014-01-01"]}), [TABLE], 171)
