"""Mistakes that people make: what holds the key, cause and cure are the last line on the screen, before any job."""

import json
import os
import subprocess
from pathlib import Path

import pytest
import snakemake.cli  # noqa: F401  # before the engine: modules of Snakemake import each other
from external import REPOSITORY, Project

from helioreduce.runtime import config_files, engine

ESIS = "results/esis/level3/simulated/{}/{}.fits"
FRAME, FILM = "results/aia/level1.5/{}/{}.fits", "results/aia/film_simulated/{}/{}.webp"

IN_THE_WAY = "cannot be written (Not a directory). Name another folder: a file is in the way"


@pytest.mark.parametrize(
    ("arguments", "config", "cause", "cure"),
    [
        ([], {"aia": {"chanels": [171]}}, "aia.chanels: there is no such key", "The nearest is aia.channels"),
        ([], {"aia": {"device": "gpo"}}, "aia.device is 'gpo'", "the nearest is gpu"),
        ([], {"source": "jsoc", "jsoc": {"method": "url"}}, "needs a registered address", "Set jsoc.email"),
        ([], {"source": "local"}, "local.directory is not set", "Give the folder"),
        ([], {"aia": {"calibration": {"version": 9}}}, "has version 10 only", "Set it to 10"),
        ([], {"spice": {"groups": [[0, 7]]}}, "spice.groups[0] is [0, 7]", "by its EXTNAME or a line in it"),
        (
            [],
            {"spice": {"binning": {"lines": ["ne_8 777"]}}},
            "spice.binning.lines: there is no line",
            "nearest is 'ne_8 770.42'",
        ),
        ([], {"aia": {"start": "2014-02-29"}}, "aia.start: '2014-02-29' is not a time", "Give one that the calendar has"),
        (
            [],
            {"aia": {"calibration": {"error": "none"}}},
            "aia.calibration.error: 'none' does not exist",
            "Give an existing path",
        ),
        ([], {"esis": {"exclude": [123]}}, "there is no exposure 123", "Give exposures of the simulated flight"),
        (["figurs"], {}, "figurs: there is no such target", "The nearest is figures"),
        ([FRAME.format(172, "20140101T000001_simulated")], {}, "no channel 172", "It has 171, 193"),
        ([FRAME.format(171, "20140101T000007_simulated")], {}, "no frame of 171", "The nearest: 20140101T000001_simulated"),
        ([FILM.format(171, 20150101)], {}, "the request has no such product", f"The nearest: {FILM.format(171, 20140101)}"),
        ([ESIS.format("OV", "00120")], {}, "the request has no such product", f"The nearest: {ESIS.format('ov', '00120')}"),
        (["results/spice/level3/rr.fits"], {}, "the request has no such product", "The nearest: results/spice/level3/solo_"),
        (["results/cosmic_rays/hot/x.fits"], {}, "the request has no such product", "The nearest: results/cosmic_rays/hot/ex"),
    ],
    ids=[
        "key",
        "value",
        "address",
        "folder",
        "version",
        "window",
        "line",
        "day",
        "path",
        "exclude",
        "target",
        "channel",
        "time",
        "film",
        "sequence",
        "raster",
        "job",
    ],
)
def test_cause_and_cure_are_the_last_words(tmp_path, monkeypatch, arguments, config, cause, cure):
    monkeypatch.delenv("JSOC_EMAIL", raising=False)
    monkeypatch.setattr("external.ENVIRONMENT", {key: value for key, value in os.environ.items() if key != "JSOC_EMAIL"})
    project = Project(tmp_path / "mine")
    project.configure(**config)
    said = project.planned(*arguments, fails=True)
    last = said.splitlines()[-1]
    assert cause in last and cure in last, said[-2000:]
    assert "/config.yaml: " in f"/{last}" or arguments
    assert len(said.splitlines()) < 30, json.dumps(config)


def test_the_file_that_has_the_last_word_on_a_key_is_named(tmp_path):
    """``--config`` over ``--configfile`` over the folder's own settings over the repository's."""
    project = Project(tmp_path / "mine")
    project.configure(aia={"device": "gpo"})
    (tmp_path / "other.yaml").write_text("aia: {device: gpx}")
    other = ("--configfile", str(tmp_path / "other.yaml"))
    for arguments, place in (((), "config.yaml"), (other, other[1]), ((*other, "--config", "aia={device: gpz}"), "--config")):
        assert project.planned(*arguments, fails=True).splitlines()[-1].startswith(f"{place}: aia.device is 'gp")
    # a key that lacks a value stands, as null, in the repository's file: the one that asks for it is the user's
    for reported in ("source is local, and local.directory is not set", "spice.source is dates, and spice.folder is not set"):
        project.configure(**({"source": "local"} if reported.startswith("source") else {"spice": {"source": "dates"}}))
        assert project.planned(fails=True).splitlines()[-1].startswith(f"config.yaml: {reported}")


