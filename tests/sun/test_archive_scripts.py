"""Scripts that write the archive: files, layout, repeatability."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits as astropy_fits
from sun_frames import DAY, gaussian_psf, slot

from helioreduce import times
from helioreduce.aia import tables
from helioreduce.archive.catalogue import Catalogue
from helioreduce.archive.server import serve
from helioreduce.io import ecsv, fits, jsoc_files
from helioreduce.jsoc import fetch, policy
from helioreduce.jsoc.client import Client
from helioreduce.jsoc.store import Store
from helioreduce.plan.source import Source
from helioreduce.sun import calibration, despiker, statistics
from helioreduce.sun.frame import Frame
from helioreduce.sun.instrument import CHANNELS
from helioreduce.sun.scenario import Scenario, true_pointing

CONFIG = {"jsoc": {"retries": 0, "timeout_s": 10, "connections": 1}}


def files(folder) -> dict[str, str]:
    """Outputs of rendering one frame."""
    names = {"image": "image_lev1.fits", "spikes": "spikes.fits", "truth": "truth.fits", "record": "record.json"}
    return {name: str(folder / file) for name, file in names.items()}


def test_scripts_write_what_the_archive_serves(tmp_path) -> None:
    """Files, their layout, and the same bytes twice."""
    import archive_pointing
    import archive_render
    import archive_tables

    psf = tmp_path / "psf.fits"
    fits.write_arrays(psf, {"PSF": gaussian_psf(64)})
    time, scenario = times.compact(slot(171)), {"npix": 128, "seed": 3}
    for folder in ("a", "b"):
        archive_render.main(scenario, "171", time, psf=str(psf), **files(tmp_path / folder))
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == ["image_lev1.fits", "record.json", "spikes.fits", "truth.fits"]
    record = json.loads((tmp_path / "a/record.json").read_text())
    assert record["series"] == "aia.lev1_euv_12s"
    with astropy_fits.open(tmp_path / "a/image_lev1.fits", do_not_scale_image_data=True) as hdus:
        assert (len(hdus), hdus[1].data.dtype, hdus[1].header["BLANK"]) == (2, np.int16, -32768)
        assert hdus[1].compression_type == "RICE_1"
    spikes, _ = jsoc_files.read_spikes(tmp_path / "a/spikes.fits")
    level05, _ = fits.read_array(tmp_path / "a/truth.fits", "LEVEL05")
    image = fits.read(tmp_path / "a/image_lev1.fits").data
    np.testing.assert_array_equal(despiker.respike(image.astype(np.int16), spikes), level05)
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    archive_tables.main(str(tmp_path / "response.json"), str(tmp_path / "solarsoft" / "error.json"))
    for day in ("20131231", "20140101"):
        archive_pointing.main(scenario, day, str(tmp_path / "pointing" / f"{day}.json"))
    archive_render.main(scenario, "171", time, psf=str(psf), **files(tmp_path / "frames" / "171" / time))
    catalogue = Catalogue(tmp_path)
    catalogue.refresh()
    assert {"aia.master_pointing3h", "aia.response"} <= set(catalogue.names())
    (held,) = catalogue.records("aia.lev1_euv_12s")
    assert held.segments["spikes"].name == "spikes.fits"
    assert {record.keywords["ORIGIN"] for record in catalogue.records("aia.response")} == {calibration.ORIGIN}
    with serve(tmp_path) as url:
        rows = [record.keywords for record in Client.at(url).records("aia.response[][!1=1!]")]
    assert {tables.version(row) for row in rows} == {"SIMULATED: V10 to three figures"}
    assert {row["VER_NUM"] for row in rows} == {"10"}
    rows = catalogue.records("aia.master_pointing3h")
    starts = [row.keywords["T_START"] for row in rows]
    assert (len(rows), starts[0], starts[8]) == (16, "2013-12-31T00:00:00Z", "2014-01-01T00:00:00Z")
    assert len({row.recnum for row in rows}) == 16
    truth = true_pointing(Scenario.from_mapping(scenario), CHANNELS[171], DAY + timedelta(hours=1.5))
    assert float(rows[8].keywords["A_171_X0"]) == pytest.approx(truth.x0, abs=1e-6)


def test_quarter_dn_file_reads_as_the_same_counts(tmp_path, frames: dict[int, Frame]) -> None:
    image = frames[94].image.copy()
    image[0, :3] = statistics.BLANK, -8, 16375
    jsoc_files.write_compressed(tmp_path / "q.fits", image, frames[94].header, quarters=True)
    with astropy_fits.open(tmp_path / "q.fits", do_not_scale_image_data=True) as hdus:
        assert (hdus[1].header["BSCALE"], hdus[1].header["BZERO"], hdus[1].data.dtype) == (0.25, 8183.75, np.int16)
    read = fits.read(tmp_path / "q.fits").data
    assert np.isnan(read[0, 0])
    np.testing.assert_array_equal(read.ravel()[1:], image.ravel()[1:])


@pytest.mark.parametrize(
    ("channel", "settings"),
    [
        *((channel, {}) for channel in CHANNELS),
        *((171, {"header": mode}) for mode in ("stale", "bare")),
        *(
            (171, {"events": {event: ["*"]}})
            for event in ("missing", "eclipse", "dark", "short", "flare", "nrt", "reprocessed")
        ),
        *((94, {"quarter_dn": True, "header": mode}) for mode in ("fresh", "bare")),
    ],
)
def test_every_file_of_the_archive_is_known_as_its_record_s(tmp_path, channel, settings) -> None:
    import archive_render

    time = times.compact(slot(channel))
    folder = tmp_path / "archive" / "frames" / str(channel) / time
    files = {name: str(folder / f"{name}.fits") for name in ("truth", "spikes")} | {"image": str(folder / "image_lev1.fits")}
    archive_render.main({"npix": 128, **settings}, str(channel), time, record=str(folder / "record.json"), **files)
    with serve(tmp_path / "archive") as url:
        (record,) = Client.at(url).records(f"{CHANNELS[channel].series.name}[][{channel}]", ["image", "spikes"])
        entry = fetch.segment(record, "image", url, Store(tmp_path / "store"))
        known = ["structure", "checksum", "shape", *(["identity"] if settings.get("header") != "bare" else []), "statistics"]
        assert entry.history["verified"] == known
        if policy.has_spikes(record):
            spikes = fetch.segment(record, "spikes", url, Store(tmp_path / "store"))
            assert spikes.history["verified"] == ["structure", "checksum", "spikes", "replacements", "originals"]


@pytest.mark.parametrize(("asked", "before"), [("20140101", "201401"), ("201401", "20140101")])
def test_a_pointing_table_is_of_its_own_request_whatever_lies_beside_it(tmp_path, monkeypatch, asked, before):
    """A folder that has served days of one Sun and months of another: files of the other period are still there."""
    import aia_pointing
    import archive_pointing

    monkeypatch.chdir(tmp_path)
    rows = {}
    for seed, period in enumerate((before, asked)):
        own = Source("archive", {}, {}, {}).series("pointing", period)
        for file in own:
            archive_pointing.main({"npix": 64, "seed": seed}, Path(file).stem, file)
        aia_pointing.main("archive", period, CONFIG, f"{period}.ecsv", archive=own)
        rows[period] = ecsv.read(f"{period}.ecsv")[0]
    aia_pointing.main("archive", before, CONFIG, "again.ecsv", archive=Source("archive", {}, {}, {}).series("pointing", before))
    shared = [row["T_START"] for row in rows[asked] if row["T_START"] in {other["T_START"] for other in rows[before]}]
    first, second = ({row["T_START"]: row["A_171_X0"] for row in rows[period]} for period in (before, asked))
    assert len(shared) > 8 and all(first[start] != second[start] for start in shared), "two Suns"
    again = {row["T_START"]: row["A_171_X0"] for row in ecsv.read("again.ecsv")[0]}
    inner = [start for start in shared if start.startswith("2014-01-01")]
    assert [again[start] for start in inner] == [first[start] for start in inner], "that of the day again"
