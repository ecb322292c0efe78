"""Series of a year: places by arithmetic, parts that grow to the same bytes, rows of what is there and what is not."""

import hashlib
import sys
from datetime import timedelta
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
import xarray
from hypothesis import given
from hypothesis import strategies as st

import aia_film
import aia_index
import aia_shard_quicklook
from helioreduce import times
from helioreduce.aia import series, slots
from helioreduce.aia.figures import colours
from helioreduce.aia.frames import Part
from helioreduce.errors import InputError
from helioreduce.image import Flag, Image
from helioreduce.io import fits, manifests, shards
from helioreduce.series import LEVEL1

GRID = {"npix": 512, "step_s": 21600.0, "phase_s": 0.0}
MADE_BY = ("code", {"iterations": 25})


def part(first=0, last=3):
    return Part("171", "20140301", GRID, (first, last), "", {"respike": "switched off"})


def image(place):
    rng = np.random.default_rng(place)
    header = fits.cards(T_OBS=f"2014-03-01T{6 * place:02d}:00:01.34Z", EXPTIME=2.0, BUNIT="DN/s", QUALITY=0, RECNUM=place)
    shares = np.zeros((8, 512, 512), np.float32)
    shares[2, :2] = 0.25
    data = rng.normal(100, 1, (512, 512)).astype(np.float32)
    data[0, 0] = np.nan
    return Image(data, header, np.ones((512, 512), np.float32), shares=shares)


def write(folder, own, places, before=None, precision="float32"):
    """Put images into a part as the job does; return its manifest."""
    before = before or manifests.Manifest({}, {})
    kept = before.done(MADE_BY, ())
    level1 = folder / "level1.fits"
    level1.write_bytes(b"")
    frames = {place: own.frame(str(level1), "", "") for place in places if place not in kept}
    made = series.Day(own, folder / "2014.zarr", kept, precision)
    by_frame = {id(frame): place for place, frame in frames.items()}
    made.fill(frames, lambda frame: image(by_frame[id(frame)]))
    return made.manifest({own.names[2]: ["no record", True, "missing"]} if 2 in own.names else {}, before, MADE_BY, ())


def files(folder):
    found = sorted((folder / "2014.zarr").rglob("c/*/*/*"))
    return {str(f.relative_to(folder)): hashlib.sha256(f.read_bytes()).hexdigest() for f in found if f.is_file()}


def test_a_part_that_grows_has_the_bytes_of_one_made_at_once(tmp_path):
    """Extended by later requests, and after a frame that came late: shards, rows and digests of the undisturbed one."""
    (tmp_path / "a").mkdir(), (tmp_path / "b").mkdir()
    whole = write(tmp_path / "a", part(), [0, 1, 3])
    grown = write(tmp_path / "b", part(0, 0), [0])
    grown = write(tmp_path / "b", part(0, 3), [3], grown)
    assert grown.rows[1]["state"] == manifests.FAILED  # nobody said why it is not there
    grown = write(tmp_path / "b", part(0, 3), [1], grown)
    assert files(tmp_path / "a") == files(tmp_path / "b") and len(files(tmp_path / "a")) == 2
    assert grown == whole
    assert whole.rows[2]["reason"] == "no record" and whole.rows[2]["may_return"] == "yes"


def test_manifests_are_ledgers(tmp_path):
    """What is read is what was written; other settings or tables make everything anew."""
    made = write(tmp_path, part(), [0, 1, 3])
    made.write(tmp_path / "20140301.ecsv")
    read = manifests.Manifest.read(tmp_path / "20140301.ecsv")
    for place, row in made.rows.items():
        assert {key: str(value) for key, value in read.rows[place].items()} == {key: str(value) for key, value in row.items()}
    assert set(read.done(MADE_BY, ())) == {0, 1, 3} and not read.done(("code", {"iterations": 5}), ())
    table = tmp_path / "table.ecsv"
    table.write_text("other")
    assert not read.done(MADE_BY, [str(table)])
    assert manifests.may_return(tmp_path / "20140301.ecsv") == 1 and manifests.may_return(tmp_path / "none.ecsv") == 0
    made.meta["calibration"] = "table one; version 10 | table two"
    made.write(tmp_path / "20140301.ecsv")
    before, again = (tmp_path / "20140301.ecsv").read_bytes(), manifests.Manifest.read(tmp_path / "20140301.ecsv")
    assert again.lines("calibration") == ["table one; version 10", "table two"] and again.lines("none") == []
    again.write(tmp_path / "20140301.ecsv")
    assert (tmp_path / "20140301.ecsv").read_bytes() == before
    digests = {key: value for key, value in read.meta.items() if "/c/" in key}
    named = {name: hashlib.sha256(Path(tmp_path, "2014.zarr", name).read_bytes()).hexdigest() for name in digests}
    assert digests == named and len(digests) == 3


