"""The table of steps: its functions, scripts and records agree with it, and no step is left without a record."""

import re
import sys
from importlib import import_module
from inspect import signature
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from helioreduce.aia import chain, channels, deconvolution, error, level15, spikes, steps
from helioreduce.errors import AlreadyDone, InputError
from helioreduce.image import Image
from helioreduce.io.provenance import card, record

REPOSITORY = Path(__file__).parents[2]
NAMES = [step.name for step in steps.STEPS]
each_step = pytest.mark.parametrize("step", steps.STEPS, ids=lambda step: step.name)


@each_step
def test_function_takes_what_the_table_says(step):
    image, *others = signature(step.load()).parameters
    assert image == "image"
    assert set(others) == {*step.inputs, *step.settings}


@each_step
def test_script_takes_what_the_table_says(step):
    """Beside files, skipped steps and the configuration: its device, and the allowed flaws where counts are checked."""
    taken = set(signature(import_module(f"aia_{step.name}").main).parameters)
    assert taken - {"config"} == {"image", "output", "skipped", *step.inputs, *step.settings}
    assert "config" in taken or not step.takes_counts


@each_step
def test_channels_that_skip_a_step_say_why(step):
    assert set(step.channels) <= set(channels.CHANNELS)
    assert bool(step.elsewhere) == (set(step.channels) != set(channels.CHANNELS))


def test_names_folders_and_cards_are_unique():
    for values in (NAMES, [step.folder for step in steps.STEPS], [card(name) for name in NAMES]):
        assert len(set(values)) == len(steps.STEPS)


def test_switches_of_the_configuration_are_steps():
    schema = yaml.safe_load((REPOSITORY / "workflow/schemas/config.schema.yaml").read_text())
    switches = list(schema["properties"]["aia"]["properties"]["steps"]["properties"])
    assert switches == [name for name in NAMES if name in switches], "in the order of the chain"


def test_the_table_of_rules_lists_the_steps_in_order():
    """Rule, module and product of every step."""
    page = (REPOSITORY / "docs/steps/rules.md").read_text()
    rows = re.findall(r"^\| `aia_(\w+)` \| `aia\.(\w+)\.\w+` \| `([\w.]+)` \|", page, re.M)
    listed = [row for row in rows if row[0] in NAMES]
    assert listed == [(step.name, step.function.split(".")[0], step.folder) for step in steps.STEPS]


@given(st.sets(st.sampled_from(NAMES)))
def test_every_skipped_step_is_recorded_once_and_in_order(left_out):
    """Whatever is left out: the taken steps and what they record make up the whole chain."""
    reasons = dict.fromkeys(left_out, "for a test")
    reported = []
    for name in NAMES:
        if name not in reasons:
            around = steps.skipped(name, reasons)
            reported += [*around["before"], name, *around["after"]]
    assert reported == (NAMES if len(left_out) < len(NAMES) else [])


@pytest.mark.parametrize("name", NAMES)
def test_steps_before(name):
    assert [step.name for step in steps.before(name)] == NAMES[: NAMES.index(name)]
    assert steps.before(None) == steps.STEPS


def test_a_step_that_is_asked_for_by_name_records_its_neighbours():
    """Also where the configuration leaves it out: the file is asked for."""
    for pair in combinations(NAMES, 2):
        reasons = dict.fromkeys(pair, "for a test")
        for name in pair:
            around = steps.skipped(name, reasons)
            assert name not in {**around["before"], **around["after"]}


def test_a_new_step_is_an_entry_of_the_table(monkeypatch, level1_header):
    """With its module: chain and plan take it where it stands, and the steps around it record it where it is left out."""

    def halve(image, divisor):
        new = image / divisor
        record(new.header, "halve")
        return new

    monkeypatch.setitem(sys.modules, "helioreduce.aia.halve", SimpleNamespace(halve=halve))
    new = steps.Step("halve", "halved", "halve.halve", settings=("divisor",), channels=(171,), elsewhere="for a test")
    monkeypatch.setattr(steps, "STEPS", (new, steps.named("exposure")))
    image = Image(np.full((4, 4), 8, np.float32), level1_header)
    given = {"quality": {}, "exposure_time": {"source": "auto", "error": False}}
    finished = chain.reduce(image, {"divisor": 2, **given}, {})
    np.testing.assert_array_equal(finished.data, 8 / 2 / level1_header["EXPTIME"])
    assert [finished.header[key] for key in ("PRSTEP1", "PRSTEP2")] == ["halve", "exposure"]
    left_out = chain.reduce(image, given, {"halve": "for a test"})
    assert (left_out.header["HALVE"], left_out.header["NORMALIS"]) == ("SKIPPED", "COMPLETE")


LATE = [
    (name, later)
    for name in ("respike", "error", "deconvolve")
    for later in (*NAMES[NAMES.index(name) + 1 :], "track")
]  # fmt: skip


@pytest.mark.parametrize(("name", "later"), LATE)
def test_a_step_that_needs_counts_refuses_what_a_later_one_made(name, later, level1_header):
    image = Image(np.ones((8, 8), np.float32), level1_header)
    record(image.header, later)
    others = {
        "respike": (np.zeros((3, 0)),),
        "error": ({"DNPERPHT": 1.0, "COMPRESS": 1.0},),
        "deconvolve": (np.ones((8, 5), np.float32),),
    }
    function = {"respike": spikes.respike, "error": error.estimate, "deconvolve": deconvolution.deconvolve}[name]
    with pytest.raises(InputError, match=f"= COMPLETE: the step '{name}' comes before '{later}'. Start from the image before"):
        function(image, *others[name])
    skipped = Image(image.data, level1_header)
    record(skipped.header, later, status="SKIPPED")
    steps.refuse_late(skipped, name)


def test_a_tracked_image_is_not_registered_again(level1_header):
    record(level1_header, "track")
    with pytest.raises(AlreadyDone, match="TRACK = COMPLETE"):
        level15.prep(Image(np.ones((8, 8), np.float32), level1_header), None)
