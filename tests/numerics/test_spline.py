"""Cubic B-spline: against scipy, exact for polynomials, variance in closed form, on grids and at any points."""

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from helioreduce.image import Flag
from helioreduce.numerics import spline

#: Degrees: any; and so small that many points of a row have one nearest pixel, or pixels of one row.
ROLLS = st.floats(-180, 180) | st.floats(-0.5, 0.5)


def affine(plane, origin, matrix, shape):
    """scipy's cubic spline in double precision, NaN outside."""
    return ndimage.affine_transform(
        plane.astype(float), matrix[::-1, ::-1], origin[::-1], shape, order=3, mode="constant", cval=np.nan
    )


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 70), st.integers(1, 70), ROLLS, st.floats(0.02, 2.0))
def test_spline_equals_scipy(seed, ny, nx, roll, scale):
    """Values at any rotation, scale and size, to single precision; NaN at the same places but for rounding at the edge."""
    plane = np.random.default_rng(seed).normal(100, 30, (ny, nx)).astype(np.float32)
    c, s = np.cos(np.deg2rad(roll)), np.sin(np.deg2rad(roll))
    matrix = scale * np.array([[c, -s], [s, c]])
    origin = np.array([nx - 1, ny - 1]) / 2 - matrix @ [10.2, 9.7]
    values, sigma, mask = spline.resample(spline.coefficients(plane), None, None, origin, matrix, (20, 21))
    expected = affine(plane, origin, matrix, (20, 21))
    both = np.isfinite(values) & np.isfinite(expected)
    np.testing.assert_allclose(values[both], expected[both], atol=1e-4)
    assert (np.isfinite(values) != np.isfinite(expected)).sum() <= 2
    np.testing.assert_array_equal(mask != 0, np.isnan(values))
    assert sigma.size == 0


def test_cardinal_spline_interpolates_and_sums_to_one():
    assert spline.cardinal(np.arange(-5, 6)) == pytest.approx(np.eye(11)[5], abs=1e-12)
    for t in (0.1, 0.5, 0.77):
        assert spline.cardinal(t - np.arange(-60, 61)).sum() == pytest.approx(1, abs=1e-12)
    assert np.max(spline.cardinal(np.linspace(4, 60, 9999)) ** 2) < 1e-5


def grid(origin, matrix, shape):
    """Points (x, y) of an affine grid."""
    row, column = np.indices(shape)
    return (origin[:, None, None] + np.tensordot(matrix, np.stack([column, row]).astype(float), axes=1)).copy()


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 40), ROLLS, st.floats(0.02, 2.0))
def test_points_of_an_affine_grid_are_the_affine_grid(seed, ny, nx, roll, scale):
    """One formula, two loops: values, errors and flags of :func:`sample` are those of :func:`resample` to rounding."""
    rng = np.random.default_rng(seed)
    plane, variance = rng.normal(100, 30, (ny, nx)).astype(np.float32), rng.uniform(1, 9, (ny, nx)).astype(np.float32)
    flags = spline.spread_flags((rng.uniform(size=(ny, nx)) > 0.8) * np.uint8(Flag.SPIKE))
    c, s = np.cos(np.deg2rad(roll)), np.sin(np.deg2rad(roll))
    matrix = scale * np.array([[c, -s], [s, c]])
    origin = np.array([nx - 1, ny - 1]) / 2 - matrix @ [10.2, 9.7]
    ground = spline.coefficients(plane), spline.mirrored(variance, spline.TAPS), flags
    on_grid = spline.resample(*ground, origin, matrix, (20, 21))
    at_points = spline.sample(*ground, *grid(origin, matrix, (20, 21)))
    inside = (on_grid[2] != spline.OUTSIDE) & (at_points[2] != spline.OUTSIDE)
    assert ((on_grid[2] == spline.OUTSIDE) != (at_points[2] == spline.OUTSIDE)).sum() <= 2  # rounding at the edge
    for first, second, tolerance in zip(on_grid[:2], at_points[:2], (1e-4, 1e-5), strict=True):
        np.testing.assert_allclose(first[inside], second[inside], atol=tolerance)
    assert (on_grid[2] != at_points[2])[inside].sum() <= 2  # rounding at pixel boundaries


