"""AIA's plan of a configuration: frames, states, reasons, files; without Snakemake."""

import inspect
import json
import subprocess
import sys
import time
from dataclasses import replace
from itertools import product
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from astropy.io import fits
from configuration import configuration
from hypothesis import given
from hypothesis import strategies as st

from helioreduce import times
from helioreduce.aia import binning, channels, steps
from helioreduce.errors import InputError
from helioreduce.jsoc.policy import Loss
from helioreduce.plan import aia, aia_batch, aia_missing, local
from helioreduce.plan.code import code
from helioreduce.runtime import batch
from helioreduce.sun.scenario import Scenario

REPOSITORY = Path(__file__).parents[2]


def plan(**changed):
    return aia.Plan.of(configuration(**changed))


def job(channel, time):
    return SimpleNamespace(channel=channel, time=time)


@pytest.fixture
def site(tmp_path, monkeypatch, level1_header):
    """A user's folder with a frame of 171 Å that has spikes, one without, one of 4500 Å, and a text."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PWD", str(tmp_path))
    folder = tmp_path / "level1"
    folder.mkdir()
    for second, (channel, name) in enumerate([(171, "a_image_lev1"), (171, "b"), (4500, "c")]):
        header = level1_header.copy()
        header.update(WAVELNTH=channel, T_REC=f"2014-01-01T00:00:0{second}")
        fits.PrimaryHDU(np.zeros((8, 8), np.int16), header).writeto(folder / f"{name}.fits")
    fits.PrimaryHDU().writeto(folder / "a_spikes.fits")
    (folder / "text.fits").write_text("no FITS file")
    return tmp_path


CALIBRATION = configuration()["aia"]["calibration"]
LOCAL = {"source": "local", "local": {"directory": "level1"}}
KEYS = [("171", "20140101T000000"), ("171", "20140101T000001"), ("4500", "20140101T000002")]


def test_a_region_with_its_sides_in_the_wrong_order_is_refused():
    with pytest.raises(InputError, match=r"light_curves.box is \[100.*left, bottom, right, top"):
        plan(aia={"light_curves": {"box": [100.0, 0.0, -100.0, 50.0]}})


def test_frames_of_a_request_follow_from_channels_and_times():
    found = plan(aia={"channels": [171, 1600], "start": "2014-01-01T00:00:00", "end": "2014-01-01T00:00:24"})
    times = {channel: [time for other, time in found.frames if other == channel] for channel in ("171", "1600")}
    assert times["171"] == [f"20140101T0000{second}_simulated" for second in ("01", "13", "25")]
    assert list(found.wanted) == list(found.frames)
    assert set(found.frames.values()) == {None}


@pytest.mark.parametrize(("cadence_s", "length"), [(12, 8), (3600, 8), (10800, 6), (86400, 4), (2592000, 4)])
def test_periods_hold_every_frame_once(cadence_s, length):
    """Days; where frames are rare, months or years, so that one query is made for many days."""
    request = {"start": "2013-11-30T23:59:00", "end": f"201{3 if cadence_s < 10800 else 5}-12-01T00:01:00"}
    found = plan(aia={**request, "cadence_s": cadence_s})
    assert sorted(key for keys in found.frames_of_period.values() for key in keys) == sorted(found.frames)
    assert {(channel, time[:length]) for channel, time in found.frames} == set(found.frames_of_period)
    assert all(found.period(time) == period for (_, period), keys in found.frames_of_period.items() for _, time in keys)
    assert max(map(len, found.frames_of_period.values())) <= 7200
    (channel, period), keys = next(iter(found.frames_of_period.items()))
    assert found.records(job(*keys[0])) == found.records(SimpleNamespace(channel=channel, period=period))
    assert found.pointing(job(*keys[0])) == f"results/aia/tables/pointing/{period}.ecsv"


@pytest.mark.parametrize("cadence_s", [12, 86400])
def test_single_times_have_no_cadence(cadence_s):
    """Files and queries by days, whatever the cadence that is not used."""
    found = plan(aia={"times": ["2014-01-01T00:00:00", "2014-03-01T00:00:00"], "cadence_s": cadence_s})
    assert [period for _, period in found.frames_of_period] == ["20140101", "20140301"] * 2


def test_local_files_are_frames_and_those_without_a_name_are_refused(site):
    found = plan(**LOCAL)
    assert list(found.frames) == KEYS
    assert found.own(job(*KEYS[0])).spikes.name == "a_spikes.fits"
    assert list(found.refused) == ["text.fits"]
    assert "results/aia/refused.txt" in found.targets()
    assert "results/aia/missing.tsv" not in found.targets()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"source": "local"}, "local.directory is not set"),
        ({"source": "local", "local": {"directory": "nowhere"}}, "local.directory: 'nowhere' does not exist"),
        ({"aia": {"start": "tomorrow"}}, "'tomorrow' is not a time"),
        ({"aia": {"start": "2014-01-02T00:00:00"}}, "is before aia.start"),
        (
            {"source": "local", "local": {"directory": "level1/text.fits"}},
            "local.directory: 'level1/text.fits' is not a folder",
        ),
        ({"local": {"directory": None, "tables": "nowhere"}}, "local.tables: 'nowhere' does not exist"),
        ({"local": {"directory": None, "tables": "level1/text.fits"}}, "local.tables: 'level1/text.fits' is not a folder"),
        (
            {"aia": {"calibration": CALIBRATION | {"degradation": "nowhere"}}},
            "aia.calibration.degradation: 'nowhere' does not exist",
        ),
        ({"aia": {"calibration": CALIBRATION | {"degradation": "level1"}}}, "degradation: 'level1' is a folder. Give a file"),
        ({"aia": {"calibration": CALIBRATION | {"error": "nowhere"}}}, "aia.calibration.error: 'nowhere' does not exist"),
        ({"aia": {"calibration": CALIBRATION | {"pointing": "nowhere"}}}, "aia.calibration.pointing: 'nowhere' does not exist"),
        ({"aia": {"times": "nowhere"}}, "aia.times: 'nowhere' does not exist"),
        (
            {"aia": {"calibration": {"version": 9, "degradation": "auto", "error": "auto", "pointing": "auto"}}},
            "version 10 only",
        ),
        ({"source": "jsoc", "jsoc": {"method": "url"}}, "needs a registered address"),
    ],
)
def test_what_cannot_be_planned_is_named(site, monkeypatch, changed, message):
    monkeypatch.delenv("JSOC_EMAIL", raising=False)
    with pytest.raises(InputError, match=message):
        plan(**changed)


def test_the_address_of_a_server_may_lack_its_last_slash():
    assert plan(source="jsoc", jsoc={"url": "http://localhost:80"}).source.name == "http://localhost:80/"


def test_a_frame_of_the_archive_depends_on_its_own_events_only():
    events = {"flare": ["171/20140101T0000*"], "gap": ["193/*"], "pointing_gap": ["*/20140101T030000"]}
    found = plan(archive={"events": events, "quarter_dn": True})
    frame = found.scenario(job("171", "20140101T000001"))
    assert frame["events"] == {"flare": ["171/20140101T000001"]} and frame["quarter_dn"] is False
    assert found.scenario(job("94", "20140101T000001"))["quarter_dn"] is True
    assert found.source.instrument["events"] == {"pointing_gap": ["*/20140101T030000"]}


def test_an_event_happens_to_the_frame_that_its_pattern_names():
    """Names of simulated frames say so behind the time; patterns do not, nor does the archive that makes the frame."""
    found = plan(archive={"events": {"flare": ["171/20140101T000001"], "gap": ["193/*"]}}, aia={"channels": [171, 193]})
    happens = {
        channel: [event for event in ("flare", "gap") if Scenario.from_mapping(found.scenario(job(channel, time))).has(
            event, channel, times.from_compact(time))]
        for channel, time in found.frames
    }  # fmt: skip
    assert happens == {"171": ["flare"], "193": ["gap"]} and found.notes == ()


def test_what_is_set_and_not_used_is_said_before_any_work():
    events = {"gap": ["193/20140102*", "171/*"], "pointing_gap": ["*/20140101T030000"]}
    found = plan(archive={"events": events}, local={"directory": "mine"})
    assert found.notes == (
        "local.directory is set, and source is archive: its files are not read. For them set source to local.",
        "archive.events.gap: no frame of the request fits 193/20140102*, as 171/20140101T000001 would",
    )
    assert plan(source="jsoc", archive={"events": events}).notes == ()


def test_a_year_whose_leap_seconds_are_not_known_is_named():
    far = {"start": "2098-12-31", "end": "2099-01-02", "cadence_s": 3600}
    (images,) = plan(source="jsoc", aia=far).notes
    series = {"output": configuration()["aia"]["output"] | {"form": "series"}}
    assert images.startswith("Leap seconds of 2099 are not known") and plan(source="jsoc", aia=far | series).notes == (images,)


def reasons(site, step, **changed):
    """Why each local frame is left out of a step."""
    found = plan(**LOCAL, **changed)
    return [found.left_out(step, *key) for key in KEYS]


def test_reasons_for_leaving_a_step_out(site):
    assert reasons(site, "respike")[:2] == [None, "there is no spikes file beside the image"]
    assert "does not despike" in reasons(site, "respike")[2]
    assert reasons(site, "deconvolve") == [None, None, "there is no PSF for this channel"]
    assert reasons(site, "degradation") == [None, None, "there is no degradation table for this channel"]
    for step in ("error", "prep", "exposure"):
        assert reasons(site, step) == [None, None, None]
    assert set(reasons(site, "exposure", aia={"steps": {"exposure": False}})) == {steps.SWITCHED_OFF}
    assert plan(source="vso").left_out("respike", "171", "20140101T000001") == "VSO has no spikes"


@given(st.sampled_from(channels.CHANNELS), st.dictionaries(st.sampled_from([s.name for s in steps.STEPS]), st.booleans()))
def test_each_step_starts_from_the_one_taken_before(channel, switches):
    """Following the input functions back from the finished image meets every step that is taken, down to level 1."""
    found = plan(aia={"channels": [channel], "steps": switches})
    key = next(iter(found.frames))
    taken = [step for step in steps.STEPS if found.left_out(step.name, *key) is None]
    path, file = [], found.finished(job(*key))
    while (folder := file.split("/")[2]) != steps.LEVEL1:
        step = next(step for step in steps.STEPS if step.folder == folder)
        path.insert(0, step)
        file = found.before(step.name)(job(*key))
    assert path == taken
    assert found.all_left_out(*key).keys() == {step.name for step in steps.STEPS} - {step.name for step in taken}


def test_a_step_records_what_is_skipped_around_it():
    found = plan(aia={"channels": [4500], "steps": {"exposure": False}})
    key = next(iter(found.frames))
    assert list(found.skipped("error")(job(*key))["before"]) == ["respike"]
    assert found.skipped("prep")(job(*key)) == {
        "before": {"deconvolve": "there is no PSF for this channel"},
        "after": {"degradation": "there is no degradation table for this channel", "exposure": steps.SWITCHED_OFF},
    }
    assert found.finished(job(*key)) == f"results/aia/level1.5/4500/{key[1]}.fits"


@given(st.sampled_from(channels.CHANNELS), st.dictionaries(st.sampled_from([s.name for s in steps.STEPS]), st.booleans()))
def test_a_step_is_compared_with_all_that_its_image_follows_from(channel, switches):
    """Every file and setting of the steps before it: the image itself can be made again."""
    found = plan(aia={"channels": [channel], "steps": switches})
    key = next(iter(found.frames))
    before: list[steps.Step] = []
    for step in steps.STEPS:
        if found.left_out(step.name, *key):
            continue
        files = [found.states.needed(*key)[name] for earlier in before for name in earlier.inputs]
        assert found.states.sources(step.name)(job(*key)) == [aia.product("level1", *key), *files]
        follows = found.states.follows(step.name)(job(*key))
        assert list(follows) == [earlier.name for earlier in before]
        assert all(follows[s.name] == (code(f"aia_{s.name}"), {n: found.states.chosen[n] for n in s.settings}) for s in before)
        before.append(step)


@pytest.mark.parametrize(
    ("keep", "switches", "stay"),
    [
        (["level1"], {}, {"level1", "spikes", "normalised"}),
        ([], {}, {"normalised"}),
        ([], {"exposure": False}, {"corrected", "level1.5"}),
        (["level1", "deconvolved"], {"respike": False}, {"level1", "spikes", "deconvolved", "normalised"}),
    ],
)
def test_what_stays_on_disk(keep, switches, stay):
    """What is kept and what is finished: without exposures that is another state in 4500 Å. Kept states are targets."""
    found = plan(aia={"channels": [171, 4500], "keep": keep, "steps": switches})
    states = ["level1", "spikes", *(step.folder for step in steps.STEPS)]
    assert {state for state in states if found.states.keeps(aia.product(state))} == stay
    assert found.states.keeps("results/aia/level1/171/20140101T000001_simulated.json")
    deconvolved = [file for file in found.targets() if "/deconvolved/" in file]
    assert len(deconvolved) == ("deconvolved" in keep), "there is none in 4500 Å"


@pytest.fixture
def lost(tmp_path, monkeypatch):
    """A request of two frames, the second of which is missing; the plan, and the list of their records."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HELIOREDUCE_STARTED", raising=False)
    found = plan(aia=TWO)
    path = Path(found.records(job(*next(iter(found.frames)))))
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"asked": 1.0, "requested": []}) + "\n")
    monkeypatch.setattr("helioreduce.jsoc.losses.of", lambda *_: {list(found.wanted)[1][1]: Loss("lost")})
    return list(found.wanted), str(path)


