"""A recorded folder answers as the archive did from which it was recorded."""

from __future__ import annotations

import pytest
from small_archive import QUICK

from helioreduce.archive.server import serve
from helioreduce.io import provenance
from helioreduce.jsoc import fetch, recording, transfer
from helioreduce.jsoc.client import Client
from helioreduce.jsoc.errors import NoData
from helioreduce.jsoc.store import Store

EUV = "aia.lev1_euv_12s[][171]"
POINTING = "aia.master_pointing3h[]"


def test_replay_gives_the_same_records_and_files(client, tmp_path):
    store, kept = Store(tmp_path / "store"), tmp_path / "kept"
    found = client.records(EUV, ["image", "spikes"])
    for record in found:
        files = {name: fetch.segment(record, name, client.download_url, store).file for name in ("image", "spikes")}
        recording.keep_frame(kept, record, files)
    recording.keep_table(kept, client.records(POINTING))
    with serve(kept) as url:
        replay = Client.at(url, email="reader@localhost", retry_policy=QUICK)
        again = replay.records(EUV, ["image", "spikes"])
        assert [record.keywords for record in again] == [record.keywords for record in found]
        assert [record.recnum for record in again] == [record.recnum for record in found]
        assert replay.records(POINTING) == client.records(POINTING)
        for record, original in zip(again, found, strict=True):
            fresh = fetch.segment(record, "image", url, Store(tmp_path / "other"), retry_policy=QUICK)
            assert provenance.sha256(fresh.file) == store.find(original, "image").history["sha256"]
            assert record.segments == original.segments, "the same content has the same address"


def test_tables_that_came_as_files_are_served_again(tmp_path):
    table = tmp_path / "aia_V3_error_table.txt"
    table.write_text("VER_NUM WAVELNTH\n3 171\n")
    recording.keep_file(tmp_path / "kept", table)
    with serve(tmp_path / "kept") as url:
        again = transfer.download(
            f"{url}solarsoft/{table.name}", tmp_path / "again", retry_policy=QUICK, verify=lambda part: None
        )
        assert again.sha256 == provenance.sha256(table)
        for absent in ("solarsoft/other.txt", "solarsoft/../frames", "solarsoft/.table.0.lock"):
            with pytest.raises(NoData):
                transfer.download(url + absent, tmp_path / "again", retry_policy=QUICK)


def test_recording_again_adds_and_replaces(client, tmp_path):
    rows = client.records(POINTING)
    recording.keep_table(tmp_path, rows[:2])
    recording.keep_table(tmp_path, rows[1:])
    with serve(tmp_path) as url:
        assert Client.at(url, retry_policy=QUICK).records(POINTING) == rows
