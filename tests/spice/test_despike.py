"""Spikes: found where they are, and nowhere else."""

import numpy as np

from helioreduce.spice import catalogue, despike, fit, group, initial, level2, radiance, simulate
from helioreduce.spice.noise import Noise


def prepared(window, **settings):
    """A group of one simulated window, its joined spectra, parts of the variance and the start."""
    planes, truth = simulate.raster(simulate.Settings(rows=40, columns=20, spikes=0, rim=0, **settings))
    own = group.join("own", [level2.windows(planes)[window]])
    start = initial.estimate(own, catalogue.built_in())
    return own, start, truth


def test_eight_sigma_is_found_in_the_line_core_too(rng):
    """0.2 % of samples, 8–60 σ: ≥ 95 % found, in cores too; ≤ 0.03 % of the clean ones; radiance within 0.3 %."""
    own, start, truth = prepared(2)
    a, b = own.variance
    spectra = own.spectra.astype(float)
    clean = spectra.copy()
    hit = rng.random(spectra.shape) < 0.002
    core = np.abs(own.windows[0].wavelength - 770.1) < 0.35
    hit[:, core] |= rng.random((len(spectra), core.sum())) < 0.01
    expected = fit.fit_spectra(start, clean, a, b).evaluate()
    spectra[hit] += (rng.uniform(8, 60, spectra.shape) * Noise(a[0], b[0]).sigma(expected))[hit]
    found = despike.find(spectra, a, b, start, own.shape)
    assert found[hit].mean() >= 0.95
    assert found[:, core][hit[:, core]].mean() >= 0.95
    assert found[~hit].mean() <= 3e-4
    after = fit.fit_spectra(start, np.where(found, np.nan, spectra), a, b)
    before = fit.fit_spectra(start, clean, a, b)
    values = [radiance.of_fit(f)[0][:, 1] for f in (after, before)]
    both = after.good & before.good
    assert abs(values[0][both].mean() / values[1][both].mean() - 1) < 0.003
    pulls = (after.q[both, 4] - truth["ne_8 770.42 x"].ravel()[both]) / after.sigma()[both, 4]
    assert np.mean(np.abs(pulls) > 5) < 0.005


def test_exactly_eight_sigma(rng):
    own, start, _ = prepared(2)
    a, b = own.variance
    spectra = own.spectra.astype(float)
    expected = fit.fit_spectra(start, spectra, a, b).evaluate()
    spectra = rng.normal(expected, np.sqrt(a + b * np.maximum(expected, 0)))
    hit = rng.random(spectra.shape) < 0.002
    spectra[hit] += 8 * np.sqrt(a + b * np.maximum(expected, 0))[hit]
    found = despike.find(spectra, a, b, start, own.shape)
    assert found[hit].mean() >= 0.95
    assert found[~hit].mean() <= 3e-4


def test_a_hole_is_taken_out_too(rng):
    """Samples 10 σ too low, as hot pixels with too much dark taken off leave them."""
    own, start, _ = prepared(2)
    a, b = own.variance
    spectra = own.spectra.astype(float)
    hit = rng.random(spectra.shape) < 0.002
    spectra[hit] -= 10 * np.sqrt(a + b * np.maximum(spectra, 0))[hit]
    found = despike.find(spectra, a, b, start, own.shape)
    assert found[hit].mean() >= 0.95
    assert found[~hit].mean() <= 3e-4


def test_a_line_that_is_not_in_the_model_is_no_spike():
    """N IV left out of the model: its light is in every neighbour too, and stays."""
    planes, _ = simulate.raster(simulate.Settings(rows=40, columns=16, spikes=0, rim=0, exposure_s=300))
    own = group.join("own", [level2.windows(planes)[2]])
    without = catalogue.built_in().remove_line("n_4 765.15")
    start = initial.estimate(own, without)
    a, b = own.variance
    found = despike.find(own.spectra, a, b, start, own.shape)
    core = np.abs(own.windows[0].wavelength - 764.85) < 0.5
    assert found[:, core].mean() < 0.01
