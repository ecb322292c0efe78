"""Lists of records on disk."""

from __future__ import annotations

from dataclasses import replace

import pytest

from helioreduce import times
from helioreduce.errors import InputError
from helioreduce.jsoc import records
from helioreduce.jsoc.errors import NoData

START, END = times.parse("2014-01-01T00:00:00Z"), times.parse("2014-01-01T00:00:24Z")


def test_records_survive_the_disk(client, tmp_path):
    found = list(client.frames(171, START, END, 12.0))
    records.save(tmp_path / "records.jsonl", found, query=client.queries[-1].url)
    assert records.load(tmp_path / "records.jsonl") == found


def test_an_empty_list_survives_the_disk(tmp_path):
    records.save(tmp_path / "records.jsonl", [], requested=["20140101T000001"])
    assert records.load(tmp_path / "records.jsonl") == []
    assert records.origin(tmp_path / "records.jsonl") == {"requested": ["20140101T000001"]}


def test_slots_without_a_usable_record_are_missing(client, tmp_path):
    """Of two versions of a record the one made last counts; a slot without a record is named."""
    found = list(client.frames(171, START, END, 12.0))
    older = replace(found[1], recnum=1, keywords={**found[1].keywords, "QUALITY": "0x80000000"})
    slots = ["20140101T000001", "20140101T000013", "20140101T000025", "20140101T000037"]
    records.save(tmp_path / "list", [found[0], found[1], older, found[2]], requested=slots)
    assert records.find(tmp_path / "list", slots[1]).recnum == found[1].recnum
    assert records.missing(tmp_path / "list", lambda record: "") == {slots[3]: "the archive has no record"}
    verdict = {found[2].recnum: "bad"}
    assert records.missing(tmp_path / "list", lambda record: verdict.get(record.recnum, ""))[slots[2]] == "bad"
    with pytest.raises(NoData, match=slots[3]):
        records.find(tmp_path / "list", slots[3])


@pytest.mark.parametrize("text", ["", "{}", "not JSON", '{"series": null}\n{}\n', '{"series": {}}\n{"name": 1}\n'])
def test_what_is_no_list_is_refused(tmp_path, text):
    (tmp_path / "list").write_text(text)
    if text == "{}":
        assert records.load(tmp_path / "list") == []
    else:
        with pytest.raises(InputError, match="Query again"):
            records.load(tmp_path / "list")
