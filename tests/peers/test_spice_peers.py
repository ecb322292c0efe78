"""Line fits beside other packages: SciPy's trust region, EISPAC's mpfit on real Hinode/EIS spectra, sospice's noise."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from scipy.optimize import curve_fit

from helioreduce.spice import fit, noise, simulate
from helioreduce.spice.model import Line, Start, build
from helioreduce.spice.simulate import RADCAL_PER_SECOND, STEP


def gaussians(wavelength, *q):
    """Background q[-1] and Gaussians (peak, centre, width)."""
    shapes = [i * np.exp(-0.5 * ((wavelength - x) / s) ** 2) for i, x, s in np.reshape(q[:-1], (-1, 3))]
    return q[-1] + np.sum(shapes, axis=0)


def slopes(wavelength, *q):
    """Analytic Jacobian (n, P) of :func:`gaussians`."""
    columns = []
    for i, x, s in np.reshape(q[:-1], (-1, 3)):
        u = (wavelength - x) / s
        shape = np.exp(-0.5 * u**2)
        columns += [shape, i * shape * u / s, i * shape * u**2 / s]
    return np.stack([*columns, np.ones_like(wavelength)], axis=1)


def test_same_minimum_as_scipy(rng):
    """400 spectra of three lines with given errors, trust region at tolerance 10⁻¹²: |Δp| < 0.05 σ and Δχ² < 0.01."""
    wavelength = 749.5 + STEP * (np.arange(51) - 25)
    lines = build([wavelength], [Line(f"o_3 {w:.2f}", w) for w in (748.0, 749.5, 751.0)])
    own = noise.of({"DETECTOR": "SW", "BUNIT": "", "XPOSURE": 20.0, "RADCAL": 20 * RADCAL_PER_SECOND})
    start = np.array([0.5, 748.0, 0.35, 0.4, 749.5, 0.35, 0.7, 751.0, 0.35, 0.02])
    q = np.tile(start, (400, 1))
    q[:, [1, 4, 7]] += rng.normal(0, 0.05, (400, 1))
    expected = fit.evaluate(lines, q)
    sigma = own.sigma(expected)
    y = rng.normal(expected, sigma)
    lower, upper = lines.bounds(start)
    found = fit.fit_spectra(lines.start(start), y, sigma**2, 0 * sigma)
    moved, gained = [], []
    for i in range(400):
        options = {"xtol": 1e-12, "ftol": 1e-12, "gtol": 1e-12, "bounds": (lower, upper), "jac": slopes, "absolute_sigma": True}
        p, covariance = curve_fit(gaussians, wavelength, y[i], start, sigma[i], **options)
        moved.append(np.max(np.abs(found.q[i] - p) / np.sqrt(np.diag(covariance))))
        gained.append(found.chi2[i] - np.sum(((y[i] - gaussians(wavelength, *p)) / sigma[i]) ** 2))
    assert np.mean(np.array(moved) < 0.05) >= 0.995
    assert np.mean(np.array(gained) < 0.01) >= 0.995
    assert np.mean(np.array(gained) > 0.1) <= 0.0025


class Eis(NamedTuple):
    """Real EIS spectra around Fe XII 192.39 Å: EISPAC's cube and template, and the same for our fit.

    ``y``, ``variance`` (N, n) on one grid of wavelengths; ``shift`` (N,) is what has to be added to centres, Å.
    """

    cube: object
    template: object
    start: Start
    y: np.ndarray
    variance: np.ndarray
    shift: np.ndarray

    def fit(self) -> fit.Fit:
        """Our fits of all spectra."""
        zero = np.zeros_like(self.variance)
        found = fit.fit_spectra(self.start, self.y, self.variance, zero)
        again = replace(self.start, q=np.median(found.q[found.good], axis=0))
        return fit.retry(found, self.y, self.variance, zero, again)

    def fit_by_eispac(self) -> object:
        """EISPAC's fits, in this process."""
        import eispac

        return eispac.fit_spectra(self.cube, self.template, ncpu=1)


def eis_observation() -> Eis:
    """The observation that EISPAC brings along, 2021-03-06, 3,000 spectra."""
    eispac = pytest.importorskip("eispac")
    folder = Path(eispac.__file__).parent / "data" / "test"
    template = eispac.read_template(eispac.data.get_fit_template_filepath("fe_12_192_394.1c.template.h5"))
    cube = eispac.read_cube(str(folder / "eis_20210306_064444.data.h5"), template.central_wave)
    wavelength, data, sigma = cube.wavelength, np.array(cube.data), np.array(cube.uncertainty.array)
    low, high = template.template["wmin"], template.template["wmax"]
    some = ((wavelength >= low) & (wavelength <= high)).any(axis=(0, 1))
    # EIS wavelengths are the same grid in every pixel, shifted: fitted on one grid, the shift is put back
    grid = wavelength[0, 0, some]
    shift = (wavelength[:, :, some][..., 0] - grid[0]).ravel()
    good = ((sigma > 0) & ~cube.mask & (wavelength >= low) & (wavelength <= high))[:, :, some].reshape(-1, grid.size)
    y = np.where(good, data[:, :, some].reshape(good.shape), np.nan)
    variance = np.where(good, sigma[:, :, some].reshape(good.shape) ** 2, np.nan)
    lines = build([grid], [Line("fe_12 192.39", 192.39)])
    limits = {"I": (0, 1e6), "x": (-0.04, 0.04), "s": (0.0191, 0.0510), "B": (-10, 1e5)}
    start = np.array([1000.0, 192.394, 0.0289, 50.0])
    return Eis(cube, template, lines.start(start, limits), y, variance, shift)


@pytest.mark.full
@pytest.mark.filterwarnings("ignore")
def test_real_eis_spectra_as_well_as_eispac():
    """3,000 spectra: χ² not above EISPAC's by more than 10⁻⁴ in ≥ 99.9 %; 99 % of all parameters within 0.05 σ."""
    eis = eis_observation()
    result, found = eis.fit_by_eispac(), eis.fit()
    theirs = np.asarray(result.fit["params"]).reshape(-1, 4)
    errors = np.asarray(result.fit["perror"]).reshape(-1, 4)
    place = theirs - np.array([[0, 1, 0, 0]]) * eis.shift[:, None]
    chi2 = np.nansum((eis.y - fit.evaluate(eis.start.model, place)) ** 2 / eis.variance, axis=1)
    fine = (np.asarray(result.fit["status"]).ravel() > 0) & (found.status == fit.CONVERGED)
    assert fine.sum() > 2900
    assert np.mean(found.chi2[fine] <= chi2[fine] * (1 + 1e-4)) >= 0.999
    fine &= found.good & (errors > 0).all(axis=1)
    assert np.percentile(np.abs(found.q - place)[fine] / errors[fine], 99) < 0.05


def test_noise_is_sospices():
    """Its version 0.0.5, one frame, for positive radiances, to 10⁻⁶."""
    uncertainties = pytest.importorskip("sospice.calibrate.uncertainties")
    import astropy.units as u
    from astropy.io.fits import ImageHDU

    plane = simulate.raster(simulate.Settings(rows=8, columns=2, rim=0))[0][2]
    unit = u.Unit("W / (m2 sr nm)")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _, theirs = uncertainties.spice_error(ImageHDU(plane.data.astype(float), plane.header), verbose=False)
    positive = plane.data > 0
    total = noise.of(plane.header, frames=1).sigma(plane.data.astype(float))
    np.testing.assert_allclose(total[positive], theirs["Total"].to_value(unit)[positive], rtol=1e-6)
