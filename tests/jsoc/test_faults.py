"""Whatever the network does: the right file or a typed error, never a wrong file."""

from __future__ import annotations

import json
import resource
import time

import numpy as np
import pytest

from helioreduce import times
from helioreduce.archive.faults import Fault
from helioreduce.errors import InputError
from helioreduce.io import fits, provenance
from helioreduce.jsoc import fetch, staged
from helioreduce.jsoc.errors import Corrupt, FetchError, NoData, Rejected, TransientExhausted
from helioreduce.jsoc.store import Store
from helioreduce.jsoc.transfer import download

SLOT = times.parse("2014-01-01T00:00:01Z")
ONE = "aia.lev1_euv_12s[2014-01-01T00:00:01Z][171]"
IMAGE, INFO, EXPORT = "image_lev1", "rs_list", "jsoc_fetch"

RIGHT = {
    "cut": [Fault("cut", IMAGE)],
    "cut three times": [Fault("cut", IMAGE, times=3, share=0.3)],
    "cut, length unknown": [Fault("cut_unsized", IMAGE)],
    "flipped bytes": [Fault("flip", IMAGE)],
    "page instead of file": [Fault("html", IMAGE)],
    "empty body": [Fault("empty", IMAGE)],
    "503 twice": [Fault("status", IMAGE, times=2)],
    "429 with Retry-After": [Fault("status", IMAGE, code=429, retry_after="1")],
    "403 once": [Fault("status", IMAGE, code=403)],
    "500 once": [Fault("status", IMAGE, code=500)],
    "reset amid the body": [Fault("reset", IMAGE)],
    "stall amid the body": [Fault("stall", IMAGE, seconds=2.5)],
    "closed before the reply": [Fault("drop", IMAGE)],
    "late reply": [Fault("late", IMAGE, seconds=2.5)],
    "Range ignored after a cut": [Fault("cut", IMAGE), Fault("no_range", IMAGE)],
    "other entity after a cut": [Fault("cut", IMAGE), Fault("renamed", IMAGE)],
    "cut, then page": [Fault("cut", IMAGE), Fault("html", IMAGE)],
    "query: not JSON": [Fault("json", INFO, text="<html>")],
    "query: truncated JSON": [Fault("cut_unsized", INFO)],
    "query: empty": [Fault("empty", INFO)],
    "query: no status": [Fault("json", INFO, text="{}")],
    "query: 500": [Fault("status", INFO, code=500)],
    "query: late": [Fault("late", INFO, seconds=2.5)],
    "query: closed": [Fault("drop", INFO)],
}
WRONG = {
    "404": ([Fault("status", IMAGE, code=404)], NoData),
    "401": ([Fault("status", IMAGE, code=401)], Rejected),
    "503 for ever": ([Fault("status", IMAGE, times=99)], TransientExhausted),
    "cut to nothing for ever": ([Fault("cut", IMAGE, times=99, share=0.0)], TransientExhausted),
    "wrong at the source": ([Fault("flip", IMAGE, times=99)], Corrupt),
    "page for ever": ([Fault("html", IMAGE, times=99)], Corrupt),
    "absurd length": ([Fault("huge", IMAGE)], Rejected),
    "redirection to another host": ([Fault("redirect", IMAGE, text="http://127.0.0.2:9/image_lev1.fits")], Rejected),
    "redirection to a file": ([Fault("redirect", IMAGE, text="file:///etc/hostname")], Rejected),
    "redirection for ever": ([Fault("redirect", IMAGE, times=99, text="/image_lev1")], Rejected),
    "query: no status for ever": ([Fault("json", INFO, times=99, text="{}")], TransientExhausted),
    "query: ragged columns": (
        [Fault("json", INFO, text='{"status":0,"count":2,"keywords":[{"name":"T_REC","values":["1"]}],"segments":[]}')],
        Rejected,
    ),
    "query: refused": ([Fault("json", INFO, text='{"status":1,"error":"too many records"}')], Rejected),
    "query: path upwards": (
        [Fault("json", INFO, text=json.dumps({"status": 0, "count": 1, "keywords": [
            *({"name": key, "values": ["171"]} for key in ("T_REC", "WAVELNTH", "*recnum*"))],
            "segments": [{"name": "image", "values": ["/SUM0/../../etc/passwd"]}]}))],
        Rejected,
    ),
}  # fmt: skip


def fetched(client, store):
    """The way of one image: query, transfer, store."""
    (record,) = client.records(ONE, ["image"])
    return fetch.segment(record, "image", client.download_url, store, retry_policy=client.retry_policy)


def source(root):
    """Digest of the file that must arrive."""
    return provenance.sha256(root / "frames" / "171" / "20140101T000001" / "image_lev1.fits")


