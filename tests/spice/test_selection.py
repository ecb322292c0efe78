"""Which files, which lines, and what SAFFRON's settings mean."""

import json
from datetime import UTC, datetime

import numpy as np
import pytest

from helioreduce.errors import InputError
from helioreduce.io import fits
from helioreduce.spice import catalogue, saffron, selection, simulate

NAME = "solo_L2_spice-n-ras_20220402T111537_V00_1-000"
NOW = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)


@pytest.fixture
def tree(tmp_path):
    """Two days of level-2 files, and a file that is none."""
    planes, _ = simulate.raster(simulate.Settings(rows=8, columns=2))
    for day, study in (("02", "COMPOSITION"), ("03", "DYNAMICS")):
        for plane in planes:
            plane.header["STUDY"] = f"SCI_{study}_SS"
        folder = tmp_path / "2022" / "04" / day
        fits.write_planes(folder / f"solo_L2_spice-n-ras_202204{day}T000000_V00_1-000.fits", planes)
    fits.write_arrays(tmp_path / "other.fits", {"A": np.zeros((3, 3))})
    return tmp_path


def test_folder_and_days(tree):
    found, refused = selection.rasters(selection.in_folder(tree), {})
    assert len(found) == 2
    assert list(refused) == ["other.fits"]
    assert len(found[0].windows) == 3
    assert len(selection.on_days(tree, 2022, "all", [2])) == 1
    assert len(selection.on_days(tree, [2021, 2022], 4, "all")) == 2
    assert selection.on_days(tree, 2021, "all", "all") == []


@pytest.mark.parametrize(
    ("filters", "count"),
    [({"study": "composition"}, 1), ({"misostud": 2085}, 2), ({"soop": ["CONNECTION", "x"]}, 2), ({"stp": "194"}, 2),
     ({"name": "20220403"}, 1), ({"name": ["0402", "20220402"]}, 1), ({"study": "all", "stp": None}, 2)],
)  # fmt: skip
def test_filters(tree, filters, count):
    assert len(selection.rasters(selection.in_folder(tree), filters)[0]) == count


def test_nothing_left_is_an_error(tree):
    with pytest.raises(InputError, match=r"none of 3 files"):
        selection.rasters(selection.in_folder(tree), {"misostud": 1})


def test_catalogue_add_remove_dump_round_trip():
    own = catalogue.built_in().add_line("n_5", 1238.82)
    assert own.find(1238.5).name == "n_5 1238.82"
    assert own.find(own.find("ne_8 770.42").id).name == "ne_8 770.42"
    assert catalogue.load(own.dump()) == own
    assert [line.name for line in own.within(770, 773)] == ["ne_8 770.42", "mg_8 772.31"]
    assert set(own.lines) - set(own.remove_line("ne_8 770.42").lines) == {own.find("ne_8 770.42")}
    with pytest.raises(InputError, match="no line 'x'"):
        own.find("x")
    with pytest.raises(InputError, match="already"):
        own.add_line("n_5", 1238.82)


def test_saffrons_catalogues_are_read_as_they_are():
    """By place and by ID, with its list of windows, its dump's stray comma and Ne VI twice under one name."""
    neon = '{"name": "Ne VI", "wvl": 1005.79}'
    known = '[{"lines": ["Ne VIII 770"], "max_line": "Ne VIII 770"}, {"lines": [1, 2], "max_line": 2}]'
    old = f'{{"LINES": [{{"name": "Ne VIII 770", "wvl": 770.42}}, {neon}, {neon}], "SPECTRAL_WINDOWS_CATALOGUE": {known}, }}'
    own = catalogue.load(old)
    assert [line.name for line in own.lines] == ["ne_8 770.42", "ne_6 1005.79"]
    new = {"LINES": [{"ID": 7, "name": "o_6", "wvl": 1031.93}], "SPECTRAL_WINDOWS_CATALOGUE": [{"lines": [7], "max_line": 7}]}
    assert catalogue.load(json.dumps(new)).find(7).ion == "o_6"
    with pytest.raises(InputError, match="is not a line catalogue"):
        catalogue.load('{"LINES": [{"name": "x"}]}')


