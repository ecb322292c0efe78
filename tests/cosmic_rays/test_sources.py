"""Sources on a mask: pixels that touch, their statistics and tables."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from helioreduce.cosmic_rays import figure, sources


def test_pixels_that_touch_by_a_corner_are_one() -> None:
    """Areas, boxes, charge and peak of three known hits."""
    mask = np.zeros((10, 12), bool)
    mask[1, 1] = mask[2, 2] = mask[3, 2] = True
    mask[7, 7:11] = True
    mask[9, 0] = True
    found = sources.find(mask)
    assert found.areas.tolist() == [3, 4, 1]
    assert found.boxes[0] == (slice(1, 4), slice(1, 3)) and found.boxes[1] == (slice(7, 8), slice(7, 11))
    rows = sources.table(found, np.where(mask, 2.5, 100.0))
    assert [row["charge"] for row in rows] == [7.5, 10.0, 2.5] and {row["peak"] for row in rows} == {2.5}
    assert tuple(rows[0]) == sources.COLUMNS
    reported = sources.statistics(found)
    assert (reported["n_sources"], reported["n_pixels"], reported["n_extended"], reported["largest"]) == (3, 8, 2, 4)
    assert reported["fraction_extended_pixels"] == 7 / 8 and reported["fraction_extended_sources"] == 2 / 3
    assert "3 hits, 8 pixels, 88 %" in sources.describe(reported)
    assert sources.largest(found, 2) == [found.boxes[1], found.boxes[0]]


def test_least_size() -> None:
    """Smaller sources vanish from labels, areas and boxes, and the others are numbered anew."""
    mask = np.zeros((8, 8), bool)
    mask[0, 0] = mask[5, 2:6] = True
    found = sources.find(mask, 3)
    assert found.areas.tolist() == [4] and found.labels.max() == 1 and found.labels[0, 0] == 0
    assert found.boxes == ((slice(5, 6), slice(2, 6)),)


def test_no_sources_is_a_normal_answer() -> None:
    """An empty mask gives empty tables, zero statistics and a figure that says so."""
    empty = np.zeros((20, 20), bool)
    found = sources.find(empty)
    assert len(found) == 0 and sources.table(found, np.zeros((20, 20))) == []
    assert set(sources.statistics(found).values()) == {0}
    drawn = figure.snippets({"mask": empty, "image": np.zeros((20, 20))}, [])
    assert any("no cosmic rays" in text.get_text() for text in drawn.texts)
    assert sources.find(np.eye(3, dtype=bool), 4).areas.size == 0


@given(seed=st.integers(0, 10**6), density=st.floats(0, 0.5))
@settings(max_examples=25, deadline=None)
def test_pixels_are_conserved(seed: int, density: float) -> None:
    """Areas sum to the mask; each box holds its source; boxes are tight."""
    mask = np.random.default_rng(seed).random((30, 40)) < density
    found = sources.find(mask)
    assert found.areas.sum() == mask.sum() and np.array_equal(found.labels > 0, mask)
    for number, (area, box) in enumerate(zip(found.areas, found.boxes, strict=True), 1):
        inside = found.labels[box] == number
        assert inside.sum() == area and inside.any(axis=1)[[0, -1]].all() and inside.any(axis=0)[[0, -1]].all()
