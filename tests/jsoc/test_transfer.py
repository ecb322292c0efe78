"""Transfers: resumed, verified, on full and read-only disks."""

from __future__ import annotations

import resource
import time

import pytest
from jsoc_requests import ONE, fetched, source, stored_file

from helioreduce.archive.faults import Fault
from helioreduce.errors import InputError
from helioreduce.io import provenance
from helioreduce.jsoc import fetch
from helioreduce.jsoc.errors import FetchError, NoData, TransientExhausted
from helioreduce.jsoc.store import Store
from helioreduce.jsoc.transfer import download

IMAGE = "image_lev1"


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
        if sent == stored_file(root).stat().st_size:
            break
        time.sleep(0.02)
    assert sent == stored_file(root).stat().st_size


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


def test_nothing_is_written_where_nothing_came(client, tmp_path):
    with pytest.raises(NoData):
        download(client.url("/SUM0/D1/S00000/image_lev1.fits"), tmp_path / "a.fits", retry_policy=client.retry_policy)
    assert list(tmp_path.glob("*.fits")) == []
