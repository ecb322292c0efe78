"""Planning SPICE: from a configuration to rasters, groups, files and settings, without Snakemake."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import validators

from helioreduce.errors import InputError
from helioreduce.io import fits
from helioreduce.plan.settings import canonical
from helioreduce.plan.spice import SIMULATED, Plan
from helioreduce.spice import level2, simulate

ROOT = Path(__file__).parents[2]
SCHEMA = yaml.safe_load((ROOT / "workflow/schemas/config.schema.yaml").read_text())
NAME = "solo_L2_spice-n-ras_1"


def configured(**spice):
    """A validated, canonical configuration with these settings of SPICE over those of ``config.yaml``."""
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    config["spice"] |= spice
    validators.validator_for(SCHEMA)(SCHEMA).validate(config)
    return canonical(config, SCHEMA)


def plan(**spice):
    return Plan.of(configured(**spice))


@pytest.fixture
def folder(tmp_path):
    """A level-2 file, a FITS file that is none, and one that is cut off."""
    planes, _ = simulate.raster(simulate.Settings(rows=8, columns=2))
    fits.write_planes(tmp_path / f"{NAME}.fits", planes)
    fits.write_arrays(tmp_path / "other.fits", {"A": np.zeros((3, 3))})
    (tmp_path / "short.fits").write_bytes((tmp_path / f"{NAME}.fits").read_bytes()[:5000])
    return tmp_path


def test_files_of_the_user_that_are_not_read_are_said():
    assert plan(source="simulated", folder="mine").notes == (
        "spice.folder is set, and spice.source is simulated: it is not read. For it set spice.source to folder or dates.",
    )
    assert plan(source="simulated", files=["a.fits"]).notes[0].endswith("set spice.source to list.")


def test_default_is_the_simulated_raster():
    own = plan()
    assert list(own.rasters) == [own.simulated]
    assert own.level2(SimpleNamespace(raster=own.simulated)) == f"results/spice/simulated/{own.simulated}.fits"
    assert own.catalogue == {}
    assert own.notes == ()
    assert own.contribution_functions == "results/spice/simulated/contribution_functions.npz"


def test_windows_of_the_simulated_raster_are_those_of_its_file():
    planes, _ = simulate.raster(simulate.Settings(rows=8, columns=2))
    assert tuple(window.name for window in level2.windows(planes)) == SIMULATED.windows


def test_targets_are_all_products_of_all_rasters(folder):
    own = plan(source="folder", folder=str(folder), composition={"lines": [], "log_n": 9.0, "table": None})
    assert own.targets() == [
        f"results/spice/{state}/{NAME}.{suffix}"
        for state, suffix in (("level3", "fits"), ("radiance", "fits"), ("velocity", "fits"), ("report", "html"))
    ]
    assert plan().targets()[-1] == f"results/spice/composition/{SIMULATED.name}.fits"


def test_refused_files_are_reported_with_the_reason(folder):
    own = plan(source="folder", folder=str(folder))
    assert list(own.rasters) == [NAME]
    assert own.level2(SimpleNamespace(raster=NAME)) == str(folder / f"{NAME}.fits")
    assert list(own.refused) == ["other.fits", "short.fits"]
    assert "other.fits: holds no spectral window" in own.notes[0]
    assert "short.fits: cannot be read" in own.notes[1]


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"source": "folder"}, "folder is not set"),
        ({"source": "list", "files": ["no.fits"]}, "'no.fits' does not exist"),
        ({"source": "list", "files": []}, "none of 0 files"),
        ({"catalogue": "no.json"}, "'no.json' does not exist"),
        ({"composition": {"lines": ["s_4 750.22"], "log_n": 9.0, "table": "no.npz"}}, "'no.npz' does not exist"),
    ],
)
def test_what_does_not_exist_is_an_input_error(settings, problem):
    with pytest.raises(InputError, match=problem):
        plan(**settings)


@given(st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=3, unique=True), max_size=3))
def test_every_window_is_in_one_group_or_the_groups_are_refused(groups):
    """Groups of the configuration are there, and each other window is alone."""
    count, flat = len(SIMULATED.windows), [number for group in groups for number in group]
    if max(flat, default=0) >= count or len(set(flat)) < len(flat):
        with pytest.raises(InputError, match=r"there is no window 3|is in two groups"):
            plan(groups=groups)
        return
    own = plan(groups=groups)
    found = [own.windows(SimpleNamespace(group=name)) for name in own.groups(SIMULATED.name)]
    assert sorted(number for group in found for number in group) == list(range(count))
    assert sorted(group for group in found if group not in groups) == [
        [number] for number in range(count) if number not in flat
    ]


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"model": {"limits": {"I": [0, 1000], "x": [1, -1], "s": [0.2, 0.6], "B": [-10, 10]}}}, r"limits\.x is \[1, -1\]"),
        ({"legacy": {"name": "one.fits"}}, "spice.legacy.name: .* has no ::PARAMPLACEHOLDER"),
    ],
)
def test_settings_without_a_meaning_are_refused_before_any_job(settings, problem):
    with pytest.raises(InputError, match=problem):
        plan(**settings)


def test_files_of_a_raster_follow_its_groups():
    fitted = plan(groups=[[0, 1]]).fitted(SimpleNamespace(raster=SIMULATED.name))
    assert fitted == [f"results/spice/fitted/{SIMULATED.name}/{group}.fits" for group in ("window0-1", "window2")]


def test_contribution_functions_of_the_user(tmp_path):
    names = [str(tmp_path / name) for name in ("a.npz", "b.npz")]
    for name in names:
        Path(name).touch()
    own = {"lines": ["s_4 750.22"], "log_n": 9.0}
    single = plan(composition={**own, "table": names[0]})
    assert single.contribution_functions == names[0]
    several = plan(composition={**own, "table": names})
    assert several.contribution_functions == "results/spice/contribution_functions.npz"
    assert several.tables == tuple(names)
    assert single.composed
    assert several.composed


def test_a_rule_has_the_settings_it_uses():
    """Without despiking neither the threshold nor the model is a setting of the preparation."""
    own = plan()
    assert own.joining == {"area": [], "frames": 2, "factor": 1.0}
    assert own.spike_threshold == 4.5
    assert own.model_of_spikes == own.settings["model"]
    without = plan(despike=False)
    assert without.spike_threshold is None
    assert without.model_of_spikes == {}


def test_saffrons_configuration_lies_over_the_settings(folder):
    arguments = {"despike": False, "convolution_extent_list": [0, 2], "Jobs": 4, "data_filename": "::PARAMPLACEHOLDER.fits"}
    text = {
        "SELECTION_MODE": "folder",
        "file selection mode=> folder": {"L2_folder": str(folder)},
        "fit_raster_args": arguments,
    }
    path = folder / "saffron.json"
    path.write_text(json.dumps(text))
    own = plan(saffron=str(path))
    assert list(own.rasters) == [NAME]
    assert own.settings["binning"]["extents"] == [1, 3]
    assert own.settings["binning"]["correlation"] == 0
    assert list(own.settings["binning"]) == sorted(own.settings["binning"])
    assert own.settings["legacy"]["name"] == "::PARAMPLACEHOLDER.fits"
    assert own.spike_threshold is None
    assert own.notes[0] == "saffron.json: Jobs is not needed here"
    path.write_text("{")
    with pytest.raises(InputError, match=r"saffron.json: is no SAFFRON configuration"):
        plan(saffron=str(path))