TWO = {"channels": [171], "end": "2014-01-01T00:00:12"}


@pytest.mark.parametrize("choice", ["skip", "fail"])
def test_missing_frames_are_left_out(lost, choice):
    """By both; where every frame is wanted, a job fails with the reasons."""
    (first, second), _ = lost
    found = plan(aia=TWO, jsoc={"on_missing": choice})
    assert list(found.wanted) == [first, second]
    assert list(found.frames) == [first] and list(found.lost) == [second]
    for files in (found.targets(), found.offline_targets()):
        assert ("results/aia/refused.txt" in files) == (choice == "fail")
    assert list(found.refused.values()) == [f"{' '.join(second)}: lost"] * (choice == "fail")
    assert "1 of 2 frames are unavailable" in found.notes[-1]
    assert found.again() == [], "a plan without a beginning asks for nothing again"


def test_a_missing_frame_is_asked_for_by_the_next_command(lost, monkeypatch):
    """Once: not where this command has asked for it."""
    (_, second), record_list = lost
    monkeypatch.setenv("HELIOREDUCE_STARTED", "2.0")
    assert plan(aia=TWO).again() == [(record_list, second[1], None, True)]
    assert plan(aia={**TWO, "steps": {"respike": False}}).again() == [(record_list, second[1], None, False)]
    monkeypatch.setenv("HELIOREDUCE_STARTED", "1.0")
    assert plan(aia=TWO).again() == []
    monkeypatch.setenv("HELIOREDUCE_STARTED", "2.0")
    monkeypatch.setattr("helioreduce.jsoc.losses.of", lambda *_: {second[1]: Loss("eclipse", may_return=False)})
    assert plan(aia=TWO).again() == []


