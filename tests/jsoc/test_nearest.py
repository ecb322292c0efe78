"""Neighbours that stand in: the nearest good record within reach, never the image of another slot, and said in the header."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from small_archive import write_frame

import aia_fetch
import aia_missing
import aia_query
from helioreduce import times
from helioreduce.io import fits
from helioreduce.jsoc import losses, records, retrieval
from helioreduce.quality import DEFAULT

ECLIPSE = "0x00002000"
SETTINGS = {"connections": 1, "retries": 1, "timeout_s": 5.0}
QUALITY = {"allow": [], "refuse": []}


def slot(second: int) -> str:
    """The slot that begins so many seconds after the first one."""
    return times.compact(times.from_tai(times.tai_seconds(times.parse("2014-01-01T00:00:01Z")) + second))


def frame(root: Path, second: int, **changed: str) -> None:
    """A frame of 171 Å; T_OBS is 1.34 s after its slot."""
    write_frame(root, 171, times.from_compact(slot(second)), 900 + second, **changed)


def asked(archive) -> list[str]:
    """The record sets of the queries."""
    return [request["query"]["ds"] for request in archive.requests if request["query"].get("op") == "rs_list"]


def query(archive, seconds, within_s=24.0, **more):
    wanted = [slot(second) for second in seconds]
    return retrieval.query(archive.url, "171", wanted, SETTINGS, within_s=within_s, quality=QUALITY, **more)


@pytest.fixture
def dark(root):
    """Slots of 0, 12, … 108 s: those of 48 and 60 s in an eclipse, that of 96 s without a record."""
    for second in range(0, 120, 12):
        frame(root, second, **({"QUALITY": ECLIPSE} if second in (48, 60) else {}))
    (root / "frames/171" / slot(96) / "record.json").unlink()
    return root


@pytest.mark.usefixtures("dark")
def test_the_nearest_good_record_stands_in(archive):
    """Of slot 48: 36 is 10.66 s before, 60 is dark; of slot 96: 84 is nearer than 108."""
    answer = query(archive, [0, 48, 96])
    assert {own: entry["taken"] for own, entry in answer.nearest.items()} == {slot(48): slot(36), slot(96): slot(84)}
    assert answer.nearest[slot(48)]["reason"] == "QUALITY bit 13: eclipse"
    assert answer.nearest[slot(96)]["reason"] == "the archive has no record"
    _, second = asked(archive)
    assert second.count("/60s") == 2 and f"{times.iso(times.from_compact(slot(24)))}/60s" in second, "one query more for both"


@pytest.mark.usefixtures("dark")
def test_nothing_more_is_asked_where_nothing_is_missing(archive):
    assert not query(archive, [0, 24]).nearest and len(asked(archive)) == 1


@pytest.mark.usefixtures("dark")
def test_nothing_more_is_asked_where_none_is_to_stand_in(archive):
    wanted = [slot(second) for second in (0, 48)]
    assert not retrieval.query(archive.url, "171", wanted, SETTINGS).nearest and len(asked(archive)) == 1


@pytest.mark.usefixtures("dark")
@pytest.mark.parametrize(
    ("seconds", "within_s", "taken"),
    [
        ([0, 48], 10.0, {}),  # T_OBS of slot 36 is 10.66 s before
        ([0, 48], 10.7, {48: 36}),
        ([0, 36, 48], 24.0, {48: 24}),  # slot 36 is wanted itself
        ([0, 24, 36, 48], 24.0, {}),  # 72 is 25.34 s after
        ([48, 60], 13.4, {48: 36, 60: 72}),
        ([36, 48, 60], 26.0, {48: 24, 60: 72}),  # 72 is nearer to 60: a record stands in for one slot
    ],
)
def test_a_neighbour_is_within_reach_and_no_image_of_another_slot(archive, seconds, within_s, taken):
    answer = query(archive, seconds, within_s)
    assert {own: entry["taken"] for own, entry in answer.nearest.items()} == {slot(a): slot(b) for a, b in taken.items()}


@pytest.mark.usefixtures("dark")
def test_a_neighbour_meets_the_condition_and_is_of_the_series_that_is_asked_for(archive):
    """Where the condition does not hold for a slot nobody asked for it, and nothing stands in."""
    answer = query(archive, [0, 48], where=f"FSN != {1000 + 900 + 36}")
    assert {own: entry["taken"] for own, entry in answer.nearest.items()} == {slot(48): slot(24)}
    assert not query(archive, [0, 48], where="QUALITY = 0").nearest
    single = query(archive, [0, 48], series="aia.lev1")
    assert {own: entry["taken"] for own, entry in single.nearest.items()} == {slot(48): slot(36)}
    assert single.found[-1].series.name == "aia.lev1"


def test_lists_images_and_the_list_of_missing_frames_say_what_stands_in(dark, archive, tmp_path, monkeypatch):
    """And a record that comes back takes its place again."""
    monkeypatch.chdir(tmp_path)
    listed, request = "171/20140101.jsonl", {"series": "", "where": "", "within_s": 24.0, "quality": QUALITY}
    config = {"jsoc": SETTINGS, "aia": {"quality": QUALITY}}
    Path("171").mkdir()
    aia_query.main(archive.url, "171", [slot(0), slot(48)], request, config, listed)
    assert losses.of(listed, DEFAULT) == {}
    assert records.by_slot(listed)[slot(48)].keywords["T_REC"] == records.by_slot(listed)[slot(36)].keywords["T_REC"]
    for second in (0, 48):
        aia_fetch.main(archive.url, listed, slot(second), config, f"{second}.fits", f"{second}.json")
    header = fits.read_header("48.fits")
    assert header["T_ASKED"] == "2014-01-01T00:00:49Z" and header["T_REC"] == "2014-01-01T00:00:37.000"
    assert header["T_OBS"].startswith("2014-01-01T00:00:38.34") and "T_ASKED" not in fits.read_header("0.fits")
    assert json.loads(Path("48.json").read_text())["record"].endswith("[2014-01-01T00:00:37Z][171]")
    aia_missing.main(archive.url, [listed], [], False, QUALITY, config, "missing.tsv")
    row = f"171\t{slot(48)}\ttaken from {slot(36)}\tno\tQUALITY bit 13: eclipse"
    assert Path("missing.tsv").read_text().splitlines()[1:] == [row]
    frame(dark, 48)
    retrieval.ask(archive.url, [retrieval.Listed(listed, slot(48))], SETTINGS)
    assert records.by_slot(listed)[slot(48)].keywords["T_REC"] == "2014-01-01T00:00:49Z"
    assert losses.replaced_by_neighbours(listed) == {}
