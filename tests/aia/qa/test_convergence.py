"""Convergence on scenes whose PSF and noise are known."""

import numpy as np
import pytest

from helioreduce.aia import psf as mesh
from helioreduce.aia.deconvolution import Options
from helioreduce.aia.qa import convergence
from helioreduce.errors import InputError
from helioreduce.image import Image


@pytest.fixture
def image(rng, level1_header):
    """A bright point, seen through the PSF of 94 Å, with its shot noise."""
    level1_header["WAVELNTH"] = 94
    y, x = np.mgrid[:128, :128]
    scene = 200 + 800 * np.exp(-((x - 64) ** 2 + (y - 50) ** 2) / 50)
    otf = mesh.otf(94, "default", mesh.grid(scene.shape, 94)).astype(np.float32)
    data = convergence._blurred(scene.astype(np.float32), otf)
    assert data.sum() == pytest.approx(scene.sum(), rel=0.05)
    return Image((data + rng.normal(0, np.sqrt(data))).astype(np.float32), level1_header, np.sqrt(data).astype(np.float32))


def test_convergence_fits_the_data_and_predicts_the_noise(image):
    """χ² falls with every iteration, and the measured noise is that of the error plane."""
    found = convergence.trace(image, Options(iterations=4), (1, 16))
    assert found.iterations.tolist() == [1, 4, 16] and found.chosen == 4
    assert np.all(np.diff(found.chi2) < 0) and np.all(np.diff(found.predicted) > 0)
    np.testing.assert_allclose(found.noise, found.predicted, rtol=0.06)


def test_an_error_plane_is_needed(image):
    with pytest.raises(InputError, match="error plane"):
        convergence.trace(Image(image.data, image.header), Options(), (1,))


def test_tolerance_ends_the_iteration_early(image):
    """The number at which it ends is added; the curve itself goes on."""
    found = convergence.trace(image, Options(iterations=50, tolerance=0.3), (1, 12))
    assert 1 < found.chosen < 50 and found.iterations.tolist() == sorted({1, 12, found.chosen})


def test_every_setting_of_the_deconvolution_counts(image):
    usual = convergence.trace(image, Options(iterations=3), (3,))
    fast = convergence.trace(image, Options(iterations=3, accelerate=True), (3,))
    assert fast.chi2[0] < usual.chi2[0]
    other = convergence.trace(image, Options(iterations=3, core="preflight"), (3,))
    assert other.noise[0] != pytest.approx(usual.noise[0], rel=0.01)
    double = convergence.trace(image, Options(iterations=3, precision="float64"), (3,))
    assert double.chi2[0] != usual.chi2[0] and double.chi2[0] == pytest.approx(usual.chi2[0], rel=1e-3)
    redrawn = convergence.trace(image, Options(iterations=3, redraws=4), (3,))
    assert redrawn.chi2[0] == usual.chi2[0]
    assert redrawn.predicted[0] != usual.predicted[0] and redrawn.predicted[0] == pytest.approx(usual.predicted[0], rel=0.2)
