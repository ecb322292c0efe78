"""Noise, read-out and cosmic rays of the simulated camera."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sun_frames import gaussian_psf, pulls

from helioreduce.sun import camera
from helioreduce.sun.frame import Frame
from helioreduce.sun.instrument import CHANNELS


@pytest.mark.parametrize("name", list(CHANNELS))
@pytest.mark.parametrize("level", [3.0, 24.0, 100.0, 1000.0, 12000.0])
def test_noise_has_the_size_of_the_error_model(name: int, level: float) -> None:
    """500 000 exposures of one level: mean within 5 standard errors, standard deviation of the pulls 1 ± 0.05.

    Just below 25 DN some exposures are compressed and some are not, so that level is left to the frames.
    """
    if abs(level - 25) < 10 and CHANNELS[name].compress < 3:
        level = 10.0
    expected = np.full((512, 1024), level, np.float32)
    counts = camera.read_out(camera.expose(expected, CHANNELS[name], np.random.SeedSequence(1)))
    pull = pulls(counts, expected, name)
    assert abs(pull.mean()) < 5 / np.sqrt(pull.size) + 0.002
    assert pull.std() == pytest.approx(1, abs=0.05)


def test_noise_of_frames_closes(frames: dict[int, Frame]) -> None:
    """Level 0.5 against its own expectation, away from cosmic rays: mean 0 ± 0.02, standard deviation 1 ± 0.05."""
    for name, frame in frames.items():
        clean = frame.truth.cosmic_rays == 0
        pull = pulls(frame.truth.level05, frame.truth.expected, name)[clean]
        assert abs(pull.mean()) < 0.02
        assert pull.std() == pytest.approx(1, abs=0.05)


def test_blur_keeps_flux_and_agrees_with_its_transform(rng: np.random.Generator) -> None:
    """Sum kept to 1e-6; a PSF and its transform give the same image; a point becomes the PSF."""
    image = rng.gamma(2, 50, (128, 96)).astype(np.float32)
    psf = gaussian_psf(33, 1.4)
    blurred = camera.blur(image, psf)
    assert blurred.sum(dtype=float) == pytest.approx(image.sum(dtype=float), rel=1e-6)
    padded = np.zeros(image.shape)
    padded[64 - 16 : 64 + 17, 48 - 16 : 48 + 17] = psf
    otf = np.fft.rfft2(np.fft.ifftshift(padded))
    np.testing.assert_allclose(camera.blur(image, otf), blurred, rtol=1e-5)
    point = np.zeros((128, 96), np.float32)
    point[40, 30] = 1000
    np.testing.assert_allclose(camera.blur(point, psf)[24:57, 14:47], 1000 * psf, atol=1e-4)


def test_scattered_light_leaves_over_the_edges_for_good(rng: np.random.Generator) -> None:
    """The direct sum over all pixels; light within and the light that left are all of it; nothing returns."""
    scene, psf = rng.gamma(2, 50, (24, 20)).astype(np.float32), rng.random((61, 61))
    psf /= psf.sum()
    expected = sum(
        scene[j, i] * psf[30 - j : 54 - j, 30 - i : 50 - i] for j in range(scene.shape[0]) for i in range(scene.shape[1])
    )
    np.testing.assert_allclose(camera.scatter(scene, psf), expected, rtol=2e-5)
    point = np.zeros((64, 64), np.float32)
    point[0, 0] = 1000
    quarter = camera.scatter(point, gaussian_psf(33, 1.4))
    assert quarter.sum(dtype=float) < 500 and quarter[32:].max() == pytest.approx(0, abs=1e-4)
    inside = np.zeros((64, 64), np.float32)
    inside[32, 32] = 1000
    np.testing.assert_allclose(
        camera.scatter(inside, gaussian_psf(33, 1.4)), camera.blur(inside, gaussian_psf(33, 1.4)), atol=1e-4
    )


@given(st.integers(0, 2**31))
@settings(max_examples=20, deadline=None)
def test_blooming_keeps_the_charge(seed: int) -> None:
    """All charge stays in its column, no pixel loses any below the full well, and none is left above it."""
    rng = np.random.default_rng(seed)
    counts = rng.uniform(0, 9000, (200, 8)).astype(np.float32)
    counts[100, 2:5] = rng.uniform(16375, 300000, 3)
    before = counts.copy()
    camera.bloom(counts)
    np.testing.assert_allclose(counts.sum(0, dtype=float), before.sum(0, dtype=float), rtol=1e-5)
    assert counts.max() <= 16375
    assert (counts >= np.minimum(before, 16375)).all()
    np.testing.assert_array_equal(np.delete(counts, [2, 3, 4], 1), np.delete(before, [2, 3, 4], 1))
