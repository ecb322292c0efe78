"""AIA by one call each: right from any form of an image, in single precision, with nothing dropped."""

import inspect
from dataclasses import fields

import numpy as np
import pytest
import yaml
from astropy import units as u
from configuration import configuration
from level1_cases import SIDE, Case

from helioreduce import aia
from helioreduce.aia import deconvolution, error, psf, steps
from helioreduce.api import aia as api
from helioreduce.errors import AlreadyDone, InputError
from helioreduce.image import Image
from helioreduce.io import fits, jsoc_files, provenance
from helioreduce.plan.aia import Plan
from helioreduce.plan.aia_batch import Chunk
from helioreduce.plan.paths import REPOSITORY


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "aia.171.image_lev1.fits"
    Case("plain").hdu().writeto(path)
    return path


@pytest.fixture(scope="module")
def calibration():
    return aia.calibration()


def test_reduce_takes_a_file_and_says_what_it_did(file, calibration):
    image = aia.reduce(file, calibration, iterations=2)
    assert image.header["BUNIT"] == "DN/s"
    assert image.data.dtype == image.sigma.dtype == np.float32
    history = {entry["step"]: entry for entry in provenance.history(image.header)}
    assert list(history) == [step.name for step in steps.STEPS]
    assert history["respike"]["status"] == "SKIPPED"
    assert "iterations=2" in history["deconvolve"]["parameters"]
    assert "precision=float32" in history["deconvolve"]["parameters"]
    assert "response.json" in history["degradation"]["reference"]


def test_every_form_of_an_image_gives_the_same(file, calibration):
    image = Image.read(file)
    wanted = aia.reduce(file, calibration, iterations=2)
    for form in (image, image.to_map(), image.to_ccddata()):
        np.testing.assert_array_equal(aia.reduce(form, calibration, iterations=2).data, wanted.data)


def test_step_by_step_is_all_at_once(file, calibration):
    image = aia.estimate_error(file, calibration)
    for step in (aia.deconvolve, aia.prep, aia.correct_degradation, aia.normalise_exposure):
        image = step(image)
    wanted = aia.reduce(file, calibration)
    np.testing.assert_array_equal(image.data, wanted.data)
    np.testing.assert_array_equal(image.sigma, wanted.sigma)


@pytest.mark.parametrize("name", ["aia.171.spikes.fits", "aia.171.image_lev1.spikes.fits", "aia.171.image_lev1_spikes.fits"])
def test_spikes_beside_the_image_are_put_back(file, calibration, name):
    header = fits.read_header(file)
    x, y = 10, 20
    before = Image.read(file).data[y, x]
    index = (900 + y) * 4096 + 1000 + x
    spikes = np.array([[index], [4000], [before]], np.int32)
    jsoc_files.write_compressed(file.with_name(name), spikes)
    assert header["NSPIKES"] == 366
    image = aia.respike(file, spikes)
    assert image.data[y, x] == 4000
    reduced = aia.reduce(file, calibration, without=["deconvolve"])
    assert reduced.header["RESPIKE"] == "COMPLETE"
    assert aia.reduce(file, calibration, spikes=None, without=["deconvolve"]).header["RESPIKE"] == "SKIPPED"


def test_a_psf_is_as_good_as_its_transform_and_single_unless_asked(file):
    wanted = aia.deconvolve(file, iterations=3)
    grid = psf.grid((SIDE, SIDE), 171)
    for given in (aia.calculate_psf(171 * u.angstrom, shape=grid), psf.otf(171, shape=grid)):
        image = aia.deconvolve(file, given, 3)
        assert "precision=float32" in image.header["PRPARA1"]
        np.testing.assert_allclose(image.data, wanted.data, rtol=2e-5, atol=1e-2)
    double = aia.deconvolve(file, iterations=3, precision="float64")
    assert "precision=float64" in double.header["PRPARA1"]


def test_a_cut_out_takes_the_light_from_its_full_frame_from_a_file_too(file, tmp_path):
    frame = Image.read(file)
    own = psf.psf(171, shape=(SIDE, SIDE))
    whole = aia.deconvolve(frame, own, method="cg", beyond="dark")
    whole.write(tmp_path / "whole.fits")
    cut = frame.with_(data=frame.data[8:72, 8:72], flags=frame.flags[8:72, 8:72])
    cut.header.update(CRPIX1=frame.header["CRPIX1"] - 8, CRPIX2=frame.header["CRPIX2"] - 8)
    for given in (whole, tmp_path / "whole.fits", str(tmp_path / "whole.fits")):
        found = aia.deconvolve(cut, own, method="cg", beyond=given)
        assert found.header["DECPAD"] == "given"
    with pytest.raises(InputError, match="no psf is given"):
        aia.deconvolve(cut, method="cg", beyond="dark")


