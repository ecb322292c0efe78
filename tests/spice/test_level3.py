"""Files: SOLARNET Level P, SAFFRON's layout, and the way back."""

import warnings

import numpy as np
import pytest
from astropy.io import fits as astropy_fits
from astropy.wcs import WCS

from helioreduce.errors import InputError
from helioreduce.io import fits
from helioreduce.spice import binning, catalogue, group, initial, level2, level3, maps, radiance, saffron_layout, simulate
from helioreduce.spice.model import Tie

pytestmark = pytest.mark.filterwarnings("ignore::astropy.wcs.FITSFixedWarning")
TIES = [Tie("mg_9 749.54 x", "add", "mg_9 706.02 x", 43.52), Tie("mg_9 749.54 s", "mul", "mg_9 706.02 s", 1.0)]


@pytest.fixture(scope="module")
def raster():
    return level2.windows(simulate.raster(simulate.Settings(rows=16, columns=6, spikes=0, rim=1))[0])


@pytest.fixture(scope="module")
def fitted(raster):
    """Group, start and fits of the two windows with magnesium, and the arrays to be written."""
    own = group.from_planes(group.to_planes(group.join(raster[:2])))
    start = initial.estimate(own.windows, own.noise, catalogue.built_in(), ties=TIES)
    boxes = [binning.Level(1, 1, 1)]
    result = binning.fit_adaptive(own.cube, *own.variance, start, boxes, {})
    return own, start, result, level3.to_planes("window0-1", own, start, result, boxes)


@pytest.fixture
def written(fitted, tmp_path):
    path = tmp_path / "fitted.fits"
    fits.write_planes(path, fitted[3])
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
    names = {plane.name for plane in fitted[3]}
    assert {header[key] for key in ("RESEXT", "DATAEXT", "PARENTXT", "UNCEXT")} <= names


def test_function_from_the_cards_is_the_model(fitted):
    """p_a = PTRA n_a + PTRB in the Gaussians of the SOLARNET definition, λ in nm of DATAEXT: the fitted model."""
    own, _, result, planes = fitted
    header, data = planes[0].header, planes[0].data
    nm = own.windows[0].wavelength[:, None, None, None] / 10
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
    own, _, result, _ = fitted
    back = level3.from_planes(fits.read_planes(written))[0]
    np.testing.assert_array_equal(back.fit.status, result.fit.status)
    np.testing.assert_allclose(back.fit.q, result.fit.q, rtol=1e-12, equal_nan=True)
    np.testing.assert_allclose(back.fit.sigma(), result.fit.sigma(), rtol=1e-6, equal_nan=True)
    used = result.fit.status == 1
    model = back.fit.evaluate()[used]
    spectra = np.concatenate([window.spectra for window in back.windows], axis=1)[used]
    a, b = own.variance
    chi2 = np.nansum((spectra - model) ** 2 / (a + b * np.maximum(model, 0)), axis=1)
    np.testing.assert_allclose(chi2, result.fit.chi2[used], rtol=1e-6)
    np.testing.assert_allclose(back.fit.reduced_chi2[used], result.fit.reduced_chi2[used], rtol=1e-6)


def test_pixels_stay_where_they_are_on_the_sun(fitted, raster):
    """Coordinates of the corners, level 2 against results: within 0.01″."""
    before, after = WCS(raster[0].header), WCS(fitted[3][0].header)
    for x, y in ((0, 0), (5, 15)):
        sun = [wcs.pixel_to_world_values(x, y, 0, 0)[:2] for wcs in (before, after)]
        np.testing.assert_allclose(*sun, atol=0.01 / 3600)


def test_radiances_and_velocities_carry_unit_zero_and_covariance(written):
    groups = level3.from_planes(fits.read_planes(written))
    planes = {plane.name: plane for plane in maps.radiances(groups)}
    values, covariance = radiance.of_fit(groups[0].fit)
    used = groups[0].fit.status == 1
    np.testing.assert_allclose(planes["mg_9 749.54"].data.ravel()[used], values[used, 4], rtol=1e-6)
    np.testing.assert_allclose(
        planes["window0-1 COVARIANCE"].data[4, 2].ravel(), covariance[:, 4, 2], rtol=1e-4, equal_nan=True
    )
    assert planes["mg_9 749.54"].header["BUNIT"] == "W/m2/sr"
    moving = {plane.name: plane for plane in maps.velocities(groups)}
    assert moving["mg_9 706.02"].header["VZERO"] == pytest.approx(705.72, abs=0.1)
    with pytest.raises(InputError, match="has not been fitted"):
        maps.compositions(list(planes.values()), simulate.table(), ["ne_8 770.42"], 9.0)


def test_saffron_layout_is_six_images_and_no_pickle(written, tmp_path):
    fitted = level3.from_planes(fits.read_planes(written))[0]
    identity, planes = saffron_layout.line_planes(fitted, 2)
    assert identity == "0706.02-mg_9"
    path = tmp_path / "line.fits"
    fits.write_planes(path, planes)
    with astropy_fits.open(path) as hdus:
        assert [hdu.header["MEASRMNT"] for hdu in hdus] == ["int", "wav", "wid", "int_err", "wav_err", "wid_err"]
        assert all(hdu.is_image and hdu.data.shape == (1, 16, 6) for hdu in hdus)
        assert hdus[0].header["LINE_ID"] == "0706.02-mg_9"
        assert hdus[0].header["ION"] == "mg_9"
        assert hdus[1].header["WAVELENGTH"] == 706.02
    assert [plane.header["MEASRMNT"] for plane in saffron_layout.background_planes(fitted)] == ["bg", "bg_err"] * 2


def test_lost_planes_and_sit_and_stare_pass():
    """x = 1 with a lost exposure, an all-NaN row and a rim: NaN where there is nothing, a fit elsewhere."""
    planes, _ = simulate.raster(simulate.Settings(rows=12, columns=1, times=10, lost_planes=1, spikes=0, rim=1, seed=5))
    own = group.join(level2.windows(planes)[2:])
    start = initial.estimate(own.windows, own.noise, catalogue.built_in())
    result = binning.fit_adaptive(own.cube, *own.variance, start, [binning.Level(1, 1, 1)], {})
    lost = ~np.isfinite(own.cube).any(axis=-1).ravel()
    assert lost.sum() >= 12
    assert np.isnan(result.fit.p[lost]).all()
    assert (result.fit.status[~lost] == 1).mean() > 0.95
    assert sum((result.fit.status == code).sum() for code in (0, 1, 2)) == 120


def test_windows_of_different_shape_are_not_joined(raster):
    short = raster[1].with_(data=raster[1].data[:, :, 1:], mask=raster[1].mask[:, :, 1:])
    with pytest.raises(InputError, match="differ in shape"):
        group.join([raster[0], short])


def test_area_keeps_the_place_on_the_sun(raster):
    cut = group.join(raster[:1], area=[[4, None], [2, 5]]).windows[0]
    assert cut.shape == (1, 12, 3)
    before, after = (WCS(w.header).pixel_to_world_values(x, y, 0, 0)[:2] for w, x, y in ((raster[0], 2, 4), (cut, 0, 0)))
    np.testing.assert_allclose(before, after, atol=1e-9)
