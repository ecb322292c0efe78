"""The way of a frame: query, export, transfer, header."""

from __future__ import annotations

from itertools import count
from types import SimpleNamespace

import numpy as np
import pytest
from astropy.io import fits as astropy_fits
from small_archive import unmodified

from helioreduce import times
from helioreduce.archive import info
from helioreduce.io import fits, provenance
from helioreduce.jsoc import header, records
from helioreduce.jsoc.client import Client
from helioreduce.jsoc.errors import NoData
from helioreduce.jsoc.transfer import download

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


def test_tables(client):
    rows = client.records("aia.master_pointing3h[2014-01-01T00:00:00Z-2014-01-01T04:00:00Z]")
    assert [row.keywords["A_171_X0"] for row in rows] == ["2052.85"] * 2
    assert rows[0].keywords["A_094_X0"] == "MISSING"
    assert len(client.records("aia.response[][!1=1!]")) == 4
    with pytest.raises(NoData, match="no series"):
        client.records("aia.nothing[2014-01-01]")


def test_a_slow_server_does_not_change_the_digest_of_a_reply(client, monkeypatch):
    """JSOC tells how long it took; products name the digest, and two runs on the same data must give the same bytes."""
    for seconds in (0.0, 0.3):
        monkeypatch.setattr(info, "time", SimpleNamespace(perf_counter=count(0.0, seconds).__next__))
        client.records("aia.response[][!1=1!]")
    first, second = (query.sha256 for query in client.queries if "aia.response" in query.url and "rs_list" in query.url)
    assert first == second


def test_fetch_and_merge(client, tmp_path):
    record = next(client.frames(171, START, END, 12.0))
    calls = []
    receipt = download(client.url(record.segments["image"]), tmp_path / "a.fits", progress=lambda *call: calls.append(call))
    assert receipt.sha256 == provenance.sha256(tmp_path / "a.fits") and receipt.bytes == (tmp_path / "a.fits").stat().st_size
    assert calls[-1] == (receipt.bytes, receipt.bytes)
    stored = fits.read_header(tmp_path / "a.fits")
    merged = header.merge(stored, record)
    assert merged["EXPTIME"] == 2.000191234 and merged["T_REC"] == "2014-01-01T00:00:01.000"
    assert merged["RECNUM"] == 5171 and merged["TRECSTEP"] == 12.0 and merged["ROI_SUM"] == -(2**31)
    fits.rewrite(tmp_path / "a.fits", tmp_path / "b.fits", merged)
    before, after = fits.read(tmp_path / "a.fits"), fits.read(tmp_path / "b.fits")
    np.testing.assert_array_equal(before.data, after.data)
    assert after.header["DRMS_ID"] == "aia.lev1_euv_12s:5171:image"
    fits.check(tmp_path / "b.fits")


def test_records_survive_the_disk(client, tmp_path):
    found = list(client.frames(171, START, END, 12.0))
    records.save(tmp_path / "records.jsonl", found, query=client.queries[-1].url)
    assert records.load(tmp_path / "records.jsonl") == found


def test_nothing_is_written_where_nothing_came(client, tmp_path):
    with pytest.raises(NoData):
        download(client.url("/SUM0/D1/S00000/image_lev1.fits"), tmp_path / "a.fits", retry_policy=client.retry_policy)
    assert list(tmp_path.glob("*.fits")) == []


def test_the_clients_module_default_is_stanford():
    assert Client().cgi_url == "http://jsoc.stanford.edu/cgi-bin/ajax/"
