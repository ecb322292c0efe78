"""Hannah & Kontar: the small eigenvalue problem against the singular values of the whole, and numbers of their code."""

from pathlib import Path

import dem_cases
import numpy as np
import pytest
from astropy.table import Table

from helioreduce.aia.dem import tikhonov
from helioreduce.aia.dem.found import empty
from helioreduce.aia.dem.inversion import Inversion
from helioreduce.aia.dem.status import Status

#: Response of demregpy 1.0.0 (MIT; SolarSoft, EVE-normalised), at the centres of 42 bins from 5.6 to 7.5.
EVENORM = Path(__file__).with_name("demregpy_response.ecsv")
#: DN of three pixels (y, x) of the synoptic images of 2014-01-01T00:00 in demregpy 1.0.0; exposure times, s.
PIXELS = {
    (400, 700): [45.5, 182.1875, 1976.375, 4554.25, 2948.0625, 95.125],
    (512, 512): [1.9375, 9.0, 155.0, 220.9375, 125.125, 3.4375],
    (600, 300): [1.4375, 7.4375, 207.0, 204.6875, 79.625, 2.9375],
}
EXPOSURES = np.array([2.900816, 2.901307, 1.999597, 2.000014, 2.900819, 2.900797])
#: Emission measure (cm⁻⁵) and χ² that demregpy 1.0.0 finds for them as pixels of a map.
FROZEN = {(400, 700): (1.325293e28, 0.812432), (512, 512): (5.068213e26, 2.011481), (600, 300): (4.365144e26, 0.657785)}


def by_hand(inversion, data, sigma, grid=42):
    """Both passes with the singular values of A L⁻¹, for one pixel; returns x, σ, χ² and λ."""
    a, d, widths = inversion.problem.counts / sigma[:, None], data / sigma, inversion.widths

    def solve(length, target):
        u, s, v = np.linalg.svd(a / length, full_matrices=False)
        along = u.T @ d
        lams = np.geomspace(s.min() ** 2 * 1e-4, s.max(), grid)
        residuals = ((lams[:, None] * along / (s**2 + lams[:, None])) ** 2).sum(1)
        lam = lams[np.abs(residuals - d.size * target).argmin()]
        inverse = (v.T * (s / (s**2 + lam))) @ u.T / length[:, None]
        return inverse @ d, inverse

    first, _ = solve(1 / np.sqrt(widths), 1.0)
    raw = np.where(first > 1e-4 * first.max(), first, 1.0)
    inner = np.concatenate([[0, 0, 0], raw[1:-1], [0, 0, 0]])
    weight = np.maximum(np.convolve(inner, np.ones(5) / 5, "same")[2:-2] / raw.max(), 1e-8)
    target = 1.0
    for _ in range(10):
        x, inverse = solve(np.sqrt(widths / weight), target)
        target *= 1.5
        if (x >= 0).all():
            break
    return x, np.sqrt((inverse**2).sum(1)), np.mean((d - a @ x) ** 2), inverse @ a


@pytest.mark.parametrize("centre", [6.0, 6.3, 6.9])
def test_small_problem_is_the_whole_one(centre):
    inversion = dem_cases.inversion("tikhonov", bins=42, span=(5.6, 7.5))
    data, sigma = dem_cases.draws(dem_cases.gaussian(centre, 0.15, 1e29), 5)
    found = inversion.invert(data, sigma)
    for p in range(len(data)):
        x, error, chi2, _ = by_hand(inversion, data[p], sigma[p])
        np.testing.assert_allclose(found.dem[p] / 1e15, x, atol=1e-9 * x.max())
        np.testing.assert_allclose(found.sigma[p] / 1e15, error, atol=1e-6 * error.max())
        assert found.chi2[p] == pytest.approx(chi2, rel=1e-8)


def test_bands_have_the_variance_of_their_sum():
    inversion = dem_cases.inversion("tikhonov")
    data, sigma = dem_cases.draws(dem_cases.gaussian(6.3, 0.15, 1e29), 1)
    found = inversion.invert(data, sigma)
    inverse = np.empty((inversion.logt.size, 6))  # the DEM is linear in the data while λ and L stay: by differences
    base, shift = by_hand(inversion, data[0], sigma[0])[3], inversion.problem.counts / sigma[0][:, None]
    inverse = base @ np.linalg.pinv(shift)
    bands = inversion.problem.bands @ inverse
    np.testing.assert_allclose(found.covariance[0], bands @ bands.T, rtol=1e-4)


def test_resolution_is_the_half_width_of_what_a_spike_becomes():
    inversion = dem_cases.inversion("tikhonov", bins=42, span=(5.6, 7.5))
    data, sigma = (np.ascontiguousarray(plane) for plane in dem_cases.draws(dem_cases.gaussian(6.3, 0.15, 1e29), 3))
    found, width = empty(3, 6, 42, len(inversion.bands) - 1), np.full((3, 42), np.nan)
    tikhonov.invert(data, sigma, inversion.problem, tikhonov.Options(inversion.widths, 1.0, 42, 10, True), found, width, 1)
    fine = inversion.logt[0] + 1e-8 + (inversion.logt[-1] - inversion.logt[0]) * np.arange(51) / 51
    for p in range(3):
        resolution = by_hand(inversion, data[p], sigma[p])[3]
        for j in range(42):
            above = fine[np.interp(fine, inversion.logt, resolution[:, j]) >= resolution[:, j].max() / 2]
            expected = (above[-1] - above[0]) / 2 if above.size else inversion.widths[j]
            assert width[p, j] == pytest.approx(expected / (2 * np.sqrt(2 * np.log(2))), abs=1e-9)


def test_target_grows_while_the_dem_is_negative():
    inversion = dem_cases.inversion("tikhonov")
    data, sigma = dem_cases.draws(dem_cases.gaussian(6.8, 0.05, 1e29), 50)
    found = inversion.invert(data, sigma)
    negative = (found.dem < 0).any(axis=1)
    np.testing.assert_array_equal(negative, found.status & Status.NOT_CONVERGED > 0)
    np.testing.assert_array_equal(found.iterations > 1, found.status & Status.RELAXED > 0)
    assert (found.iterations > 1).any()


@pytest.mark.parametrize("pixel", PIXELS)
def test_numbers_of_demregpy(pixel):
    table = Table.read(EVENORM)
    channels = np.array([94, 131, 171, 193, 211, 335])
    response = np.array([table[f"response_{channel}"] for channel in channels])
    inversion = Inversion(response, np.linspace(5.6, 7.5, 43), "tikhonov")
    gain, noise = np.array([18.3, 17.6, 17.7, 18.3, 18.3, 17.6]), np.array([1.14, 1.18, 1.15, 1.20, 1.20, 1.18])
    dn = np.array(PIXELS[pixel])
    sigma = np.sqrt(dn * 12398.4 / channels / 3.65 / gain / 16 + noise**2 / 16 + (0.1 * dn) ** 2) / EXPOSURES
    found = inversion.invert((dn / EXPOSURES)[None], sigma[None])
    em = (found.dem[0] * inversion.per_kelvin * inversion.widths).sum()
    np.testing.assert_allclose((em, found.chi2[0]), FROZEN[pixel], rtol=1e-6)