@pytest.fixture
def restarts(monkeypatch):
    """The processes that are to take the place of this one."""
    found = []
    monkeypatch.setattr("atexit.register", lambda act, *arguments: found.append(act))
    monkeypatch.delenv("HELIOREDUCE_BUSY", raising=False)
    monkeypatch.setattr(sys, "orig_argv", ["python", "-m", "snakemake", "--directory", "elsewhere"])  # left by then
    return found


def test_a_run_goes_on_without_what_is_missing_and_with_what_is_back(lost, restarts, monkeypatch, capsys):
    whole = aia_batch.Batches.of(replace(plan(aia=TWO), lost={}))
    aia_missing.goes_on(whole)
    assert "1 of 2 frames are unavailable" in capsys.readouterr().out and len(restarts) == 1
    aia_missing.goes_on(aia_batch.Batches.of(plan(aia=TWO)))
    assert capsys.readouterr().out == "" and len(restarts) == 1, "it is left out already"
    fewer = aia_batch.Batches.of(plan(aia=TWO))
    monkeypatch.setattr("helioreduce.jsoc.losses.of", lambda *_: {})
    aia_missing.goes_on(fewer)
    assert "Frames that were missing have come back: 1" in capsys.readouterr().out and len(restarts) == 2


def test_a_run_does_not_go_on_for_ever_where_the_archive_is_too_busy(lost, restarts, monkeypatch, capsys):
    (_, second), _ = lost
    whole = aia_batch.Batches.of(replace(plan(aia=TWO), lost={}))
    monkeypatch.setattr("helioreduce.jsoc.losses.of", lambda *_: {second[1]: Loss("503", kind="TransientExhausted")})
    for _ in range(9):
        aia_missing.goes_on(whole)
    assert len(restarts) == 3 and "too busy" in capsys.readouterr().out


