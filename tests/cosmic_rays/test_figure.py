"""Figures of hits: what they show is what was found."""

import numpy as np
import pytest

from helioreduce.cosmic_rays import figure, sources
from helioreduce.io import plots


@pytest.fixture
def mask():
    """Thirty hits of five pixels in a row, one in each snippet."""
    mask = np.zeros((900, 300), bool)
    for k in range(30):
        mask[30 * k, 3 + 9 * k : 8 + 9 * k] = True
    return mask


def test_every_hit_is_shown_once_and_scaled_to_its_peak(rng, mask):
    """Each mask's snippets hold its pixels; each picture reaches 1 in every snippet, and nothing exceeds it."""
    image = rng.normal(100, 5, mask.shape) + np.where(mask, 500 * (1 + rng.random(mask.shape)), 0)
    boxes = sources.largest(sources.find(mask), 30)
    drawn = figure.snippets({"mask": mask, "image": image}, boxes, "title")
    masks, images = drawn.axes[::2], drawn.axes[1::2]
    assert len(masks) == 3 and drawn.get_suptitle() == "title"
    assert sum(np.nansum(axis.images[0].get_array()) for axis in masks) == mask.sum()
    for axis in images:
        picture = np.ma.filled(axis.images[0].get_array(), np.nan)
        height = figure.SNIPPET[0] + figure.GAP
        peaks = [np.nanmax(picture[row : row + figure.SNIPPET[0]]) for row in range(0, len(picture), height)]
        assert len(peaks) == figure.PER_COLUMN
        np.testing.assert_allclose(peaks, 1)


def test_a_page_without_hits_says_so_and_is_written(tmp_path):
    empty = np.zeros((20, 20), bool)
    plots.write([tmp_path / "hits.png"], figure.snippets, {"mask": empty, "image": np.zeros((20, 20))}, [])
    assert (tmp_path / "hits.png").read_bytes().startswith(b"\x89PNG") and len(list(tmp_path.iterdir())) == 1
    texts = [text.get_text() for text in figure.snippets({"mask": empty}, []).texts]
    assert "no cosmic rays" in texts


def test_snippet_of_a_corner():
    """A hit in the corner is drawn with what lies beyond the edge left blank."""
    plane = np.arange(100.0).reshape(10, 10)
    cut = figure._cut(plane, (slice(0, 1), slice(0, 1)))
    assert cut.shape == figure.SNIPPET
    middle = tuple(size // 2 for size in figure.SNIPPET)
    assert cut[middle] == plane[0, 0] and cut[middle[0] + 9, middle[1] + 9] == plane[9, 9]
    assert np.isfinite(cut).sum() == plane.size


def test_thresholds_mark_their_pixels_and_count_them_by_size(mask):
    """One hit of two pixels beside thirty of five: 152 pixels in hits of 1 or 2 pixels or more, 150 in larger ones."""
    low = mask.copy()
    low[-1, -2:] = True
    found = {"low": sources.find(low), "high": sources.find(mask)}
    drawn = figure.thresholds(np.ones(mask.shape), found, {"low": "scores", "high": "others"}, "DN")
    frame, marked, counts = drawn.axes[:3]
    for points, pixels in zip(marked.collections, (low, mask), strict=True):
        np.testing.assert_array_equal(points.get_offsets()[:, ::-1], np.argwhere(pixels))
    lines = {line.get_label(): line.get_xydata().tolist() for line in counts.lines if line.get_label()[0] != "_"}
    assert lines["low: scores"] == [[1, 152], [2, 152], [3, 150], [4, 150], [5, 150]]
    assert lines["high: others"] == [[size, 150] for size in range(1, 6)]
    assert frame.get_title() == "frame"
