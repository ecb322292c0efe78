"""Measures of quality against images whose answer is known."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from helioreduce.aia import psf as mesh
from helioreduce.aia.qa import convergence, limb, noise, psf, slit, statistics
from helioreduce.errors import InputError
from helioreduce.image import Image, Mask


def disk(header, centre, radius=160.0, side=400, scale=2.4):
    """A disk with a corona that falls off with radius; radius in pixels."""
    y, x = np.ogrid[:side, :side]
    r = np.hypot(x - centre[0], y - centre[1])
    data = np.where(r < radius, 200.0, 150 * np.exp(-(r - radius) / 40))
    header.update(CRPIX1=200.5, CRPIX2=200.5, CDELT1=scale, CDELT2=scale, RSUN_OBS=radius * scale)
    return Image(gaussian_filter(data, 1.0).astype(np.float32), header)


@pytest.mark.parametrize("shift", [(0.0, 0.0), (1.25, -0.5), (-2.0, 3.0)])
def test_limb_finds_the_centre(level1_header, shift):
    found = limb.fit(disk(level1_header, (199.5 + shift[0], 199.5 + shift[1])))
    assert (found.dx, found.dy) == (pytest.approx(shift[0] * 2.4, abs=0.1), pytest.approx(shift[1] * 2.4, abs=0.1))
    assert found.mean_radius == pytest.approx(160 * 2.4, abs=2.4) and found.rms < 1.0  # to a pixel


def test_limb_ignores_a_bright_loop(level1_header):
    image = disk(level1_header, (199.5, 199.5))
    image.data[190:215, 350:372] += 3000
    found = limb.fit(image)
    assert abs(found.dx) < 0.2 and abs(found.dy) < 0.2


def test_limb_needs_a_disk(level1_header):
    image = disk(level1_header, (199.5, 199.5))
    with pytest.raises(InputError, match="half of the limb"):
        limb.fit(Image(image.data[:100, :100], image.header))
    image.header.remove("RSUN_OBS")
    with pytest.raises(InputError, match="RSUN_OBS"):
        limb.fit(image)


def test_white_noise_is_uncorrelated_and_averaging_correlates_it(rng):
    white = rng.standard_normal((400, 400))
    single = noise.autocorrelation(white, 3)
    assert single[3, 3] == 1 and np.abs(np.delete(single.ravel(), 24)).max() < 5 / 400
    pairs = 0.5 * (white + np.roll(white, 1, axis=1))
    found = noise.autocorrelation(pairs, 3)
    assert found[3, 4] == pytest.approx(0.5, abs=5 / 400) and found[4, 3] == pytest.approx(0, abs=5 / 400)
    pairs[::7, ::5] = np.nan
    assert noise.autocorrelation(pairs, 3)[3, 4] == pytest.approx(0.5, abs=5 / 300)


def test_pulls_are_standard_normal_where_sigma_is_right(rng, level1_header):
    truth = rng.uniform(50, 500, (300, 300))
    frames = [
        Image((truth + rng.normal(0, np.sqrt(truth))).astype(np.float32), level1_header, np.sqrt(truth).astype(np.float32))
        for _ in range(2)
    ]
    frames[0].mask[:10] |= np.uint8(Mask.SATURATED)
    values = noise.pulls(*frames)
    assert values.size == 290 * 300
    assert values.mean() == pytest.approx(0, abs=4 / 300) and noise.robust_spread(values) == pytest.approx(1, abs=0.015)
    with pytest.raises(InputError, match="error planes"):
        noise.pulls(frames[0], Image(frames[1].data, level1_header))


def test_encircled_energy_of_a_gaussian():
    """E(r) = 1 − exp(−r²/2s²)."""
    y, x = np.ogrid[-200:201, -200:201]
    found = psf.encircled(np.exp(-(x**2 + y**2) / (2 * 15.0**2)))
    wide = found.radius > 10
    np.testing.assert_allclose(found.energy[wide], 1 - np.exp(-(found.radius[wide] ** 2) / (2 * 15.0**2)), atol=0.01)
    assert np.all(np.diff(found.energy) >= 0)
    assert found.profile[np.abs(found.radius - 15.0).argmin()] == pytest.approx(np.exp(-0.5) / (2 * np.pi * 225), rel=0.1)


@pytest.mark.parametrize("angle", [0.0, 0.6, 1.5, 2.4])
def test_slit_crosses_a_loop_at_right_angles(angle):
    y, x = np.ogrid[-150:151, -150:151]
    ridge = 100 * np.exp(-((x * np.cos(angle) + y * np.sin(angle)) ** 2) / (2 * 5.0**2)) + 1
    line = slit.across(ridge, 60)
    direction = np.arctan2(line.y[-1] - line.y[0], line.x[-1] - line.x[0])
    assert abs(np.cos(direction - angle)) == pytest.approx(1, abs=2e-3)
    values = slit.along(ridge, line)
    assert values[30] == values.max() == pytest.approx(101, rel=0.01)


def test_statistics(level1_header):
    level1_header.update(NSPIKES=17, DEGFACT=0.5)
    raw = Image(np.full((10, 10), 7.0, np.float32), level1_header, np.full((10, 10), 2.0, np.float32))
    raw.data[0, 0], raw.mask[0, 1] = np.nan, Mask.SATURATED
    told = statistics.measure(raw, raw)
    assert (told["pixels"], told["mean"], told["NSPIKES"], told["DEGFACT"]) == (98, 7.0, 17, 0.5)
    assert told["sigma"] == pytest.approx(2 / np.sqrt(98), rel=1e-6)


def test_convergence_fits_the_data_and_tells_the_noise(rng, level1_header):
    """χ² falls with every iteration, the measured noise is that of the error plane, and both start at the input."""
    y, x = np.mgrid[:128, :128]
    scene = 200 + 800 * np.exp(-((x - 64) ** 2 + (y - 50) ** 2) / 50)
    otf = mesh.otf(94, "default", mesh.grid(scene.shape, 94)).astype(np.float32)
    data = convergence._blurred(scene.astype(np.float32), otf)
    assert data.sum() == pytest.approx(scene.sum(), rel=0.05)
    noisy = (data + rng.normal(0, np.sqrt(data))).astype(np.float32)
    image = Image(noisy, level1_header, np.sqrt(data).astype(np.float32))
    found = convergence.trace(image, otf, (1, 4, 16))
    assert np.all(np.diff(found.chi2) < 0) and np.all(np.diff(found.predicted) > 0)
    np.testing.assert_allclose(found.noise, found.predicted, rtol=0.06)
    with pytest.raises(InputError, match="error plane"):
        convergence.trace(Image(noisy, level1_header), otf, (1,))
