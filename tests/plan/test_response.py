"""Files and settings of AIA's responses, without Snakemake."""

from pathlib import Path

import pytest
from configuration import configuration

from helioreduce.aia.channels import CHANNELS, EUV
from helioreduce.errors import InputError
from helioreduce.plan import aia, response

UV = [channel for channel in CHANNELS if channel not in EUV]


def plan(**changed):
    return response.Plan.of(aia.Plan.of(configuration(**changed)))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A user's folder of level-1 files with a folder of tables beside it; write tables with ``folder("name", …)``."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PWD", str(tmp_path))
    (tmp_path / "level1").mkdir()
    (tmp_path / "level1" / "a.fits").touch()
    (tmp_path / "tables").mkdir()
    return lambda *names: [(tmp_path / "tables" / name).touch() for name in names]


LOCAL = {"source": "local", "local": {"directory": "level1"}}


def test_the_archive_has_responses_of_all_channels():
    found = plan()
    assert found.instrument == ("results/archive/instrument.ecsv",)
    assert found.emissivity == ("results/archive/emissivity.ecsv",)
    assert [channel for channel in CHANNELS if found.has_wavelength(str(channel))] == list(CHANNELS)
    assert [channel for channel in CHANNELS if found.has_temperature(str(channel))] == list(EUV)


def test_stanford_has_none():
    found = plan(source="jsoc")
    assert (found.instrument, found.emissivity) == ((), ())
    assert not any(found.has_wavelength(str(channel)) for channel in CHANNELS)


def test_the_newest_files_of_a_folder_are_taken(folder):
    folder("aia_V9_all_fullinst.genx", "aia_V10_all_fullinst.genx", "aia_V8_fuv_fullinst.genx", "aia_V10_fullemiss.genx")
    found = plan(**LOCAL)
    assert [Path(file).name for file in found.instrument] == ["aia_V10_all_fullinst.genx", "aia_V8_fuv_fullinst.genx"]
    assert [Path(file).name for file in found.emissivity] == ["aia_V10_fullemiss.genx"]


@pytest.mark.parametrize(("name", "held"), [("all", list(EUV)), ("fuv", UV)])
def test_a_folder_has_the_channels_of_its_files(folder, name, held):
    folder(f"aia_V9_{name}_fullinst.genx")
    found = plan(**LOCAL)
    assert [channel for channel in CHANNELS if found.has_wavelength(str(channel))] == held
    assert not any(found.has_temperature(str(channel)) for channel in CHANNELS), "there is no emissivity"


def test_configured_files_count_before_those_of_the_source(folder):
    folder("own.ecsv", "fix.ecsv", "V8.txt", "means.ecsv")
    own = {name: f"tables/{file}" for name, file in (("instrument", "own.ecsv"), ("emissivity", "own.ecsv"))}
    rest = {"chiantifix": "tables/fix.ecsv", "compare": ["tables/V8.txt"], "means": "tables/means.ecsv"}
    defaults = configuration()["aia"]["response"]
    found = plan(aia={"response": {**defaults, **own, **rest}})
    assert [Path(file).name for file in (*found.instrument, *found.emissivity)] == ["own.ecsv", "own.ecsv"]
    assert Path(found.fix["fix"]).name == "fix.ecsv"
    assert found.tables[0] == "results/aia/tables/degradation.ecsv" and Path(found.tables[1]).name == "V8.txt"
    assert Path(found.means).is_absolute()
    two = plan(aia={"response": {**defaults, "instrument": ["tables/own.ecsv", "tables/fix.ecsv"]}})
    assert [Path(file).name for file in two.instrument] == ["own.ecsv", "fix.ecsv"]


@pytest.mark.parametrize("key", ["instrument", "emissivity", "chiantifix", "means", "compare"])
def test_a_file_that_does_not_exist_is_named(key):
    with pytest.raises(InputError, match=f"aia.response.{key}: 'nowhere' does not exist"):
        plan(aia={"response": {**configuration()["aia"]["response"], key: ["nowhere"] if key == "compare" else "nowhere"}})


def test_settings_are_those_that_the_rules_use():
    assert plan().settings == {"version": 10, "eve": True, "crosstalk": True}
