"""The fault matrix: what may go wrong on the way of a query or a file ends in the right file or a typed error."""

from __future__ import annotations

import json

import pytest
from jsoc_requests import fetched, source

from helioreduce.archive.faults import Fault
from helioreduce.io import provenance
from helioreduce.jsoc.errors import Corrupt, FetchError, NoData, Rejected, TransientExhausted
from helioreduce.jsoc.store import Store

IMAGE, INFO = "image_lev1", "rs_list"


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
    "query: nested ten thousand deep": ([Fault("json", INFO, times=99, text="[" * 10000)], TransientExhausted),
    "query: nested in an object": (
        [Fault("json", INFO, times=99, text='{"status":' + "[" * 10000 + "]" * 10000 + "}")], TransientExhausted,
    ),
    "query: status is a list": ([Fault("json", INFO, times=99, text='{"status":[]}')], TransientExhausted),
    "query: count missing": ([Fault("json", INFO, text='{"status":0,"keywords":[]}')], Rejected),
    "query: refused": ([Fault("json", INFO, text='{"status":1,"error":"too many records"}')], Rejected),
    "query: path upwards": (
        [Fault("json", INFO, text=json.dumps({"status": 0, "count": 1, "keywords": [
            *({"name": key, "values": ["171"]} for key in ("T_REC", "WAVELNTH", "*recnum*"))],
            "segments": [{"name": "image", "values": ["/SUM0/../../etc/passwd"]}]}))],
        Rejected,
    ),
}  # fmt: skip


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
