"""L⁺ at single pixels: a closed form, and the same values beyond the edge as in a padded image."""

from __future__ import annotations

import numpy as np
import pytest

from helioreduce.cosmic_rays import curvature, windows

PADDING = {windows.REFLECT: "reflect", windows.NEAREST: "edge", windows.COPY: "constant"}


@pytest.fixture
def data(rng) -> np.ndarray:
    """Whole numbers, whose sums are exact."""
    return rng.integers(0, 1000, (12, 14)).astype(np.float32)


@pytest.mark.parametrize("border", PADDING)
def test_curvature_at_the_edge_is_that_of_the_padded_image(data, border) -> None:
    """Mirrored, repeated, or zeros: as NumPy pads."""
    padded = np.pad(data, 1, mode=PADDING[border])
    for y, x in np.ndindex(data.shape):
        assert curvature.curvature(data, border, y, x) == curvature.curvature(padded, border, y + 1, x + 1)


def test_curvature_is_the_clipped_laplacian_of_the_four_quarters(data) -> None:
    """Each quarter has two neighbours outside its pixel: max(4 v − 2 v − a − b, 0), averaged over the quarters."""
    v, up, down, left, right = data[5, 5], data[4, 5], data[6, 5], data[5, 4], data[5, 6]
    quarters = [max(2 * v - a - b, 0) for a in (up, down) for b in (left, right)]
    assert curvature.curvature(data, windows.REFLECT, 5, 5) == np.mean(quarters)


@pytest.mark.parametrize(("dy", "dx"), [(0, 1), (0, -1), (1, 0), (-1, 0)])
@pytest.mark.parametrize("place", [(5, 5), (0, 0), (0, 13), (11, 13)])
def test_a_missing_neighbour_counts_as_the_opposite_one(data, place, dy, dx) -> None:
    """And as the pixel itself where both are missing."""
    y, x = place
    padded = np.pad(data, 1, mode="reflect")  # the neighbours of edge pixels too
    near, far, here = (y + 1 + dy, x + 1 + dx), (y + 1 - dy, x + 1 - dx), (y + 1, x + 1)
    padded[near] = np.nan
    stands = padded.copy()
    stands[near] = padded[far]
    assert curvature.curvature(padded, windows.REFLECT, *here) == curvature.curvature(stands, windows.REFLECT, *here)
    padded[far] = np.nan
    stands[near] = stands[far] = padded[here]
    assert curvature.curvature(padded, windows.REFLECT, *here) == curvature.curvature(stands, windows.REFLECT, *here)
