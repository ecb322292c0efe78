"""Planning SPICE: from a configuration to rasters, groups, files and settings, without Snakemake."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from helioreduce.errors import InputError
from helioreduce.io import fits, npz
from helioreduce.plan.settings import validated
from helioreduce.plan.spice import SIMULATED, Plan, simulated
from helioreduce.spice import files, level2, simulate
from helioreduce.spice.synthetic import WINDOWS

ROOT = Path(__file__).parents[2]
NAME = "solo_L2_spice-n-ras_1"


TIE = {"follower": "mg_9 749.54 x", "operation": "add", "leader": "mg_9 706.02 x", "value": 43.52}
#: Name of the fit of the window with Ne VIII.
NEON = "N_IV_765_Peak_Ne_VIII_770_Peak_Merged"


def configured(**spice):
    """A validated configuration with these settings of SPICE over those of ``config.yaml``, as Snakemake lays them."""
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    for key, value in spice.items():
        if isinstance(value, dict):
            config["spice"][key] = {**config["spice"][key], **value}
        else:
            config["spice"][key] = value
    return validated(config)


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


def test_single_steps_pass_over_what_an_earlier_job_refused():
    """Only the job of a whole raster records what it refuses, and only it would remove the record."""
    assert plan(source="simulated").recorded == [SIMULATED]
    assert plan(source="simulated", fused=False).recorded == []


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
    seen = simulated({"rows": 8, "columns": 2, "times": 1}).windows
    windows = level2.windows(planes)
    assert [own.name for own in seen] == [window.name for window in windows]
    for own, window in zip(seen, windows, strict=True):
        assert (own.low, own.high) == pytest.approx((window.low, window.high))
        assert own.shape == window.shape


def test_targets_are_all_products_of_all_rasters(folder):
    own = plan(source="folder", folder=str(folder), composition={"lines": [], "log_n": 9.0, "table": None})
    assert own.targets() == [
        f"results/spice/{state}/{NAME}.{suffix}"
        for state, suffix in (("level3", "fits"), ("radiance", "fits"), ("velocity", "fits"), ("report", "html"))
    ] + ["results/spice/complete.txt"]
    assert plan().targets()[-2] == f"results/spice/composition/{SIMULATED}.fits"


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
        ({"source": "list", "files": ["no.fits"]}, "spice.files: 'no.fits' does not exist"),
        ({"source": "list", "files": []}, "none of 0 files"),
        ({"catalogue": "no.json"}, "spice.catalogue: 'no.json' does not exist"),
        (
            {"composition": {"lines": ["s_4 750.22"], "log_n": 9.0, "table": "no.npz"}},
            "spice.composition.table: 'no.npz' does not exist",
        ),
    ],
)
def test_what_does_not_exist_is_an_input_error(settings, problem):
    with pytest.raises(InputError, match=problem):
        plan(**settings)


LINES = ("mg_9 706.02", "mg_9 749.54", "ne_8 770.42")


@given(st.lists(st.lists(st.sampled_from(LINES), min_size=2, max_size=3, unique=True), max_size=3))
def test_every_window_is_fitted_and_each_fit_has_a_name(groups):
    """Groups of the configuration are there, also where they overlap; each window in none of them is fitted alone."""
    fits = plan(groups=groups).fits[SIMULATED].windows
    assert {window for windows in fits.values() for window in windows} == {own.name for own in WINDOWS}
    grouped = {line for group in groups for line in group}
    alone = [windows for windows in fits.values() if len(windows) == 1]
    assert len(alone) == len(WINDOWS) - len(grouped)
    assert len(fits) == len({"+".join(group) for group in groups}) + len(alone)


def test_a_window_is_fitted_fused_and_alone():
    group = {"name": "magnesium", "windows": ["mg_9 706.02", "S IV 750/ Mg IX - Peak"], "alone": True}
    own = plan(groups=[group])
    assert next(iter(own.fits[SIMULATED].windows)) == "magnesium"
    assert len(own.fits[SIMULATED].windows) == 4
    found = own.fit(SimpleNamespace(raster=SIMULATED, group="magnesium"))
    assert found["labels"] == [f"{window} [magnesium]" for window in found["windows"]]
    single = own.fit(SimpleNamespace(raster=SIMULATED, group=list(own.fits[SIMULATED].windows)[3]))
    assert single["labels"] == single["windows"]


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        (
            {"model": {"ties": [TIE | {"follower": "mg_9 794.54 x", "leader": "mg_9 607.02 x"}]}},
            "spice.model.ties.*'mg_9 794.54'",
        ),
        ({"model": {"ties": [TIE | {"follower": "mg_9 749.54"}]}}, "is no parameter"),
        ({"model": {"fixed": {"ne_9 770.42 s": 0.35}}}, "spice.model.fixed.*nearest is 'ne_8 770.42'"),
        ({"model": {"start": {"B Ne VIII 7700": 0.01}}}, "spice.model.start.*no window or line"),
        ({"binning": {"lines": ["ne_8 770.42", "ne_8 777.42"]}}, "spice.binning.lines: there is no line 'ne_8 777.42'"),
        ({"composition": {"lines": ["s_4 750.22", "n_4 756.15"]}}, "spice.composition.lines.*nearest is 'n_4 765.15'"),
        (
            {"windows": {"exclude": ["N IV 760"]}},
            "spice.windows.exclude: there is no window or line 'N IV 760'. The nearest is 'o_5 760.43",
        ),
        ({"windows": {"include": ["ne_8 777.42"]}}, "spice.windows.include.*'ne_8 777.42'.*nearest is 'ne_8 770.42'"),
        ({"groups": [["mg_9 706.02", "mg_9 749.45", "mg_10 600"]]}, "spice.groups.*'mg_10 600'"),
    ],
)
def test_names_that_occur_nowhere_are_refused_before_any_job(settings, problem):
    with pytest.raises(InputError, match=problem):
        plan(**settings)


def test_what_does_not_apply_to_a_raster_is_noted():
    own = plan(
        groups=[["mg_9 706.02", "c_3 977.03"]], binning={"lines": ["c_3 977.03"]}, model={"fixed": {"o_6 1031.93 s": 0.4}}
    )
    notes = "; ".join(own.fits[SIMULATED].notes)
    assert "there is no window c_3 977.03" in notes
    assert "binning.lines: no window has c_3 977.03" in notes
    assert "model.fixed of o_6 1031.93 s does not apply" in notes
    assert "the tie of mg_9 749.54 x to mg_9 706.02 x does not apply" in notes
    assert all(SIMULATED in note for note in own.notes)
    assert len(own.fits[SIMULATED].windows) == 3


def test_windows_are_included_excluded_and_trimmed_by_name_or_line():
    assert list(plan(windows={"include": ["ne_8 770.42"]}).fits[SIMULATED].windows) == [NEON]
    left = plan(windows={"exclude": ["ne_8 770.42"]}).fits[SIMULATED].windows
    assert NEON not in left
    trimmed = plan(windows={"trim": {"n_4 765.15": [768, 773]}})
    assert trimmed.trim(SimpleNamespace(raster=SIMULATED)) == {WINDOWS[2].name: [768, 773]}
    with pytest.raises(InputError, match="leaves none of its windows"):
        plan(windows={"exclude": list(LINES)})


def test_thresholds_can_be_switched_off():
    """An empty mapping of the user's own is not filled with the default."""
    assert plan().settings["binning"]["thresholds"]["I"] == 0.3
    assert set(plan(binning={"thresholds": {}}).settings["binning"]["thresholds"].values()) == {None}


