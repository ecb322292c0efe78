"""The last lines of a run: what is finished, what failed and why, what should be known of the results."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from configuration import configuration
from level1_cases import Case

from helioreduce.plan import summary
from helioreduce.plan.aia import Plan

ERROR = "2026-01-01 00:00:00,123 ERROR "


@pytest.fixture
def plan(tmp_path, monkeypatch):
    """A folder with two good files, one dark, and one that is there twice."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PWD", str(tmp_path))
    Path("level1").mkdir()
    for name, cards in {"a": {}, "a2": {}, "b": {"T_REC": "2014-01-01T00:00:12"}, "dark": {"IMG_TYPE": "DARK"}}.items():
        Case(name, cards).hdu().writeto(f"level1/{name}.fits")
    return Plan.of(configuration(source="local", local={"directory": "level1"}))


def log(name: str, text: str) -> Path:
    """Write the log of a job."""
    path = Path("results/logs", f"{name}.log")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def finish(file: str) -> None:
    Path(file).parent.mkdir(parents=True)
    Path(file).touch()


def test_a_run_that_failed_says_what_is_finished_and_what_is_not(plan, tmp_path):
    finish(plan.products()[0])
    log("aia_error/171/20140101T000012", f"{ERROR}is outside the table. Check T_OBS")
    log("aia_copy/171/20140101T000012", f"{ERROR}{tmp_path}/level1/b.fits: holds no Sun")
    log("aia_quicklook/171/20140101T000000", f"{ERROR}unexpected error\nTraceback\nZeroDivisionError: division by zero")
    log("aia_refuse", f"{ERROR}is said already")
    os.utime(log("spice_fit/raster", f"{ERROR}is of another run"), (1e9, 1e9))
    assert summary.failed(plan).splitlines() == [
        "", "Finished products:", "  results/aia/normalised/<channel>/<time>.fits",
        *(f"Note: {note}" for note in plan.notes),
        "1 of 3 images are finished.", "What failed, and why:", f"  {plan.refused['dark.fits']}",
        f"  {tmp_path}/level1/b.fits: holds no Sun",
        f"  {tmp_path}/level1/b.fits: is outside the table. Check T_OBS",
        f"  {tmp_path}/level1/a.fits: ZeroDivisionError: division by zero",
    ]  # fmt: skip


def test_all_images_that_failed_in_one_job_are_named(plan):
    log("aia_batch/171/20140101T000000", f"{ERROR}2 of 9 images failed\n  a.fits: holds no Sun\n  b.fits: nor this. Fix these")
    assert "  a.fits: holds no Sun\n  b.fits: nor this." in summary.failed(plan)


def test_hundreds_of_reasons_are_counted(plan, monkeypatch):
    monkeypatch.setattr(summary, "_MOST", 3)
    for number in range(9):
        log(f"spice_fit/{number}", f"{ERROR}no. {number}")
    assert summary.failed(plan).splitlines()[-2:] == ["  results/logs/spice_fit/1.log: no. 1", "  and 7 more, see results/logs"]


def test_a_run_that_is_done_says_where_the_results_are_and_what_was_left_out(plan):
    assert summary.summary(plan).splitlines() == ["", "Done.", *(f"Note: {note}" for note in plan.notes)]
    assert "a2.fits: left out" in plan.notes[0]
    finish(plan.products()[0])
    assert summary.summary(plan).splitlines()[:3] == ["", "Done. Look at:", "  results/aia/normalised/<channel>/<time>.fits"]


@pytest.mark.parametrize(
    ("source", "origin", "told"), [("local", "SIMULATED", True), ("local", "V10", False), ("archive", "SIMULATED", False)]
)
def test_a_stand_in_for_real_tables_is_told_with_the_cure(plan, source, origin, told):
    path = Path("results/aia/tables/degradation.ecsv")
    path.parent.mkdir(parents=True)
    path.write_text(f"# origin: {origin}")
    plan = Plan.of(configuration(source=source, local={"directory": "level1"}))
    for text in (summary.summary(plan), summary.failed(plan)):
        assert ("The degradation table is a stand-in" in text) == ("aia_V10_*_response_table.txt" in text) == told