def test_results_do_not_depend_on_threads(file, calibration):
    one, all_ = (aia.reduce(file, calibration, iterations=2, threads=threads) for threads in (1, None))
    np.testing.assert_array_equal(one.data, all_.data)
    np.testing.assert_array_equal(one.sigma, all_.sigma)


@pytest.mark.parametrize("n_sample", [1, 4, 100])
def test_errors_of_means_of_several_images(file, n_sample):
    image = aia.estimate_error(file, n_sample=n_sample)
    np.testing.assert_allclose(image.sigma, aia.estimate_error(image.data, channel=171, n_sample=n_sample), rtol=1e-6)
    parameters = provenance.history(image.header)[0]["parameters"]
    assert ("n_sample" in parameters) == (n_sample != 1)


def test_errors_of_counts_with_a_unit():
    counts = np.array([[0.0, 30, 1e4]])
    np.testing.assert_array_equal(
        aia.estimate_error(counts * u.DN, channel=94 * u.angstrom), aia.estimate_error(counts, channel=94)
    )


@pytest.mark.parametrize("counts", [[100] * u.adu, [100] * u.ct, [0.1] * (1000 * u.DN), [100] * u.one, [100]])
def test_counts_are_counts_in_any_unit_of_theirs(counts):
    np.testing.assert_allclose(aia.estimate_error(counts, channel=171), aia.estimate_error(np.array([100.0]), channel=171))


@pytest.mark.parametrize("unit", ["electron", "adu / s", "DN / s", "m"])
def test_other_units_are_no_counts(unit):
    with pytest.raises(InputError, match=f"{unit} is not a unit of counts. Give DN"):
        aia.estimate_error([100] * u.Unit(unit), channel=171)


def test_an_image_has_a_channel_of_its_own(file):
    with pytest.raises(InputError, match="Image is no array of counts. Give an array of numbers, or an image without"):
        aia.estimate_error(Image.read(file), channel=171)


def test_a_mask_stays_with_the_errors(file, calibration):
    counts = np.ma.masked_greater([10.0, 100.0], 50)
    sigma = aia.estimate_error(counts, channel=171)
    assert sigma.mask.tolist() == [False, True]
    image = Image.read(file)
    masked = Image(np.ma.masked_greater(image.data, np.nanpercentile(image.data, 99)), image.header)
    assert type(masked.data) is np.ndarray
    assert 0.005 < masked.flagged("bad_pixel").mean() < 0.015
    found = aia.reduce(masked, calibration, iterations=2)
    np.testing.assert_array_equal(found.flags, aia.reduce(masked.to_ccddata(), calibration, iterations=2).flags)
    assert found.flagged("bad_pixel").any()


def test_an_error_plane_and_flags_are_kept_by_every_step(file, calibration):
    image = aia.estimate_error(file)
    for step in (aia.deconvolve, aia.prep, aia.correct_degradation, aia.normalise_exposure):
        after = step(image)
        assert after.sigma is not None
        assert after.flags.shape == after.data.shape


def test_pointing_of_a_table(file):
    table = aia.pointing_table("2014-01-01", "simulated")
    image = aia.update_pointing(file, table)
    assert image.header["X0_MP"] != Image.read(file).header["X0_MP"]
    assert "pointing=2014-01-01T00:00:00Z" in provenance.history(aia.prep(file, table).header)[0]["parameters"]


def test_misuse_is_named(file, calibration):
    with pytest.raises(InputError, match="no step that can be left out is called 'register'"):
        aia.reduce(file, calibration, without=["register"])
    with pytest.raises(InputError, match="no spikes file"):
        aia.respike(file, None)
    with pytest.raises(AlreadyDone):
        aia.normalise_exposure(aia.normalise_exposure(file))


def test_defaults_are_those_of_the_workflow(monkeypatch, file):
    """Whatever the configuration chooses for a step, reduce chooses as well."""
    given = {}
    monkeypatch.setattr(api.chain, "reduce", lambda image, values, left_out: given.update(values))
    aia.reduce(file)
    plan = Plan.of(configuration())
    settings = Chunk(plan, "171", "20140101T000001", tuple(plan.frames)).settings()
    chosen = {name: given[name] for name in settings}
    chosen["options"] = {field.name: field.default for field in fields(deconvolution.Options)} | chosen["options"]
    assert chosen == settings
    assert set(error.SYSTEMATIC) == set(settings["systematic"])
    assert yaml.safe_load((REPOSITORY / "config.yaml").read_text())["aia"]["deconvolve"]["iterations"] == 25
    assert "threads" in inspect.signature(aia.reduce).parameters


