"""What an archive may hold: gaps, bad and reprocessed frames, stale headers; and what a hostile one may send."""

from __future__ import annotations

import json

import numpy as np
import pytest
from astropy.io import fits as astropy_fits
from small_archive import write_frame

from helioreduce import times
from helioreduce.archive.faults import Fault
from helioreduce.errors import InputError
from helioreduce.io import fits, provenance
from helioreduce.jsoc import fetch, header, http, quality, staged
from helioreduce.jsoc.client import Client
from helioreduce.jsoc.errors import Corrupt, FetchError, NoData, Rejected
from helioreduce.jsoc.records import Keyword, Record, Series
from helioreduce.jsoc.store import Store

SLOT = times.parse("2014-01-01T00:00:01Z")
ONE = "aia.lev1_euv_12s[2014-01-01T00:00:01Z][171]"
SOON = staged.Waiting(poll_s=0.02, timeout_s=5.0)


def edit(root, channel, name, **changes):
    """Change the description of a frame."""
    path = root / "frames" / str(channel) / name / "record.json"
    entry = json.loads(path.read_text())
    entry["keywords"] |= changes.pop("keywords", {})
    path.write_text(json.dumps({**entry, **changes}))


def export(client, tmp_path):
    """Paths of the staged files of one frame."""
    return staged.paths(client, ONE, client.records(ONE), ["image", "spikes"], tmp_path / "exports", SOON)


def image(client, tmp_path, record_set=ONE):
    """Fetch an image as the workflow does; its history and file."""
    (record,) = client.records(record_set, ["image", "spikes"])
    entry = fetch.segment(record, "image", client.download_url, Store(tmp_path / "store"), retry_policy=client.retry_policy)
    return fetch.image(entry, record, tmp_path / "image.fits"), tmp_path / "image.fits"


@pytest.mark.parametrize("stored", ["fresh", "stale", "bare"])
def test_merged_header_equals_the_staged_export_card_for_card(client, root, tmp_path, stored):
    write_frame(root, 171, SLOT, 171, stored=stored)
    history, merged = image(client, tmp_path)
    (record,) = client.records(ONE, ["image"])
    path = staged.paths(client, ONE, [record], ["image"], tmp_path / "exports", SOON)[record.name, "image"]
    fetched = fetch.segment(
        record, "image", client.download_url, Store(tmp_path / "other"), path=path, retry_policy=client.retry_policy
    )
    sums = ("CHECKSUM", "DATASUM")
    ours, theirs = ([str(c) for c in fits.read_header(file).cards if c.keyword not in sums] for file in (merged, fetched.file))
    assert ours == theirs
    np.testing.assert_array_equal(fits.read(merged).data, fits.read(fetched.file).data)
    changed = {"fresh": 0, "stale": 2, "bare": 177}[stored]
    assert len([pair for card, pair in history["stale"].items() if card != "DRMS_ID"]) >= changed
    assert ("CROTA2" in history["stale"]) == (stored != "fresh")


def test_the_stored_pixels_are_not_touched(client, root, tmp_path):
    _, merged = image(client, tmp_path)
    stored = root / "frames" / "171" / "20140101T000001" / "image_lev1.fits"
    a, b = (astropy_fits.open(file, disable_image_compression=True) for file in (stored, merged))
    with a, b:
        assert a[1].header["DATASUM"] == b[1].header["DATASUM"]
        assert a[1].data.tobytes() == b[1].data.tobytes()


def test_quarter_counts_of_94_stay_quarter_counts(client, root, tmp_path):
    folder = write_frame(root, 94, SLOT, 94)
    stored = np.arange(4096, dtype=np.int16).reshape(64, 64)
    hdu = astropy_fits.CompImageHDU(stored, astropy_fits.Header({"FSN": 1094}), compression_type="RICE_1")
    hdu.header["BSCALE"], hdu.header["BZERO"] = 0.25, 8183.75
    astropy_fits.HDUList([astropy_fits.PrimaryHDU(), hdu]).writeto(folder / "image_lev1.fits", overwrite=True, checksum=True)
    _, merged = image(client, tmp_path, "aia.lev1_euv_12s[2014-01-01T00:00:01Z][94]")
    np.testing.assert_array_equal(fits.read(merged).data, 0.25 * stored.astype(np.float32) + 8183.75)


def test_a_gap_is_a_missing_record(client, root):
    (root / "frames" / "171" / "20140101T000013" / "record.json").unlink()
    found = client.frames(171, SLOT, times.parse("2014-01-01T00:00:25Z"), 12.0)
    assert [record.keywords["T_REC"][17:19] for record in found] == ["01", "25"]


