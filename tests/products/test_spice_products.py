"""Finished SPICE files: standard FITS, SOLARNET Level P that gives its own χ² back, SAFFRON's six images."""

import warnings

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from helioreduce.image import Flag
from helioreduce.io.provenance import COMPLETE

pytestmark = pytest.mark.filterwarnings("ignore::astropy.wcs.FITSFixedWarning")


def standard(path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with fits.open(path, checksum=True) as hdus:
            hdus.verify("exception")
            assert all("CHECKSUM" in hdu.header and "DATASUM" in hdu.header for hdu in hdus)
            assert all(hdu.is_image for hdu in hdus)


def test_level3_is_standard_fits_with_good_checksums(level3):
    standard(level3)


def test_saffron_is_standard_fits_with_good_checksums(saffron):
    standard(saffron)


def results(hdus):
    """HDUs of Level P."""
    return [hdu for hdu in hdus if hdu.header.get("OBS_HDU") == 2 and hdu.header["EXTNAME"].endswith("RESULTS")]


def test_level3_gives_its_own_chi2_back(level3):
    """Components evaluated as their cards say, against DATA with its noise: the reduced χ² stored last, to 10⁻⁵."""
    compared = 0
    with fits.open(level3) as hdus:
        groups = {h.header["GROUP"]: h.header for h in hdus if "GROUP" in h.header}
        stored = {hdu.header["EXTNAME"]: hdu for hdu in hdus}
        for group, cards in groups.items():
            windows = [cards[f"WINDOW{i}"] for i in range(1, 99) if f"WINDOW{i}" in cards]
            chi2 = sum(_chi2(stored, name) for name in windows)
            reduced = stored[f"{windows[0]} RESULTS"].data[-1]
            own = (stored[f"{group} STATUS"].data == 1) & (stored[f"{group} LEVEL"].data == 0)
            for name in windows:  # where none of them is lost
                own &= np.isfinite(stored[f"{name} RESULTS"].data).all(axis=0)
            compared += own.sum()
            degrees = stored[f"{group} SAMPLES"].data[own].astype(int) - len(stored[f"{group} BOUNDS"].data)
            np.testing.assert_allclose(chi2[own] / degrees, reduced[own], rtol=1e-5)
    if not compared:
        pytest.skip("every pixel that was fitted is binned: DATA does not hold what the fits were made of")


def _chi2(stored, window):
    header, planes = stored[f"{window} RESULTS"].header, stored[f"{window} RESULTS"].data
    data = stored[header["DATAEXT"]]
    nm = (data.header["CRVAL3"] + (np.arange(data.shape[1]) + 1 - data.header["CRPIX3"]) * data.header["CDELT3"])[:, None, None]
    model, place = 0.0, 0
    for n in range(1, header["ANA_NCMP"] + 1):
        letters = "ABC"[: header[f"CMP_NP{n}"]]
        p = [header[f"PTRA{n}{c}"] * planes[place + i] + header[f"PTRB{n}{c}"] for i, c in enumerate(letters)]
        p = [value[:, None] for value in p]
        place += len(p)
        model = model + (p[0] * np.exp(-0.5 * ((nm - p[1]) / p[2]) ** 2) if len(p) == 3 else p[0])
    variance = data.header["NOISE_A"] + data.header["NOISE_B"] * np.maximum(model, 0)
    return np.nansum((data.data - model) ** 2 / variance, axis=1)


def test_level3_records_its_processing_and_its_place(level3):
    with fits.open(level3) as hdus:
        assert results(hdus)
        for hdu in results(hdus):
            assert {hdu.header[step] for step in ("PREPARE", "FIT")} == {COMPLETE}
            assert WCS(hdu.header).wcs.ctype[3] == "PARAMETER"
            assert hdu.header["ANA_NCMP"] >= 2
            sigma, data = hdus[hdu.header["UNCEXT"]].data, hdus[hdu.header["DATAEXT"]]
            assert sigma.shape == hdu.data.shape
            assert (sigma[np.isfinite(sigma)] >= 0).all()
            mask = hdus[hdu.header["DATAEXT"].replace(" DATA", " MASK")].data
            np.testing.assert_array_equal(np.isnan(data.data), mask != 0)
            assert mask.max() <= sum(Flag)


def test_level3_data_is_understood_by_sospice(level3):
    """Its noise model reads the DATA extension: the signal's share of the variance is NOISE_B."""
    uncertainties = pytest.importorskip("sospice.calibrate.uncertainties")
    with warnings.catch_warnings(), fits.open(level3) as hdus:
        warnings.simplefilter("ignore")
        for hdu in results(hdus):
            data = hdus[hdu.header["DATAEXT"]]
            _, theirs = uncertainties.spice_error(fits.ImageHDU(data.data.astype(float), data.header), verbose=False)
            bright = data.data > np.nanmedian(data.data)
            share = (theirs["Signal"].value[bright] ** 2 / data.data[bright]).mean()
            assert share == pytest.approx(data.header["NOISE_B"], rel=1e-5)


def test_saffron_has_six_images_or_backgrounds(saffron):
    with fits.open(saffron) as hdus:
        kinds = [hdu.header["MEASRMNT"] for hdu in hdus]
        assert kinds in (["int", "wav", "wid", "int_err", "wav_err", "wid_err"], ["bg", "bg_err"] * (len(kinds) // 2))
        assert len({hdu.data.shape for hdu in hdus}) == 1
        assert "WAVE" not in WCS(hdus[0].header).wcs.ctype
