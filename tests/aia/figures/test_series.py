"""Figures against time: values, errors and flags of the frames' statistics."""

import numpy as np
import pytest
from drawing import SPOT, beside, drawn, labels, line, shows

from helioreduce import times
from helioreduce.aia.figures import series, style


def row(channel, second, **values):
    known = {"EXPTIME": 2.0, "QUALITY": 0, "NSPIKES": 100, "DEGFACT": 0.8, "BUNIT": "DN/s", "mean": 50.0, "sigma": 0.3}
    known |= {"sigma_exposure": 0.4, "saturated": 0.0, "limit": values.get("mean", 50.0)}
    return {"WAVELNTH": channel, "T_OBS": f"2014-01-01T00:00:{second:02d}Z", **known, **values}


ROWS = [
    row(304, 7, mean=20.0, sigma=0.1, DEGFACT=1.0),
    row(171, 12, mean=60.0, sigma=0.7, EXPTIME=1.0, NSPIKES=300, QUALITY=4096),
    row(171, 0),
    row(171, 24, QUALITY=0x40000000, NSPIKES=200),
]
SECONDS = {171: [0, 12, 24], 304: [7]}


def at(channel):
    return [times.parse(f"2014-01-01T00:00:{second:02d}Z") for second in SECONDS[channel]]


def test_light_curves_with_their_errors_in_order_of_time():
    first, second = drawn(series.light_curves, [ROWS[1:], ROWS[:1]]).axes
    for axis, channel, mean, sigma in (
        (first, 171, [50, 60, 50], [0.5, np.hypot(0.7, 0.4), 0.5]),
        (second, 304, [20], [np.hypot(0.1, 0.4)]),
    ):
        (curve,) = axis.containers
        points, _, (bars,) = curve.lines
        assert list(points.get_xdata()) == at(channel) and list(points.get_ydata()) == mean
        heights = [segment[:, 1] for segment in bars.get_segments()]
        np.testing.assert_allclose(heights, [[m - s, m + s] for m, s in zip(mean, sigma, strict=True)])
        assert axis.get_ylabel() == f"{channel} Å\n[DN/s]" and points.get_color() == style.CHANNELS[channel]["color"]
    np.testing.assert_allclose(line(first, "not corrected for degradation")[1], [40, 48, 40])
    assert labels(second) == ["corrected"]


def test_saturated_frames_are_lower_limits():
    """Their mean with the saturated pixels is drawn, and their share behind it."""
    rows = [row(171, 0), row(171, 12, mean=20.0, limit=80.0, saturated=0.25)]
    curve, share = drawn(series.light_curves, [rows]).axes
    assert line(curve, "lower limit: saturated pixels")[1].tolist() == [80]
    assert share.get_ylim() == (0, 100) and share.collections[0].get_paths()[0].vertices[:, 1].max() == 25


def test_timeline_marks_what_is_flagged():
    """Near-real-time data are not flagged; any other bit is."""
    quality, exposure, spikes = drawn(series.timeline, ROWS).axes
    marked = {(own.get_marker(), y): list(own.get_xdata()) for own in quality.lines for y in np.unique(own.get_ydata())}
    assert marked == {("o", 0): [at(171)[0], at(171)[2]], ("x", 0): [at(171)[1]], ("o", 1): at(304)}
    assert [text.get_text() for text in quality.get_yticklabels()] == ["171 Å", "304 Å"]
    assert [list(own.get_ydata()) for own in exposure.lines] == [[2, 1, 2], [2]]
    assert [list(own.get_ydata()) for own in spikes.lines] == [[100, 300, 200], [100]]
    assert exposure.get_ylim()[0] == 0
    assert spikes.get_ylabel() == "spikes found\non the ground"


def test_timeline_marks_exposure_times_as_commanded_and_jumps():
    rows = [row(171, second, EXPUSED=2.0, EXPSRC="measured", jump=1.0) for second in (0, 12, 24)]
    rows[1] |= {"EXPTIME": 0.005, "EXPUSED": 0.037, "EXPSRC": "commanded", "jump": 7.5}
    exposure = drawn(series.timeline, rows).axes[1]
    assert [list(own.get_ydata()) for own in exposure.lines] == [[2, 0.037, 2]]
    assert [len(marks.get_offsets()) for marks in exposure.collections] == [1, 1]


def test_keywords_that_a_header_lacks_are_left_blank():
    bare = {key: value for key, value in row(171, 0).items() if key not in ("QUALITY", "NSPIKES")}
    quality, _, spikes = drawn(series.timeline, [bare]).axes
    assert [own.get_marker() for own in quality.lines if len(own.get_xdata())] == ["o"]
    assert np.isnan(spikes.lines[0].get_ydata()).all()


def test_a_lone_frame_has_a_time_axis_about_it():
    axis = drawn(series.light_curves, [ROWS[:1]]).axes[0]
    low, high = axis.get_xlim()
    assert (high - low) * 86400 == pytest.approx(20, abs=1e-3)


def test_channels_are_shown_with_their_curves(frame):
    """Values at their places; each curve is divided by its maximum, lower limits are marked."""
    images = [frame(WAVELNTH=channel, CROTA2=0.0) for channel in (171, 304)]
    curves = [[row(171, 0, mean=30.0), row(171, 12, mean=20.0, limit=60.0, saturated=0.1)], [row(304, 7, mean=8.0)]]
    figure = drawn(series.channels, images, curves)
    *pictures, below = figure.axes
    for axis, channel in zip(pictures, (171, 304), strict=True):
        (shown,) = axis.images
        assert axis.get_title(loc="left") == f"{channel} Å, 00:00:01" and beside(axis)
        assert shows(axis, shown, *SPOT, 600.0) and shows(axis, shown, 20, 100, images[0].data[100, 20])
    assert figure.get_suptitle() == "SDO/AIA, 2014-01-01"
    np.testing.assert_allclose(line(below, "171 Å")[1], [0.5, 1.0])
    np.testing.assert_allclose(line(below, "304 Å")[1], [1.0])
    marked = [own for own in below.lines if own.get_marker() == "^" and len(own.get_xdata())]
    assert [list(own.get_ydata()) for own in marked] == [[1.0]]


def test_alignment_draws_every_pair_with_its_mean():
    rows = [
        {"first": 193, "second": 211, "dx_px": x, "dy_px": 1.1, "sigma_x_px": 0.1, "sigma_y_px": 0.1, "correlation": r}
        for x, r in ((0.1, 0.9), (0.3, 0.94))
    ]
    x, y = drawn(series.alignment, rows).axes
    assert x.get_yticklabels()[0].get_text() == "211 − 193 Å   (r ≤ 0.94)"
    assert x.containers[0].lines[0].get_xdata() == pytest.approx([0.2]) and y.containers[0].lines[
        0
    ].get_xdata() == pytest.approx([1.1])
    assert drawn(series.alignment, []).axes == [] or "tolerance" in str(drawn(series.alignment, []).texts)