def test_other_settings_leave_nothing_of_the_old_ones(tmp_path):
    before = write(tmp_path, part(), [0, 1, 3])._replace(meta={"made_by": "older"})
    after = write(tmp_path, part(), [1], before)
    assert {place for place, row in after.rows.items() if row["state"] == manifests.DONE} == {1}
    grid = series.Grid(**GRID)
    held = grid.place("20140301", 0) // grid.shard
    data = shards.read(tmp_path / "2014.zarr", grid.planes(), grid.shapes(), held)["data"]
    assert np.isnan(data[[0, 2, 3]]).all() and np.isfinite(data[1]).sum() == 512**2 - 1


def test_the_index_says_what_is_there(tmp_path):
    made, grid = write(tmp_path, part(), [0, 1, 3]), series.Grid(**GRID)
    rows = {grid.place("20140301", place): row for place, row in made.rows.items()}
    shards.index(tmp_path / "2014.zarr", grid.dataset(2014, 171, rows, {}), grid.planes("DN/s"))
    opened = xarray.open_zarr(tmp_path / "2014.zarr")
    for name in opened.coords:  # whole columns; the images are chunks of one, in all planes
        opened[name].load()
    assert set(opened.chunks["time"]) == {1}
    there = opened.isel(time=opened.present.values == 1)
    assert opened.sizes["time"] == 365 * 4 and opened.attrs["images"] == there.sizes["time"] == 3
    hours = ["2014-03-01T00", "2014-03-01T06", "2014-03-01T18"]
    np.testing.assert_array_equal(there.time, np.array(hours, "datetime64[ns]"))
    late = (there.t_obs - there.time).values / np.timedelta64(1, "ms")
    np.testing.assert_allclose(late, 1340)
    for n, place in enumerate((0, 1, 3)):
        np.testing.assert_array_equal(there.data[n], image(place).data)
    assert float(there.share.sel(flag=int(Flag.SPIKE))[0].mean()) == pytest.approx(0.25 * 2 / 512)
    assert float(opened.Tx[0]) == -float(opened.Tx[-1]) == pytest.approx(-255.5 * 4.8)


def index(folder, made):
    made.write(folder / "20140301.ecsv")
    store = folder / "2014.zarr/zarr.json"
    aia_index.main("171", "2014", [str(folder / "20140301.ecsv")], GRID, str(store), str(folder / "missing.tsv"))
    opened = xarray.open_zarr(store.parent)
    return opened.isel(time=opened.present.values == 1)


def test_archived_images_are_within_a_part_of_sigma_and_the_store_says_which(tmp_path):
    """Opened by xarray as they are; a part that grows has the bytes of one made at once; half the size."""
    (tmp_path / "a").mkdir(), (tmp_path / "b").mkdir(), (tmp_path / "exact").mkdir()
    whole = write(tmp_path / "a", part(), [0, 1, 3], precision="archived")
    grown = write(tmp_path / "b", part(0, 1), [0, 1], precision="archived")
    grown = write(tmp_path / "b", part(), [3], grown, precision="archived")
    assert files(tmp_path / "a") == files(tmp_path / "b") and grown == whole
    there = index(tmp_path / "a", whole)
    for n, place in enumerate((0, 1, 3)):
        exact = image(place).data
        np.testing.assert_array_equal(np.isnan(there.data[n]), np.isnan(exact))
        loss = (there.data[n].values - exact)[np.isfinite(exact)]  # sigma is 1
        assert np.sqrt(np.mean(loss**2)) <= there.data.attrs["loss_rms"] == 0.03
        assert 0.01 < np.abs(loss).max() <= there.data.attrs["loss_largest"] + 1e-6
    assert np.abs(there.sigma.values - 1).max() <= there.sigma.attrs["loss_largest"]
    assert "loss_rms" not in index(tmp_path / "exact", write(tmp_path / "exact", part(), [0, 1, 3])).data.attrs
    sizes = [next((tmp_path / name / "2014.zarr/data/c").glob("*/0/0")).stat().st_size for name in ("a", "exact")]
    assert sizes[0] < sizes[1] / 2


