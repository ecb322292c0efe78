"""Any level-1 file: reduced right, or refused by name and reason. The cases are in ``level1_cases``."""

import warnings

import numpy as np
import pytest
from astropy import units as u
from level1_cases import CARDS, CASES, HEADER, NO_DATA, NOT_SUN, Case, smooth

from helioreduce.aia import chain, deconvolution, level1, level15
from helioreduce.aia.channels import CAMERA
from helioreduce.errors import InputError, InputWarning
from helioreduce.image import Flag, Image
from helioreduce.io import fits, provenance
from helioreduce.quality import FLAWS, Policy

META = {"origin": "a table of the test", "version": "1", "sha256": "0" * 64}
ERROR = {"VER_NUM": 3, "WAVELNTH": 171, "DNPERPHT": 1.122, "COMPRESS": 14.4, "CALERR": 0.25, "CHIANTI": 0.25, "EVEERR": 0.019}
EPOCH = {"DATE": "2020-11-19T19:00:00", "T_START": "2010-03-24T00:00:00", "T_STOP": "2030-05-01T00:00:00", "VER_NUM": 10,
         "WAVE_STR": "171_THIN", "EFF_AREA": 2.0, "EFFA_P1": -1e-5, "EFFA_P2": 0.0, "EFFA_P3": 0.0}  # fmt: skip
GIVEN = {
    "error_table": ([ERROR], META), "systematic": {"preflight": False, "eve": False, "chianti": False},
    "psf": deconvolution.Psf(np.ones((1, 1), np.float32)), "options": {"iterations": 3}, "pointing": ([], META),
    "degradation_table": ([EPOCH], META), "version": 10, "exposure_time": {"source": "auto", "error": False}, "quality": {},
}  # fmt: skip
GOOD = [case for case in CASES if case.says is None]
BAD = [case for case in CASES if case.says]
PLAIN = Case("plain")


def named(case):
    return case.name


@pytest.fixture
def read(tmp_path):
    """Write a case's file and read it."""

    def from_file(case):
        case.hdu().writeto(tmp_path / "level1.fits", overwrite=True)
        return fits.read(tmp_path / "level1.fits")

    return from_file


def reduced(image):
    """Every step but respike; what is odd about the file is not to be warned of here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InputWarning)
        return chain.reduce(image, GIVEN, {"respike": "no spikes"})


@pytest.mark.parametrize("case", BAD, ids=named)
def test_what_is_no_level_1_is_refused_by_its_reason(read, case):
    with pytest.raises(InputError) as refused:
        level1.ingest(read(case))
    assert case.says in str(refused.value)
    assert refused.value.cure


@pytest.mark.parametrize("case", GOOD, ids=named)
def test_what_is_level_1_is_reduced(read, case):
    image = reduced(read(case))
    assert image.header["BUNIT"] == "DN/s"
    assert np.isfinite(image.data).sum() > 3500
    assert np.array_equal(np.isfinite(image.data), np.isfinite(image.sigma))
    rate = np.nanmedian(image.data) * image.header["EXPTIME"] * image.header["DEGFACT"]
    assert rate == pytest.approx(150 if case.pixels.__name__ == "rate" else 300, rel=0.01)


@pytest.mark.parametrize("case", [case for case in CARDS if case.says is None], ids=named)
def test_odd_cards_change_no_pixel(read, case):
    """CROTA2, PC and CD are one geometry in three spellings, to the rounding of the cards."""
    image, plain = reduced(read(case)), reduced(read(PLAIN))
    np.testing.assert_allclose(image.data * image.header["DEGFACT"], plain.data * plain.header["DEGFACT"], rtol=2e-5)
    np.testing.assert_array_equal(image.flags, plain.flags)


@pytest.mark.parametrize("case", [case for case in NO_DATA if case.says is None], ids=named)
def test_no_data_is_no_data_however_it_is_written(read, case):
    image, nan = reduced(read(case)), reduced(read(next(case for case in NO_DATA if case.name == "lost-nan")))
    for plane in ("data", "sigma", "mask"):
        np.testing.assert_array_equal(getattr(image, plane), getattr(nan, plane))
    assert image.flagged(Flag.NO_DATA).sum() == np.isnan(image.data).sum() > 20


def test_checks_leave_a_good_image_as_it_is(read):
    image = read(PLAIN)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        checked = level1.ingest(image)
    assert checked.data is image.data
    assert not checked.flags.any()
    assert {key: checked.header[key] for key in HEADER} == HEADER


def test_flags_of_saturated_and_missing_pixels(read):
    image = read(PLAIN)
    image.data[0, 0], image.data[1, 1], image.data[2, 2] = np.nan, 15001, 15000
    mask = level1.ingest(image).flags
    assert (mask[0, 0], mask[1, 1]) == (Flag.NO_DATA, Flag.SATURATED)
    assert np.count_nonzero(mask) == 2


@pytest.mark.parametrize("case", [case for case in NOT_SUN if case.says and "bit 31" not in case.says][:-1], ids=named)
def test_what_is_allowed_by_name_is_taken_and_said(read, case):
    name = next(name for name, flaw in FLAWS.items() if case.says.endswith(flaw.meaning))
    with pytest.warns(InputWarning, match="171 2014-01-01T00:00:00.340: taken although"):
        image = level1.ingest(read(case), Policy(allow=[name]))
    assert provenance.caveats(image.header) == [f"taken although {case.says}"]


def test_a_full_frame_may_lose_a_quarter_of_its_pixels(read):
    frame, policy = Image(np.ones((4096, 4096), np.float32), Case("full", {"CRPIX1": 2053.85}).header()), Policy()
    frame.data[:1024] = np.nan
    level1.ingest(frame, policy)
    frame.data[1024] = np.nan
    with pytest.raises(InputError, match="25 % of the pixels have no data"):
        level1.ingest(frame, policy)
    level1.ingest(frame, Policy(allow=["missing_25_percent"]))


def test_a_cut_out_may_reach_beyond_the_detector_or_the_limb(read):
    """As JSOC's cut-outs do, which fill up with missing pixels."""
    image = read(PLAIN)
    image.data[:, 20:] = np.nan
    assert level1.ingest(image).flagged(Flag.NO_DATA).sum() == 44 * 64


