"""A frame that cannot be fetched costs only itself, and the same command typed again has it once the archive is healthy.

Each case is something wrong with one of three frames. The project's scripts run in the order of the rules, once as single
steps and once as a chunk; the files must be the same, to the last bit, and those of an archive that was healthy all along.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from healing import BAD, SLOTS, Case
from small_archive import write_frame

from helioreduce import times
from helioreduce.aia import level1
from helioreduce.aia.spikes import from_list
from helioreduce.archive.faults import Fault
from helioreduce.archive.server import Archive
from helioreduce.errors import InputWarning
from helioreduce.io import fits, jsoc_files

Act = Callable[[Case], object]


def overwritten(name: str, other: str) -> Act:
    """Return what puts a file of another frame, or no FITS file, in the place of the frame's."""
    return lambda case: shutil.copyfile(case.folder.parents[1] / other, case.folder / name)


def flipped(name: str) -> Act:
    """Return what changes bytes of a stored file, and its record's path with them."""

    def act(case: Case) -> None:
        content = bytearray((case.folder / name).read_bytes())
        for place in range(8200, 8216):
            content[place] ^= 0xFF
        (case.folder / name).write_bytes(content)

    return act


def always(kind: str, code: int = 503, name: str = "image_lev1") -> Act:
    """Return what makes every request for a file of the frame fail."""
    return lambda case: case.faults(Fault(kind, f"{case.path}/{name}", times=99, code=code))


#: What is wrong, the reason that is given, whether the frame may return.
CASES: dict[str, tuple[Act, str, str]] = {
    "off line": (lambda case: case.edit(online=False), "off line", "yes"),
    "no record": (lambda case: (case.folder / "record.json").rename(case.folder / "gone"), "no record", "yes"),
    "image 404": (always("status", 404), "404", "yes"),
    "image 401": (always("status", 401), "401", "yes"),
    "image 503 for ever": (always("status"), "2 attempts failed", "yes"),
    "image redirected": (always("redirect"), "redirect", "yes"),
    "image a page": (always("html"), "wrong at its source", "yes"),
    "image empty": (always("empty"), "wrong at its source", "yes"),
    "image cut for ever": (always("cut"), "2 attempts failed", "yes"),
    "spikes 404": (lambda case: case.edit(segments={"image": "image_lev1.fits", "spikes": None}), "404", "yes"),
    "spikes a page": (always("html", name="spikes"), "wrong at its source", "yes"),
    "image flipped": (flipped("image_lev1.fits"), "wrong at its source", "yes"),
    "image of another frame": (overwritten("image_lev1.fits", f"171/{SLOTS[0]}/image_lev1.fits"), "FSN|T_REC|T_OBS", "yes"),
    "image of another channel": (overwritten("image_lev1.fits", f"193/{BAD}/image_lev1.fits"), "WAVELNTH|FSN", "yes"),
    "spikes for image": (overwritten("image_lev1.fits", f"171/{BAD}/spikes.fits"), "pixels|identity|dimensions", "yes"),
    "spikes of another frame": (overwritten("spikes.fits", f"171/{SLOTS[0]}/spikes.fits"), "replaced pixels", "yes"),
    "image for spikes": (overwritten("spikes.fits", f"171/{BAD}/image_lev1.fits"), "shape", "yes"),
    "T_REC missing": (lambda case: case.answer(T_REC="MISSING"), "T_REC = MISSING", "yes"),
    "T_OBS missing": (lambda case: case.answer(T_OBS="MISSING"), "T_OBS = MISSING", "yes"),
    "T_OBS no time": (lambda case: case.answer(T_OBS="soon"), "T_OBS = soon", "yes"),
    "QUALITY NaN": (lambda case: case.answer(QUALITY="nan"), "QUALITY = 'nan' is not a number", "yes"),
    "QUALITY missing": (lambda case: case.answer(QUALITY="MISSING"), "no image", "yes"),
    "EXPTIME NaN": (lambda case: case.answer(EXPTIME="nan"), "EXPTIME = nan", "yes"),
    "EXPTIME zero": (lambda case: case.answer(EXPTIME="0"), "EXPTIME = 0", "yes"),
    "CRPIX1 NaN": (lambda case: case.answer(CRPIX1="nan"), "CRPIX1 = nan", "yes"),
    "CDELT2 no number": (lambda case: case.answer(CDELT2="wide"), "CDELT2 = wide", "yes"),
    "FSN no number": (lambda case: case.answer(FSN="first"), "FSN = 'first' is no int", "yes"),
    "NSPIKES of another": (lambda case: case.answer(NSPIKES="7"), "7", "yes"),
    "statistics of another": (lambda case: case.answer(DATAMEAN="3.0", FSN="MISSING"), "FSN|DATAMEAN", "yes"),
    "eclipse": (lambda case: case.edit(keywords={"QUALITY": "0x00002000"}), "eclipse", "no"),
    "near real time": (lambda case: case.edit(keywords={"QUALITY": "0x40000000"}), "near-real-time", "yes"),
}