@pytest.mark.parametrize(
    ("roman", "short"), [("Ne VIII", "ne_8"), ("Mg IX", "mg_9"), ("Fe XX", "fe_20"), ("O I", "o_1"), ("S IV", "s_4")]
)
def test_names_of_ions(roman, short):
    assert catalogue.ion(roman) == short
    assert catalogue.ion(f"{roman} 770.42") == short
    assert catalogue.spectroscopic(short) == roman


CONFIG = {
    "SELECTION_MODE": "folder",
    "file selection mode=> list": {"files": ["a.fits"]},
    "file selection mode=> folder": {"L2_folder": "L2"},
    "file selection mode=> date intervale": {
        "L2_folder": "L2", "YEAR": 2022, "MONTH": [3, 4], "DAY": "all", "STD_TYP": "COMPO", "STP_NUM": "all", "SOOP_NAM": None,
        "MISOSTUD_NUM": 2085, "in_name": None,
    },
    "fit_raster_args": {
        "preclean": True, "weights": True, "denoise": False, "despike": True, "convolute": True, "Jobs": 30,
        "conv_errors": {"I": 0.01, "x": 1e-4, "s": 0.01, "B": 100}, "convolution_extent_list": [0, 1, 4], "save_data": True,
        "data_filename": "::SAMENAMEL2.5/con-::CONV/::SAMENAMEL2.5_::PARAMPLACEHOLDER_con-::CONV_time-::TIME.fits",
        "window_size": [[500, 510], [60, None]],
    },
}  # fmt: skip


def test_saffrons_configuration_is_read_in_all_modes():
    by_mode = {
        mode: saffron.settings(json.dumps({**CONFIG, "SELECTION_MODE": mode})) for mode in ("list", "folder", "intervale")
    }
    assert by_mode["list"].settings["files"] == ["a.fits"]
    assert by_mode["folder"].settings["folder"] == "L2"
    dates = by_mode["intervale"].settings
    assert dates["source"] == "dates"
    assert dates["dates"] == {"year": 2022, "month": [3, 4], "day": "all"}
    assert dates["filters"] == {"study": "COMPO", "stp": None, "soop": None, "misostud": 2085, "name": None}
    assert dates["binning"] == {"extents": [1, 3, 5], "thresholds": {"I": 0.01, "x": 1e-4, "s": 0.01, "B": 100.0}}
    assert dates["area"] == [[500, 510], [60, None]]
    assert dates["despike"] is True
    assert any("Jobs" in note for note in by_mode["list"].notes)
    with pytest.raises(InputError, match="SELECTION_MODE"):
        saffron.settings(json.dumps({**CONFIG, "SELECTION_MODE": "guess"}))
    with pytest.raises(InputError, match="is no SAFFRON configuration"):
        saffron.settings("{")


def test_placeholders():
    def name(pattern):
        return saffron.FileNames(pattern, NAME, [1, 3], [1], NOW).of("0770.42-ne_8")

    expected = NAME.replace("L2", "L2.5")
    pattern = CONFIG["fit_raster_args"]["data_filename"]
    assert name(pattern) == f"{expected}/con-01-03/{expected}_0770.42-ne_8_con-01-03_time-240506T070809.fits"
    assert name("::SAMENAME_::PARAMPLACEHOLDER_::TCONV.fits") == f"{NAME}_0770.42-ne_8_01.fits"
    for wrong, problem in (
        ("::SAMENAME.fits", "has no ::PARAMPLACEHOLDER"),
        ("::SAMENAME::SAMENAMEL2.5::PARAMPLACEHOLDER", "both used"),
        ("::NAME_::PARAMPLACEHOLDER", "unknown placeholder"),
    ):
        with pytest.raises(InputError, match=problem):
            name(wrong)
