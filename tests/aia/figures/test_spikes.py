"""Figures of spikes: circles and colours lie on the spikes' own pixels."""

import numpy as np
import pytest
from drawing import beside, drawn, labels, shows
from matplotlib.colors import to_rgba

from helioreduce.aia.figures import spikes
from helioreduce.image import Image

#: Pixels (x, y) of the spikes, DN before and after despiking.
SPIKES = {(30, 90): (900, 100), (32, 92): (400, 110), (100, 20): (5000, 120)}
LEFT, BOTTOM = 1000, 900  # of the cut-out on the detector


@pytest.fixture
def despiked(frame):
    """A cut-out as delivered."""
    y, x = np.mgrid[:120, :160]
    image = frame(100.0 + 0.5 * x + 0.25 * y, X0_MP=2052.0, Y0_MP=2046.0, CROTA2=0.0)
    image.header.update(CRPIX1=2053.0 - LEFT, CRPIX2=2047.0 - BOTTOM)
    for (column, row), (_, after) in SPIKES.items():
        image.data[row, column] = after
    return Image(image.data, image.header)


@pytest.fixture
def listed():
    """Their list as JSOC delivers it: index on the detector, value before, value after."""
    return np.array([[(BOTTOM + y) * 4096 + LEFT + x, *values] for (x, y), values in SPIKES.items()]).T


def test_circles_lie_on_the_spikes(despiked, listed):
    respiked = Image(despiked.data.copy(), despiked.header)
    for (x, y), (before, _) in SPIKES.items():
        respiked.data[y, x] = before
    figure = drawn(spikes.spike_cutouts, despiked, respiked, listed, 40, [])
    first, second = (axis for axis in figure.axes if axis.images)
    for axis, column in ((first, 1), (second, 0)):
        (shown,), (circles,) = axis.images, axis.collections
        data = np.asarray(shown.get_array())
        assert data.shape == (40, 40)
        for (x, y), values in zip(circles.get_offsets()[:2], SPIKES.values(), strict=False):
            assert data[int(y), int(x)] == values[column]
            assert shows(axis, shown, x, y, values[column])
    assert first.images[0].norm is second.images[0].norm and beside(second)
    assert [axis.get_title(loc="left") for axis in (first, second)] == ["Level 1", "Level 0.5"]


def test_the_cut_out_is_where_spikes_show_on_a_bright_structure(despiked):
    """Many spikes in the dark, many that hardly differ from their surroundings, and a few clear ones on the bright side."""
    data = np.where(np.arange(160) < 80, 5.0, 1000.0) * np.ones((120, 1))
    image = Image(data.astype(np.float32), despiked.header)
    dark = [(x, y, 500, 5) for x in range(2, 38, 4) for y in range(2, 38, 4)]
    hidden = [(x, y, 1005, 1000) for x in range(82, 118, 4) for y in range(2, 38, 4)]
    clear = [(125, 85, 5000, 1000), (130, 90, 4000, 1000)]
    listed = np.array([[(BOTTOM + y) * 4096 + LEFT + x, before, after] for x, y, before, after in dark + hidden + clear]).T
    axis = drawn(spikes.spike_cutouts, image, image, listed, 40, []).axes[0]
    (circles,) = axis.collections
    inside = [0 <= x < 40 and 0 <= y < 40 for x, y in circles.get_offsets()]
    assert np.flatnonzero(inside).tolist() == [len(dark) + len(hidden), len(dark) + len(hidden) + 1]


def test_a_box_chooses_the_cut_out(despiked, listed):
    box = [(LEFT + 20 - 2052) * 0.6, (BOTTOM + 80 - 2046) * 0.6, (LEFT + 40 - 2052) * 0.6, (BOTTOM + 100 - 2046) * 0.6]
    axis = drawn(spikes.spike_cutouts, despiked, despiked, listed, 40, box).axes[0]
    assert max(axis.images[0].get_array().shape) <= 24
    x, y = axis.collections[0].get_offsets()[0]
    assert axis.images[0].get_array()[int(y), int(x)] == 100


def test_histogram_counts_both_sides(listed):
    none = np.empty((3, 0), int)
    axes = drawn(spikes.spike_histogram, [listed, none, listed[:, :1]], [171, 193, 211]).axes
    assert [axis.get_title(loc="left") for axis in axes[:3]] == ["171 Å: 3 spikes", "193 Å: 0 spikes", "211 Å: 1 spikes"]
    assert [axis.texts[0].get_text() for axis in axes[:3]] == ["median 900 → 110 DN", "none", "median 900 → 100 DN"]
    assert labels(axes[0]) == ["spike (before despiking)", "replaced by (level 1)"] and not axes[3].axison
    before, after = axes[0].patches
    for patch, values in ((before, listed[1]), (after, listed[2])):
        x, y = patch.get_xy().T
        filled = sorted({(low, high) for low, high, n in zip(x[:-1], x[1:], y[:-1], strict=True) if n >= 1 and high > low})
        assert all(any(low <= value <= high for low, high in filled) for value in values)


def test_positions_are_those_of_the_pixels(despiked, listed):
    """Each point is at its pixel, coloured by how much it was lowered, the largest on top."""
    figure = drawn(spikes.spike_positions, despiked, listed)
    axis = figure.axes[0]
    (points,) = axis.collections
    at = axis.transData.inverted().transform(axis.get_transform("world").transform(points.get_offsets()))
    expected = sorted(SPIKES.items(), key=lambda spike: spike[1][0] - spike[1][1])
    np.testing.assert_allclose(at, [place for place, _ in expected], atol=1e-3)
    np.testing.assert_array_equal(points.get_array(), [before - after for _, (before, after) in expected])
    (shown,) = axis.images
    np.testing.assert_array_equal(shown.get_array(), despiked.data)
    assert beside(axis)
    assert axis.get_title(loc="left") == "3 spikes" and figure.get_suptitle() == "SDO/AIA 171 Å, 2014-01-01T00:00:01"
    assert points.get_edgecolors().shape[1] == len(to_rgba("k"))


def test_a_frame_without_spikes_is_drawn(despiked):
    figure = drawn(spikes.spike_positions, despiked, np.empty((3, 0), int))
    assert figure.axes[0].get_title(loc="left").startswith("0 spikes")
    figure = drawn(spikes.spike_cutouts, despiked, Image(despiked.data, despiked.header), np.empty((3, 0), int), 40, [])
    assert len([axis for axis in figure.axes if axis.images]) == 2