@pytest.fixture(params=[0, pytest.param(3, marks=pytest.mark.full)], ids=["single steps", "chunks"])
def case(request, root, tmp_path, monkeypatch):
    """An archive, and an empty project in the working folder."""
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    with Archive(root) as archive:
        yield Case(archive, batch=request.param)


@pytest.fixture(scope="module")
def healthy(built, tmp_path_factory):
    """What an archive without faults gives."""
    folder = tmp_path_factory.mktemp("healthy")
    root = shutil.copytree(built, folder / "archive")
    with pytest.MonkeyPatch.context() as patch, Archive(root) as archive:
        patch.chdir(folder)
        case = Case(archive)
        case.command()
        return case.frames()


@pytest.mark.parametrize("name", CASES)
def test_a_frame_that_cannot_be_fetched_costs_itself_and_returns(case, name, healthy, built):
    """It is named with the reason; asked for again once; had as soon as it can be; then nothing is asked."""
    act, reason, may_return = CASES[name]
    act(case)
    case.command()
    others = {slot: files for slot, files in healthy.items() if slot != BAD}
    assert case.frames() == others
    assert list(case.missing()) == [BAD]
    frame, may, reported = case.missing()[BAD]
    assert (frame, may) == ("left out", may_return)
    assert re.search(reason, reported), reported
    again = case.command()
    assert [what for what in again if "[" in what] == (["aia.lev1_euv_12s[2014-01-01T00:00:13Z][171]"] if may == "yes" else [])
    assert not [what for what in again if what.startswith("/SUM") and not what.startswith(case.path)]
    assert case.frames() == others and case.passes == 1
    case.faults()
    case.answer()
    shutil.copytree(built / "frames/171" / BAD, case.folder, dirs_exist_ok=True)
    case.requests()
    asked = case.command()
    if may == "yes":
        assert case.frames() == healthy and case.missing() == {}
        assert sum("[" in what for what in asked) == 1 and len(asked) == len(set(asked)) <= 3
    assert case.command() == [] and case.passes == 1


def test_a_command_that_was_killed_after_the_query_finds_what_has_moved_since(case, healthy):
    """A storage unit moves when it returns from tape: its listed address is no more, and the archive is asked again, once."""
    case.list_only()
    addresses = {case.path}
    write_frame(case.archive.catalogue.root, 171, times.from_compact(BAD), 181, stored="stale")
    addresses.add(case.path)
    asked = case.command()
    assert len(addresses) == 2 and case.passes == 1
    assert [what for what in asked if "[" in what] == ["aia.lev1_euv_12s[2014-01-01T00:00:13Z][171]"]
    assert case.frames().keys() == healthy.keys() and case.missing() == {}
    assert case.command() == []


