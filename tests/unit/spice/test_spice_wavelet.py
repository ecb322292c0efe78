"""Denoising: less noise, the line's core in place."""

import numpy as np

from helioreduce.spice import level2, noise, simulate, wavelet
from helioreduce.spice.noise import Noise


def test_less_noise_and_no_bias_of_the_core():
    """rms against the truth down by ≥ 40 %, Ne VIII core within 0.5 %."""
    settings = simulate.Settings(rows=96, columns=48, spikes=0, rim=0)
    planes, _ = simulate.raster(settings)
    quiet = simulate.Settings(rows=96, columns=48, spikes=0, rim=0, exposure_s=1e9)
    window, expected = (level2.windows(p)[2] for p in (planes, simulate.raster(quiet)[0]))
    result = wavelet.denoise(window.data, noise.of(window.header))
    rms = [np.sqrt(np.mean((data - expected.data) ** 2)) for data in (window.data, result)]
    assert rms[1] < 0.6 * rms[0]
    core = np.abs(window.wavelength - 770.12) < 0.15
    assert abs(result[:, core].mean() / expected.data[:, core].mean() - 1) < 0.005
    assert abs(result.mean() / expected.data.mean() - 1) < 0.005


def test_missing_stays_missing_and_constant_stays_constant():
    own = Noise(0.01, 0.03)
    data = np.full((1, 3, 32, 16), 0.7, np.float32)
    data[0, 1, 5, 5] = np.nan
    result = wavelet.denoise(data, own)
    np.testing.assert_array_equal(np.isnan(result), np.isnan(data))
    expected = wavelet.unstabilise(wavelet.stabilise(np.array(0.7), own), own)
    np.testing.assert_allclose(result[np.isfinite(result)], expected, rtol=1e-6)


def test_stabilised_noise_has_variance_one(rng):
    own = Noise(0.01, 0.03)
    for level in (0.3, 1.0, 3.0):
        data = rng.poisson(level / own.b, 200_000) * own.b + rng.normal(0, np.sqrt(own.a), 200_000)
        values = wavelet.stabilise(data, own)
        assert abs(values.std() - 1) < 0.02
        assert abs(wavelet.unstabilise(values.mean(), own) / level - 1) < 0.005


def test_noise_of_each_scale_is_the_table(rng):
    """Standard deviations of white noise's coefficients, within 2 % but for the coarsest."""
    plane = rng.normal(size=(1024, 1024))
    for scale, expected in enumerate(wavelet.SCALE_SIGMA):
        coarser = wavelet._smooth(plane, scale)
        assert abs((plane - coarser).std() / expected - 1) < (0.02 if scale < 3 else 0.05)
        plane = coarser
