"""What SAFFRON's settings and file names mean."""

import json
from datetime import UTC, datetime

import pytest

from helioreduce.errors import InputError
from helioreduce.spice import saffron

NAME = "solo_L2_spice-n-ras_20220402T111537_V00_1-000"
NOW = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)

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


#: The keys of the template that comes with SAFFRON 0.4.0, with values of their kinds.
TEMPLATE = {
    "____COMMENT0.0": "…",
    **CONFIG,
    "fit_raster_args": {
        **CONFIG["fit_raster_args"], "____COMMENT1": "…", "convolution_extent_list": [0], "t_convolution_index": 0,
        "data_save_dir": "./elsewhere", "time_size": [0, None],
    },
    "getfile_verbose": -2, "geninits_verbose": 4, "fit_verbose": -2,
}  # fmt: skip


def test_every_key_of_the_template_is_read_or_named():
    """Other values of what is read change the settings; the others are named once, with what is done instead."""
    found = saffron.settings(json.dumps(TEMPLATE))
    named = {note.split()[0] for note in found.notes}
    assert named == {
        "preclean", "weights", "Jobs", "save_data", "data_save_dir", "getfile_verbose", "geninits_verbose", "fit_verbose",
    }  # fmt: skip
    assert all("has no meaning here: " in note for note in found.notes)
    assert found.settings["binning"] == {"extents": [1], "times": [1], "thresholds": CONFIG["fit_raster_args"]["conv_errors"]}
    assert found.settings["area"] == [[500, 510], [60, None], [0, None]]
    for key, other in {
        "denoise": True, "despike": False, "convolute": False, "conv_errors": {"I": 0.5}, "convolution_extent_list": [3],
        "t_convolution_index": 3, "window_size": [[0, 5], [0, 5]], "time_size": [2, 3], "data_filename": "::PARAMPLACEHOLDER",
    }.items():  # fmt: skip
        base = {**TEMPLATE["fit_raster_args"], "convolution_extent_list": [5]}
        changed = saffron.settings(json.dumps({**TEMPLATE, "fit_raster_args": {**base, key: other}}))
        assert changed.settings != saffron.settings(json.dumps({**TEMPLATE, "fit_raster_args": base})).settings, key
    wrong = saffron.settings(json.dumps({**TEMPLATE, "fit_raster_args": {"convolution_extend_list": [1]}}))
    assert "nearest is convolution_extent_list" in " ".join(wrong.notes)


def test_dates_may_be_text_and_what_cannot_be_used_is_refused():
    section = {"L2_folder": "x", "YEAR": "ALL", "MONTH": "04", "DAY": [1, "2"]}
    given = {"SELECTION_MODE": "date intervale", "file selection mode=> date intervale": section}
    assert saffron.settings(json.dumps(given)).settings["dates"] == {"year": "all", "month": 4, "day": [1, 2]}
    wrong = ({"conv_errors": None}, {"conv_errors": {"I": None}}, {"window_size": [["a", 2]]}, {"convolution_extent_list": 3})
    for arguments in wrong:
        with pytest.raises(InputError, match="a value cannot be used"):
            saffron.settings(json.dumps({**given, "fit_raster_args": arguments}))
    section["YEAR"] = "2022-2023"
    with pytest.raises(InputError, match="'2022-2023'"):
        saffron.settings(json.dumps(given))


def test_bins_are_those_of_either_version():
    """An extent e is 1 + e pixels in 0.1 and e pixels in 0.4; bins here are the next odd numbers."""
    given = {"convolution_extent_list": [0, 1, 2, 4]}
    assert saffron._bins(given) == {"extents": [1, 3, 5]}
    assert saffron._bins({**given, "t_convolution_index": 2}) == {"extents": [1, 3, 5], "times": [1, 3]}
    assert saffron._bins({"convolution_extent_list": [3], "t_convolution_index": 1})["extents"] == [1, 3]


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
