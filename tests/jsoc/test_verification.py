"""Files that are not the record's: by identity, shape, decoding, statistics; and how they heal."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits as astropy_fits
from jsoc_requests import IMAGE, ONE, SLOT, fetched, source, stored_file, written
from small_archive import QUICK, statistics, write_frame

from helioreduce import times
from helioreduce.archive.faults import Fault
from helioreduce.archive.server import Archive
from helioreduce.errors import InputError
from helioreduce.io import fits, jsoc_files, provenance
from helioreduce.jsoc import fetch, verification
from helioreduce.jsoc.client import Client
from helioreduce.jsoc.errors import Corrupt
from helioreduce.jsoc.store import Store
from helioreduce.sun import despiker


def bare(path, image, checksum=False, **cards):
    """Write an image as before December 2010: compressed, without keywords and checksums."""
    header = astropy_fits.Header(cards)
    header["BLANK"] = -32768
    hdu = astropy_fits.CompImageHDU(image, header, compression_type="RICE_1")
    astropy_fits.HDUList([astropy_fits.PrimaryHDU(), hdu]).writeto(path, overwrite=True, checksum=checksum)
    return path


def flipped_bits(file, number):
    """Flip one bit of the stored pixels at a time."""
    rng, whole = np.random.default_rng(3), file.read_bytes()
    with astropy_fits.open(file, disable_image_compression=True) as hdus:
        first = hdus[1].fileinfo()["datLoc"]
        last = first + hdus[1].header["NAXIS1"] * hdus[1].header["NAXIS2"] + hdus[1].header["PCOUNT"]
    for _ in range(number):
        damaged = bytearray(whole)
        damaged[rng.integers(first, last)] ^= 1 << rng.integers(0, 8)
        file.write_bytes(damaged)
        yield


def undecodable(root, path):
    """The right image with a damaged tile, and checksums that hold."""
    with astropy_fits.open(stored_file(root), disable_image_compression=True) as hdus:
        tiles = hdus[1].data["COMPRESSED_DATA"]
        tiles[20] = np.full_like(tiles[20], 255)
        hdus.writeto(path, checksum=True)
    return path


def wrong_images(root, folder):
    """Files that are not the image of the record, by name."""
    other = root / "frames" / "193" / "20140101T000001"
    later = root / "frames" / "171" / "20140101T000013"
    rng = np.random.default_rng(1)
    astropy_fits.HDUList([astropy_fits.PrimaryHDU()]).writeto(folder / "empty.fits", checksum=True)
    return {
        "another channel": other / "image_lev1.fits",
        "another time": later / "image_lev1.fits",
        "spikes": other / "spikes.fits",
        "no image": folder / "empty.fits",
        "an undecodable tile": undecodable(root, folder / "tile.fits"),
        "bare, of another record": bare(folder / "bare.fits", jsoc_files.read_counts(later / "image_lev1.fits")[0]),
        "bare, of another shape": bare(folder / "shape.fits", rng.poisson(200, (10, 200)).astype(np.int16)),
        "all pixels missing": bare(folder / "blank.fits", np.full((64, 64), -32768, np.int16)),
    }


KINDS = (
    "another channel", "another time", "spikes", "no image", "an undecodable tile", "bare, of another record",
    "bare, of another shape", "all pixels missing",
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_image_once_ends_in_the_right_one(kind, faulty, root, tmp_path):
    archive, client = faulty(Fault("other", IMAGE, text=str(wrong_images(root, tmp_path)[kind])))
    assert provenance.sha256(fetched(client, Store(tmp_path / "store")).file) == source(root)
    assert [request["fault"] for request in archive.requests if IMAGE in request["path"]] == ["other", ""]


@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_image_is_not_kept_and_heals_with_the_archive(kind, root, tmp_path):
    store = Store(tmp_path / "store")
    with Archive(root, faults=[Fault("other", IMAGE, times=99, text=str(wrong_images(root, tmp_path)[kind]))]) as archive:
        client = Client.at(archive.url, retry_policy=QUICK)
        with pytest.raises(Corrupt, match="wrong at its source"):
            fetched(client, store)
        assert sum(IMAGE in request["path"] for request in archive.requests) == 2
    with Archive(root) as archive:
        assert provenance.sha256(fetched(Client.at(archive.url, retry_policy=QUICK), store).file) == source(root)


@pytest.mark.parametrize("kind", ["another channel", "another time", "an image", "another number", "another shape"])
def test_wrong_spikes_are_not_kept(kind, root, tmp_path):
    right, _ = jsoc_files.read_spikes(root / "frames" / "171" / "20140101T000001" / "spikes.fits")
    files = {
        "another channel": root / "frames" / "193" / "20140101T000001" / "spikes.fits",
        "another time": root / "frames" / "171" / "20140101T000013" / "spikes.fits",
        "an image": stored_file(root),
        "another number": tmp_path / "fewer.fits",
        "another shape": tmp_path / "transposed.fits",
    }
    jsoc_files.write_compressed(files["another number"], right[:, :2].astype(np.int32))
    jsoc_files.write_compressed(files["another shape"], np.ones((4, 5), np.int32))
    store = Store(tmp_path / "store")
    with Archive(root, faults=[Fault("other", "spikes.fits", times=99, text=str(files[kind]))]) as archive:
        client = Client.at(archive.url, retry_policy=QUICK)
        (record,) = client.records(ONE, ["image", "spikes"])
        fetch.segment(record, "image", archive.url, store, retry_policy=QUICK)
        with pytest.raises(Corrupt):
            fetch.segment(record, "spikes", archive.url, store, retry_policy=QUICK)
    with Archive(root) as archive:
        entry = fetch.segment(record, "spikes", archive.url, store, retry_policy=QUICK)
        assert entry.history["verified"] == ["structure", "checksum", "spikes", "replacements", "originals"]


def test_what_an_older_version_kept_is_verified_once(client, root, tmp_path):
    """A right file is kept without a request, a wrong one fetched again."""
    store = Store(tmp_path / "store")
    entry = fetched(client, store)
    history = {name: value for name, value in entry.history.items() if name != "verified"}
    entry.note.write_text(json.dumps(history))
    (record,) = client.records(ONE, ["image"])
    again = fetch.segment(record, "image", "http://127.0.0.1:9/", store, retry_policy=QUICK)
    assert "identity" in again.history["verified"] and store.find(record, "image") == again
    wrong = Path(shutil.copy(root / "frames" / "193" / "20140101T000001" / "image_lev1.fits", tmp_path / "wrong"))
    store.add(
        tmp_path / "wrong", record, "image", {"sha256": provenance.sha256(wrong), "bytes": (tmp_path / "wrong").stat().st_size}
    )
    assert provenance.sha256(fetched(client, store).file) == source(root)


@pytest.mark.parametrize(
    ("stored", "verified"), [("fresh", "structure, checksum, shape, identity, statistics"), ("bare", None)]
)
def test_the_product_says_what_was_verified(client, root, tmp_path, stored, verified):
    write_frame(root, 171, SLOT, 171, stored=stored)
    history, product = written(client, tmp_path)
    assert fits.read_header(product)["VERIFIED"] == (verified or "structure, checksum, shape, statistics")
    assert ", ".join(history["verified"]) == fits.read_header(product)["VERIFIED"]


@pytest.fixture
def record(client):
    """The record of one image."""
    return client.records(ONE, ["image", "spikes"])[0]


def test_single_bits_of_a_bare_image(record, root, tmp_path):
    """Of 400 flipped bits in the pixels of a file without checksums, none that changes the pixels passes."""
    image = jsoc_files.read_counts(stored_file(root))[0]
    file = bare(tmp_path / "bare.fits", image)
    assert verification.verify(file, record, "image") == ["structure", "shape", "statistics"]
    passed = 0
    for _ in flipped_bits(file, 400):
        try:
            verification.verify(file, record, "image")
        except InputError:
            continue
        passed += not np.array_equal(jsoc_files.read_counts(file)[0], image)
    assert passed == 0


def spiky(folder, record):
    """Image and bare list of a despiked 128 × 128 field with 300 hits, and the record with their number."""
    rng = np.random.default_rng(5)
    raw = rng.poisson(100, (128, 128)).astype(np.int16)
    raw[rng.random(raw.shape) < 0.02] += 600
    image, spikes = despiker.despike(raw)
    files = bare(folder / "image.fits", image), folder / "spikes.fits"
    jsoc_files.write_compressed(files[1], spikes)
    return *files, spikes, replace(record, keywords={**record.keywords, "NSPIKES": str(spikes.shape[1])})


def test_a_bare_list_of_spikes_is_compared_exactly(record, tmp_path):
    """Index and replacement of every spike, and what a spike can have been."""
    image, file, spikes, own = spiky(tmp_path, record)
    assert verification.verify(file, own, "spikes", image)[-3:] == ["spikes", "replacements", "originals"]
    last = spikes.shape[1] - 1
    wrong = {
        "1 of its": (2, last, spikes[2, last] + 1),
        "[12] of its": (0, 3, spikes[0, 4]),
        "not on the detector": (0, 0, 0),
        "to 16777216, which are not": (0, last, 2**24),
        "are -1 to": (1, 7, -1),
        "which no spike has": (1, 7, 40000),
        "no spikes beside": (1, slice(0, last // 10), spikes[2, : last // 10]),
    }
    for reason, (row, at, value) in wrong.items():
        changed = spikes.copy()
        changed[row, at] = value
        jsoc_files.write_compressed(file, changed)
        with pytest.raises(InputError, match=reason):
            verification.verify(file, own, "spikes", image)


def test_a_pixel_that_is_listed_twice_is_a_chain(record, tmp_path):
    """Replaced in two passes: the first replacement is the second value before."""
    image, file, spikes, own = spiky(tmp_path, record)
    doubled = np.insert(spikes, 5, spikes[:, 5], axis=1)
    doubled[2, 5], doubled[1, 6] = 400, 400
    jsoc_files.write_compressed(file, doubled)
    own = replace(own, keywords={**own.keywords, "NSPIKES": str(doubled.shape[1])})
    assert "replacements" in verification.verify(file, own, "spikes", image)


def test_single_bits_of_a_bare_list_of_spikes(record, tmp_path):
    """Of 60 flipped bits none reaches index or replacement; what passes moves values before, within their range."""
    image, file, spikes, own = spiky(tmp_path, record)
    passed = 0
    for _ in flipped_bits(file, 60):
        try:
            verification.verify(file, own, "spikes", image)
        except InputError:
            continue
        found, _ = jsoc_files.read_spikes(file)
        assert np.array_equal(found[[0, 2]], spikes[[0, 2]])
        assert found[1].min() >= 0 and found[1].max() <= 32767
        passed += not np.array_equal(found, spikes)
    assert passed < 20


@pytest.mark.parametrize("name", ["DATAMIN", "DATAMAX", "DATAMEDN", "DATAMEAN", "DATARMS"])
def test_every_statistic_counts_for_a_bare_image_and_none_where_checksums_and_identity_hold(name, record, root, tmp_path):
    image = jsoc_files.read_counts(stored_file(root))[0]
    file = bare(tmp_path / "bare.fits", image)
    changed = {**record.keywords, name: str(float(record.keywords[name]) + 2)}
    with pytest.raises(InputError, match=name):
        verification.verify(file, replace(record, keywords=changed), "image")
    assert "statistics" not in verification.verify(stored_file(root), replace(record, keywords=changed), "image")
    missing = {**record.keywords, **dict.fromkeys(statistics(image), "MISSING")}
    assert verification.verify(file, replace(record, keywords=missing), "image") == ["structure", "shape"]


def test_statistics_are_those_of_jsoc(real, record):
    """On cut-outs whose statistics JSOC has computed: minimum, maximum, median, mean and standard deviation."""
    for path in [real / "aia/aia_171_cutout.fits", *sorted((real / "aia/flare").glob("*.fits"))[:6]]:
        counts, header = jsoc_files.read_counts(path)
        counts = counts[np.isfinite(counts)][None]
        names = ("DATAMIN", "DATAMAX", "DATAMEDN", "DATAMEAN", "DATARMS")
        keywords = {name: f"{header[name]:.9g}" for name in names}
        found = verification._different(counts, astropy_fits.Header(), replace(record, keywords=keywords))
        assert found == "", path.name


def test_rounded_statistics_agree(record, root):
    image, header = jsoc_files.read_counts(stored_file(root))
    rounded = {"DATAMEAN": f"{image.mean():.2f}", "DATARMS": f"{image.std():.2f}", "DATAMIN": "MISSING"}
    assert verification._different(image, header, replace(record, keywords={**record.keywords, **rounded})) == ""


def test_quarter_counts_are_compared_in_dn(record, tmp_path):
    rng = np.random.default_rng(5)
    dn = rng.poisson(200, (64, 64)).astype(np.int16)
    jsoc_files.write_compressed(tmp_path / "quarters.fits", dn, quarters=True)
    keywords = {**record.keywords, **statistics(dn)}
    assert "statistics" in verification.verify(tmp_path / "quarters.fits", replace(record, keywords=keywords), "image")


def test_times_of_a_file_must_lie_in_the_slot(record, root, tmp_path):
    image = jsoc_files.read_counts(stored_file(root))[0]
    for seconds, good in ((-11, True), (11, True), (13, False)):
        when = times.iso(times.from_tai(times.tai_seconds(SLOT) + seconds))
        file = bare(tmp_path / "file.fits", image, T_REC=when)
        if good:
            assert verification.verify(file, record, "image")
        else:
            with pytest.raises(InputError, match="T_REC"):
                verification.verify(file, record, "image")
