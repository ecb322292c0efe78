"""``helioreduce status``: counts, reasons, pace and calendar are those of the manifests and of the last run's request."""

import json
import os

import numpy as np
import pytest
from matplotlib.colors import to_rgba

from helioreduce import command
from helioreduce.aia import coverage
from helioreduce.aia.figures import coverage as calendar
from helioreduce.io import manifests

SERIES = "results/aia/series"
NONE = {"missing": 0, "failed": 0, "unmet": 0}


def write(folder, day, done, missing=0, state=manifests.MISSING, reason="the archive has no record"):
    """A part with so many images, and so many that are not there; when it was finished is that of its day, s."""
    rows = {p: manifests.done(p, "t", "sha", {"t_obs": "2014", "exptime": 2.0}) for p in range(done)}
    like = {"t_obs": "", "exptime": float("nan")}
    for place in range(done, done + missing):
        rows[place] = manifests.missing(place, "t", reason, may_return=True, like=like, state=state)
    file = folder / f"{day}.ecsv"
    folder.mkdir(parents=True, exist_ok=True)
    manifests.Manifest(rows, {}).write(file)
    os.utime(file, (float(day), float(day)))


@pytest.fixture
def series(tmp_path):
    """A request of two channels and four days of ten images, begun 1800 s before the first day was done, under way."""
    folder = tmp_path / SERIES
    asked = {(channel, f"2014010{day}"): (0, 9) for channel in ("171", "1600") for day in (1, 2, 3, 4)}
    coverage.note_request(folder, asked)
    began = 20140101 - 1800
    os.utime(folder / "request.json", (began, began))
    write(folder / "171", "20140101", 8, 2)
    write(folder / "171", "20140102", 9, 1, manifests.FAILED, "an unexpected error")
    (folder / "collected/1600/20140101").mkdir(parents=True)
    (folder / "171/.20140103/171").mkdir(parents=True)
    (folder / "171/.20140103/171/20140103T000001.fits").touch()
    return tmp_path


def status(folder, capsys):
    assert command.main(["status", str(folder), "--json"]) == command.DONE
    return json.loads(capsys.readouterr().out)[str(folder / SERIES)]


def test_counts_are_of_what_is_asked_for(series, capsys):
    found = status(series, capsys)
    assert (found["asked"], found["settled"]) == (80, 20)
    thin, uv = found["channels"]["171"], found["channels"]["1600"]
    assert {key: thin[key] for key in ("asked", "done", *NONE)} == {"asked": 40, "done": 17, **NONE, "missing": 2, "failed": 1}
    assert thin["days"]["20140101"] == {"asked": 10, "done": 8, **NONE, "missing": 2}
    assert thin["days"]["20140104"] == {"asked": 10, "done": 0, **NONE}
    assert thin["reasons"] == {"the archive has no record": 2, "an unexpected error": 1}
    assert thin["begun"] == {"20140103": 1} and uv["begun"] == {"20140101": 0} and uv["asked"] == 40


def test_pace_and_what_is_left_follow_from_when_parts_were_finished(series, capsys):
    """20 images in 1801 s, so that 60 take three times as long; parts of earlier runs do not count."""
    write(series / SERIES / "1600", "20130101", 50)
    found = status(series, capsys)
    assert found["images_per_hour"] == pytest.approx(20 * 3600 / 1801) and found["hours_left"] == pytest.approx(3 * 1801 / 3600)
    assert found["asked"] == 80 + 50
    assert command.main(["status", str(series)]) == command.DONE
    said = capsys.readouterr().out
    assert (
        "17 of 40 images, 2 missing, 1 failed; 1 part begun, with 1 image" in said and "2 × the archive has no record" in said
    )
    assert "70 of 130 images are there or known to be missing; 40 images an hour, about 2 h left" in said


def test_a_damaged_manifest_is_named_and_not_counted(series, capsys):
    file = series / SERIES / "171/20140102.ecsv"
    file.write_text(file.read_text()[:-30])
    found = status(series, capsys)["channels"]["171"]
    assert found["damaged"] == [str(file)] and found["done"] == 8 and found["asked"] == 40
    assert command.main(["status", str(series)]) == command.DONE
    assert f"{file} is damaged, and not counted. Delete it" in capsys.readouterr().out


def test_a_run_that_has_finished_no_part_is_under_way(tmp_path, capsys):
    coverage.note_request(tmp_path / SERIES, {("171", "20140101"): (0, 119)})
    assert status(tmp_path, capsys)["channels"]["171"]["done"] == 0
    assert command.main(["status", str(tmp_path)]) == command.DONE
    assert "0 of 120 images" in capsys.readouterr().out


def test_a_folder_without_series_is_refused(tmp_path, capsys):
    assert command.main(["status", str(tmp_path)]) == command.FAILED
    assert "holds no series" in capsys.readouterr().err
    assert command.main(["status", str(tmp_path / "absent")]) == command.FAILED
    assert "there is no such folder" in capsys.readouterr().err
    assert command.main(["status", str(tmp_path), "--page", str(tmp_path)]) == command.FAILED
    assert "is a folder. Name the file of the page" in capsys.readouterr().err


def test_the_calendar_has_a_cell_for_each_day(series, tmp_path, capsys):
    """The share of each day in its place; days that are not made yet, and those that nobody asks for."""
    write(series / SERIES / "171", "20140103", 5)
    days = coverage.status(series / SERIES).channels["171"].days
    shares = calendar.shares(days, 2014)
    np.testing.assert_allclose(shares[:5], [0.8, 0.9, 0.5, -1, np.nan])
    assert shares.size == 365 and np.isnan(shares[5:]).all() and calendar.shares(days, 2016).size == 366
    figure = calendar.draw({"171": days, "1600": {}}, 2014)
    (image,) = figure.axes[0].images
    colours = image.cmap(image.norm(image.get_array()))
    named = {name: colour for name, _, colour in calendar.CLASSES}
    for day, name in enumerate(("half to 95 %", "half to 95 %", "half to 95 %", "not made yet")):
        np.testing.assert_allclose(colours[0, day], to_rgba(named[name]))
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == ["171 Å", "1600 Å"]
    assert not colours[1, :, 3].any(), "nothing is drawn where nothing is asked for"


@pytest.mark.parametrize(
    ("done", "name"), [(0, "none"), (1, "less than half"), (50, "half to 95 %"), (99, "more than 95 %"), (100, "all")]
)
def test_classes_hold_their_shares(done, name):
    share = calendar.shares({"20140101": {"asked": 110, "done": done, **NONE, "missing": 100 - done, "unmet": 10}}, 2014)[0]
    assert share == done / 100
    assert [other for other, least, _ in calendar.CLASSES if least <= share][-1] == name


def test_the_page_has_the_calendar_and_the_reasons(series, capsys):
    page = series / "coverage.html"
    write(series / SERIES / "171", "20130101", 1, 1, reason="a <tag>")
    assert command.main(["status", str(series), "--page", str(page)]) == command.DONE
    text = page.read_text()
    assert text.count("data:image/png") == 2, "a calendar of each year"
    assert "2 × the archive has no record" in text and "a &lt;tag&gt;" in text and "2014-01-03" in text
    assert "SIMULATED" not in text
    (series / SERIES).rename(series / f"{SERIES}_simulated")
    assert command.main(["status", str(series), "--page", str(page)]) == command.DONE
    assert "SIMULATED" in page.read_text()
