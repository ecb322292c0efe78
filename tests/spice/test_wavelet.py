"""Denoising: less noise, the line's core in place."""

import numpy as np
import pytest

from helioreduce.spice import catalogue, fit, group, initial, level2, noise, prepare, radiance, simulate, wavelet
from helioreduce.spice.noise import Noise


@pytest.mark.parametrize(("exposure", "bias"), [(60, 0.005), (10, 0.015)])
@pytest.mark.parametrize("seed", [1, 20220402])  # the thresholds were chosen on others
def test_less_noise_and_no_bias_of_the_core(seed, exposure, bias):
    """rms against the truth down by ≥ 40 %; Ne VIII core within 0.5 %, and so its brightest tenth (1.5 % at 10 s)."""
    settings = {"rows": 96, "columns": 48, "spikes": 0, "rim": 0, "seed": seed}
    noisy = simulate.raster(simulate.Settings(**settings, exposure_s=exposure))[0]
    quiet = simulate.raster(simulate.Settings(**settings, exposure_s=1e9))[0]
    window, expected = (level2.windows(planes)[2] for planes in (noisy, quiet))
    result = wavelet.denoise(window.data, noise.of(window.header))
    rms = [np.sqrt(np.mean((data - expected.data) ** 2)) for data in (window.data, result)]
    assert rms[1] < 0.6 * rms[0]
    core = np.abs(window.wavelength - 770.12) < 0.15
    found, truth = result[:, core], expected.data[:, core]
    assert abs(found.mean() / truth.mean() - 1) < 0.005
    bright = truth > np.quantile(truth, 0.9)
    assert abs(found[bright].mean() / truth[bright].mean() - 1) < bias
    assert abs(result.mean() / expected.data.mean() - 1) < 0.01


def test_errors_are_upper_limits_after_denoising_and_the_header_says_so():
    """Pulls of radiances on a denoised raster: unbiased, and narrower than 1 as the card DENOISED states."""
    planes, truth = simulate.raster(simulate.Settings(rows=48, columns=24, seed=2))
    known = catalogue.built_in()
    clean, _ = prepare.without_spikes(group.join("own", [level2.windows(planes)[2]]), known)
    own = prepare.denoised(clean)
    assert own.windows[0].header["DENOISED"] is True
    start = initial.estimate(own, known)
    found = fit.fit_spectra(start, own.spectra, *own.variance)
    values, covariance = radiance.of_fit(found)
    expected = truth["ne_8 770.42 radiance"].ravel()
    pulls = ((values[:, 1] - expected) / np.sqrt(covariance[:, 1, 1]))[found.good]
    assert 0.4 < pulls.std() < 0.9
    assert abs(pulls.mean()) < 0.1


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