@pytest.mark.parametrize(
    ("channel", "fraction", "whole"), [(171, 0.0, True), (171, 0.25, False), (94, 0.25, True), (94, 0.1, False)]
)
def test_counts_that_are_not_whole_are_said_once(read, channel, fraction, whole):
    """94 Å comes in quarters of a DN at times."""
    image = read(Case("fractions", {"WAVELNTH": channel, "INSTRUME": f"AIA_{CAMERA[channel]}"}))
    image = image.with_(data=image.data + np.float32(fraction))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        twice = level1.ingest(level1.ingest(image))
    assert len(said) == len(provenance.caveats(twice.header)) == (not whole)


def test_tiny_numbers_are_no_counts(read):
    """What damaged bytes of a real file often become."""
    image = read(PLAIN)
    image.data[3, 5] = 1e-26
    with pytest.warns(InputWarning, match="not whole numbers"):
        level1.ingest(image)


def test_a_simulated_small_camera_is_no_binned_image(level1_header):
    """The embedded archive's frames with fewer pixels have larger ones; a real image like that is binned."""
    level1_header.update(CDELT1=2.4, CDELT2=2.4, NAXIS=2, NAXIS1=1024, NAXIS2=1024, ORIGIN="SIMULATED by helioreduce")
    level1.check_header(level1_header)
    level1_header["NAXIS1"] = 512
    with pytest.raises(InputError, match="binned 4 × 4"):
        level1.check_header(level1_header)
    level1_header.update(NAXIS1=1024, ORIGIN="SDO/JSOC-SDP")
    with pytest.raises(InputError, match="binned 4 × 4"):
        level1.check_header(level1_header)


def test_the_place_on_the_detector_is_needed_for_spikes_and_the_table_only(read):
    image = level1.ingest(read(Case("no place", {"X0_MP": None})))
    level15.prep(image, None)
    level15.prep(image, {"T_START": "now", "A_171_IMSCALE": 0.6})
    for needs in (level1.origin, lambda image: level15.prep(image, {"T_START": "now", "A_171_X0": 2050.0})):
        with pytest.raises(InputError, match="X0_MP is missing"):
            needs(image)


def test_a_cut_out_off_the_detectors_pixels_has_no_place(read):
    image = read(Case("moved", {"CRPIX1": 1053.46}))
    assert level1.ingest(image).header["CRPIX1"] == 1053.46, "whole counts are the detector's: CRPIX was updated alone"
    with pytest.raises(InputError, match="not at a whole pixel"):
        level1.origin(image)
    with pytest.raises(InputError, match="the image is resampled"):
        level1.ingest(image.with_(data=smooth(image.data)))


def test_a_header_without_waveunit_is_of_a_wavelength(level1_header):
    """SunPy compares wavelengths with Å; a unit that is there stays."""
    assert "WAVEUNIT" not in level1_header
    image = level1.ingest(Image(np.full((16, 16), 100, np.float32), level1_header))
    assert image.to_map().wavelength == 171 * u.angstrom
    level1_header["WAVEUNIT"] = "Angstrom"
    assert level1.ingest(image.with_(header=level1_header)).header["WAVEUNIT"] == "Angstrom"
