"""Cut-outs by the server: one request for all frames, verified on arrival, pixels of the whole frame; its spikes fit."""

import numpy as np
import pytest
from small_archive import QUICK, write_frame

from helioreduce import times
from helioreduce.aia import spikes
from helioreduce.aia.cutout import Region
from helioreduce.archive.server import Archive
from helioreduce.errors import InputError
from helioreduce.io import fits, jsoc_files
from helioreduce.jsoc import fetch, staged
from helioreduce.jsoc.client import Client
from helioreduce.jsoc.errors import Corrupt
from helioreduce.jsoc.store import Store

#: Where SDO is: the disk's centre is at Carrington longitude 100°, latitude −3°.
PLACE = {"DSUN_OBS": "147100000000.00", "CRLT_OBS": "-3.0", "CRLN_OBS": "100.0", "RSUN_OBS": "975.9"}
SOON = staged.Waiting(poll_s=0.02, timeout_s=20)
SETTINGS = {"place": [100.2, -2.9], "tracking": True, "size": [30, 24]}
OPTIONS = {
    "t": 0,
    "r": 0,
    "c": 0,
    "boxunits": "pixels",
    "width": 30,
    "height": 24,
    "locunits": "carrlong",
    "x": 100.2,
    "y": -2.9,
}


@pytest.fixture
def served(tmp_path):
    """An archive with three frames of 171 Å, one of them bad, and its client."""
    first = times.parse("2014-01-01T00:00:01Z")
    for i in range(3):
        slot = times.slot(times.from_tai(times.tai_seconds(first) + 12 * i), 12)
        write_frame(tmp_path / "archive", 171, slot, i, **PLACE, **({"QUALITY": "0x80000000"} if i == 2 else {}))
    with Archive(tmp_path / "archive") as archive:
        client = Client.at(archive.url, "reader@localhost", QUICK)
        records = client.records("aia.lev1_euv_12s[2014-01-01T00:00:01Z/1m][171]", ["image", "spikes"])
        yield client, records[:2], Store(tmp_path / "store"), archive


def exported(client, records, store, options=OPTIONS):
    """Paths of the cut-outs, by one request."""
    ((text, members),) = staged.batches(records)
    return staged.paths(client, text, members, ["image"], store.locks(), SOON, {"im_patch": options})


def fetched(served, record, paths, cut):
    client, _, store, archive = served
    path = paths[record.name, "image"]
    return fetch.segment(record, "image", archive.url, store, path=path, retry_policy=client.retry_policy, cut=cut)


def test_a_cut_out_of_the_server_is_the_crop_of_the_frame(served, tmp_path):
    """Cut there or here: the same pixels and coordinates; respiking either is the cut of the respiked frame, bit by bit."""
    client, records, store, archive = served
    region = Region.of(SETTINGS)
    paths = exported(client, records, store)
    assert set(paths) == {(record.name, "image") for record in records}
    for record in records:
        entry = fetched(served, record, paths, fetch.Cut.of(OPTIONS, region.served))
        assert {"structure", "checksum", "window", "identity", "source"} <= set(entry.history["verified"])
        whole = fetch.segment(record, "image", archive.url, store, retry_policy=client.retry_policy)
        for file, name in ((entry, "there"), (whole, "here")):
            fetch.image(file, record, tmp_path / f"{name}.fits", locate=region.locate)
        fetch.image(whole, record, tmp_path / "whole.fits")
        there, here, frame = (fits.read(tmp_path / f"{name}.fits") for name in ("there", "here", "whole"))
        np.testing.assert_array_equal(there.data, here.data)
        keys = ("CRPIX1", "CRPIX2", "CDELT1", "CROTA2", "X0_MP", "T_OBS", "FSN")
        assert [there.header[key] for key in keys] == [here.header[key] for key in keys]
        x, y = (round(frame.header[key] - there.header[key]) for key in ("CRPIX1", "CRPIX2"))
        np.testing.assert_array_equal(there.data, frame.data[y : y + 24, x : x + 30])
        listed = jsoc_files.read_spikes(
            fetch.segment(record, "spikes", archive.url, store, retry_policy=client.retry_policy).file
        )
        respiked = spikes.respike(frame, listed[0])
        np.testing.assert_array_equal(spikes.respike(there, listed[0]).data, respiked.data[y : y + 24, x : x + 30])


def test_a_cut_out_is_kept_by_record_and_window(served):
    """The same part is not fetched again; another one is; the whole image is a third."""
    client, records, store, _ = served
    region = Region.of(SETTINGS)
    cut = fetch.Cut.of(OPTIONS, region.served)
    paths = exported(client, records, store)
    first = fetched(served, records[0], paths, cut)
    again = fetch.segment(records[0], "image", "http://127.0.0.1:9/", store, path="/nowhere", cut=cut)
    assert again.file == first.file
    assert store.find(records[0], "image") is None
    assert fetch.Cut.of(OPTIONS | {"x": 100.3}, region.served).name != cut.name


@pytest.mark.parametrize("wrong", [{"width": 28}, {"x": 100.9}, {"t": 1, "locunits": "pixels", "x": 20, "y": 32}])
def test_another_window_than_was_asked_for_is_refused(served, wrong):
    """JSOC does not complain of options that it does not understand: what arrives is compared with what was wanted."""
    client, records, store, _ = served
    paths = exported(client, records, store, OPTIONS | wrong)
    with pytest.raises(Corrupt, match="cut-out"):
        fetched(served, records[0], paths, fetch.Cut.of(OPTIONS, Region.of(SETTINGS).served))


def test_bad_frames_are_skipped_without_a_word(served):
    client, records, store, _ = served
    bad = client.records("aia.lev1_euv_12s[2014-01-01T00:00:25Z][171]", ["image"])
    ((text, members),) = staged.batches([*records, *bad])
    found = staged.paths(client, text, members, ["image"], store.locks(), SOON, {"im_patch": OPTIONS})
    assert {record for record, _ in found} == {record.name for record in records}


def test_what_has_turned_behind_the_limb_is_refused(served):
    _, records, _, _ = served
    from helioreduce.jsoc import header

    with pytest.raises(InputError, match="behind the limb"):
        Region.of(SETTINGS | {"place": [250.0, 0.0]}).window(header.merge(records[0]))
