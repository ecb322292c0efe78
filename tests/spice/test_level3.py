"""Files of fits: SOLARNET Level P, and the way back."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
from astropy.io import fits as astropy_fits
from astropy.wcs import WCS

from helioreduce.errors import InputError
from helioreduce.io import fits
from helioreduce.spice import binning, catalogue, files, fit, group, initial, level2, level3, simulate
from helioreduce.spice.model import Tie

pytestmark = pytest.mark.filterwarnings("ignore::astropy.wcs.FITSFixedWarning")
TIES = (Tie("mg_9 749.54 x", "add", "mg_9 706.02 x", 43.52), Tie("mg_9 749.54 s", "mul", "mg_9 706.02 s", 1.0))


@pytest.fixture(scope="module")
def raster():
    return level2.windows(simulate.raster(simulate.Settings(rows=16, columns=6, spikes=0, rim=1))[0])


@pytest.fixture(scope="module")
def fitted(raster):
    """Start and fits of the two windows with magnesium, and the arrays to be written."""
    own = group.join("window0-1", raster[:2])
    start = initial.estimate(own, catalogue.built_in(), initial.Settings(ties=TIES))
    result = binning.fit_adaptive(own, start, binning.Settings())
    return start, result, level3.planes(result, start, {"converged": 1})


@pytest.fixture
def written(fitted, tmp_path):
    path = tmp_path / "fitted.fits"
    files.write_fitted(path, fitted[2])
    return path


def test_is_valid_fits_with_checksums(written):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with astropy_fits.open(written, checksum=True) as hdus:
            hdus.verify("exception")
            assert all("CHECKSUM" in hdu.header for hdu in hdus)
            assert all(hdu.is_image for hdu in hdus)


def test_level_p_has_its_mandatory_cards(written, fitted):
    """SOLARNET appendix IX: general, per component and per parameter; p = Σ CMP_NPn + 1; λ-free coordinates."""
    with astropy_fits.open(written) as hdus:
        header, data = hdus[0].header, hdus[0].data
    assert header["SOLARNET"] == 0.5
    assert header["OBS_HDU"] == 2
    assert header["ANA_NCMP"] == 4
    assert [header[f"CMPTYP{n}"] for n in range(1, 5)] == ["Gaussian"] * 3 + ["Polynomial"]
    assert data.shape[0] == sum(header[f"CMP_NP{n}"] for n in range(1, 5)) + 1
    for n in range(1, 5):
        assert all(f"PUNIT{n}{letter}" in header for letter in "ABC"[: header[f"CMP_NP{n}"]])
    assert header["CTYPE4"] == "PARAMETER"
    assert header["XTYPE1"] == "WAVE"
    assert header["XDIMEN1"] == 3
    assert header["CHISQAVG"] == pytest.approx(1, abs=0.15)
    names = {plane.name for plane in fitted[2]}
    assert {header[key] for key in ("RESEXT", "DATAEXT", "PARENTXT", "UNCEXT")} <= names


def test_function_from_the_cards_is_the_model(fitted):
    """p_a = PTRA n_a + PTRB in the Gaussians of the SOLARNET definition, λ in nm of DATAEXT: the fitted model."""
    _, result, planes = fitted
    header, data = planes[0].header, planes[0].data
    nm = result.group.windows[0].wavelength[:, None, None, None] / 10
    model, place = np.zeros((nm.size, *data.shape[1:])), 0
    for n in range(1, header["ANA_NCMP"] + 1):
        p = []
        for letter in "ABC"[: header[f"CMP_NP{n}"]]:
            p.append(header[f"PTRA{n}{letter}"] * data[place] + header[f"PTRB{n}{letter}"])
            place += 1
        model = model + (p[0] * np.exp(-0.5 * ((nm - p[1]) / p[2]) ** 2) if len(p) == 3 else p[0])
    expected = result.fit.evaluate()[:, : nm.size].T.reshape(model.shape)
    np.testing.assert_allclose(model, expected, rtol=1e-9, equal_nan=True)


def test_read_back_reproduces_everything(written, fitted):
    """Parameters, ties and χ² from the file alone; χ² recomputed from model, data and noise agrees to 10⁻⁶."""
    _, result, _ = fitted
    (back,) = files.read_fitted(written)
    assert back.group.name == "window0-1"
    assert [window.name for window in back.group.windows] == [window.name for window in result.group.windows]
    assert back.fit.model.lines == result.fit.model.lines
    assert back.fit.model.ties == result.fit.model.ties
    assert back.boxes == result.boxes
    np.testing.assert_array_equal(back.level, result.level)
    np.testing.assert_array_equal(back.met, result.met)
    np.testing.assert_array_equal(back.fit.status, result.fit.status)
    np.testing.assert_array_equal(back.fit.at_bound, result.fit.at_bound)
    np.testing.assert_allclose(back.fit.q, result.fit.q, rtol=1e-12, equal_nan=True)
    np.testing.assert_allclose(back.fit.sigma(), result.fit.sigma(), rtol=1e-6, equal_nan=True)
    used = result.fit.status == 1
    model = back.fit.evaluate()[used]
    a, b = back.group.variance
    np.testing.assert_allclose((a, b), result.group.variance, rtol=1e-14)
    chi2 = np.nansum((back.group.spectra[used] - model) ** 2 / (a + b * np.maximum(model, 0)), axis=1)
    np.testing.assert_allclose(chi2, result.fit.chi2[used], rtol=1e-6)
    np.testing.assert_allclose(back.fit.reduced_chi2[used], result.fit.reduced_chi2[used], rtol=1e-6)


def test_groups_of_one_file_are_kept_apart(written, fitted, tmp_path):
    """The same windows fitted twice under two names: each fit comes back with its own numbers."""
    start, result, _ = fitted
    other = replace(result, group=replace(result.group, name="again"), level=result.level + 1)
    files.write_fitted(tmp_path / "again.fits", level3.planes(other, start, {}))
    planes = files.read_planes([written, tmp_path / "again.fits"])
    files.write_fitted(tmp_path / "merged.fits", planes)
    merged = files.fits_of(planes)
    for groups in (merged, files.read_fitted(tmp_path / "merged.fits")):
        assert [own.group.name for own in groups] == ["window0-1", "again"]
        np.testing.assert_array_equal(groups[1].level, groups[0].level + 1)


def test_file_without_fits_is_refused(tmp_path):
    fits.write_arrays(tmp_path / "other.fits", {"A": np.zeros((3, 3))})
    with pytest.raises(InputError, match=r"other.fits: holds no fits"):
        files.read_fitted(tmp_path / "other.fits")


def test_pixels_stay_where_they_are_on_the_sun(fitted, raster):
    """Coordinates of the corners, level 2 against results: within 0.01″."""
    before, after = WCS(raster[0].header), WCS(fitted[2][0].header)
    for x, y in ((0, 0), (5, 15)):
        sun = [wcs.pixel_to_world_values(x, y, 0, 0)[:2] for wcs in (before, after)]
        np.testing.assert_allclose(*sun, atol=0.01 / 3600)


def test_lost_planes_and_sit_and_stare_pass():
    """x = 1 with a lost exposure, an all-NaN row and a rim: NaN where there is nothing, a fit elsewhere."""
    planes, _ = simulate.raster(simulate.Settings(rows=12, columns=1, times=10, lost_planes=1, spikes=0, rim=1, seed=5))
    own = group.join("window2", level2.windows(planes)[2:])
    start = initial.estimate(own, catalogue.built_in())
    result = binning.fit_adaptive(own, start, binning.Settings())
    lost = ~np.isfinite(own.cube).any(axis=-1).ravel()
    assert lost.sum() >= 12
    assert np.isnan(result.fit.p[lost]).all()
    assert (result.fit.status[~lost] == 1).mean() > 0.95
    assert sum((result.fit.status == code).sum() for code in (0, 1, 2)) == 120


def test_a_group_of_which_no_pixel_is_fitted_is_written(fitted, tmp_path):
    """The mean of no χ² is NaN, which no card can hold."""
    start, result, _ = fitted
    nowhere = np.full_like(result.fit.status, fit.NOT_CONVERGED)
    none = replace(result.fit, status=nowhere, p=result.fit.p * np.nan, chi2=result.fit.chi2 * np.nan)
    files.write_fitted(tmp_path / "none.fits", level3.planes(replace(result, fit=none), start, {}))
    (found,) = files.read_fitted(tmp_path / "none.fits")
    assert (found.fit.status == fit.NOT_CONVERGED).all()
    assert "CHISQAVG" not in fits.read_headers(tmp_path / "none.fits")[0]
