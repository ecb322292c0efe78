"""One frame: its file as stored, with the header of the database."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.io import fits as astropy_fits
from jsoc_requests import ONE, SLOT, SOON, edit, exported, written
from small_archive import write_frame

from helioreduce import quality, times
from helioreduce.io import fits, jsoc_files, provenance
from helioreduce.jsoc import fetch, header, policy, staged
from helioreduce.jsoc.errors import NoData
from helioreduce.jsoc.store import Store
from helioreduce.jsoc.transfer import download

START, END = times.parse("2014-01-01T00:00:00Z"), times.parse("2014-01-01T00:00:24Z")


def test_fetch_and_merge(client, tmp_path):
    record = next(client.frames(171, START, END, 12.0))
    calls = []
    receipt = download(client.url(record.segments["image"]), tmp_path / "a.fits", progress=lambda *call: calls.append(call))
    assert receipt.sha256 == provenance.sha256(tmp_path / "a.fits") and receipt.bytes == (tmp_path / "a.fits").stat().st_size
    assert calls[-1] == (receipt.bytes, receipt.bytes)
    merged = header.merge(record)
    assert merged["EXPTIME"] == 2.000191234 and merged["T_REC"] == "2014-01-01T00:00:01.000"
    assert merged["RECNUM"] == 5171 and merged["TRECSTEP"] == 12.0 and merged["ROI_SUM"] == -(2**31)
    jsoc_files.rewrite(tmp_path / "a.fits", tmp_path / "b.fits", merged)
    before, after = fits.read(tmp_path / "a.fits"), fits.read(tmp_path / "b.fits")
    np.testing.assert_array_equal(before.data, after.data)
    assert after.header["DRMS_ID"] == "aia.lev1_euv_12s:5171:image"
    jsoc_files.check(tmp_path / "b.fits")


@pytest.mark.parametrize("stored", ["fresh", "stale", "bare"])
def test_merged_header_equals_the_staged_export_card_for_card(client, root, tmp_path, stored):
    write_frame(root, 171, SLOT, 171, stored=stored)
    history, merged = written(client, tmp_path)
    (record,) = client.records(ONE, ["image"])
    path = staged.paths(client, ONE, [record], ["image"], tmp_path / "exports", SOON)[record.name, "image"]
    fetched = fetch.segment(
        record, "image", client.download_url, Store(tmp_path / "other"), path=path, retry_policy=client.retry_policy
    )
    sums = ("CHECKSUM", "DATASUM", "VERIFIED")
    ours, theirs = ([str(c) for c in fits.read_header(file).cards if c.keyword not in sums] for file in (merged, fetched.file))
    assert ours == theirs
    np.testing.assert_array_equal(fits.read(merged).data, fits.read(fetched.file).data)
    changed = {"fresh": 0, "stale": 2, "bare": 177}[stored]
    assert len([pair for card, pair in history["stale"].items() if card != "DRMS_ID"]) >= changed
    assert ("CROTA2" in history["stale"]) == (stored != "fresh")


def test_the_stored_pixels_are_not_touched(client, root, tmp_path):
    _, merged = written(client, tmp_path)
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
    _, merged = written(client, tmp_path, "aia.lev1_euv_12s[2014-01-01T00:00:01Z][94]")
    np.testing.assert_array_equal(fits.read(merged).data, 0.25 * stored.astype(np.float32) + 8183.75)


def test_a_missing_image_has_a_record_and_no_file(client, root, tmp_path):
    edit(root, 171, "20140101T000001", keywords={"QUALITY": "0x80000000"}, segments={"image": None, "spikes": None})
    (record,) = client.records(ONE, ["image"])
    assert "no_image" in quality.objections(record.keywords)
    with pytest.raises(NoData):
        written(client, tmp_path)
    with pytest.raises(NoData, match="no files in this"):
        exported(client, tmp_path)


def test_an_off_line_record_is_no_data(client, root, tmp_path):
    edit(root, 171, "20140101T000001", online=False)
    with pytest.raises(NoData):
        written(client, tmp_path)
    with pytest.raises(NoData, match="status=25"):
        exported(client, tmp_path)


def test_missing_spikes_of_an_euv_frame_are_no_data(client, root, tmp_path):
    edit(root, 171, "20140101T000001", segments={"image": "image_lev1.fits", "spikes": None})
    (record,) = client.records(ONE, ["image", "spikes"])
    assert policy.has_spikes(record)
    with pytest.raises(NoData):
        fetch.segment(record, "spikes", client.download_url, Store(tmp_path / "store"), retry_policy=client.retry_policy)
    assert exported(client, tmp_path)[0].keys() == {(record.name, "image")}


def test_uv_frames_have_no_spikes(client):
    (record, *_) = client.records("aia.lev1_uv_24s[][1600]", ["image", "spikes"])
    assert not policy.has_spikes(record)


def test_a_reprocessed_record_is_fetched_anew(client, root, tmp_path):
    first, _ = written(client, tmp_path)
    folder = write_frame(root, 171, SLOT, 777, FSN="1171")
    edit(root, 171, folder.name, recnum=9000)
    second, file = written(client, tmp_path)
    assert first["sha256"] != second["sha256"] == provenance.sha256(folder / "image_lev1.fits")
    assert fits.read_header(file)["RECNUM"] == 9000