def test_staged_files_that_have_expired_are_fetched_as_they_are_stored(case, healthy):
    case.settings = {"method": "url", "email": "reader@localhost"}
    case.list_only()
    shutil.rmtree(case.archive.exports.folder)
    case.command()
    assert {slot: files[1] for slot, files in case.frames().items()} == {slot: files[1] for slot, files in healthy.items()}
    assert case.missing() == {} and case.passes == 1
    assert case.command() == []


@pytest.mark.parametrize("segments", [["image"], ["spikes"], []])
def test_what_an_export_leaves_out_is_fetched_as_it_is_stored(case, healthy, segments):
    """Image and spikes alike; a file name that is null counts as left out."""
    case.settings = {"method": "url", "email": "reader@localhost"}
    case.list_only()
    exports = next(Path("results/aia/exports").rglob("*.json"))
    entries = json.loads(exports.read_text())
    assert len(entries) == 6
    exports.write_text(json.dumps([entry for entry in entries if entry["segment"] in segments]))
    case.command()
    assert case.frames().keys() == healthy.keys() and case.missing() == {}
    assert {slot: files[1] for slot, files in case.frames().items()} == {slot: files[1] for slot, files in healthy.items()}


def test_a_frame_that_is_used_without_its_spikes_is_reported(case):
    """On the screen, in the list of missing frames, and in the header."""
    case.answer(NSPIKES="MISSING", spikes="")
    with pytest.warns(InputWarning, match="is reduced without its spikes"):  # as log_to has it, on the screen
        case.command()
    assert len(case.frames()) == 3
    ((reported),) = case.missing().values()
    assert reported[:2] == ("reduced without its spikes", "yes") and "NSPIKES = MISSING" in reported[2]
    image = level1.ingest(fits.read(f"results/aia/level1/171/{BAD}.fits"))
    _, header = jsoc_files.read_spikes(f"results/aia/spikes/171/{BAD}.fits")
    respiked = from_list(image, (np.empty((3, 0)), header))
    assert respiked.header["RESPIKE"] == "SKIPPED" and "NSPIKES = MISSING" in str(respiked.header)


def test_a_keyword_that_fits_cannot_hold_costs_nothing(case, healthy):
    case.answer(WAVE_STR="171_TH\u00cdN\n")
    case.command()
    assert case.frames().keys() == healthy.keys()
    assert fits.read_header(f"results/aia/level1/171/{BAD}.fits")["WAVE_STR"] == "171_TH?N?"


def test_two_frames_may_be_missing_for_different_reasons(case, healthy):
    case.edit(online=False)
    first = case.folder.parent / SLOTS[0]
    content = (first / "image_lev1.fits").read_bytes()
    (first / "image_lev1.fits").write_bytes(content[:9000] + b"?" * 100 + content[9100:])
    case.command()
    assert case.frames().keys() == {SLOTS[2]} and list(case.missing()) == [*SLOTS[:2]]
    case.edit(online=True)
    asked = case.command()
    assert sum("[" in what for what in asked) == 1, "one query for both"
    assert case.frames().keys() == {*SLOTS[1:]} and list(case.missing()) == [SLOTS[0]]
    (first / "image_lev1.fits").write_bytes(content)
    case.command()
    assert case.frames() == healthy and case.command() == []


def test_an_archive_that_does_not_answer_costs_no_frame(case, healthy):
    """What is missing stays listed, nothing is noted against the others, and the next command has them all."""
    case.edit(online=False)
    case.command()
    listed = case.missing()
    url = case.archive.url
    case.settings = {"url": "http://127.0.0.1:9/"}
    case.command()
    assert case.missing() == listed and len(case.frames()) == 2
    case.settings = {"url": url}
    case.edit(online=True)
    case.command()
    assert case.frames() == healthy


def test_every_frame_may_be_too_much_for_an_archive(case):
    """Of a chunk no more are tried after three; no frame is lost that was not tried."""
    case.faults(Fault("status", "/SUM", times=9999))
    case.command()
    assert case.frames() == {} and set(case.missing()) == set(SLOTS)
    case.faults()
    case.command()
    assert len(case.frames()) == 3
