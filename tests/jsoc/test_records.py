"""Lists of records on disk."""

from __future__ import annotations

from dataclasses import replace

import pytest

from helioreduce import times
from helioreduce.errors import InputError
from helioreduce.jsoc import records

START, END = times.parse("2014-01-01T00:00:00Z"), times.parse("2014-01-01T00:00:24Z")


def test_records_survive_the_disk(client, tmp_path):
    found = list(client.frames(171, START, END, 12.0))
    records.save(tmp_path / "records.jsonl", found, query=client.queries[-1].url)
    assert records.load(tmp_path / "records.jsonl") == found


def test_an_empty_list_survives_the_disk(tmp_path):
    records.save(tmp_path / "records.jsonl", [], requested=["20140101T000001"])
    assert records.load(tmp_path / "records.jsonl") == []
    assert records.origin(tmp_path / "records.jsonl") == {"requested": ["20140101T000001"]}


def test_of_two_versions_of_a_record_the_one_made_last_counts(client, tmp_path):
    found = list(client.frames(171, START, END, 12.0))
    older = replace(found[1], recnum=1, keywords={**found[1].keywords, "QUALITY": "0x80000000"})
    records.save(tmp_path / "list", [found[0], found[1], older])
    assert records.by_slot(tmp_path / "list") == {"20140101T000001": found[0], "20140101T000013": found[1]}


def test_a_record_without_a_time_is_in_no_slot(client, tmp_path):
    first, second, _ = client.frames(171, START, END, 12.0)
    lost = replace(second, keywords={**second.keywords, "T_REC": "MISSING"})
    records.save(tmp_path / "list", [first, lost])
    assert records.by_slot(tmp_path / "list") == {"20140101T000001": first}
    assert records.slot(replace(second, keywords={})) is None


def test_what_the_archive_says_later_takes_the_place_of_what_it_said(client, tmp_path):
    """Of the slots that were asked for, and of no others; their list says when each was asked for."""
    first, second, third = client.frames(171, START, END, 12.0)
    slots = ["20140101T000001", "20140101T000013", "20140101T000025"]
    records.save(tmp_path / "list", [first, second], requested=slots, queries=["one"], asked=100.0)
    later = [replace(second, recnum=9), third]
    records.update(tmp_path / "list", slots[1:], records.Answer([replace(first, recnum=9), *later], ["two"], []))
    assert records.by_slot(tmp_path / "list") == dict(zip(slots, [first, *later], strict=True))
    assert records.origin(tmp_path / "list")["queries"] == ["one", "two"]
    assert records.asked(tmp_path / "list", slots[0]) == 100.0 < records.asked(tmp_path / "list", slots[2])
    records.update(tmp_path / "list", slots[2:], records.Answer([], ["three"], []))
    assert records.by_slot(tmp_path / "list").keys() == set(slots[:2])


@pytest.mark.parametrize("text", ["", "{}", "not JSON", '{"series": null}\n{}\n', '{"series": {}}\n{"name": 1}\n'])
def test_what_is_no_list_is_refused(tmp_path, text):
    (tmp_path / "list").write_text(text)
    if text == "{}":
        assert records.load(tmp_path / "list") == []
    else:
        with pytest.raises(InputError, match="Query again"):
            records.load(tmp_path / "list")
