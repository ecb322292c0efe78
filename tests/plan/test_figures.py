"""AIA's figures as they are planned: for each channel, source and step, without Snakemake."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from astropy.io import fits
from configuration import configuration
from hypothesis import given
from hypothesis import strategies as st

from helioreduce import times
from helioreduce.aia.channels import CHANNELS, EUV, VISIBLE
from helioreduce.aia.figures.catalogue import FIGURES, Covers
from helioreduce.aia.steps import STEPS
from helioreduce.plan import aia, figures, response
from helioreduce.plan.code import code

REPOSITORY = Path(__file__).parents[2]
#: Folders of images that a step writes, or that it needs.
STEP_OF = {step.folder: step.name for step in STEPS} | {"spikes": "respike"}
TWO = {"start": "2014-01-01T00:00:00", "end": "2014-01-01T00:00:24"}


def plan(**changed):
    images = aia.Plan.of(configuration(**changed))
    return figures.Plan(images, response.Plan.of(images))


def of_channels(*channels, source="archive", **aia_settings):
    return plan(source=source, aia={**TWO, "channels": list(channels), **aia_settings})


def inputs(figure, channel, time):
    """Inputs of one figure as Snakemake takes them: functions called, wildcards filled in."""
    job, found = SimpleNamespace(channel=channel, time=time), {}
    for name, value in figure.inputs.items():
        files = value(job) if callable(value) else value
        found[name] = [file.format(channel=channel, time=time) for file in ([files] if isinstance(files, str) else files)]
    return found


def params(figure, channel, time):
    job = SimpleNamespace(channel=channel, time=time)
    return {name: value(job) if callable(value) else value for name, value in figure.params.items()}


def drawn(made):
    """Names of the figures that are drawn, with the channels of their frames."""
    return {name: [channel for channel, _ in figure.frames] for name, figure in made.figures.items() if figure.frames}


def test_figures_are_those_of_the_catalogue_in_its_order():
    assert list(of_channels(171).figures) == list(FIGURES)


@pytest.mark.parametrize("source", ["archive", "jsoc", "vso"])
@pytest.mark.parametrize("channel", CHANNELS)
def test_every_figure_of_every_channel_has_its_inputs_and_options(source, channel):
    """What the catalogue wants is given, by a step that the frame has been through."""
    made = of_channels(channel, source=source)
    for name, figure in made.figures.items():
        entry = FIGURES[name]
        for key in figure.frames:
            given = inputs(figure, *key)
            assert set(entry.inputs) - set(given) <= {"truth"} and set(given) <= set(entry.inputs)
            assert {*params(figure, *key), "channel"} >= set(entry.options)
            assert all(given.values()), "an input without files"
            folders = {file.split("/")[2] for files in given.values() for file in files}
            for folder in STEP_OF.keys() & folders:
                assert made.images.left_out(STEP_OF[folder], *key) is None, (name, folder)
            if "psf" in folders or params(figure, *key).get("deconvolution"):
                assert channel in EUV, name


def test_channels_have_the_figures_of_their_steps():
    found = drawn(of_channels(171, 1600, 4500))
    for name in ("deconvolution", "slit", "psf", "convergence", "autocorrelation", "spike_cutouts", "temperature_response"):
        assert found[name] == ["171"], name
    for name in ("registration", "limb", "pointing", "error_map", "error_components", "error_histograms", "pulls"):
        assert found[name] == ["171", "1600", "4500"], name
    assert found["response_components"] == ["171", "1600", "4500"]
    assert found["degradation"] == ["171", "1600", "335"] and found["correction"] == ["171", "1600"]
    assert "trend" not in found


def test_a_lone_channel_without_spikes_and_psf_has_no_such_figures():
    found = drawn(of_channels(*VISIBLE))
    assert not {"psf_energy", "spike_histogram", "autocorrelation", "convergence", "correction"} & set(found)
    assert set(found) >= {"error_map", "limb", "light_curves", "timeline"}


@given(st.sets(st.sampled_from(["respike", "deconvolve", "degradation", "exposure"])))
def test_a_step_that_is_switched_off_has_no_figures(off):
    made = of_channels(171, steps={step: step not in off for step in ("respike", "deconvolve", "degradation", "exposure")})
    found = drawn(made)
    assert ("spike_cutouts" in found) == ("respike" not in off)
    assert ("deconvolution" in found) == ("deconvolve" not in off)
    assert ("correction" in found) == ("degradation" not in off)
    assert bool(params(made.figures["autocorrelation"], *made.first()[0])["deconvolution"]) == ("deconvolve" not in off)
    before = inputs(made.figures["error_map"], *made.first()[0])["image"]
    assert before == [made.images.finished(SimpleNamespace(channel="171", time=made.first()[0][1]))]


def test_figures_of_the_deconvolution_follow_all_settings_that_they_use():
    settings = {**configuration()["aia"]["deconvolve"], "redraws": 5, "accelerate": True, "tolerance": 0.1, "core": "preflight"}
    made = of_channels(171, deconvolve=settings)
    key = made.first()[0]
    assert params(made.figures["convergence"], *key)["deconvolution"] == settings
    of_noise = params(made.figures["autocorrelation"], *key)["deconvolution"]
    assert of_noise == {name: value for name, value in settings.items() if name != "redraws"}
    assert inputs(made.figures["psf"], *key)["psf"] == ["results/aia/psf/preflight/171.fits"]
    assert params(made.figures["psf"], *key)["core"] == "preflight"


def test_a_box_goes_to_the_cut_outs():
    box = [-120.0, 280.0, 30.0, 420.0]
    made = of_channels(171, figures={"box": box})
    for name in ("spike_cutouts", "deconvolution", "slit"):
        assert params(made.figures[name], *made.first()[0])["box"] == box
    assert params(of_channels(171).figures["slit"], *made.first()[0])["box"] == []


def test_files_are_named_by_what_a_figure_covers():
    made = of_channels(171, 193)
    first = made.times["171"][0]
    names = {name: figure.files(".png") for name, figure in made.figures.items()}
    assert names["slit"] == [f"results/figures/slit/{channel}/{first}.png" for channel in (171, 193)]
    assert names["psf"] == ["results/figures/psf/171.png", "results/figures/psf/193.png"]
    assert names["temperature_response"] == [f"results/figures/temperature_response/{first}.png"]
    assert names["timeline"] == ["results/figures/timeline.png"]
    targets = made.targets()
    assert len(targets) == len(set(targets)) and targets[-1] == "results/figures/gallery.html"
    assert {file.rsplit(".", 1)[0] + ".png" for file in targets[:-1]} == {file for files in names.values() for file in files}


def test_patterns_have_the_wildcards_of_what_they_cover():
    wildcards = {Covers.FRAME: {"channel", "time"}, Covers.CHANNEL: {"channel"}, Covers.TIME: {"time"}, Covers.RUN: set()}
    for figure in of_channels(171).figures.values():
        for text in (figure.pattern(".png"), figure.pattern(".log", folder="logs"), figure.label):
            assert {name for name in ("channel", "time") if f"{{{name}}}" in text} == wildcards[figure.entry.covers]


def test_pulls_are_of_the_truth_or_of_the_next_frame():
    archived = of_channels(171)
    first = archived.times["171"][0]
    assert inputs(archived.figures["pulls"], "171", first)["truth"] == [
        f"results/archive/frames/171/{first.removesuffix('_simulated')}/truth.fits"
    ]
    asked = of_channels(171, source="jsoc")
    pulls, (first, second, third) = asked.figures["pulls"], asked.times["171"]
    for time, pair in ((first, (first, second)), (second, (second, third)), (third, (second, third))):
        assert inputs(pulls, "171", time) == {"images": [f"results/aia/error/171/{shown}.fits" for shown in pair]}
    alone = plan(source="jsoc", aia={"channels": [171]})
    assert "pulls" not in drawn(alone) and "error_map" in drawn(alone)


def test_the_pointing_of_a_day_is_shown_with_the_frames_of_that_day():
    made = plan(aia={"channels": [171], "start": "2013-12-31T23:59:30", "end": "2014-01-01T00:00:30"})
    found = inputs(made.figures["pointing"], "171", "")
    assert found["table"] == ["results/aia/tables/pointing/20131231.ecsv"]
    assert found["images"] and all("/20131231T" in file for file in found["images"])


def test_the_most_degraded_channel_is_shown_with_the_times_of_all_frames():
    made = of_channels(171, 1600)
    times = sorted({time for _, time in made.images.frames})
    assert params(made.figures["degradation"], "335", "")["frames"] == times
    assert params(made.figures["degradation"], "171", "")["frames"] == made.times["171"]


def test_the_first_frame_that_goes_through_a_step_is_shown(tmp_path, monkeypatch, level1_header):
    """The user's second frame has spikes, the first one has not."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PWD", str(tmp_path))
    (tmp_path / "level1").mkdir()
    for second, name in enumerate(("a_image_lev1", "b_image_lev1")):
        header = level1_header.copy()
        header["T_REC"] = f"2014-01-01T00:00:0{second}"
        fits.PrimaryHDU(np.zeros((8, 8), np.int16), header).writeto(tmp_path / "level1" / f"{name}.fits")
    fits.PrimaryHDU().writeto(tmp_path / "level1" / "b_spikes.fits")
    made = plan(source="local", local={"directory": "level1"})
    assert made.first() == made.first("deconvolve") == (("171", "20140101T000000"),)
    assert made.first("respike") == (("171", "20140101T000001"),)
    assert made.figures["spike_positions"].files(".png") == ["results/figures/spike_positions/171/20140101T000001.png"]