def test_a_missing_image_has_a_record_and_no_file(client, root, tmp_path):
    edit(root, 171, "20140101T000001", keywords={"QUALITY": "0x80000000"}, segments={"image": None, "spikes": None})
    (record,) = client.records(ONE, ["image"])
    assert "no image" in quality.verdict(record.keywords["QUALITY"])
    with pytest.raises(NoData):
        image(client, tmp_path)
    with pytest.raises(NoData, match="no files in this"):
        export(client, tmp_path)


def test_an_off_line_record_is_no_data(client, root, tmp_path):
    edit(root, 171, "20140101T000001", online=False)
    with pytest.raises(NoData):
        image(client, tmp_path)
    with pytest.raises(NoData, match="status=25"):
        export(client, tmp_path)


def test_missing_spikes_of_an_euv_frame_are_no_data(client, root, tmp_path):
    edit(root, 171, "20140101T000001", segments={"image": "image_lev1.fits", "spikes": None})
    (record,) = client.records(ONE, ["image", "spikes"])
    assert fetch.has_spikes(record)
    with pytest.raises(NoData):
        fetch.segment(record, "spikes", client.download_url, Store(tmp_path / "store"), retry_policy=client.retry_policy)
    assert export(client, tmp_path).keys() == {(record.name, "image")}


def test_uv_frames_have_no_spikes(client):
    (record, *_) = client.records("aia.lev1_uv_24s[][1600]", ["image", "spikes"])
    assert not fetch.has_spikes(record)


def test_a_reprocessed_record_is_fetched_anew(client, root, tmp_path):
    first, _ = image(client, tmp_path)
    folder = write_frame(root, 171, SLOT, 777, FSN="1171")
    edit(root, 171, folder.name, recnum=9000)
    second, file = image(client, tmp_path)
    assert first["sha256"] != second["sha256"] == provenance.sha256(folder / "image_lev1.fits")
    assert fits.read_header(file)["RECNUM"] == 9000


def test_near_real_time_is_never_mixed(client, root):
    edit(root, 171, "20140101T000001", keywords={"QUALITY": "0x40000000"})
    (record,) = client.records(ONE)
    assert quality.verdict(record.keywords["QUALITY"]) == "bit 30: near-real-time data"
    assert not quality.verdict(record.keywords["QUALITY"], allow_nrt=True)


@pytest.mark.parametrize("bit", sorted(quality.REJECTED))
def test_every_rejected_bit_is_named(bit):
    assert f"bit {bit}: {quality.BITS[bit]}" in quality.verdict(f"0x{1 << bit:08x}")
    assert quality.verdict(str((1 << bit) - (2**32 if bit == 31 else 0))), "signed decimals mean the same"


def test_quality_without_a_value_means_no_image():
    assert "no image" in quality.verdict("MISSING") and not quality.verdict("0x00000000") and not quality.verdict("0x00000100")


def test_pointing_may_miss_single_channels_and_rows(client):
    rows = client.records("aia.master_pointing3h[2013-12-31T00:00:00Z-2014-01-01T02:00:00Z]")
    assert [row.keywords["A_094_X0"] for row in rows] == ["MISSING"]
    assert client.records("aia.master_pointing3h[1990-01-01]") == []


def test_an_export_may_hold_fewer_records_than_the_query(client, root, tmp_path):
    edit(root, 171, "20140101T000013", keywords={"QUALITY": "0x80000000"})
    ((text, members),) = staged.batches(client.records("aia.lev1_euv_12s[][171]", ["image"]))
    found = staged.paths(client, text, members, ["image"], tmp_path / "exports", SOON)
    assert len(members) == 3 and len(found) == 2
    assert ("aia.lev1_euv_12s[2014-01-01T00:00:13Z][171]", "image") not in found


SERIES = Series("s", ("T",), {"T": Keyword("time", "ISO"), "N": Keyword("int"), "X": Keyword("float"), "S": Keyword("string")})


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        *(("int", "0xffffffff", -1), ("int", "MISSING", -(2**31)), ("short", "MISSING", -32768)),
        ("longlong", "3427463890", 3427463890),
        *(("float", "MISSING", "nan"), ("float", "nan", "nan"), ("double", "1e-3", 0.001), ("string", "MISSING", "")),
        *(("time", "2014-01-01T00:00:08.5Z", "2014-01-01T00:00:08.500"), ("time", "MISSING", "")),
        ("time", "1993.01.01_00:00:04_TAI", "1993.01.01_00:00:04.000_TAI"),
        ("time", "2014-01-01T00:00:08.9996Z", "2014-01-01T00:00:09.000"),
    ],
)  # fmt: skip
def test_values_of_cards(kind, text, value):
    assert header.value(Keyword(kind), text) == value