@pytest.mark.parametrize("case", RIGHT)
def test_transient_faults_end_in_the_right_file(case, faulty, root, tmp_path):
    archive, client = faulty(*RIGHT[case])
    entry = fetched(client, Store(tmp_path / "store"))
    assert provenance.sha256(entry.file) == source(root)
    assert any(request["fault"] for request in archive.requests), "the fault was met"
    assert not list((tmp_path / "store" / "incoming").iterdir())


@pytest.mark.parametrize("case", WRONG)
def test_lasting_faults_end_in_a_typed_error(case, faulty, tmp_path):
    faults, kind = WRONG[case]
    archive, client = faulty(*faults)
    with pytest.raises(FetchError) as caught:
        fetched(client, Store(tmp_path / "store"))
    assert type(caught.value) is kind, caught.value
    assert not (tmp_path / "store" / "objects").exists()
    assert any(request["fault"] for request in archive.requests), "the fault was met"


def test_three_cuts_cost_no_byte_twice(faulty, root, tmp_path):
    archive, client = faulty(Fault("cut", IMAGE, times=3, share=0.5))
    entry = fetched(client, Store(tmp_path / "store"))
    size = entry.file.stat().st_size
    assert sum(request["bytes"] for request in archive.requests if IMAGE in request["path"]) <= 1.05 * size
    assert entry.history["received"] == size and len(entry.history["faults"]) == 3


def test_a_killed_transfer_is_taken_up_by_the_next_run(faulty, root, tmp_path):
    archive, client = faulty(Fault("cut", IMAGE, share=0.6), Fault("status", IMAGE, times=4, skip=0))
    store = Store(tmp_path / "store")
    with pytest.raises(TransientExhausted):
        fetched(client, store)
    assert provenance.sha256(fetched(client, store).file) == source(root)
    for _ in range(100):  # the server notes a request after its last byte has gone
        sent = sum(r["bytes"] for r in archive.requests if IMAGE in r["path"] and r["status"] in (200, 206))
        if sent == entry_size(root):
            break
        time.sleep(0.02)
    assert sent == entry_size(root)


def entry_size(root):
    """Bytes of the file that must arrive."""
    return (root / "frames" / "171" / "20140101T000001" / "image_lev1.fits").stat().st_size


def test_nothing_is_fetched_twice(faulty, tmp_path):
    archive, client = faulty()
    store = Store(tmp_path / "store")
    first = fetched(client, store)
    assert fetched(client, store) == first
    assert sum(IMAGE in request["path"] for request in archive.requests) == 1


def test_a_spoilt_store_heals_itself(faulty, root, tmp_path):
    _, client = faulty()
    store = Store(tmp_path / "store")
    entry = fetched(client, store)
    entry.file.chmod(0o644)
    entry.file.write_bytes(b"spoilt")
    assert provenance.sha256(fetched(client, store).file) == source(root)


def test_the_file_of_another_frame_is_refused(faulty, root, tmp_path):
    other = root / "frames" / "193" / "20140101T000001" / "image_lev1.fits"
    _, client = faulty(Fault("other", IMAGE, text=str(other)))
    entry = fetched(client, Store(tmp_path / "store"))
    (record,) = client.records(ONE, ["image"])
    with pytest.raises(Corrupt, match="FSN"):
        fetch.image(entry, record, tmp_path / "image.fits")
    assert not (tmp_path / "image.fits").exists()


def test_the_disk_that_fails_is_named(client, tmp_path):
    (record,) = client.records(ONE, ["image"])
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(InputError, match="cannot be written") as caught:
        download(client.url(record.segments["image"]), tmp_path / "file" / "a.fits")
    assert not isinstance(caught.value, FetchError)


@pytest.mark.parametrize("limit", [0, 1000])
def test_a_full_disk_is_named_and_the_transfer_taken_up_later(client, root, tmp_path, limit):
    store = Store(tmp_path / "store")
    (record,) = client.records(ONE, ["image"])
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        with pytest.raises(InputError, match="cannot be written") as caught:
            fetch.segment(record, "image", client.download_url, store, retry_policy=client.retry_policy)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not isinstance(caught.value, FetchError) and store.find(record, "image") is None
    assert provenance.sha256(fetched(client, store).file) == source(root)


def test_a_product_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(InputError, match="cannot be written"):
        fits.write_arrays(tmp_path / "file" / "a.fits", {"A": np.zeros((2, 2))})


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


def exported(client, folder, timeout_s=60.0):
    """Staged export of one frame."""
    ((text, members),) = staged.batches(client.records(ONE, ["image"]))
    waiting = staged.Waiting(poll_s=0.02, timeout_s=timeout_s)
    return staged.paths(client, text, members, ["image", "spikes"], folder, waiting), members[0]


@pytest.mark.parametrize("case", EXPORTS_RIGHT)
def test_staged_exports_survive_transient_faults(case, faulty, tmp_path):
    _, client = faulty(*EXPORTS_RIGHT[case])
    found, record = exported(client, tmp_path / "exports")
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
        exported(client, tmp_path / "exports", timeout_s=1.0)
    assert type(caught.value) is kind, caught.value