def test_the_gallery_shows_every_figure_with_its_caption():
    made = of_channels(171, 1600)
    gallery = made.gallery
    assert gallery["figures"] == [file for file in made.targets() if file.endswith(".png")]
    assert [len(gallery[name]) for name in ("captions", "before", "after")] == [len(FIGURES), 1, 1]
    first = made.times["171"][0]
    assert gallery["before"] == [f"results/aia/error/171/{first}.fits"]
    assert gallery["after"] == [f"results/aia/deconvolved/171/{first}.fits"]
    assert made.facts == {
        "source": "archive", "channels": "171 Å, 1600 Å", "images": str(len(made.images.frames)),
        "first": times.readable(min(time for _, time in made.images.frames)), "calibration": "simulated, like version 10",
    }  # fmt: skip


def test_the_code_of_a_figure_is_that_of_its_own_module():
    """Editing one module draws its figures again, and no other."""
    digests = {figure.module: code("figure", figure.module) for figure in of_channels(171).figures.values()}
    assert len(set(digests.values())) == len(digests) == 9
    assert code("figure") not in digests.values() and digests == {name: code("figure", name) for name in digests}


def test_planning_draws_nothing():
    """Planning must start fast: no matplotlib, no compiler."""
    command = "import sys, helioreduce.plan.figures; print({'matplotlib', 'numba', 'sunpy', 'scipy'} & set(sys.modules))"
    environment = {"PYTHONPATH": str(REPOSITORY / "scripts")}
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.strip() == "set()"