def test_two_studies_keep_their_own_windows(folder):
    """Other windows in another order: every raster has its fits, and its notes."""
    planes, _ = simulate.raster(simulate.Settings(rows=8, columns=2))
    fits.write_planes(folder / "second.fits", [planes[2], planes[1]])
    own = plan(source="folder", folder=str(folder), filters={"name": [NAME, "second"]})
    assert len(own.fits[NAME].windows) == 2
    assert list(own.fits["second"].windows) == ["S_IV_750_Mg_IX_Peak", NEON]
    assert any("there is no window mg_9 706.02" in note for note in own.fits["second"].notes)


def test_composition_needs_a_line_of_either_side(folder):
    planes, _ = simulate.raster(simulate.Settings(rows=8, columns=2))
    fits.write_planes(folder / "second.fits", planes[:1])
    path = folder / "table.npz"
    files.write_table(path, simulate.table())
    lines = ["s_4 750.22", "n_4 765.15"]
    own = plan(source="folder", folder=str(folder), composition={"lines": lines, "table": str(path)})
    assert own.is_composed(NAME)
    assert not own.is_composed("second")
    assert {row["raster"] for row in own.values("composition")} == {NAME}
    assert {row["raster"] for row in own.values("level3")} == {NAME, "second"}
    with pytest.raises(InputError, match="outside the table"):
        plan(composition={"lines": lines, "table": str(path), "log_n": 13})


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"model": {"limits": {"I": [0, 1000], "x": [1, -1], "s": [0.2, 0.6], "B": [-10, 10]}}}, r"limits\.x is \[1, -1\]"),
        ({"legacy": {"name": "one.fits"}}, "spice.legacy.name: .* has no ::PARAMPLACEHOLDER"),
        ({"area": [[8, 4], [0, None]]}, r"spice.area is \[8, 4\] along y"),
        ({"windows": {"trim": {"ne_8 770.42": [773, 768]}}}, "Give the lower limit first"),
    ],
)
def test_settings_without_a_meaning_are_refused_before_any_job(settings, problem):
    with pytest.raises(InputError, match=problem):
        plan(**settings)


