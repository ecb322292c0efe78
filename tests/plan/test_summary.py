"""The last lines of a run: what is finished, what failed and why, what should be known of the results."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from configuration import configuration
from level1_cases import Case

from helioreduce.io import ecsv
from helioreduce.plan import aia, summary
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


def files(plan: Plan) -> list[str]:
    """What a run of the default target is to make."""
    return plan.targets()


def log(name: str, text: str) -> Path:
    """Write the log of a job."""
    path = Path("results/logs", f"{name}.log")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def finish(*files: str) -> None:
    for file in files:
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        Path(file).touch()


def test_a_run_that_failed_says_what_is_finished_and_what_is_not(plan, tmp_path):
    finish(plan.products()[0])
    log("aia_error/171/20140101T000012", f"{ERROR}is outside the table. Check T_OBS")
    log("aia_copy/171/20140101T000012", f"{ERROR}{tmp_path}/level1/b.fits: holds no Sun")
    log("aia_quicklook/171/20140101T000000", f"{ERROR}unexpected error\nTraceback\nZeroDivisionError: division by zero")
    log("aia_refuse", f"{ERROR}is said already")
    os.utime(log("spice_fit/raster", f"{ERROR}is of another run"), (1e9, 1e9))
    assert summary.failed(plan, files(plan)).splitlines() == [
        "", "Finished products:", "  results/aia/normalised/<channel>/<time>.fits",
        *(f"Note: {note}" for note in plan.notes),
        "1 of 3 images are finished.", "What failed, and why:", f"  {plan.refused['dark.fits']}",
        f"  {tmp_path}/level1/b.fits: holds no Sun",
        f"  {tmp_path}/level1/b.fits: is outside the table. Check T_OBS",
        f"  {tmp_path}/level1/a.fits: ZeroDivisionError: division by zero",
    ]  # fmt: skip


def test_all_images_that_failed_in_one_job_are_named_and_those_that_it_kept_counted(plan):
    """The job has the name of its first image, which may be a good one."""
    reported = "2 of 9 images failed\n  a.fits: holds no Sun\n  b.fits: nor this. Fix these"
    of_job = log("aia_batch/171/171_20140101T000000", ERROR + reported)
    finish("results/aia/batch/171/0123/20140101T000000.fits", "results/aia/batch/171/4567/20140101T000000.fits")
    said = summary.failed(plan, files(plan))
    assert "0 of 3 images are finished, 1 more is kept for the next run.\n" in said and f"  {of_job}: {reported}" in said
    for file in Path("results/aia/batch").rglob("*.fits"):
        os.utime(file, (1e9, 1e9))
    assert "0 of 3 images are finished.\n" in summary.failed(plan, files(plan)), "these are of another run"


@pytest.mark.parametrize(
    ("file", "reported"),
    [
        ("results/aia/dem/20140101T000000.fits", "results/aia/dem/<time>.fits"),
        ("results/aia/dem_maps/20140101T000000.png", "results/aia/dem_maps/<time>.png"),
        ("results/aia/cube/171.fits", "results/aia/cube/<channel>.fits"),
        ("results/aia/cube_simulated/171.fits", "results/aia/cube_simulated/<channel>.fits"),
        ("results/aia/series/171/2014.zarr/zarr.json", "results/aia/series/<channel>/<year>.zarr"),
        ("results/aia/series_simulated/171/2014.zarr/zarr.json", "results/aia/series_simulated/<channel>/<year>.zarr"),
    ],
)
def test_dems_and_cubes_are_shown(plan, file, reported):
    finish(file)
    assert summary.summary(plan, [file]).splitlines()[2] == f"  {reported}"


def test_hundreds_of_reasons_are_counted(plan, monkeypatch):
    monkeypatch.setattr(summary, "_MOST", 3)
    for number in range(9):
        log(f"spice_fit/{number}", f"{ERROR}no. {number}")
    assert summary.failed(plan, files(plan)).splitlines()[-2:] == [
        "  results/logs/spice_fit/1.log: no. 1",
        "  and 7 more, see results/logs",
    ]


def test_a_run_that_is_done_says_where_the_results_are_and_what_was_left_out(plan):
    assert summary.summary(plan, files(plan)).splitlines() == ["", "Done.", *(f"Note: {note}" for note in plan.notes)]
    assert "a2.fits: left out" in plan.notes[0]
    finish(plan.products()[0])
    assert summary.summary(plan, files(plan)).splitlines()[:3] == [
        "",
        "Done. Look at:",
        "  results/aia/normalised/<channel>/<time>.fits",
    ]


@pytest.mark.parametrize(
    ("source", "origin", "reported"), [("local", "SIMULATED", True), ("local", "V10", False), ("archive", "SIMULATED", False)]
)
def test_a_stand_in_for_real_tables_is_reported_with_the_cure(plan, source, origin, reported):
    path = Path("results/aia/tables/degradation.ecsv")
    path.parent.mkdir(parents=True)
    path.write_text(f"# origin: {origin}")
    plan = Plan.of(configuration(source=source, local={"directory": "level1"}))
    for text in (summary.summary(plan, files(plan)), summary.failed(plan, files(plan))):
        assert ("The degradation table is a stand-in" in text) == ("aia_V10_*_response_table.txt" in text) == reported


@pytest.mark.parametrize(
    ("file", "says"),
    [
        ("results/aia/normalised/171/20140101T000001_simulated.fits", "The images of AIA are SIMULATED"),
        ("results/esis/level0/target.fits", "The flight of ESIS is SIMULATED: no observation. For your own set"),
        ("results/spice/simulated/a.fits", "The raster of SPICE is SIMULATED"),
        ("results/cosmic_rays/simulated/science.fits", "The frames of the example of cosmic rays are SIMULATED"),
    ],
)
def test_the_last_lines_are_of_the_instrument_that_was_run(tmp_path, monkeypatch, file, says):
    """Products of another one in the same folder are neither shown nor called anything."""
    monkeypatch.chdir(tmp_path)
    finish("results/aia/quicklook/171/20140101T000001_simulated.jpg", "results/spice/report/a.html")
    said = summary.summary(Plan.of(configuration()), [file])
    assert said.count("SIMULATED") == 1 and says in said
    assert "report" not in said and "quicklook/<channel>" not in said


def test_a_folder_of_the_user_with_simulated_images_says_how_many(plan):
    Case("s", {"ORIGIN": "SIMULATED", "T_REC": "2014-01-01T00:00:24"}).hdu().writeto("level1/s.fits")
    again = Plan.of(configuration(source="local", local={"directory": "level1"}))
    assert "1 of 3 images of AIA are SIMULATED" in summary.summary(again, again.targets())


def test_products_of_other_settings_are_named(tmp_path, monkeypatch):
    """A frame that is not asked for, a state that is switched off, a figure: all but what the configuration asks for."""
    monkeypatch.chdir(tmp_path)
    plan = Plan.of(configuration(aia={"channels": [171], "steps": {**configuration()["aia"]["steps"], "exposure": False}}))
    state = "results/aia/{}/171/20140101T0000{}_simulated.fits"
    finish(*plan.targets(), *(state.format(*of) for of in (("level1.5", "01"), ("normalised", "01"), ("level1.5", "13"))))
    finish(
        "results/esis/level3/a.fits", *(f"results/figures/{name}" for name in ("slit/171.png", "slit/171.pdf", "gallery.html"))
    )
    run = [*plan.targets(), state.format("level1.5", "01")]
    said = summary.summary(plan, run, ["results/figures/gallery.html"])
    named = "results/aia/level1.5 (1 file), results/aia/normalised (1 file), results/figures (2 files)"
    assert said.splitlines()[-1] == (
        f"Note: Of other requests or settings, and not checked by this run: {named}. Remove what you do not need."
    )
    assert "  results/aia/corrected/<channel>/<time>.fits" in said.splitlines(), "the finished state of this run"
    assert "normalised/<channel>" not in said


def test_states_between_of_a_request_that_grew_are_not_those_of_another(tmp_path, monkeypatch):
    """Four images went step by step; five go in chunks, which make no states between."""
    monkeypatch.chdir(tmp_path)
    batched = Plan.of(configuration(aia={"channels": [171], "batch": 2}))
    finish(*batched.targets(), *(aia.product(folder, *frame) for frame in batched.frames for folder in ("error", "level1.5")))
    said = summary.summary(batched, batched.targets()).splitlines()
    assert said[-1].endswith("the states between are an earlier run's: error, level1.5.") and "other requests" not in said[-2]
    finish("results/aia/level1.5/171/20150101T000001_simulated.fits")
    assert "other requests or settings, and not checked by this run: results/aia/level1.5 (1 file)" in "\n".join(
        summary.summary(batched, batched.targets()).splitlines()
    )


def test_a_run_that_leaves_nothing_of_others_says_nothing_of_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plan = Plan.of(configuration(aia={"channels": [171]}))
    finish(*plan.targets())
    assert "other requests" not in summary.summary(plan, plan.targets())


def test_without_the_page_of_all_figures_their_folder_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plan, files = Plan.of(configuration()), ["results/figures/channels.png", "results/figures/gallery.html"]
    finish(*files)
    assert "  results/figures/*.png" in summary.summary(plan, files[:1]).splitlines()
    assert "  results/figures/gallery.html" in summary.summary(plan, files).splitlines()


def test_what_the_index_and_the_review_of_series_say_is_in_the_last_lines(tmp_path, monkeypatch):
    """Whether they ran this time or before: the logs say what is true of what is there."""
    monkeypatch.chdir(tmp_path)
    output = {"form": "series", "npix": 512}
    plan = Plan.of(configuration(source="jsoc", aia={"channels": [171], "output": output}))
    made = "results/aia/series/171/2014.zarr/zarr.json"
    finish(made)
    warning = "2026-01-01 00:00:00,123 WARNING "
    log("aia_index/171/2014", f"{warning}171 Å, 20140101: images without a manifest")
    log("aia_index/193/2014", f"{warning}of no series of this run")
    log("aia_review", f"{warning}2 images of 171 Å are missing\n{ERROR}2 of 4 images are missing. Set skip")
    reported = ["Note: 171 Å, 20140101: images without a manifest", "Note: 2 images of 171 Å are missing"]
    assert [line for line in summary.summary(plan, [made]).splitlines() if line in reported] == reported
    said = summary.failed(plan, [made]).splitlines()
    assert [line for line in said if line in reported] == reported
    assert said[-1] == "  results/logs/aia_review.log: 2 of 4 images are missing. Set skip"


def test_sequences_of_esis_that_are_left_out_are_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    table = "results/esis/compared/2019/ov/sequences.ecsv"
    rows = [{"exposure": 120, "left_out": ""}, {"exposure": 122, "left_out": "no frame of ESIS3"}]
    ecsv.write(tmp_path / table, rows, {"line": "ov"})
    said = summary.summary(Plan.of(configuration()), [table, "results/esis/compared/2019/hei/sequences.ecsv"])
    assert "Note: ESIS ov: sequence 122 is left out: no frame of ESIS3" in said and "120" not in said
