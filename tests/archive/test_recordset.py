"""The record-set language of DRMS."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helioreduce.archive import recordset
from helioreduce.archive.recordset import RecordSetError

EUV = "aia.lev1_euv_12s"


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
