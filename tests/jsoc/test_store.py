"""The store: nothing twice, nothing spoilt."""

from __future__ import annotations

from jsoc_requests import IMAGE, fetched, source

from helioreduce.io import provenance
from helioreduce.jsoc.store import Store


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