def test_images_come_back_from_the_store(tmp_path):
    """With what the manifest knows of them and the flags of their bins; one that is missing has the time of its slot."""
    made = write(tmp_path, part(), [0, 1, 3])
    made.write(tmp_path / "20140301.ecsv")
    found = list(series.images(part(), tmp_path / "2014.zarr", manifests.Manifest.read(tmp_path / "20140301.ecsv"), range(4)))
    for place in (0, 1, 3):
        np.testing.assert_array_equal(found[place].data, image(place).data)
        np.testing.assert_array_equal(found[place].sigma, image(place).sigma)
        assert found[place].flagged("spike").sum() == 2 * 512 and found[place].header["RECNUM"] == place
        assert times.parse(found[place].header["T_OBS"]) == times.parse(image(place).header["T_OBS"])
        assert found[place].header["QUALITY"] == 0
        assert (found[place].header["CRPIX1"], found[place].header["CDELT1"]) == (256.5, pytest.approx(4.8))
    assert not np.isfinite(found[2].data).any() and found[2].header["T_OBS"].startswith("2014-03-01T12:00")
    assert "QUALITY" not in found[2].header and not found[2].flags.any()


def test_pictures_and_the_film_of_a_part_are_drawn_from_its_store(tmp_path):
    """Every second place has a picture, named as its image; the film has a frame for each place, grey where there is none."""
    manifest, store = tmp_path / "20140301.ecsv", str(tmp_path / "2014.zarr")
    write(tmp_path, part(), [0, 1, 3]).write(manifest)
    aia_shard_quicklook.main(str(manifest), part()._asdict(), store, 2, str(tmp_path / "looks"))
    (picture,) = (tmp_path / "looks").iterdir()
    assert picture.name == f"{part().names[0]}.jpg" and picture.stat().st_size > 10_000
    aia_film.main([str(manifest)], part()._asdict(), store, str(tmp_path / "film.webp"))
    with PIL.Image.open(tmp_path / "film.webp") as film:
        assert film.n_frames == 4
        film.seek(2)
        middle = np.asarray(film.convert("RGB"), int)[200:350, 150:400]
    assert np.ptp(middle, axis=-1).max() < 12 and abs(middle.mean() - int(colours.MISSING[1:3], 16)) < 6


def test_the_index_holds_the_parts_of_earlier_requests(tmp_path, caplog):
    """And names those that do not follow from the same code, settings and tables."""
    parts = {day: write(tmp_path, part()._replace(day=day), [0, 1, 3]) for day in ("20140301", "20140302", "20140303")}
    parts["20140302"].meta["made_by"] = "older"
    for day, made in parts.items():
        made.write(tmp_path / f"{day}.ecsv")
    missing, store = tmp_path / "2014_missing.tsv", tmp_path / "2014.zarr/zarr.json"
    aia_index.main("171", "2014", [str(tmp_path / "20140303.ecsv")], GRID, str(store), str(missing))
    assert xarray.open_zarr(store.parent).attrs["images"] == 9
    assert len(missing.read_text().splitlines()) == 4
    assert "171 Å, 20140302: other settings, code or tables than the rest of the year" in caplog.text
    assert "without a manifest" not in caplog.text