def test_offline_targets_are_what_comes_over_the_network():
    found = plan(aia={"channels": [171, 1600]})
    targets = found.offline_targets()
    assert len(targets) == len(set(targets))
    assert sum("/level1/" in target for target in targets) == 2
    assert sum("/spikes/" in target for target in targets) == 1
    assert sum("/tables/" in target for target in targets) == 4
    assert "results/aia/missing.tsv" in targets


@pytest.mark.parametrize(("source", "method"), [*product(("archive", "jsoc", "vso"), ("url_quick", "url"))])
def test_exports_are_for_staged_files(monkeypatch, source, method):
    monkeypatch.setenv("JSOC_EMAIL", "reader@localhost")
    found = plan(source=source, jsoc={"method": method})
    wants = bool(found.exports(job("171", "20140101T000001")))
    assert wants == (method == "url" and source != "vso")


@pytest.mark.parametrize("connections", [1, 2, 3, 4])
def test_shares_of_a_connection_add_up(connections):
    source = plan(jsoc={"connections": connections}).source
    assert source.connection * connections == 12


def test_tables_come_from_the_configuration_the_folder_or_the_source(site):
    assert plan().tables.files == {"degradation": [], "error": "results/archive/solarsoft/error.json", "pointing": []}
    assert plan(source="jsoc").tables.files == {"degradation": [], "error": [], "pointing": []}
    assert plan(**LOCAL).tables.files["degradation"] == "results/archive/response.json"
    (site / "tables").mkdir()
    (site / "tables/degradation.ecsv").touch()
    assert Path(plan(**LOCAL).tables.files["degradation"]).name == "degradation.ecsv"
    for name in ("aia_V10_1_response_table.txt", "aia_V10_2_response_table.txt", "aia_V9_1_response_table.txt"):
        (site / "tables" / name).touch()
    assert Path(plan(**LOCAL).tables.files["degradation"]).name == "aia_V10_2_response_table.txt"
    assert plan(**LOCAL).tables.files["error"] == "results/archive/solarsoft/error.json"
    (site / "own.txt").touch()
    own = {"calibration": {"version": 9, "degradation": "auto", "error": "own.txt", "pointing": "auto"}}
    assert plan(**LOCAL, aia=own).tables.files["error"] == str(site / "own.txt")


