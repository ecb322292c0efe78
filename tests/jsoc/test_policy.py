"""Records that may be used."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsoc_requests import ONE, SLOT, edit

from helioreduce import times
from helioreduce.jsoc import losses, policy, records
from helioreduce.jsoc.errors import NoData, Rejected
from helioreduce.jsoc.policy import Loss
from helioreduce.jsoc.records import Keyword, Record, Series
from helioreduce.quality import DEFAULT, Policy

KEYWORDS = {"T_REC": "2014-01-01T00:00:01Z", "T_OBS": "2014-01-01T00:00:02.34Z", "WAVELNTH": "171", "QUALITY": "0x00000000"}
KEYWORDS |= {"EXPTIME": "2.0", "CRPIX1": "2048.5", "CRPIX2": "2048.5", "CDELT1": "0.6", "CDELT2": "0.6", "NSPIKES": "3"}
SERIES = Series("aia.lev1_euv_12s", ("T_REC", "WAVELNTH"), {name: Keyword("string") for name in KEYWORDS})
GOOD = Record("one", SERIES, 1, KEYWORDS, {"image": "/SUM1/image", "spikes": "/SUM1/spikes"})


def record(**changed: str) -> Record:
    """A record with other keywords."""
    return replace(GOOD, keywords=KEYWORDS | changed)


def test_a_good_record_has_no_verdict():
    assert policy.verdict(GOOD, DEFAULT) is None


@given(st.sampled_from(sorted(KEYWORDS)), st.sampled_from(["MISSING", "nan", "", "inf", "-1", "0x1g", "\xe9", "1" * 400]))
def test_no_text_of_a_keyword_ends_in_an_exception(name, text):
    """One odd value is one verdict; without the keyword too."""
    for odd in (record(**{name: text}), replace(GOOD, keywords={key: KEYWORDS[key] for key in KEYWORDS if key != name})):
        found = policy.verdict(odd, DEFAULT)
        assert found is None or name in found.reason or "QUALITY" in found.reason
        assert policy.has_spikes(odd) in (True, False)
        assert isinstance(policy.without_spikes(odd), str)
        assert records.slot(odd) is None or name != "T_REC"


@pytest.mark.parametrize("name", ["EXPTIME", "CRPIX1", "CRPIX2", "CDELT1", "CDELT2", "T_OBS"])
@pytest.mark.parametrize("text", ["nan", "MISSING", ""])
def test_keywords_that_the_reduction_needs(name, text):
    loss = policy.verdict(record(**{name: text}), DEFAULT)
    assert loss == Loss(f"{name} = {text}") and loss.may_return


def test_files_that_have_their_keywords_are_not_judged_by_their_record():
    """As VSO's."""
    bare = replace(GOOD, series=replace(SERIES, keywords={}), keywords={"QUALITY": "0"})
    assert policy.verdict(bare, DEFAULT) is None


@pytest.mark.parametrize(
    ("quality", "returns"),
    [("0x80000000", True), ("0x40000000", True), ("0x00002000", False), ("nan", True), ("MISSING", True)],
)
def test_bad_light_does_not_return_but_a_missing_or_early_image_may(quality, returns):
    assert policy.verdict(record(QUALITY=quality), DEFAULT).may_return == returns


@pytest.mark.parametrize(
    ("number", "channel", "expected"),
    [("3", "171", True), ("0", "171", False), ("MISSING", "171", False), ("nan", "171", False), ("3", "1600", False)],
)
def test_frames_that_should_have_spikes(number, channel, expected):
    found = record(NSPIKES=number, WAVELNTH=channel)
    assert policy.has_spikes(found) == expected
    lacking = replace(found, segments={"image": "/SUM1/image"})
    assert bool(policy.without_spikes(lacking)) == (math.isnan(policy._number(found, "NSPIKES")) and channel == "171")
    assert not policy.without_spikes(found)


@pytest.fixture
def near_real_time(client, root, tmp_path):
    """A list of records with one near-real-time frame."""
    edit(root, 171, "20140101T000001", keywords={"QUALITY": "0x40000000"})
    records.save(tmp_path / "list.jsonl", client.records(ONE, ["image"]), requested=[times.compact(SLOT)])
    return tmp_path / "list.jsonl"


def test_near_real_time_is_never_mixed(near_real_time):
    slot = times.compact(SLOT)
    with pytest.raises(Rejected, match=r"near-real-time data. .*aia.quality.allow: \[near_real_time\]"):
        policy.usable(near_real_time, slot, DEFAULT)
    (loss,) = losses.of(near_real_time, DEFAULT).values()
    assert (loss.reason, loss.may_return) == ("QUALITY bit 30: near-real-time data", True)


def test_near_real_time_may_be_allowed(near_real_time):
    allowed = Policy(allow=["near_real_time"])
    assert policy.usable(near_real_time, times.compact(SLOT), allowed).keywords["QUALITY"] == "0x40000000"
    assert losses.of(near_real_time, allowed) == {}


def test_a_slot_without_a_record_is_no_data(near_real_time):
    with pytest.raises(NoData, match="no record"):
        policy.usable(near_real_time, "20140101T000013", DEFAULT)