def test_double_precision_is_kept(rng):
    """Values of a plane in float64 are scipy's to the rounding of the float32 result."""
    plane = rng.normal(100, 30, (50, 60))
    x, y = rng.uniform(0, 59, (20, 20)), rng.uniform(0, 49, (20, 20))
    values, sigma, mask = spline.sample(spline.coefficients(plane), None, None, x, y)
    np.testing.assert_allclose(values, ndimage.map_coordinates(plane, [y, x], order=3, mode="mirror"), rtol=1e-6)
    assert sigma.size == 0 and not mask.any()


@pytest.mark.parametrize(("x", "y"), [(-0.001, 3.0), (9.001, 3.0), (3.0, -0.001), (3.0, 7.001)])
def test_a_point_beyond_the_outermost_centres_is_outside(x, y):
    coefs, variance = spline.coefficients(np.ones((8, 10), np.float32)), spline.mirrored(np.ones((8, 10), np.float32), 4)
    values, sigma, mask = spline.sample(coefs, variance, None, np.array([[x]]), np.array([[y]]))
    assert np.isnan(values).all() and np.isnan(sigma).all() and (mask == Flag.OUTSIDE).all()


@given(st.floats(0, 1), st.floats(0, 1))
def test_variance_of_white_noise_is_the_closed_form(tx, ty):
    """Var = Σ η²(tx − k) Σ η²(ty − k) for unit variance: to 2e-4, which the ninth sample on has."""
    variance = spline.mirrored(np.ones((20, 20), np.float32), spline.TAPS)
    coefs = spline.coefficients(np.zeros((20, 20), np.float32))
    _, sigma, _ = spline.sample(coefs, variance, None, np.array([[9 + tx]]), np.array([[9 + ty]]))
    k = np.arange(-40, 41)
    closed = np.sum(spline.cardinal(tx - k) ** 2) * np.sum(spline.cardinal(ty - k) ** 2)
    assert sigma[0, 0] ** 2 == pytest.approx(closed, rel=2e-4)


def test_tabulated_weights_are_those_of_the_nearest_step(rng):
    """A table of the exact weights at 1/4 pixel: the errors of points at those steps are exact."""
    variance = spline.mirrored(rng.uniform(1, 4, (20, 20)).astype(np.float32), spline.TAPS)
    coefs = spline.coefficients(np.zeros((20, 20), np.float32))
    table = (spline.cardinal(np.arange(5)[:, None] / 4 - np.arange(-3, 5)) ** 2).astype(np.float32)
    x, y = 5 + rng.integers(0, 40, (2, 8, 8)) / 4
    exact = spline.sample(coefs, variance, None, x, y)[1]
    np.testing.assert_allclose(spline.sample(coefs, variance, None, x, y, table)[1], exact, rtol=1e-6)
    near = x + rng.uniform(-0.12, 0.12, x.shape), y + rng.uniform(-0.12, 0.12, y.shape)
    np.testing.assert_allclose(spline.sample(coefs, variance, None, *near, table)[1], exact, rtol=1e-6)


def test_flags_are_those_of_the_four_pixels_around_and_of_the_missing_support():
    mask, missing = np.zeros((10, 12), np.uint8), np.zeros((10, 12), bool)
    mask[4, 5] = Flag.SPIKE
    missing[7, 8] = True
    expected = np.zeros_like(mask)
    expected[3:5, 4:6] |= np.uint8(Flag.SPIKE)  # a point at or after pixel (3, 4) and before (5, 6) has (4, 5) among its four
    expected[5:9, 6:10] |= np.uint8(Flag.NO_DATA)  # (7, 8) within two pixels after or one before
    np.testing.assert_array_equal(spline.spread_flags(mask, missing), expected)


def test_the_result_does_not_depend_on_the_number_of_threads(rng):
    coefs, variance = spline.coefficients(rng.normal(size=(60, 60))), spline.mirrored(np.ones((60, 60), np.float32), 4)
    x, y = rng.uniform(-1, 60, (2, 50, 50))
    results = []
    for threads in (1, min(2, numba.config.NUMBA_NUM_THREADS)):
        numba.set_num_threads(threads)
        results.append(spline.sample(coefs, variance, None, x, y))
    for first, second in zip(*results, strict=True):
        np.testing.assert_array_equal(first, second)