@pytest.mark.parametrize(
    ("choice", "word"),
    [
        ({"without": "prep"}, "no step that can be left out is called 'prep'"),
        ({"without": ["deconvolv"]}, "called 'deconvolv'"),
        ({"systematic": ["evee"]}, "no error term is called 'evee'"),
        ({"allow": "eclipses"}, "no flaw is called 'eclipses'. Choose from .*eclipse"),
        ({"table": "jsoc"}, r"'jsoc' is no calibration. Give calibration\('jsoc'\)"),
        ({"threads": "2"}, "threads = '2'. Give a whole number"),
    ],
)
def test_a_choice_that_is_none_is_refused(choice, word, level1_header):
    with pytest.raises(InputError, match=word):
        aia.reduce(Image(np.ones((4, 4), np.float32), level1_header), **choice)


def test_a_version_that_is_none_is_refused():
    with pytest.raises(InputError, match="no version 7"):
        aia.calibration(version=7)


def test_steps_in_the_wrong_order_are_refused(file, calibration):
    registered = aia.prep(aia.estimate_error(file))
    for step in (aia.deconvolve, lambda image: aia.respike(image, np.ones((3, 1)))):
        with pytest.raises(InputError, match="comes before"):
            step(registered)
    with pytest.raises(InputError, match="the step 'error' comes before 'deconvolve'"):
        aia.reduce(aia.deconvolve(file, iterations=1), calibration, without=["deconvolve"])
    for step in (
        lambda image: aia.locate_spikes(image, np.zeros((3, 0))),
        lambda image: aia.update_pointing(image, calibration),
    ):
        with pytest.raises(InputError, match="registered already"):
            step(registered)


def test_steps_that_are_linear_come_in_any_order(file, calibration):
    wanted, found = aia.estimate_error(file), aia.estimate_error(file)
    chain = (aia.prep, lambda image: aia.correct_degradation(image, calibration), aia.normalise_exposure)
    for step, other in zip(chain, chain[::-1], strict=True):
        wanted, found = step(wanted), other(found)
    np.testing.assert_allclose(found.data, wanted.data, rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(found.sigma, wanted.sigma, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize(
    "step", [aia.estimate_error, aia.correct_degradation, lambda file, table: aia.sensitivity(171, "2014-01-01", table)]
)
def test_a_folder_is_no_calibration(file, step):
    with pytest.raises(InputError, match="is no calibration. Give calibration"):
        step(file, file.parent)


@pytest.mark.parametrize("step", [aia.prep, aia.update_pointing])
@pytest.mark.parametrize("table", ["x", [], 5])
def test_text_is_no_pointing_table(file, step, table):
    with pytest.raises(InputError, match=r"is no pointing table. Give pointing_table\(times\)"):
        step(file, table)


@pytest.mark.parametrize("choice", [{"tolerance": -1}, {"tolerance": 1}, {"precision": "float16"}, {"redraws": -1}])
def test_a_control_of_deconvolution_that_is_none_is_refused(file, choice):
    with pytest.raises(InputError, match=f"{next(iter(choice))}.*{next(iter(choice.values()))}"):
        aia.deconvolve(file, **choice)


def test_without_nothing(file, calibration):
    wanted = aia.reduce(file, calibration, iterations=1)
    np.testing.assert_array_equal(aia.reduce(file, calibration, iterations=1, without=None, allow=None).data, wanted.data)


def test_what_a_notebook_prints_is_short(file, calibration):
    image = aia.reduce(file, calibration, iterations=1)
    steps_ = "error, deconvolve, prep, degradation, exposure"
    shape = " × ".join(map(str, image.data.shape))
    assert (
        repr(image)
        == f"<Image {shape}, {image.header['TELESCOP']}, 171, {image.header['T_OBS']}, DN/s, with sigma, after {steps_}>"
    )
    assert len(repr(calibration)) < 600
    assert "degradation: embedded archive, response.json; version" in repr(calibration)


@pytest.mark.parametrize("step", [aia.correct_degradation, aia.normalise_exposure])
def test_what_was_never_checked_is_not_registered(file, step):
    """Saturated pixels, and those that JSOC gives as -32768, would pass for the Sun."""
    with pytest.raises(InputError, match="came first.*not flagged. Take 'prep' before it"):
        aia.prep(step(file))
    assert aia.prep(step(aia.estimate_error(file))).header["PREP"] == "COMPLETE"
