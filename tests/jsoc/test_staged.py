"""Staged exports: states, limits, restarts, batches."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import pytest
from jsoc_requests import EUV, ONE, SOON, edit, exported
from small_archive import QUICK, unmodified

from helioreduce.archive.faults import Fault
from helioreduce.archive.server import Archive
from helioreduce.io import fits
from helioreduce.jsoc import fetch, staged
from helioreduce.jsoc.client import Client
from helioreduce.jsoc.errors import FetchError, NoData, Rejected, TransientExhausted
from helioreduce.jsoc.store import Store

EXPORTS_RIGHT = {
    "plain": [],
    "status 7 once": [Fault("json", "exp_request", text='{"status":7,"error":"User has pending requests"}')],
    "too many from this host": [Fault("json", "exp_request", times=2, text='{"status":7,"error":"IP address has 10 pending"}')],
    "hash not saved": [Fault("json", "exp_request", text='{"status":4,"error":"Cant save new export-request hash."}')],
    "pending for a while": [Fault("json", "exp_status", times=3, text='{"status":2}')],
    "unknown for a moment": [Fault("json", "exp_status", times=2, text='{"status":6,"error":"not found"}')],
    "status reply closed": [Fault("drop", "exp_status")],
}


EXPORTS_WRONG = {
    "off line": ([Fault("json", "exp_request", text='{"status":25,"error":"off line"}')], NoData),
    "expired": ([Fault("json", "exp_status", text='{"status":5,"error":"expired"}')], NoData),
    "too large": ([Fault("json", "exp_request", text='{"status":3,"error":"too large"}')], Rejected),
    "failed": ([Fault("json", "exp_status", text='{"status":4,"error":"failed"}')], Rejected),
    "status 7 for ever": ([Fault("json", "exp_request", times=99, text='{"status":7,"error":"x"}')], TransientExhausted),
    "unknown for ever": ([Fault("json", "exp_status", times=99, text='{"status":6,"error":"x"}')], TransientExhausted),
    "pending for ever": ([Fault("json", "exp_status", times=99, text='{"status":1,"requestid":"J"}')], TransientExhausted),
    "no FITS warning": (
        [Fault("json", "exp_status", text=json.dumps({"status": "0", "requestid": "J", "method": "url", "protocol": "fits",
               "dir": "/SUM1/D1/S00000", "data": [{"record": "warning=No FITS files were exported", "filename": ""}]}))],
        NoData,
    ),
    "file name null": (
        [Fault("json", "exp_status", text=json.dumps({"status": "0", "requestid": "J", "method": "url", "protocol": "fits",
               "dir": "/SUM1/D1/S00000", "data": [{"record": ONE, "filename": None}]}))],
        NoData,
    ),
    "data no list": (
        [Fault("json", "exp_status", text='{"status":0,"requestid":"J","dir":"/SUM1/D1/S00000","data":7}')], Rejected,
    ),
    "file name upwards": (
        [Fault("json", "exp_status", text=json.dumps({"status": "0", "requestid": "J", "method": "url", "protocol": "fits",
               "dir": "/SUM1/D1/S00000", "data": [{"record": ONE, "filename": "../../../../etc/image_lev1.fits"}]}))],
        Rejected,
    ),
    "file name with a line break": (
        [Fault("json", "exp_status", text=json.dumps({"status": "0", "requestid": "J", "method": "url", "protocol": "fits",
               "dir": "/SUM1/D1/S00000", "data": [{"record": ONE, "filename": "a\r\nX: y image_lev1.fits"}]}))],
        Rejected,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", EXPORTS_RIGHT)
def test_staged_exports_survive_transient_faults(case, faulty, tmp_path):
    _, client = faulty(*EXPORTS_RIGHT[case])
    found, record = exported(client, tmp_path)
    assert set(found) == {(record.name, "image"), (record.name, "spikes")}
    path = found[record.name, "image"]
    entry = fetch.segment(
        record, "image", client.download_url, Store(tmp_path / "store"), path=path, retry_policy=client.retry_policy
    )
    assert fits.read_header(entry.file)["RECNUM"] == record.recnum


@pytest.mark.parametrize("case", EXPORTS_WRONG)
def test_staged_exports_end_in_a_typed_error(case, faulty, tmp_path):
    faults, kind = EXPORTS_WRONG[case]
    _, client = faulty(*faults)
    with pytest.raises(FetchError) as caught:
        exported(client, tmp_path, staged.Waiting(0.02, 1.0))
    assert type(caught.value) is kind, caught.value


def test_an_export_may_hold_fewer_records_than_the_query(client, root, tmp_path):
    edit(root, 171, "20140101T000013", keywords={"QUALITY": "0x80000000"})
    ((text, members),) = staged.batches(client.records("aia.lev1_euv_12s[][171]", ["image"]))
    found = staged.paths(client, text, members, ["image"], tmp_path / "exports", SOON)
    assert len(members) == 3 and len(found) == 2
    assert ("aia.lev1_euv_12s[2014-01-01T00:00:13Z][171]", "image") not in found


def test_single_exposures_are_staged_by_their_numbers(client, tmp_path):
    """Time and FSN are the prime keys of aia.lev1; its image has another name, and the paths are those of our segments."""
    found, record = exported(client, tmp_path, record_set="aia.lev1[2014-01-01T00:00:00Z/4s][? WAVELNTH = 171 ?]")
    assert {segment for _, segment in found} == {"image", "spikes"} and {name for name, _ in found} == {record.name}
    assert record.name.endswith(f"[{record.keywords['FSN']}]")


def test_a_request_is_resumed_after_a_restart(root, tmp_path):
    (root / "archive.json").write_text(json.dumps({"limits": {"staging_s": 0.5}}))
    with Archive(root) as archive:
        client = Client.at(archive.url, email="reader@localhost", retry_policy=QUICK)
        ((text, members),) = staged.batches(client.records(f"{EUV}[:#5171]", ["image"]))
        with pytest.raises(TransientExhausted, match="resumed"):
            staged.paths(client, text, members, ["image"], tmp_path, staged.Waiting(0.02, 0.1))
        again = Client.at(archive.url, email="reader@localhost", retry_policy=QUICK)
        assert staged.paths(again, text, members, ["image"], tmp_path, SOON)
        assert sum(request["query"].get("op") == "exp_request" for request in archive.requests) == 1


def test_a_busy_host_is_waited_for_and_its_reply_is_reported_without_addresses(root, tmp_path, caplog):
    """The limit of requests per host: waited for, then a typed error; the address in JSOC's reply stays out of the log."""
    (root / "archive.json").write_text(json.dumps({"limits": {"staging_s": 3.0, "host": 1}}))
    with Archive(root) as archive, caplog.at_level("INFO", "helioreduce"):
        unmodified(archive).export(f"{EUV}[:#5181]", method="url", protocol="fits", email="other@localhost")
        client = Client.at(archive.url, email="reader@localhost", retry_policy=QUICK)
        ((text, members),) = staged.batches(client.records(f"{EUV}[:#5171]", ["image"]))
        with pytest.raises(TransientExhausted, match="IP address 127.0.0.1 has 1 pending"):
            staged.paths(client, text, members, ["image"], tmp_path, SOON)
        patient = Client.at(archive.url, email="reader@localhost", retry_policy=replace(QUICK, retries=9999, deadline_s=60.0))
        assert staged.paths(patient, text, members, ["image"], tmp_path, SOON)
        unmodified(archive).export(f"{EUV}[:#5191]", method="url", protocol="fits", email="reader@localhost")
        ((text, members),) = staged.batches(client.records(f"{EUV}[:#5181]", ["image"]))
        with pytest.raises(TransientExhausted, match=r"User \(address\) has 1 pending"):
            staged.paths(client, text, members, ["image"], tmp_path, SOON)
    assert "User (address)" in caplog.text and "reader@" not in caplog.text


def test_an_expired_request_is_made_anew(root, tmp_path):
    with Archive(root) as archive:
        client = Client.at(archive.url, email="reader@localhost", retry_policy=QUICK)
        ((text, members),) = staged.batches(client.records(f"{EUV}[:#5171]", ["image"]))
        first = staged.paths(client, text, members, ["image"], tmp_path, SOON)
        archive.exports.clock = lambda: time.time() + 8 * 86400
        assert staged.paths(client, text, members, ["image"], tmp_path, SOON).keys() == first.keys()
        assert sum(request["query"].get("op") == "exp_request" for request in archive.requests) == 2


def test_batches_hold_one_channel_and_no_more_than_asked(client):
    found = [*client.records(f"{EUV}[][171,193]"), *client.records("aia.lev1_uv_24s[][1600]")]
    made = list(staged.batches(found, 2))
    assert [len(members) for _, members in made] == [2, 1, 2, 1, 2]
    for text, members in made:
        assert [record.name for record in client.records(text)] == [record.name for record in members]