@pytest.mark.parametrize(
    "name",
    [
        *("results", "results/aia/normalised", "results/aia/series_simulated/171", "results/aia/batch"),
        *("results/logs", "results/logs/aia_prep", "results/aia/quicklook/171", "results/archive"),
    ],
)
def test_a_file_where_a_folder_should_be_is_named_before_the_first_job(tmp_path, name):
    project = Project(tmp_path / "mine")
    chunks = {"series": {"output": {"form": "series"}}, "batch": {"batch": 50}}
    project.configure(source="archive", aia=next((reported for word, reported in chunks.items() if word in name), {}))
    way = project.folder / name
    way.parent.mkdir(parents=True, exist_ok=True)
    way.touch()
    assert project.planned(fails=True).splitlines()[-1].endswith(f"{name}: {IN_THE_WAY}")


@pytest.mark.parametrize(
    ("option", "first", "second"), [("--config", "aia={}", "esis={}"), ("--configfile", "a.yaml", "b.yaml")]
)
def test_an_option_of_settings_given_twice_is_refused(tmp_path, option, first, second):
    """Snakemake drops the first without a word."""
    project = Project(tmp_path / "mine")
    project.configure()
    for name in ("a.yaml", "b.yaml"):
        (project.folder / name).write_text("aia: {}\n")
    last = project.run("-n", option, first, option, second, fails=True).splitlines()[-1]
    assert last == f"{option} is given twice, and the second would count alone. Write all of it behind one {option}"
    project.run("-n", option, first, second)


def test_a_key_that_stands_twice_in_a_file_of_the_command_line_is_refused(tmp_path):
    project = Project(tmp_path / "mine")
    project.configure()
    (project.folder / "mine.yaml").write_text("archive: {npix: 256}\naia:\n  channels: [171]\n\naia: {}\n")
    last = project.planned("--configfile", str(project.folder / "mine.yaml"), fails=True).splitlines()[-1]
    assert last == "mine.yaml: line 5: aia is in line 2 already. Put them together: the second would count alone"


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (b"aia:\n  start: 2014-02-29\n", "config.yaml: line 2: 2014-02-29: day is out of range for month. Correct it"),
        (b"aia:\n\tdevice: cpu\n", "config.yaml: line 2: found character '\\t' that cannot start any token. Correct it"),
        (b"aia: {device: cpu\nesis: {}\n", "config.yaml: line 2: "),
        (b"aia: {device: cpu}\n\naia: {}\n", "config.yaml: line 3: aia is in line 1 already. Put them together"),
        (
            b"cosmic_rays:\n  clean:\n  - {gain: 1}\n  - gain: 1\n    name: a\n    gain: 2\n",
            "config.yaml: line 6: cosmic_rays.clean.gain is in line 4 already. ",
        ),
        (b"- aia\n", "config.yaml: this is a list, and no settings. Write keys and values"),
        (b"aia\n", "config.yaml: this is a single value, and no settings. Write keys and values"),
        (b"\xff\xfea: 1\n", "config.yaml: this is no text that can be read ('utf-8' codec"),
        (b"a: \x00\n", "config.yaml: this is no text that can be read (unacceptable character #x0000"),
    ],
    ids=["day", "tab", "bracket", "twice", "twice in a list", "list", "value", "bytes", "zero"],
)
def test_a_file_of_settings_that_cannot_be_read_is_named_with_its_line(tmp_path, monkeypatch, held, said):
    monkeypatch.chdir(tmp_path)
    Path("config.yaml").write_bytes(held)
    with pytest.raises(engine.Refused) as refused:
        list(config_files.settings(Path("config.yaml")))
    assert str(refused.value).startswith(said) and "\n" not in str(refused.value)


@pytest.mark.parametrize("held", ["", "# device: cpu\n", "---\n"])
def test_a_file_without_settings_counts_as_none(tmp_path, held):
    file, other = tmp_path / "config.yaml", tmp_path / "other.yaml"
    file.write_text(held)
    other.write_text('{"aia":\t{}}')  # JSON may have tabs
    assert list(config_files.settings(file, tmp_path / "absent.yaml", other)) == [other]


def test_settings_that_cannot_be_read_are_the_last_words_and_an_empty_file_is_passed_over(tmp_path):
    project = Project(tmp_path / "mine")
    project.configure()
    (project.folder / "config.yaml").write_text("aia:\n  start: 2014-02-29\n")
    said = project.planned(fails=True).splitlines()
    assert said[-1].startswith("config.yaml: line 2: 2014-02-29: ") and len(said) < 30
    (project.folder / "config.yaml").write_text("# nothing yet\n")
    assert "Traceback" not in project.planned()


def test_a_folder_with_a_blank_is_refused_in_the_first_line(tmp_path):
    folder = tmp_path / "two words"
    folder.mkdir()
    (folder / "Makefile").write_text((REPOSITORY / "Makefile").read_text())
    done = subprocess.run(["make", "demo"], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "has a blank" in done.stderr.splitlines()[0] and "Move the folder" in done.stderr.splitlines()[0]
