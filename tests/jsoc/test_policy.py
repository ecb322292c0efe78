"""Records that may be used."""

from __future__ import annotations

import pytest
from jsoc_requests import ONE, SLOT, edit

from helioreduce import times
from helioreduce.jsoc import policy, records
from helioreduce.jsoc.errors import Rejected
from helioreduce.quality import DEFAULT, Policy


@pytest.fixture
def near_real_time(client, root, tmp_path):
    """A list of records with one near-real-time frame."""
    edit(root, 171, "20140101T000001", keywords={"QUALITY": "0x40000000"})
    records.save(tmp_path / "list.jsonl", client.records(ONE), requested=[times.compact(SLOT)])
    return tmp_path / "list.jsonl"


def test_near_real_time_is_never_mixed(near_real_time):
    slot = times.compact(SLOT)
    with pytest.raises(Rejected, match=r"near-real-time data. .*aia.quality.allow: \[near_real_time\]"):
        policy.usable(near_real_time, slot, DEFAULT)
    assert policy.missing(near_real_time, DEFAULT) == {slot: "QUALITY bit 30: near-real-time data"}


def test_near_real_time_may_be_allowed(near_real_time):
    allowed = Policy(allow=["near_real_time"])
    assert policy.usable(near_real_time, times.compact(SLOT), allowed).keywords["QUALITY"] == "0x40000000"
    assert policy.missing(near_real_time, allowed) == {}
