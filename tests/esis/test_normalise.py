"""Normalisation: one mean for all, from what all cameras see."""

import numpy as np
import pytest

from helioreduce.errors import InputError
from helioreduce.esis import normalise

SHAPE = (30, 40)


def test_normalised_means_are_one_value(rng):
    """Flattened: all sequences and cameras have the highest mean after their factors."""
    images = rng.uniform(1, 2, (3, 4, *SHAPE)) * rng.uniform(1, 3, (3, 4, 1, 1))
    clear = rng.uniform(size=(4, *SHAPE)) > 0.2
    means = np.stack([normalise.masked_means(stack, clear) for stack in images])
    scaled = images * normalise.normalisation(means, flatten=True).factors[..., None, None]
    after = np.stack([normalise.masked_means(stack, clear) for stack in scaled])
    np.testing.assert_allclose(after, means.max(), rtol=1e-12)


def test_no_common_pixel_is_refused():
    with pytest.raises(InputError, match="share no clear pixel"):
        normalise.masked_means(np.ones((4, 5, 5)), np.zeros((4, 5, 5), bool))


def test_only_what_all_cameras_see_counts(rng):
    """Each camera loses a column of its own: none of the four counts for any camera."""
    images, clear = rng.uniform(1, 2, (4, 6, 6)), np.ones((4, 6, 6), bool)
    for camera in range(4):
        clear[camera, :, camera] = False
    np.testing.assert_allclose(normalise.masked_means(images, clear), images[:, :, 4:].mean(axis=(1, 2)), rtol=1e-12)


def test_factors_never_dim(rng):
    """Flattened, the brightest mean keeps its value: every factor is at least 1, one is 1."""
    found = normalise.normalisation(rng.uniform(1, 5, (6, 4)), flatten=True)
    assert found.factors.min() == 1
    np.testing.assert_allclose(found.factors * found.means, found.means.max())


def test_a_missing_pixel_counts_for_no_camera(rng):
    images = rng.uniform(1, 2, (4, 5, 5))
    images[2, 1, 1] = np.nan
    seen = np.ones((5, 5), bool)
    seen[1, 1] = False
    means = normalise.masked_means(images, np.ones((4, 5, 5), bool))
    np.testing.assert_allclose(means, images[:, seen].mean(axis=1), rtol=1e-12)


def test_the_level_of_a_sequence_is_not_flattened(rng):
    """Cameras of constant response under an atmosphere: the responses go, the light curve of the transmission stays."""
    transmission, gains = np.array([0.9, 1.0, 0.8, 0.95]), np.array([1.6, 1.0, 1.5, 0.9])
    found = normalise.normalisation(20 * transmission[:, None] * gains)
    np.testing.assert_allclose(found.factors, np.tile(1 / gains, (4, 1)), rtol=1e-12)
    np.testing.assert_allclose(found.transmission, transmission, rtol=1e-12)
    np.testing.assert_allclose(found.means * found.factors, 20 * np.tile(transmission[:, None], (1, 4)), rtol=1e-12)


def test_a_missing_camera_costs_the_others_nothing(rng):
    images = rng.uniform(1, 2, (4, 6, 6))
    images[2] = np.nan
    clear = np.ones((4, 6, 6), bool)
    clear[2] = False
    means = normalise.masked_means(images, clear)
    np.testing.assert_allclose(means[[0, 1, 3]], images[[0, 1, 3]].mean(axis=(1, 2)), rtol=1e-12)
    found = normalise.normalisation(np.stack([means, np.array([1.0, 2, 3, 4])]))
    assert np.isnan(found.factors[0, 2]) and np.isfinite(found.factors).sum() == 7 and np.isfinite(found.transmission).all()
