"""What each public function says to the wrong channel, shape or table."""

import numpy as np
import pytest

from helioreduce import times
from helioreduce.aia import channels, deconvolution, degradation, error, exposure, pointing, psf, register, spikes, tables
from helioreduce.aia.qa import limb, noise
from helioreduce.aia.qa import psf as psf_qa
from helioreduce.errors import InputError
from helioreduce.image import Image

ERROR_ROW = {"WAVELNTH": 171, "VER_NUM": 3, "DNPERPHT": 1.122, "COMPRESS": 14.4, "CALERR": 0.25, "EVEERR": 0.0, "CHIANTI": 0.25}
EPOCH = {"DATE": "2020-11-19T19:00:00", "T_START": "2010-03-24T00:00:00", "T_STOP": "2030-05-01T00:00:00", "VER_NUM": 10,
         "WAVE_STR": "171_THIN", "EFF_AREA": 2.0, "EFFA_P1": 0.0, "EFFA_P2": 0.0, "EFFA_P3": 0.0}  # fmt: skip
POINTING = {"T_START": "2013-12-31T21:00:00Z", "T_STOP": "2014-01-01T03:00:00Z", "A_171_X0": 2050.0}
WHEN = times.parse("2014-01-01T00:00:01")


@pytest.fixture
def image(level1_header):
    return Image(np.full((64, 64), 100, np.float32), level1_header)


MISUSE = {
    "list of spikes with its axes swapped": (lambda im: spikes.respike(im, np.zeros((5, 3))), r"shape \(3, N\), not \(5, 3\)"),
    "spikes beyond the detector": (lambda im: spikes.positions(im, np.array([[4096**2], [9], [7]])), "not on the detector"),
    "negative place of a spike": (lambda im: spikes.coordinates(im, np.array([[-1], [9], [7]])), "not on the detector"),
    "error row of another channel": (lambda im: error.estimate(im, {**ERROR_ROW, "WAVELNTH": 193}), "it is of 193 Å"),
    "a row of the degradation table as the error's": (lambda im: error.estimate(im, EPOCH), "DNPERPHT, COMPRESS missing"),
    "error of no channel": (lambda im: error.components(im.data, 172, ERROR_ROW), "no channel 172"),
    "error term that the row lacks": (
        lambda im: error.components(im.data, 171, {"DNPERPHT": 1.1, "COMPRESS": 14}, systematic=("eve",)), "EVEERR missing",
    ),
    "degradation table as the error table": (lambda im: tables.error_row([EPOCH], 171), "is no error table"),
    "error table as the degradation table": (lambda im: degradation.epochs([ERROR_ROW], 171, 10), "is no degradation table"),
    "degradation table without a number": (
        lambda im: degradation.correct(im, [{**EPOCH, "EFF_AREA": "MISSING"}], 10), "EFF_AREA = 'MISSING', which is no number",
    ),
    "degradation table of other channels": (lambda im: degradation.epochs([EPOCH], 193, 10), "no row for 193 Å in version 10"),
    "no degradation table": (lambda im: degradation.epochs([], 171, 10), "is no degradation table"),
    "error table as the pointing table": (lambda im: pointing.select([ERROR_ROW], WHEN), "is no pointing table"),
    "row of the error table as pointing": (lambda im: pointing.update(im, ERROR_ROW), "none of the master pointing table"),
    "PSF of a channel without one": (lambda im: psf.otf(1600), "no PSF for channel 1600"),
    "grid of a channel without a PSF": (lambda im: psf.grid((64, 64), 4500), "no PSF for channel 4500"),
    "core that does not exist": (lambda im: psf.psf(171, "postflight"), "no PSF core 'postflight'"),
    "no PSF": (lambda im: deconvolution.deconvolve(im, None), "there is no PSF"),
    "PSF of one axis": (lambda im: psf.otf(171, shape=(64,)), "no shape"),
    "PSF without pixels": (lambda im: psf.otf(171, shape=(0, 0)), "no shape"),
    "half an iteration": (lambda im: deconvolution.deconvolve(im, psf.otf(171, shape=(64, 64)), 2.5), "iterations = 2.5"),
    "negative iterations": (
        lambda im: deconvolution.from_psf(im, deconvolution.Psf(), {"iterations": -1}), "iterations = -1",
    ),
    "option that does not exist": (
        lambda im: deconvolution.from_psf(im, deconvolution.Psf(), {"iteration": 3}), "no option 'iteration'",
    ),
    "spikes as aiapy has them": (lambda im: spikes.respike(im, (np.zeros(3), np.zeros((2, 3)))), "not tuple"),
    "spikes as text": (lambda im: spikes.respike(im, np.array([["1"], ["2"], ["3"]])), "an array of numbers"),
    "error of no sample": (lambda im: error.components(im.data, 171, ERROR_ROW, n_sample=0), "n_sample = 0"),
    "row of the degradation table as the table": (lambda im: degradation.correct(im, EPOCH, 10), "is one row"),
    "exposure time of another name": (lambda im: exposure.normalise(im, "best"), "no exposure time is called 'best'"),
    "channel in nm": (lambda im: channels.known(17.1), "no channel 17.1"),
    "rates as counts": (lambda im: exposure.normalise(exposure.normalise(im)), "applied already"),
    "encircled energy of a transform": (lambda im: psf_qa.encircled(psf.otf(171, shape=(64, 64))), "peak at pixel"),
    "limb without the Sun's radius": (limb.fit, "RSUN_OBS is missing"),
    "pulls of two shapes": (lambda im: noise.pulls(im, Image(np.ones((8, 8), np.float32), im.header)), "one shape"),
}  # fmt: skip


@pytest.mark.parametrize("name", MISUSE)
def test_misuse_is_named(image, name):
    call, message = MISUSE[name]
    with pytest.raises(InputError, match=message):
        call(image)


@pytest.mark.parametrize("unit", ["DN/s", "DN / s", "electron"])
def test_steps_on_counts_take_counts_only(image, unit):
    image.header["BUNIT"] = unit
    for step in (lambda: error.estimate(image, ERROR_ROW), lambda: exposure.normalise(image)):
        with pytest.raises(InputError, match=f"BUNIT = '{unit}'"):
            step()


@pytest.mark.parametrize(("key", "value"), [("CRPIX1", "nan"), ("CDELT1", None), ("CROTA2", "north"), ("CUNIT1", "deg")])
def test_registration_names_the_card(image, key, value):
    if value is None:
        del image.header[key]
    else:
        image.header[key] = value
    with pytest.raises(InputError, match=key):
        register.register(image)


@pytest.mark.parametrize("kind", ["int16", ">i2", ">i4", "uint16", ">f4", ">f8"])
def test_arrays_as_fits_has_them_are_as_good_as_reals(image, rng, kind):
    """Integers would cut off σ and what is interpolated; compiled loops know this machine's byte order only."""
    counts = rng.poisson(300, (64, 64))
    real, given = (Image(counts.astype(which), image.header) for which in (np.float32, kind))
    for step in (lambda im: error.estimate(im, ERROR_ROW), register.register):
        np.testing.assert_array_equal(step(given).data, step(real).data)
    np.testing.assert_array_equal(error.estimate(given, ERROR_ROW).sigma, error.estimate(real, ERROR_ROW).sigma)


def test_a_good_row_is_taken(image):
    assert error.estimate(image, ERROR_ROW, systematic=("eve",)).sigma.min() > 0
    assert pointing.update(image, POINTING)[0].header["CRPIX1"] == 2051
    assert degradation.correct(image, [EPOCH], 10).header["DEGFACT"] == 1
