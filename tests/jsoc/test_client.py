"""Queries: records, tables, digests, privacy."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import count
from types import SimpleNamespace

import pytest
from astropy.io import fits as astropy_fits
from jsoc_requests import ONE, SLOT, exported
from small_archive import unmodified

from helioreduce import times
from helioreduce.archive import info
from helioreduce.archive.faults import Fault
from helioreduce.jsoc import records
from helioreduce.jsoc.client import Client
from helioreduce.jsoc.errors import FetchError, NoData, Rejected

START, END = times.parse("2014-01-01T00:00:00Z"), times.parse("2014-01-01T00:00:24Z")


def test_unmodified_client_queries_and_exports(archive, tmp_path):
    client = unmodified(archive)
    keys, segments = client.query(
        "aia.lev1_euv_12s[2014-01-01T00:00:00Z/30s][171]", key="T_REC,QUALITY,*recnum*", seg="image,spikes"
    )
    assert keys.T_REC.tolist() == ["2014-01-01T00:00:01Z", "2014-01-01T00:00:13Z"]
    assert segments.image[0].endswith("/image_lev1.fits") and segments.spikes[0].endswith("/spikes.fits")
    request = client.export("aia.lev1_euv_12s[2014-01-01T00:00:01Z][171]", email="reader@localhost")
    assert request.has_succeeded() and len(request.urls) == 2
    assert set(request.data.filename) == {segments.image[0], segments.spikes[0]}
    saved = request.download(str(tmp_path))
    assert all(astropy_fits.open(path)[1].data is not None for path in saved.download)


def test_records_carry_every_keyword_as_text(client):
    found = list(client.frames(171, START, END, 12.0))
    assert [record.keywords["T_REC"][-3:] for record in found] == ["01Z", "13Z", "25Z"]
    first = found[0]
    assert len(first.keywords) == 178 and first.recnum == 5171
    assert first.keywords["QUALITY"] == "0x00000000"
    assert first.keywords["EXPTIME"] == "2.000191234", "full precision, not the print format"
    assert set(first.segments) == {"image", "spikes"}


def test_cadence_and_channel_select(client):
    assert len(list(client.frames(193, START, END, 24.0))) == 2
    assert len(list(client.frames(1600, START, times.parse("2014-01-01T00:00:36Z"), 24.0))) == 2
    assert list(client.frames(94, START, END, 12.0)) == []


def asked(archive):
    """The record sets of the queries."""
    return [request["query"]["ds"] for request in archive.requests if request["query"].get("op") == "rs_list"]


@pytest.mark.parametrize("cadence_s", [12, 24.0, 86400, 1e6, 2592000.0])
def test_numbers_of_a_query_are_plain(archive, client, cadence_s):
    """Of any cadence, over fourteen years of one image a month: no exponent, which DRMS does not read, and one query."""
    end = times.parse("2028-01-01T00:00:00Z") if cadence_s > 1e6 else times.parse("2014-02-01T00:00:00Z")
    first, *_ = client.frames(171, START, min(end, START + timedelta(seconds=199 * cadence_s)), cadence_s)
    assert first.keywords["T_REC"] == "2014-01-01T00:00:01Z"
    (record_set,) = asked(archive)
    assert re.search(rf"@{cadence_s // 12 * 12:.0f}s\]", record_set)


def test_slots_that_are_not_equally_spaced_are_listed(archive, client):
    slots = [times.parse(f"2014-01-01T00:00:{second}Z") for second in ("01", "25")]
    slots.append(times.parse("2014-03-01T00:00:01Z"))
    found = list(client.in_slots(171, slots))
    assert [record.keywords["T_REC"] for record in found] == [times.iso(slot) for slot in slots[:2]]
    assert asked(archive) == ["aia.lev1_euv_12s[2014-01-01T00:00:01Z,2014-01-01T00:00:25Z,2014-03-01T00:00:01Z][171]"]
    assert list(client.in_slots(171, [])) == []
    assert len(list(client.in_slots(171, slots[:1]))) == 1


def test_a_condition_goes_to_the_server(archive, client):
    slots = [times.parse(f"2014-01-01T00:00:{second}Z") for second in ("01", "13", "25")]
    found = list(client.in_slots(171, slots, where="T_OBS < $(2014-01-01T00:00:10Z)"))
    assert [record.keywords["T_REC"][-3:] for record in found] == ["01Z"]
    assert asked(archive)[0].endswith("[171][? T_OBS < $(2014-01-01T00:00:10Z) ?]")


@pytest.mark.parametrize("name", ["aia.lev1", "aia.lev1_nrt2"])
def test_single_exposures_are_found_in_the_slots_of_their_channel(client, name):
    """The same exposures as in the slotted series, whatever T_REC; the images have their paths; those near real time say so."""
    slots = [times.parse(f"2014-01-01T00:00:{second}Z") for second in ("01", "25")]
    slotted, single = (list(client.in_slots(171, slots, series=series)) for series in ("", name))
    assert [record.keywords["FSN"] for record in single] == [record.keywords["FSN"] for record in slotted]
    assert [records.slot(record) for record in single] == [times.compact(slot) for slot in slots]
    for one, other in zip(single, slotted, strict=True):
        assert one.name == f"{name}[{one.keywords['T_REC']}][{one.keywords['FSN']}]" and one.segments == other.segments
        assert (int(one.keywords["QUALITY"], 16) >> 30 & 1) == (name == "aia.lev1_nrt2")


def test_tables(client):
    rows = client.records("aia.master_pointing3h[2014-01-01T00:00:00Z-2014-01-01T04:00:00Z]")
    assert [row.keywords["A_171_X0"] for row in rows] == ["2052.85"] * 2
    assert rows[0].keywords["A_094_X0"] == "MISSING"
    assert len(client.records("aia.response[][!1=1!]")) == 4
    with pytest.raises(NoData, match="no series"):
        client.records("aia.nothing[2014-01-01]")


def test_a_slow_server_does_not_change_the_digest_of_a_reply(client, monkeypatch):
    """JSOC says how long it took; products name the digest, and two runs on the same data must give the same bytes."""
    for seconds in (0.0, 0.3):
        monkeypatch.setattr(info, "time", SimpleNamespace(perf_counter=count(0.0, seconds).__next__))
        client.records("aia.response[][!1=1!]")
    first, second = (query.sha256 for query in client.queries if "aia.response" in query.url and "rs_list" in query.url)
    assert first == second


def test_the_clients_module_default_is_stanford():
    assert Client().cgi_url == "http://jsoc.stanford.edu/cgi-bin/ajax/"


def test_a_gap_is_a_missing_record(client, root):
    (root / "frames" / "171" / "20140101T000013" / "record.json").unlink()
    found = client.frames(171, SLOT, times.parse("2014-01-01T00:00:25Z"), 12.0)
    assert [record.keywords["T_REC"][17:19] for record in found] == ["01", "25"]


def test_pointing_may_miss_single_channels_and_rows(client):
    rows = client.records("aia.master_pointing3h[2013-12-31T00:00:00Z-2014-01-01T02:00:00Z]")
    assert [row.keywords["A_094_X0"] for row in rows] == ["MISSING"]
    assert client.records("aia.master_pointing3h[1990-01-01]") == []


def test_a_reply_without_end_is_cut_off(faulty):
    _, client = faulty(Fault("huge", "rs_list", times=99))
    with pytest.raises(FetchError):
        client.records(ONE)


def test_addresses_stay_private(client, caplog, tmp_path):
    exported(client, tmp_path)
    assert "reader" not in repr(client) and "reader" not in caplog.text
    assert not any("reader" in query.url or "notify" in query.url for query in client.queries)


@pytest.mark.parametrize("email", [None, "", "notregistered@example.com"])
def test_exports_want_a_registered_address(archive, email, tmp_path):
    client = Client.at(archive.url, email=email)
    with pytest.raises(Rejected, match="address"):
        client.check_address()
    with pytest.raises(Rejected, match="address"):
        exported(client, tmp_path)


def test_every_request_is_sent_by_our_own_transfer(client, tmp_path, monkeypatch):
    """The drms package has no public hook for its transfer: none of its own requests may leave."""

    def refuse(*_, **__):
        raise AssertionError("drms opened a connection of its own")

    monkeypatch.setattr("drms.json.urlopen", refuse)
    client.check_address()
    assert exported(client, tmp_path)