REQUEST = {"channels": [171, 1600], "end": "2014-01-01T00:01:36", "batch": 3}


def test_chunks_hold_every_frame_once_and_keep_their_names_when_one_is_missing():
    whole = plan(aia=REQUEST)
    chunks = aia_batch.Batches.of(whole).chunks
    assert [key for chunk in chunks for key in chunk.keys] == list(whole.frames)
    assert all(len(chunk.keys) <= 3 and {channel for channel, _ in chunk.keys} == {chunk.channel} for chunk in chunks)
    lost = chunks[0].keys[0]
    fewer = replace(whole, lost={lost: Loss("lost")})
    left = aia_batch.Batches.of(fewer).chunks
    assert [chunk.name for chunk in left] == [chunk.name for chunk in chunks]
    assert left[0].keys == chunks[0].keys[1:]
    assert aia_batch.Batches.of(plan()).chunks == ()


def test_a_chunk_needs_what_its_steps_need():
    euv, uv = (aia_batch.Batches.of(plan(aia={"channels": [c], "batch": 9})).chunks[0] for c in (171, 1600))
    assert list(euv.inputs()) == ["images", "spikes", "error_table", "psf", "pointing", "degradation_table"]
    assert list(uv.inputs()) == ["images", "error_table", "pointing", "degradation_table"]
    assert euv.settings().keys() == {"systematic", "options", "version", "exposure_time"}
    assert uv.settings().keys() == {"systematic", "version", "exposure_time"}
    assert [frame.output for frame in uv.frames] == plan(aia={"channels": [1600]}).products()


def test_a_chunk_of_cutouts_takes_one_core():
    cut = {"cutout": configuration()["aia"]["cutout"] | {"centre": [300, -200]}}
    whole, part = (aia_batch.Batches.of(plan(aia={"channels": [171], "batch": 9, **own})).chunks[0] for own in ({}, cut))
    (key,) = whole.keys
    files = replace(whole.plan, wanted={key: local.Frame(*key, Path("own.fits"), None, is_cutout=True)})
    assert (whole.threads, part.threads, replace(whole, plan=files).threads) == (2, 1, 1)


