"""DEMs beside demregpy, EMToolKit and utu, where they are installed (demregpy and utu need Python 3.12)."""

import dem_cases
import dem_peers
import numpy as np
import pytest

from helioreduce.aia.dem import tikhonov
from helioreduce.aia.dem.found import empty

PLASMAS = [(5.9, 0.1, 1e29), (6.2, 0.1, 3e28), (6.5, 0.2, 1e29), (6.9, 0.1, 3e29), (6.15, 0.15, 1e27)]


def peer(package):
    """The peer's module; without it the test is skipped, saying so."""
    module = dem_peers.load(package)
    if module is None:
        pytest.skip(f"{package} is not installed")
    return module


def pixels(number, positive=False):
    parts = [dem_cases.draws(dem_cases.gaussian(*plasma), number, seed=n) for n, plasma in enumerate(PLASMAS)]
    data, sigma = (np.concatenate([part[n] for part in parts]) for n in (0, 1))
    return (np.abs(data) if positive else data), np.ascontiguousarray(sigma)


def test_tikhonov_is_that_of_demregpy():
    module, inversion = peer("demregpy"), dem_cases.inversion("tikhonov", bins=42, span=(5.6, 7.5))
    data, sigma = pixels(40, positive=True)  # demregpy returns zeros where a value is negative
    dem, error, width, chi2 = dem_peers.demregpy(module, inversion, data, sigma)
    found, own = empty(len(data), 6, 42, len(inversion.bands) - 1), np.full((len(data), 42), np.nan)
    tikhonov.invert(data, sigma, inversion.problem, tikhonov.Options(inversion.widths, 1.0, 42, 10, True), found, own, 1)
    np.testing.assert_allclose(found.dem * 1e15, dem, atol=1e-9 * np.abs(dem).max())
    np.testing.assert_allclose(found.sigma * 1e15, error, atol=1e-6 * error.max())
    np.testing.assert_allclose(own, width, atol=1e-9)
    np.testing.assert_allclose(found.chi2, chi2, rtol=1e-9)


@pytest.mark.parametrize(("package", "run"), [("EMToolKit", dem_peers.emtoolkit), ("utu", dem_peers.utu)])
def test_logsmooth_is_that_of_its_authors(package, run):
    module, inversion = peer(package), dem_cases.inversion(bins=39)
    data, sigma = pixels(40)
    dem, chi2 = run(module, inversion, data, sigma)
    found = inversion.invert(data, sigma)
    difference = np.abs(found.dem * inversion.per_kelvin - dem).max(axis=1) / dem.max(axis=1)
    assert np.median(difference) < 1e-11 and difference.max() < 1e-9
    np.testing.assert_allclose(found.chi2, chi2, rtol=1e-9)
