"""Finished AIA images: standard FITS, open in both worlds, planes that agree, a header that records their processing."""

import warnings

import numpy as np
from astropy.io import fits
from astropy.nddata import CCDData

from helioreduce.aia.qa import statistics
from helioreduce.errors import InputWarning
from helioreduce.image import MASKED, Flag
from helioreduce.io import fits as products
from helioreduce.io.provenance import COMPLETE, SKIPPED

STEPS = ("RESPIKE", "ERROR", "DECONVOL", "PREP")


def test_is_standard_fits_with_good_checksums(aia):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with fits.open(aia, checksum=True, disable_image_compression=True) as hdus:  # FLAGS as the table that holds them
            hdus.verify("exception")
            assert [hdu.name for hdu in hdus] == ["PRIMARY", "UNCERT", "MASK", "FLAGS"]
            assert all("CHECKSUM" in hdu.header and "DATASUM" in hdu.header for hdu in hdus)


def test_opens_in_one_line_in_both_worlds(aia):
    import sunpy.map

    ccd = CCDData.read(aia)
    assert ccd.uncertainty.array.shape == ccd.mask.shape == ccd.data.shape
    solar = sunpy.map.Map(aia, hdus=0)
    assert type(solar).__name__ == "AIAMap"
    assert solar.unit == ccd.unit
    assert solar.rotation_matrix.round(8).tolist() == [[1, 0], [0, 1]]


def test_missing_is_nan_and_a_bit_and_sigma_is_positive(aia):
    with fits.open(aia) as hdus:
        data, sigma, flags = (hdus[name].data for name in ("PRIMARY", "UNCERT", "FLAGS"))
    missing = (flags & (Flag.NO_DATA | Flag.OUTSIDE)) != 0
    np.testing.assert_array_equal(np.isnan(data), missing)
    assert (sigma[~missing] > 0).all()
    np.testing.assert_array_equal(np.isinf(sigma), ((flags & Flag.SATURATED) != 0) & ~missing, "a lower limit")


def test_the_mask_is_what_a_mean_should_leave_out(aia):
    with fits.open(aia) as hdus:
        np.testing.assert_array_equal(CCDData.read(aia).mask, (hdus["FLAGS"].data & MASKED) != 0)


def test_no_median_jumps_out_of_its_series(aia_files):
    """Beyond the factor JUMP of both neighbours in time: a wrong exposure time."""
    rows = []
    for file in aia_files:
        image = products.read(file)
        rows.append({**{key: image.header[key] for key in ("WAVELNTH", "T_OBS")}, "BUNIT": image.header["BUNIT"]})
        rows[-1]["median"] = statistics.median(image)
    with warnings.catch_warnings():
        warnings.simplefilter("error", InputWarning)
        statistics.series(rows)


def test_header_records_its_processing(aia):
    header = fits.getheader(aia)
    assert {header[step] for step in STEPS} <= {COMPLETE, SKIPPED}
    assert (header["CDELT1"], header["CDELT2"], header["LVL_NUM"]) == (0.6, 0.6, 1.5)
    if (header["NAXIS1"], header["NAXIS2"]) == (4096, 4096):
        assert (header["CRPIX1"], header["CRPIX2"]) == (2048.5, 2048.5)
    assert len([key for key in header if key.startswith("PRSTEP")]) >= len(STEPS)
