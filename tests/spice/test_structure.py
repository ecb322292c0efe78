"""Structure inside of bins: what a pixel differs from the mean of its bin goes into its error."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from spice_scenes import joined, wavelengths

from helioreduce.spice import binning, fit, group, level2, model
from helioreduce.spice.fitted import Box
from helioreduce.spice.noise import Noise

ROWS, COLUMNS = 60, 60


def scene(seed, contrast, drift, smooth=0.7):
    """A raster of one line whose peak (contrast, relative) and centre (drift, Å) vary from pixel to pixel."""
    rng = np.random.default_rng(seed)

    def pattern():
        own = gaussian_filter(rng.normal(size=(ROWS, COLUMNS)), smooth, mode="wrap")
        return (own / own.std()).ravel()

    lines = model.build([wavelengths(770.1, 50)], [model.Line("ne_8 770.42", 770.42)])
    q = np.tile([0.05, 770.1, 0.35, 0.02], (ROWS * COLUMNS, 1))
    q[:, 0] *= 1 + contrast * np.clip(pattern(), -2.5, 2.5)
    q[:, 1] += drift * pattern()
    made = joined(rng, lines, q, 20)
    data = made.spectra.T.reshape(1, 50, ROWS, COLUMNS)
    window = level2.Window("own", data, lines.arrays.wavelength, {}, np.zeros(data.shape, np.uint8), np.zeros((1, COLUMNS)))
    return group.Group("own", (window,), (Noise(made.a[0], made.b[0]),)), made


def binned(own, made):
    """Every pixel in a bin of 3 × 3."""
    boxes = (Box(1, 1, 1), Box(1, 3, 3))
    settings = binning.Settings(boxes, {"I": 1e-9, "x": 1e-9}, ("ne_8 770.42",))
    return binning.fit_adaptive(own, made.model.start(made.q.mean(axis=0)), settings)


@pytest.mark.parametrize(("contrast", "drift"), [(0.25, 0.0), (0.0, 0.08), (0.25, 0.06)])
def test_pulls_of_binned_pixels_count_the_structure(contrast, drift):
    """Against each pixel's own truth: pulls of peak and centre at most 1.05 (1.2 to 2 without structure)."""
    own, made = scene(3, contrast, drift)
    found = binned(own, made)
    use = (found.level == 1) & found.fit.good
    assert use.mean() > 0.9
    pulls = ((found.fit.q - made.q) / found.fit.sigma())[use]
    spread = 1.4826 * np.median(np.abs(pulls[:, :2] - np.median(pulls[:, :2], axis=0)), axis=0)
    assert (pulls[:, :2].std(axis=0) <= 1.05).all(), pulls.std(axis=0)
    assert (spread > 0.7).all()
    noise = refitted(own, made, found, use)
    before = ((found.fit.q[use] - made.q[use]) / noise).std(axis=0)
    assert before[0 if contrast else 1] > 1.2


def refitted(own, made, found, use):
    """Errors of the same bins by noise alone."""
    spectra, count = binning.bin_spectra(own.cube, np.flatnonzero(use), Box(1, 3, 3))
    a, b = (part * binning.dilution(count, 0.0) for part in own.variance)
    return fit.fit_spectra(made.model.start(made.q.mean(axis=0)), spectra, a, b).sigma()


def test_without_structure_errors_are_those_of_the_noise():
    """Within 8 % where all pixels are alike: the linear step scatters a little more than the noise explains."""
    own, made = scene(4, 0.0, 0.0)
    found = binned(own, made)
    use = (found.level == 1) & found.fit.good
    np.testing.assert_allclose(np.median(found.fit.sigma()[use] / refitted(own, made, found, use), axis=0), 1, atol=0.08)