@pytest.mark.parametrize(
    "keywords", [{"N": "many"}, {"X": "1.2.3"}, {"T": "yesterday"}, {"S": "a\nSIMPLE  = F"}, {"S": "naïve"}]
)
def test_keywords_that_are_no_values_are_refused(keywords):
    record = Record("s[1]", SERIES, 1, {"T": "2014-01-01T00:00:00Z", **keywords})
    with pytest.raises(Corrupt):
        header.merge(astropy_fits.Header(), record)


@pytest.mark.parametrize(
    "path",
    [
        *("/SUM1/../../etc/passwd", "//evil.example/x", "http://evil.example/x", "/a\r\nHost: x", "/a b", "file:///etc/passwd"),
        *("/SUM1\\..\\x", "/naïve", "\\\\evil\\x", "/SUM1/%2e%2e/x", "/SUM1/x?y=1", "/SUM1/x#y", "@evil.example/x"),
    ],
)
def test_paths_that_lead_elsewhere_are_refused(path):
    base = "http://127.0.0.1:80/"
    try:
        url = http.joined(base, path)
    except Rejected:
        return
    assert url.startswith(base) and ".." not in url


def bomb(tmp_path, **cards):
    """A file whose header announces more than it holds."""
    primary = astropy_fits.Header(list({"SIMPLE": True, "BITPIX": 8, "NAXIS": 0, **cards}.items()))
    (tmp_path / "bomb.fits").write_bytes(primary.tostring().encode())
    return tmp_path / "bomb.fits"


@pytest.mark.parametrize(
    "cards",
    [
        {"NAXIS": 2, "NAXIS1": 10**6, "NAXIS2": 10**6},
        {"NAXIS": 2, "NAXIS1": 4096, "NAXIS2": 4096},
        {"NAXIS": 999, "NAXIS1": 2},
        {"NAXIS": 2, "NAXIS1": -5, "NAXIS2": 5},
        {"ZNAXIS": 2, "ZNAXIS1": 10**6, "ZNAXIS2": 10**6},
    ],
)
def test_bombs_are_refused_before_they_unpack(tmp_path, cards):
    with pytest.raises(InputError):
        fits.check(bomb(tmp_path, **cards))


def test_a_compressed_bomb_is_refused(tmp_path):
    hdu = astropy_fits.CompImageHDU(np.zeros((64, 64), np.int16), compression_type="RICE_1")
    astropy_fits.HDUList([astropy_fits.PrimaryHDU(), hdu]).writeto(tmp_path / "small.fits")
    with astropy_fits.open(tmp_path / "small.fits", disable_image_compression=True) as hdus:
        hdus[1].header["ZNAXIS1"] = hdus[1].header["ZNAXIS2"] = 10**6
        hdus.writeto(tmp_path / "bomb.fits", checksum=True)
    with pytest.raises(InputError, match="pixels"):
        fits.check(tmp_path / "bomb.fits")


def test_a_reply_without_end_is_cut_off(faulty):
    _, client = faulty(Fault("huge", "rs_list", times=99))
    with pytest.raises(FetchError):
        client.records(ONE)


def test_addresses_stay_private(client, caplog, tmp_path):
    export(client, tmp_path)
    assert "reader" not in repr(client) and "reader" not in caplog.text
    assert not any("reader" in query.url or "notify" in query.url for query in client.queries)


@pytest.mark.parametrize("email", [None, "", "notregistered@example.com"])
def test_exports_want_a_registered_address(archive, email, tmp_path):
    client = Client.at(archive.url, email=email)
    with pytest.raises(Rejected, match="address"):
        client.check_address()
    with pytest.raises(Rejected, match="address"):
        export(client, tmp_path)


def test_every_request_is_sent_by_our_own_transfer(client, tmp_path, monkeypatch):
    """The drms package has no public hook for its transfer: none of its own requests may leave."""

    def refuse(*_, **__):
        raise AssertionError("drms opened a connection of its own")

    monkeypatch.setattr("drms.json.urlopen", refuse)
    client.check_address()
    assert export(client, tmp_path)
