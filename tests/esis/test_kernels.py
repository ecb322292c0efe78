"""Kernels of the registration: cubic values, and the algebra of the normal equations."""

from dataclasses import replace

import numpy as np
import pytest

from helioreduce.esis import align, kernels, transforms


@pytest.mark.parametrize("stride", [1, 3])
def test_a_quadratic_image_is_followed_exactly(stride):
    """Keys' cubic with a = −1/2 reproduces quadratic polynomials."""
    y, x = np.indices((50, 60)).astype(float)
    image = (1 + 0.1 * x - 0.2 * y + 0.01 * x * y + 0.003 * x**2 - 0.002 * y**2).astype(np.float32)
    turned = transforms.on_grid(np.array([[28, 12, 3, 0.2, 0, 0.1], [24, -3, 12, 0, 0.1, 0]]), (31, 33))
    value, seen = kernels.sample(kernels.Layer(image, np.ones(image.shape, bool)), turned, (31, 33), stride)
    assert value.shape == (-(-31 // stride), -(-33 // stride))
    tx, ty = turned(*np.meshgrid(np.arange(0, 33, stride), np.arange(0, 31, stride)))
    expected = 1 + 0.1 * tx - 0.2 * ty + 0.01 * tx * ty + 0.003 * tx**2 - 0.002 * ty**2
    assert seen.all()
    np.testing.assert_allclose(value, expected, atol=2e-5)


def test_values_are_good_where_the_nearest_pixel_is_and_four_samples_exist():
    """A grid of the image's own pixels: those within one of the first and two of the last edge are not good."""
    good = np.ones((20, 20), bool)
    good[5, 7] = False
    same = transforms.on_grid(np.array([[9.5, 10, 0, 0, 0, 0], [9.5, 0, 10, 0, 0, 0]]), (20, 20))
    value, seen = kernels.sample(kernels.Layer(np.ones((20, 20), np.float32), good), same, (20, 20), 1)
    expected = np.zeros((20, 20), bool)
    expected[1:18, 1:18] = True
    expected[5, 7] = False
    np.testing.assert_array_equal(seen, expected)
    np.testing.assert_array_equal(value, expected)


@pytest.mark.parametrize("where", ["source", "reference"])
def test_images_without_a_good_pixel_do_not_overlap(rng, where):
    layers = dict(zip(("source", "reference", "current"), small_pair(rng), strict=True))
    layers[where] = layers[where]._replace(good=np.zeros(layers[where].good.shape, bool))
    with pytest.raises(align.LowCorrelation, match="do not overlap"):
        align._step(**layers, stride=1, terms=6)


def small_pair(rng):
    """Two smooth images and a map between them, for the algebra."""
    from scipy.ndimage import gaussian_filter

    image, reference = (gaussian_filter(rng.normal(size=(90, 90)), 3).astype(np.float32) for _ in range(2))
    moved = transforms.on_grid(np.array([[44, 30, 3, 0.3, 0.2, 0.1], [45, -3, 30, 0.1, 0.3, 0.2]]), (70, 70))
    layers = (kernels.Layer(plane, np.ones(plane.shape, bool)) for plane in (image, reference[:70, :70]))
    return *layers, moved


def test_the_gradient_is_that_of_the_residual(rng):
    """½ Σ (R − a I(T) − b)² by central differences against the normal equations, for all twelve coefficients."""
    source, reference, moved = small_pair(rng)
    gain, offset = 0.7, 0.01

    def cost(change):
        shifted = replace(moved, coefficients=moved.coefficients + change.reshape(2, 6))
        value, seen = kernels.sample(source, shifted, reference.image.shape, 1)
        return 0.5 * ((reference.image.astype(float) - gain * value.astype(float) - offset)[seen] ** 2).sum()

    normal, right, _ = kernels.normal_equations(source, reference, moved, 1, 6)
    at = np.append(np.zeros(12), [gain, offset])
    analytic = -gain * (right - normal @ at)[:12]
    step = 1e-2 * np.eye(12)
    numeric = np.array([(cost(h) - cost(-h)) / 2e-2 for h in step])
    np.testing.assert_allclose(analytic, numeric, atol=2e-3 * np.abs(numeric).max())


def test_gain_and_offset_change_nothing(rng):
    """The transform of a I + b is that of I: the registration maximises the correlation."""
    source, reference, moved = small_pair(rng)
    steps = []
    for a, b in ((1, 0), (3, 0.5)):
        scaled = kernels.Layer(np.float32(a) * source.image + np.float32(b), source.good)
        normal, right, moments = kernels.normal_equations(scaled, reference, moved, 1, 6)
        solution = np.linalg.solve(normal, right)
        steps.append(np.append(solution[:12] / solution[12], align._correlation(moments)))
    np.testing.assert_allclose(steps[0], steps[1], rtol=1e-3, atol=1e-4)
