"""Polynomial maps: exact inverse, exact composition, recovery from points."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helioreduce.errors import InputError
from helioreduce.esis import camera, transforms

seeds = st.integers(0, 2**32 - 1)


def random_map(seed, distortion=1.5):
    """A designed camera with quadratic terms of up to ``distortion`` pixels at the edge of the grid."""
    rng = np.random.default_rng(seed)
    designed = transforms.nominal(int(rng.integers(1, 5)), (1500.0, 520.0))
    coefficients = designed.coefficients.copy()
    coefficients[:, 3:] = rng.uniform(-distortion, distortion, (2, 3))
    return transforms.on_grid(coefficients)


def points(seed, n=50):
    return np.random.default_rng(seed).uniform(0, 1269, (2, n))


@settings(max_examples=50, deadline=None)
@given(seeds)
def test_inverse_undoes_the_map_to_1e_9_pixels(seed):
    there, (x, y) = random_map(seed), points(seed)
    back = there.inverse(*there(x, y))
    np.testing.assert_allclose(back, (x, y), atol=1e-9)


@settings(max_examples=30, deadline=None)
@given(seeds, st.floats(-50, 50), st.floats(-50, 50))
def test_shift_and_new_centre_leave_the_map_as_it_is(seed, dx, dy):
    there, (x, y) = random_map(seed), points(seed)
    np.testing.assert_allclose(there.shifted(dx, dy)(x, y), there(x + dx, y + dy), atol=1e-9)
    np.testing.assert_allclose(there.about((dx, dy))(x, y), there(x, y), atol=1e-9)


@settings(max_examples=30, deadline=None)
@given(seeds)
def test_composition_with_an_affine_map_is_exact(seed):
    there, (x, y) = random_map(seed), points(seed)
    rng = np.random.default_rng(seed)
    affine = np.array([[0.0, 1, 0], [0, 0, 1]]) + rng.uniform(-0.05, 0.05, (2, 3))
    u, v = (np.array((x, y)) - np.array(there.centre)[:, None]) / there.half
    moved = (a[0] + a[1] * u + a[2] * v for a in affine)
    expected = there(*(m * there.half + c for m, c in zip(moved, there.centre, strict=True)))
    np.testing.assert_allclose(there.after(affine)(x, y), expected, atol=1e-9)


def test_jacobian_is_the_derivative():
    there, (x, y), h = random_map(3), points(3), 1e-3
    numeric_x = (np.array(there(x + h, y)) - there(x - h, y)) / (2 * h)
    numeric_y = (np.array(there(x, y + h)) - there(x, y - h)) / (2 * h)
    np.testing.assert_allclose(there.jacobian(x, y), np.stack([numeric_x, numeric_y], axis=1), atol=1e-8)


def test_fit_finds_the_coefficients_of_a_quadratic_map():
    there, (x, y) = random_map(5), points(5)
    found = transforms.fit(np.stack([x, y], axis=1), np.stack(there(x, y), axis=1))
    np.testing.assert_allclose(found.coefficients, there.coefficients, atol=1e-9)


@pytest.mark.parametrize("number", camera.CAMERAS)
def test_design_turns_scales_and_stretches_as_the_instrument(number):
    """Singular values of the affine part are r and r / cos 16°; the column grows along 22.5° + 45° (j − 1)."""
    linear = transforms.nominal(number, (0.0, 0.0)).jacobian(np.array(0.0), np.array(0.0))
    stretch = np.linalg.svd(linear, compute_uv=False)
    np.testing.assert_allclose(stretch, [0.79 / np.cos(np.deg2rad(16)), 0.79], rtol=1e-12)
    np.testing.assert_allclose(np.rad2deg(np.arctan2(linear[0, 1], linear[0, 0])), 22.5 + 45 * (number - 1))


def test_a_map_that_folds_is_refused():
    coefficients = np.zeros((2, 6))
    coefficients[0, 1], coefficients[1, 2], coefficients[0, 4] = 10, 500, 400
    with pytest.raises(InputError, match="cannot be inverted"):
        transforms.on_grid(coefficients).inverse(np.array([-200.0]), np.array([0.0]))