def test_an_image_of_a_neighbour_is_named(tmp_path, monkeypatch, caplog):
    """In its row, in the list, and in the last lines of the run, which come from the log."""
    own = image

    def taken(place):
        found = own(place)
        found.header.update({"T_ASKED": "2014-03-01T06:00:01Z", "T_REC": "2014-03-01T06:00:13.000"} if place == 1 else {})
        return found

    monkeypatch.setattr(sys.modules[__name__], "image", taken)
    write(tmp_path, part(), [0, 1, 3]).write(tmp_path / "20140301.ecsv")
    missing = tmp_path / "2014_missing.tsv"
    aia_index.main("171", "2014", [str(tmp_path / "20140301.ecsv")], GRID, str(tmp_path / "2014.zarr/zarr.json"), str(missing))
    reported = [line.split("\t")[1:] for line in missing.read_text().splitlines()[1:]]
    assert reported == [[part().names[1], "no", "taken from 2014-03-01T06:00:13.000"], [part().names[2], "yes", "no record"]]
    assert f"1 of 4 images of 171 Å are the nearest good record: see {missing}" in caplog.text


def test_the_index_names_images_whose_manifest_is_gone(tmp_path, caplog):
    for day in ("20140301", "20140302", "20141231"):
        write(tmp_path, part()._replace(day=day), [0, 1, 3]).write(tmp_path / f"{day}.ecsv")
    for day in ("20140302", "20141231"):
        (tmp_path / f"{day}.ecsv").unlink()
    store = tmp_path / "2014.zarr/zarr.json"
    aia_index.main("171", "2014", [str(tmp_path / "20140301.ecsv")], GRID, str(store), str(tmp_path / "missing.tsv"))
    assert "20140302, 20141231: images without a manifest; run these days again" in caplog.text


def test_level_1_that_was_dropped_is_fetched_where_it_is_to_stay(tmp_path):
    """And nothing of a part that is done is fetched where it is dropped, or there."""
    own, kept = part(), tmp_path / "level1"
    kept.mkdir()
    (kept / f"{own.names[0]}.fits").touch()
    assert own.wanted({0, 1}, "", "collected") == {own.names[p]: f"collected/171/{own.names[p]}.fits" for p in (2, 3)}
    assert own.wanted({0, 1, 2, 3}, str(kept), "collected") == {own.names[p]: f"{kept}/{own.names[p]}.fits" for p in (1, 2, 3)}


def test_a_series_in_two_units_or_without_a_shard_is_refused_with_what_to_do(tmp_path):
    parts = {day: write(tmp_path, part()._replace(day=day), [0, 1]) for day in ("20140301", "20140302", "20140303")}
    series.check(parts, tmp_path / "2014.zarr", tmp_path)
    parts["20140302"].meta["unit"] = "DN"
    with pytest.raises(InputError, match="DN and in .* 20140302 again"):
        series.check(parts, tmp_path / "2014.zarr", tmp_path)
    del parts["20140302"]
    Path(tmp_path / "2014.zarr", next(name for name in parts["20140303"].meta if "/c/" in name)).unlink()
    with pytest.raises(InputError, match=r"is not there. Delete .*201403\d\d.ecsv and ask for this day again"):
        series.check(parts, tmp_path / "2014.zarr", tmp_path)


@given(st.sampled_from([12.0, 60.0, 720.0, 3600.0]), st.sampled_from([171, 1600]), st.sampled_from([4096, 2048, 1024, 512]))
def test_places_are_those_of_the_slots(step_s, channel, npix):
    """Every place of a day is the slot nearest to it, and a shard is a whole part of a day, not larger than 256 MB."""
    step_s = max(step_s, LEVEL1[channel].slot_s)
    grid = series.Grid(npix, step_s, 0.0)
    named = slots.of_day(channel, "20140301", {"step_s": step_s, "phase_s": 0.0}, 0, grid.slots - 1)
    midnight = times.parse("2014-03-01T00:00:00")
    for place in (0, 1, grid.slots - 1):
        apart = times.from_compact(named[place]) - midnight - timedelta(seconds=place * step_s)
        assert abs(apart.total_seconds()) <= LEVEL1[channel].slot_s / 2 + 1
    assert grid.slots % grid.shard == 0 and 4 * npix**2 * grid.shard <= 2**28
    assert grid.place("20140101", 0) == 0 and grid.place("20141231", grid.slots - 1) == 365 * grid.slots - 1