def test_what_a_chunk_fetches():
    request = {"channels": [171, 1600], "batch": 9}
    euv, uv = aia_batch.Batches.of(plan(aia=request)).chunks
    assert [Path(file).suffix for file in euv.fetched] == [".fits", ".json", ".fits"]
    assert [Path(file).suffix for file in uv.fetched] == [".fits", ".json"]


def test_single_steps_make_only_what_no_chunk_makes():
    chunked, single = (aia_batch.Batches.of(plan(aia={"channels": [171, 1600], "batch": size})) for size in (9, 0))
    assert {chunked.single(state) for state in ("level1", "normalised", "quicklook")} == {"(?!)"}
    assert (chunked.single("spikes"), chunked.single("level1.5")) == ("1600", "171|1600")
    some = aia_batch.Batches.of(plan(aia={**REQUEST, "channels": [171], "quicklook": 2}))
    assert some.single("quicklook") == "171", "an image without a quick look can be asked for one"
    assert {single.single(state) for state in ("level1", "normalised", "quicklook")} == {r"\d{2,4}"}


def test_own_files_are_read_in_place_and_not_fetched(site):
    chunk, _ = aia_batch.Batches.of(plan(**LOCAL, aia={"batch": 9})).chunks
    assert chunk.downloads == []
    assert [Path(frame.image).parent for frame in chunk.frames] == [site / "level1"] * 2
    assert [bool(frame.spikes) for frame in chunk.frames] == [True, False]


def test_an_image_that_has_failed_is_refused_until_something_changes(site, monkeypatch):
    """The chunk keeps its name, and would fetch what it fetched before."""
    monkeypatch.setattr("helioreduce.plan.aia_tables.ARCHIVE", {"degradation": "level1/b.fits", "error": "level1/b.fits"})
    whole = aia_batch.Batches.of(plan(**LOCAL, aia={"batch": 9}))
    inputs = whole.chunks[0].inputs()
    for file in (*inputs["pointing"], *(file for file in inputs.values() if isinstance(file, str))):
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        Path(file).touch()

    def fail(frame, _):
        raise InputError("holds no Sun")

    frame, made_by = whole.chunks[0].frames[1], (code("aia_batch", *aia_batch.SCRIPTS), whole.chunks[0].settings())
    with pytest.raises(InputError):
        quality = whole.plan.settings["quality"]
        batch.run([frame], aia_batch.KEPT, made_by, "tables", lambda frame: None, fail, None, judged_by=quality)
    left = aia_batch.Batches.of(plan(**LOCAL, aia={"batch": 9}))
    assert list(left.plan.frames) == [KEYS[0], KEYS[2]]
    assert left.plan.refused["171 20140101T000001"] == f"{frame.image}: holds no Sun"
    assert [(chunk.name, chunk.keys) for chunk in left.chunks] == [(chunk.name, chunk.keys) for chunk in whole.chunks]
    assert left.chunks[0].good == left.chunks[0].keys[:1] and len(left.chunks[0].quicklooks) == 1
    assert not aia_missing.goes_on(left), "it has been left out already"
    monkeypatch.setattr(aia_missing.atexit, "register", lambda *_: None)
    assert aia_missing.goes_on(whole)
    allowed = plan(**LOCAL, aia={"batch": 9, "quality": {"allow": ["eclipse"]}})
    assert aia_batch.Batches.of(allowed).plan.frames == whole.plan.frames, "another policy is a new chance"
    time.sleep(0.02)  # the clock of the file system
    Path(frame.image).touch()
    assert aia_batch.Batches.of(plan(**LOCAL, aia={"batch": 9})).plan.frames == whole.plan.frames


def test_large_requests_without_batches_are_advised():
    request = {"channels": [171], "end": "2014-01-01T12:00:00"}
    assert "batch: auto" in aia_batch.Batches.of(plan(aia={**request, "batch": 0})).notes[0]
    assert aia_batch.Batches.of(plan(aia=request)).notes == ()
    assert aia_batch.Batches.of(plan()).notes == ()


