"""The arithmetic at single pixels: closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from helioreduce.cosmic_rays import curvature, kernels, lacosmic, windows


@pytest.fixture
def data(rng) -> np.ndarray:
    """Whole numbers, whose sums are exact."""
    return rng.integers(0, 1000, (12, 14)).astype(np.float32)


def planes(data, border=windows.REFLECT, **options):
    given = {"variance": np.ones_like(data), "background": None, "psf": None, "excluded": np.zeros(data.shape, bool), **options}
    return kernels.planes(data, border=border, **given)


def test_noise_is_the_root_of_the_median_variance_and_the_background(data, rng) -> None:
    variance = rng.integers(1, 100, data.shape).astype(np.float32)
    background = rng.integers(1, 100, data.shape).astype(np.float32)
    window = np.empty(25, np.float32)
    smooth = ndimage.median_filter(variance, 5, mode="mirror")
    p = planes(data, variance=variance)
    q = planes(data, variance=variance, background=background)
    for y, x in np.ndindex(data.shape):
        assert kernels.noise(p, y, x, window) == np.sqrt(smooth[y, x])
        assert kernels.noise(q, y, x, window) == np.sqrt(smooth[y, x] + background[y, x])
    assert kernels.noise(planes(data, variance=-variance), 5, 5, window) == np.sqrt(np.float32(1e-5))


@pytest.mark.parametrize("place", [(6, 7), (0, 3), (11, 13)])
def test_matched_filter_is_the_weighted_mean_of_the_known_pixels(data, rng, place) -> None:
    """Σ P I/σ² / Σ P/σ² over the part of the profile that lies in the image."""
    psf = rng.uniform(0.1, 1, (5, 5))
    variance = rng.integers(1, 100, data.shape).astype(np.float32)
    data[6, 8] = np.nan
    p, window = planes(data, variance=variance, psf=psf), np.empty(25, np.float32)
    total = weights = 0.0
    for (j, i), profile in np.ndenumerate(psf):
        y, x = place[0] + j - 2, place[1] + i - 2
        if 0 <= y < 12 and 0 <= x < 14 and np.isfinite(data[y, x]):
            weight = profile / kernels.noise(p, y, x, window) ** 2
            total, weights = total + weight * data[y, x], weights + weight
    assert kernels.matched(p, *place, window) == pytest.approx(total / weights, rel=1e-5)


@pytest.mark.parametrize("with_background", [False, True])
def test_prefilter_bounds_the_noise_by_the_least_variance(data, rng, with_background) -> None:
    """L⁺² > 4 threshold² (least variance in 5 × 5 + background); the two outermost rows and columns pass untested."""
    variance = rng.integers(1, 100, data.shape).astype(np.float32)
    background = rng.integers(1, 4000, data.shape).astype(np.float32) if with_background else np.zeros((0, 0), np.float32)
    passed = kernels.promising(data, variance, background, np.float32(4))
    least = ndimage.minimum_filter(variance, 5) + (background if with_background else 0)
    positive = np.array([[curvature.curvature(data, windows.REFLECT, y, x) for x in range(14)] for y in range(12)])
    expected = positive**2 > 4 * 4**2 * kernels.ROOM * least
    inside = (slice(2, -2), slice(2, -2))
    np.testing.assert_array_equal(passed[inside], expected[inside])
    assert expected[inside].any() and not expected[inside].all()
    passed[inside] = True
    assert passed.all()


def test_what_lies_beyond_the_edge_is_felt_near_it_only(rng) -> None:
    """Six pixels inside, every border finds the same; a copied border finds nothing in the outer two rows."""
    y, x = np.mgrid[:60, :70]
    stars = sum(5000 * np.exp(-((y - j) ** 2 + (x - i) ** 2) / 2) for j, i in rng.uniform((0, 0), (60, 70), (30, 2)))
    data = rng.poisson(100 + stars).astype(np.float32)
    data.flat[rng.choice(data.size, 150, replace=False)] += 400
    masks = {b: lacosmic.detect(data, data + 30, lacosmic.settings(border=b, iterations=1)).mask for b in lacosmic.BORDERS}
    assert masks["reflect"][6:-6, 6:-6].sum() > 50
    for mask in masks.values():
        np.testing.assert_array_equal(mask[6:-6, 6:-6], masks["reflect"][6:-6, 6:-6])
    outer = np.ones(data.shape, bool)
    outer[2:-2, 2:-2] = False
    assert masks["reflect"][outer].any() and not masks["copy"][outer].any()


@pytest.mark.parametrize("sky", [None, 30.0])
def test_the_bound_of_the_significance_is_never_above_it(rng, sky) -> None:
    """To the last bit, unknown variances left out; equal where it is one number, and no bound near the edge."""
    data = rng.normal(100, 30, (30, 32)).astype(np.float32)
    variance = rng.uniform(0.5, 50, data.shape).astype(np.float32)
    background = None if sky is None else np.full_like(data, sky)
    window, outer = np.empty(25, np.float32), np.empty(81, np.float32)

    def both(p, y, x):
        return kernels._least_significance(p, y, x, window, outer), kernels.significance(p, y, x, window, outer)

    unknown = variance.copy()
    unknown[::5, ::4] = np.nan
    uneven, even, holes = (
        planes(data, variance=v, background=background) for v in (variance, np.full_like(variance, 9), unknown)
    )
    below = 0
    for y, x in np.ndindex(data.shape):
        bound, value = both(uneven, y, x)
        assert bound <= value
        below += np.isfinite(bound)
        bound, value = both(holes, y, x)
        assert bound <= value
        if 4 <= y < 26 and 4 <= x < 28:
            bound, value = both(even, y, x)
            assert bound == value
    assert below == 22 * 24
