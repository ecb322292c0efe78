"""A real window, Ne VIII 770 of 2022-03-17, and real headers; contribution functions from CHIANTI."""

from dataclasses import replace

import numpy as np
import pytest
from astropy.wcs import WCS

from helioreduce.errors import InputError
from helioreduce.io import fits
from helioreduce.spice import catalogue, composition, files, fit, group, initial, level2


@pytest.fixture(scope="module")
def window(real):
    with pytest.warns(UserWarning, match="not verified"):
        planes = fits.read_planes(real / "spice/solo_L2_spice_NeVIII_20220317_window.fits", edited=True)
    return level2.windows([plane for plane in planes if plane.header.get("CTYPE3") == "WAVE"])[0]


@pytest.fixture(scope="module")
def fitted(window):
    own = group.join("own", [window], frames=1)
    start = initial.estimate(own, catalogue.built_in())
    a, b = own.variance
    spectra = own.spectra
    found = fit.fit_spectra(start, spectra, a, b)
    return spectra, fit.retry(found, spectra, a, b, replace(start, q=np.median(found.q[found.good], axis=0)))


def test_nearly_all_of_its_spectra_converge(fitted):
    """≥ 98 % of 1,677 spectra; a result only where there are data."""
    spectra, found = fitted
    usable = np.isfinite(spectra).sum(axis=1) > 25
    assert usable.sum() == 1677
    assert (found.status[usable] == fit.CONVERGED).mean() >= 0.98
    assert np.isnan(found.p[np.isfinite(spectra).sum(axis=1) <= found.model.free]).all()


def test_light_is_conserved_and_noise_is_understood(fitted):
    """Σ model / Σ data within 1 %; reduced χ² 0.7–1.1."""
    spectra, found = fitted
    model = found.evaluate()
    both = np.isfinite(spectra) & np.isfinite(model)
    assert abs(model[both].sum() / spectra[both].sum() - 1) < 0.01
    assert 0.7 < np.nanmedian(found.reduced_chi2) < 1.1


def test_line_is_where_it_is(fitted, real):
    """Width 0.30–0.34 Å; centre 770.020 ± 0.006 Å (weighted mean, bootstrap), pixel by pixel that of the file's published fit.

    The number rests upon CRVAL3, CRPIX3 and CDELT3, whose samples tile WAVEMIN to WAVEMAX (next test). The published fit has a
    median of 770.040 Å over all its pixels, 770.027 Å over those that both fits call good, where ours has 770.012 Å: 0.07 of
    a pixel's error apart. The slit's columns differ by 0.1 Å among themselves: drifts of the instrument, not of the axis.
    """
    found = fitted[1]
    assert 0.30 < np.median(found.q[found.good, 2]) < 0.34
    sigma = found.sigma()[:, 1]
    assert np.average(found.q[found.good, 1], weights=sigma[found.good] ** -2) == pytest.approx(770.020, abs=0.006)
    with pytest.warns(UserWarning, match="not verified"):
        planes = fits.read_planes(real / "spice/solo_L2_spice_NeVIII_20220317_window.fits", edited=True)
    published = 10 * next(plane.data for plane in planes if plane.name.endswith("results"))[1].ravel()
    both = found.good & np.isfinite(published)
    assert both.sum() > 900
    assert abs(np.median((found.q[:, 1] - published)[both])) < 0.01
    assert abs(np.median(((found.q[:, 1] - published) / sigma)[both])) < 0.1


def test_samples_tile_the_window(window):
    """The outer edges of the first and the last sample are WAVEMIN and WAVEMAX, to their last digit (10⁻⁶ Å)."""
    wavelength = window.wavelength
    half = (wavelength[1] - wavelength[0]) / 2
    assert wavelength[0] - half == pytest.approx(10 * window.header["WAVEMIN"], abs=2e-6)
    assert wavelength[-1] + half == pytest.approx(10 * window.header["WAVEMAX"], abs=2e-6)


@pytest.mark.filterwarnings("ignore::astropy.wcs.FITSFixedWarning")
def test_wavelengths_are_those_of_the_wcs(window):
    wcs = WCS(window.header)
    expected = wcs.pixel_to_world_values(1, 415, np.arange(50), 0)[2] * 1e10
    np.testing.assert_allclose(window.wavelength, expected, atol=1e-6)


@pytest.mark.filterwarnings("ignore:.*not verified")
@pytest.mark.parametrize("name", ["l2_header_raster.fits", "l2_header_sit_and_stare.fits"])
def test_headers_without_data_are_distinguished(real, name):
    """Files of the commissioning: dumbbells are no windows, MISSING (…) is no value."""
    headers = fits.read_headers(real / f"spice/{name}")
    spectral = [header for header in headers if level2.is_spectral(header)]
    assert spectral
    assert not any("DUMBBELL" in header["EXTNAME"] for header in spectral)
    assert not str(level2.value(spectral[0], "SOOPNAME", "")).startswith("MISSING")
    with pytest.raises(InputError, match="no spectral window"):
        level2.windows(fits.read_planes(real / f"spice/{name}", edited=True))


def test_contribution_functions_of_chianti(real):
    """Coefficients of {N IV 765, N III 991} / {S IV 750, S V 786}: exact for three DEMs, with a DEM term of its own."""
    table = files.read_table(real / "spice/contribution_functions.npz")
    lines = ["s_4 750.22", "s_5 786.47", "n_4 765.15", "n_3 991.58"]
    ratio = composition.ratio(table, lines, 9.0)
    assert ratio.phi < 1e-6
    assert 0 < ratio.robustness < 3
    peak = {line: table.log_t[np.argmax(table.at(line, 9.0))] for line in lines}
    assert peak["n_3 991.58"] < peak["s_4 750.22"] < peak["n_4 765.15"] < peak["s_5 786.47"] + 0.11
