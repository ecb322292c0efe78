"""The archive's language and replies: the record-set grammar, and what real JSOC answered."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_archive import write_frame

from helioreduce import times
from helioreduce.archive import info, recordset
from helioreduce.archive.catalogue import Catalogue
from helioreduce.archive.exports import Exports
from helioreduce.archive.recordset import RecordSetError
from helioreduce.archive.series import Keyword, known, time_text

EUV = "aia.lev1_euv_12s"


@pytest.fixture
def catalogue(root):
    """The catalogue of the small archive."""
    held = Catalogue(root)
    held.refresh()
    return held


def slots(catalogue, text):
    """Seconds of T_REC and channel of the records of a record set."""
    found = [record for one in recordset.parse(text) for record in recordset.select(catalogue, one)]
    return [(record.keywords["T_REC"][17:19], record.keywords["WAVELNTH"]) for record in found]


ALL171 = [("01", "171"), ("13", "171"), ("25", "171")]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ("[][171]", ALL171),
        ("[2014-01-01T00:00:00Z-2014-01-01T00:00:20Z][171]", ALL171),
        ("[2014.01.01_00:00:36_TAI-2014.01.01_00:00:48_TAI][171]", ALL171[:2]),
        ("[2014-01-01T00:00:01Z/24s][171]", ALL171[:2]),
        ("[2014-01-01T00:00:01Z/1m@24s][171]", ALL171[::2]),
        ("[2014-01-01T00:00:01Z/2u][171]", ALL171[:2]),
        ("[2014-01-01T00:00:01Z/5s][171]", ALL171[:1]),
        ("[2014-01-01T00:00:01Z,2014-01-01T00:00:25Z][171]", ALL171[::2]),
        ("[^][171]", ALL171[:1]),
        ("[$][171]", ALL171[2:]),
        ("[^-2014-01-01T00:00:13Z][171]", ALL171[:2]),
        ("[WAVELNTH=171]", ALL171),
        ("[2014-01-01T00:00:01Z]", [("01", "171"), ("01", "193")]),
        ("[2014-01-01T00:00:01Z][171-200]", [("01", "171"), ("01", "193")]),
        ("[2014-01-01T00:00:01Z][193,171]", [("01", "171"), ("01", "193")]),
        ("[:#5181]", ALL171[1:2]),
        ("[:#5171-#5181,#5191]", ALL171),
        ("[][171][? FSN > 1171 AND quality = 0 ?]", ALL171[1:]),
        ("[][171][? FSN = '1171' ?]", ALL171[:1]),
        ("[][171][? wave_str = '171_THIN' ?][? T_OBS > $(2014-01-01T00:00:10Z) ?]", ALL171[1:]),
        ("[][171][! FSN = 1171 !]", ALL171[:1]),
        ("[2013-01-01]", []),
    ],
)
def test_grammar(catalogue, filters, expected):
    assert slots(catalogue, f"{EUV}{filters}") == expected
    assert slots(catalogue, f" {EUV.upper()} {filters} {{image}}") == expected


@pytest.mark.parametrize(
    "text",
    [
        *("[x]", f"{EUV}[2014-01-01", f"{EUV}[a][b][c]", f"{EUV}[yesterday]", f"{EUV}[FSN=3]", f"{EUV}[2014-01-01/x]"),
        *(f"{EUV}[? FSN > ?]", f"{EUV}[? nothing = 1 ?]", f"{EUV}[? 1); DROP TABLE records; -- ?]", f"{EUV}]", "aia.none"),
        *(f"{EUV}[? FSN IN (SELECT name FROM sqlite_master) ?]", f"{EUV}[? load_extension('x') ?]", f"{EUV}[:#x]"),
    ],
)
def test_what_is_no_record_set_is_refused(catalogue, text):
    with pytest.raises(RecordSetError):
        slots(catalogue, text)


@given(st.text(alphabet=f"{EUV}[]{{}}?!#:^$@/-=,'\" 0123456789T_ZSELECT()", max_size=60))
def test_any_text_is_parsed_or_refused(text):
    try:
        sets = recordset.parse(text)
    except RecordSetError:
        return
    assert all(one.series for one in sets)


def test_n_takes_the_first_or_the_last(catalogue):
    (one,) = recordset.parse(f"{EUV}[][171]")
    assert [r.recnum for r in recordset.select(catalogue, one, 2)] == [5171, 5181]
    assert [r.recnum for r in recordset.select(catalogue, one, -1)] == [5191]


def test_a_reprocessed_record_hides_the_old_one(root, catalogue):
    folder = root / "frames" / "171" / "again"
    folder.mkdir()
    entry = json.loads((root / "frames" / "171" / "20140101T000001" / "record.json").read_text())
    (folder / "record.json").write_text(json.dumps({**entry, "recnum": 9000, "segments": {}}))
    catalogue.refresh()
    (latest,) = recordset.parse(f"{EUV}[2014-01-01T00:00:01Z][171]")
    (every,) = recordset.parse(f"{EUV}[2014-01-01T00:00:01Z][171][! 1=1 !]")
    assert [r.recnum for r in recordset.select(catalogue, latest)] == [9000]
    assert [r.recnum for r in recordset.select(catalogue, every)] == [5171, 9000]


@pytest.mark.parametrize(
    ("keyword", "text", "shown"),
    [
        (Keyword("A", "float", format="%.2f"), "250.341234", "250.34"),
        (Keyword("A", "float", format="%f"), "nan", "MISSING"),
        (Keyword("A", "int", format="0x%08x", default="0x80000000"), None, "0x80000000"),
        (Keyword("A", "int", format="0x%08x"), "-1", "0xffffffff"),
        (Keyword("A", "time", unit="ISO", format="2"), "2014-01-01T00:00:08.571Z", "2014-01-01T00:00:08.57Z"),
        (Keyword("A", "time", unit="ISO", format="0"), "2014-01-01T00:00:08Z", "2014-01-01T00:00:08Z"),
        (Keyword("A", "string", "constant", default="DN"), None, "DN"),
    ],
)
def test_print_formats(keyword, text, shown):
    assert keyword.shown(text) == shown


def test_a_time_reads_the_same_on_both_clocks():
    epoch = times.parse("1993.01.01_00:00:04_TAI")
    assert time_text(epoch, "TAI", 0) == "1993.01.01_00:00:04_TAI"
    assert time_text(times.parse("2014-01-01T00:00:01Z"), "TAI", 0) == "2014.01.01_00:00:36_TAI"


@pytest.mark.parametrize("name", ["2014-01-01_304", "2020-01-01_all_channels"])
def test_a_recorded_reply_is_answered_again_to_the_letter(real, tmp_path, name):
    recorded = json.loads((real / "jsoc" / f"rs_list_lev1_euv_{name}.json").read_text())
    columns = {column["name"]: column["values"] for column in recorded["keywords"]}
    rows = [
        {"recnum": i, "online": False, "keywords": {key: values[i] for key, values in columns.items()}}
        for i in range(recorded["count"])
    ]
    (tmp_path / "recorded.json").write_text(json.dumps({"series": EUV, "records": rows}))
    held = Catalogue(tmp_path)
    held.refresh()
    keys = "**ALL**" if len(columns) == 178 else ",".join(columns)  # in 2014 the series had no alias DATE-OBS
    query = {"op": "rs_list", "ds": EUV, "key": keys, "R": "1" if "recinfo" in recorded else "0"}
    reply = info.jsoc_info(held, {**query, "seg": "", "link": ""})
    assert list(reply) == list(recorded)
    assert {**reply, "runtime": 0} == {**recorded, "runtime": 0}


def test_an_empty_reply_has_the_keys_of_the_recorded_one(real, catalogue):
    recorded = json.loads((real / "jsoc" / "rs_list_lev1_euv_2020-01-01_empty.json").read_text())
    reply = info.jsoc_info(catalogue, {"op": "rs_list", "ds": f"{EUV}[2020-01-01]", "key": "T_REC"})
    assert list(reply) == list(recorded) and reply["count"] == 0 and reply["status"] == 0


def test_the_series_is_described_as_recorded(real, catalogue):
    recorded = json.loads((real / "jsoc" / "series_struct_lev1_euv_12s.json").read_text())
    reply = info.jsoc_info(catalogue, {"op": "series_struct", "ds": EUV})
    assert set(reply) == set(recorded)

    def plain(struct):
        return [{key: value for key, value in entry.items() if key != "note"} for entry in struct["keywords"]]

    assert plain(reply) == plain(recorded)
    assert [set(entry) for entry in reply["segments"]] == [set(entry) for entry in recorded["segments"]]
    for key in ("primekeys", "primekeysinfo", "dbindex", "retention", "unitsize", "status"):
        assert reply[key] == recorded[key]
    assert set(reply["Interval"]) == set(recorded["Interval"])


def test_an_export_is_listed_as_recorded(real, tmp_path):
    recorded = json.loads((real / "jsoc" / "exp_status_images_and_spikes.json").read_text())
    request = json.loads((real / "jsoc" / "exp_request_reply.json").read_text())
    slot = times.parse("2010-07-30T13:30:02Z")
    write_frame(tmp_path, 193, slot, 1, T_OBS="2010-07-30T13:30:08.84Z")
    held = Catalogue(tmp_path)
    held.refresh()
    exports = Exports(held, tmp_path / "exports")
    query = {"op": "exp_request", "ds": f"{EUV}[2010-07-30T13:30:02Z][193]", "notify": "a@localhost"}
    reply = exports.answer({**query, "method": "url", "protocol": "fits", "process=n": "0"})
    assert set(reply) == set(request)
    status = exports.answer({"op": "exp_status", "requestid": reply["requestid"]})
    while status["status"] in (1, 2):
        status = exports.answer({"op": "exp_status", "requestid": reply["requestid"]})
    assert list(status) == list(recorded)
    assert status["data"] == recorded["data"][:2]
    assert {key: type(value) for key, value in status.items()} == {key: type(value) for key, value in recorded.items()}
    assert re.fullmatch(r"\d{4}\.\d\d\.\d\d_\d\d:\d\d:\d\d_UT", status["exptime"])


def test_level1_keywords_are_those_of_the_recorded_reply():
    names = [keyword.name for keyword in known(EUV).keywords if keyword.scope != "index"]
    assert len(names) == 178 and names[:3] == ["T_REC", "T_OBS", "WAVELNTH"]
