"""Normalisation: one mean for all, from what all cameras see."""

import numpy as np
import pytest

from helioreduce.errors import InputError
from helioreduce.esis import normalise

SHAPE = (30, 40)


def test_normalised_means_are_one_value(rng):
    """All sequences and cameras have the highest mean after their factors."""
    images = rng.uniform(1, 2, (3, 4, *SHAPE)) * rng.uniform(1, 3, (3, 4, 1, 1))
    clear = rng.uniform(size=(4, *SHAPE)) > 0.2
    means = np.stack([normalise.masked_means(stack, clear) for stack in images])
    scaled = images * normalise.normalisation(means).factors[..., None, None]
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
    """The brightest mean keeps its value: every factor is at least 1, one is 1."""
    found = normalise.normalisation(rng.uniform(1, 5, (6, 4)))
    assert found.factors.min() == 1
    np.testing.assert_allclose(found.factors * found.means, found.means.max())


def test_a_missing_pixel_counts_for_no_camera(rng):
    images = rng.uniform(1, 2, (4, 5, 5))
    images[2, 1, 1] = np.nan
    seen = np.ones((5, 5), bool)
    seen[1, 1] = False
    means = normalise.masked_means(images, np.ones((4, 5, 5), bool))
    np.testing.assert_allclose(means, images[:, seen].mean(axis=1), rtol=1e-12)