@pytest.mark.parametrize(("seconds", "sizes"), [(36, []), (48, [5]), (12 * 120, [50, 50, 21])], ids=["four", "five", "121"])
def test_by_default_few_images_go_step_by_step_and_more_in_chunks(seconds, sizes, site):
    request = {"channels": [171], "end": f"2014-01-01T00:{seconds // 60:02d}:{seconds % 60:02d}"}
    assert [len(chunk.keys) for chunk in aia_batch.Batches.of(plan(aia=request)).chunks] == sizes


def test_few_images_that_a_larger_request_has_made_stay_in_their_chunk(site):
    assert aia_batch.Batches.of(plan(aia=TWO)).chunks == ()
    for channel, slot in plan(aia=TWO).wanted:
        kept = Path(aia_batch.KEPT, channel, "0123456789abcdef", f"{slot}.fits")
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.touch()
    assert sum(len(chunk.keys) for chunk in aia_batch.Batches.of(plan(aia=TWO)).chunks) == len(plan(aia=TWO).wanted)


def test_long_planning_is_announced():
    request = {"channels": [171], "end": "2014-01-07T00:00:00", "batch": 100}
    assert "planning takes about 1 min" in aia_batch.Batches.of(plan(aia=request)).notes[0]


@pytest.mark.parametrize(
    ("request_", "number"),
    [
        ({"end": "2024-01-01T00:00:00", "channels": [94, 131, 171, 193, 211, 304, 335]}, "184,060,807"),
        ({"end": "2024-01-01T00:00:00", "channels": [1600], "cadence_s": 1}, "13,147,201"),
        ({"end": "9999-01-01T00:00:00", "channels": [4500], "cadence_s": 12}, "69,995,065"),
    ],
)
def test_a_request_of_many_years_says_at_once_what_it_costs(request_, number):
    """And how a smaller one would be asked for, which is planned."""
    began = time.monotonic()
    with pytest.raises(InputError, match=rf"{number}.* images, .* TB to be fetched, .*aia.end.*cadence_s of \d+ or more"):
        plan(aia=request_)
    assert time.monotonic() - began < 2
    mission = {"start": "2010-06-01T00:00:00", "end": "2024-06-01T00:00:00", "cadence_s": 2592000}
    assert len(plan(aia={**mission, "channels": [171, 193]}).wanted) == 2 * 171


def test_planning_loads_neither_snakemake_nor_a_compiler():
    """What `snakemake -n` and every job's start would pay for."""
    plans = ", ".join(f"helioreduce.plan.{name}" for name in ("aia_cube", "aia_series", "cosmic_rays", "dem", "esis", "spice"))
    code = f"import {plans}, json, sys; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(REPOSITORY / "scripts")},
    )
    assert not {"snakemake", "numba", "scipy", "matplotlib", "sunpy", "drms", "pandas"} & set(json.loads(done.stdout))


@pytest.mark.parametrize(
    ("source", "once", "other", "same"),
    [
        ("archive", [], ["missing_25_percent"], True),
        ("local", [], ["eclipse"], True),
        ("local", [], ["missing_25_percent"], False),
        ("vso", [], ["eclipse"], False),
    ],
)
def test_a_frame_depends_on_what_is_allowed_only_where_its_own_file_says(site, monkeypatch, source, once, other, same):
    """A good frame is the same whatever else is let in; lost pixels of a user's file are counted in the file."""
    monkeypatch.setattr("helioreduce.plan.aia_tables.ARCHIVE", {"degradation": "level1/b.fits", "error": "level1/b.fits"})
    found = []
    for allow in (once, other):
        made = plan(**LOCAL | {"source": source}, aia={"batch": 9, "quality": {"allow": allow}})
        found.append((made.judged_inside, aia_batch.Batches.of(made).chunks[0].settings()))
    assert (found[0] == found[1]) == same


def test_single_steps_and_chunks_bin_alike_and_know_the_words_of_the_function():
    made = plan(aia={"output": {"npix": 512, "form": "images", "precision": "float32"}, "batch": 9})
    chunk = aia_batch.Batches.of(made).chunks[0]
    channel, time = chunk.keys[0]
    asked = made.grid(channel, time)
    assert asked == chunk.settings()["binning"] and asked["npix"] == 512
    assert set(asked) <= set(inspect.signature(binning.to_grid).parameters)