def test_files_of_a_raster_follow_its_groups():
    fitted = plan(groups=[["mg_9 706.02", "mg_9 749.54"]]).fitted(SimpleNamespace(raster=SIMULATED))
    assert fitted == [f"results/spice/fitted/{SIMULATED}/{group}.fits" for group in ("mg_9_706.02+mg_9_749.54", NEON)]


def test_contribution_functions_of_the_user(tmp_path):
    table, name = simulate.table(), str(tmp_path / "table.npz")
    files.write_table(name, table)
    lines = ["s_4 750.22", "n_4 765.15"]
    assert plan(composition={"lines": lines, "table": name}).contribution_functions == name
    several = []
    for line in lines:
        meta = {"ion": line.split()[0], "wavelength": line.split()[1], "units": "x", "abundance_applied": False}
        several.append(str(tmp_path / f"{meta['ion']}.npz"))
        grids = {"densities": 10**table.log_n, "temperature": 10**table.log_t}
        npz.write(several[-1], {**grids, "gofnt": table.functions[line], "meta": np.array(json.dumps(meta))})
    own = plan(composition={"lines": lines, "table": several})
    assert own.contribution_functions == "results/spice/contribution_functions.npz"
    assert own.tables == tuple(several)
    assert own.is_composed(SIMULATED)


def test_a_rule_has_the_settings_it_uses():
    """Without despiking neither the threshold nor the model is a setting of the preparation."""
    own = plan()
    assert own.joining == {"area": [], "rotation": "none", "frames": 2, "factor": 1.0}
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
    assert own.notes[0] == "saffron.json: Jobs has no meaning here: --cores of Snakemake is the number of cores"
    path.write_text("{")
    with pytest.raises(InputError, match=r"saffron.json: is no SAFFRON configuration"):
        plan(saffron=str(path))


def test_files_of_odd_names_have_plain_ones_in_the_products(folder):
    """As a browser and other languages write them; one that Snakemake reads as a pattern is refused, and no other."""
    odd = {f"{NAME} (1)": f"{NAME}_1_", "[b]$+1.5": "_b_+1.5", "ä ö": "a_o"}
    for name in [*odd, "d{e}"]:
        shutil.copy(folder / f"{NAME}.fits", folder / f"{name}.fits")
    made = plan(source="folder", folder=str(folder))
    assert {raster.file.name: name for name, raster in made.rasters.items()} == {
        f"{NAME}.fits": NAME,
        **{f"{name}.fits": own for name, own in odd.items()},
    }
    assert "Snakemake reads { } in a path as a pattern. Rename the file" in made.refused["d{e}.fits"]
    assert re.fullmatch(made.pattern(composed=True) + "|" + made.pattern(composed=False), f"{NAME}_1_")
    assert made.level2(SimpleNamespace(raster="a_o")) == str(folder / "ä ö.fits")


def test_two_files_of_one_name_in_the_products_are_refused(folder):
    for name in ("a 1", "a_1"):
        shutil.copy(folder / f"{NAME}.fits", folder / f"{name}.fits")
    with pytest.raises(InputError, match=r"a 1\.fits and .*a_1\.fits have one name in the products, a_1\."):
        plan(source="folder", folder=str(folder))
