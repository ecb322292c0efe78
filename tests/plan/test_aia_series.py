"""A series is planned by arithmetic: its parts are the frames of the request, and cost nothing each."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from configuration import configuration
from hypothesis import given, settings
from hypothesis import strategies as st

from helioreduce.errors import InputError
from helioreduce.io import manifests
from helioreduce.plan import price, request
from helioreduce.plan.aia import Plan
from helioreduce.plan.aia_series import Series, refusals
from helioreduce.plan.films import Films

YEAR = {
    "channels": [94, 131, 171, 193, 211, 304, 335, 1600, 1700],
    "start": "2014-01-01T00:00:00",
    "end": "2014-12-31T23:59:59",
    "cadence_s": 720.0,
    "output": {"form": "series", "npix": 512, "precision": "float32"},
}


def series(**aia):
    config = configuration(source="jsoc", aia={**YEAR, **aia})
    return Series.of(Plan.of(config))


def job(channel, day):
    return SimpleNamespace(channel=channel, day=day)


def test_a_year_of_nine_channels_is_parts_and_no_frames():
    made = series()
    assert len(made.parts) == 9 * 365 and made.images == 9 * 365 * 120
    stores = [f"results/aia/series/{c}/2014.zarr/zarr.json" for c in YEAR["channels"]]
    assert not made.plan.wanted and made.targets() == [*stores, *made.asked, "results/aia/series/review.txt"]
    assert made.part(job("171", "20140301"))["places"] == (0, 119)
    assert "394,200 images in 3,285 parts (channel and day): 4.89 TB to be fetched" in made.notes[0]
    images, spikes = 394_200, 394_200 * 7 // 9
    assert f"JSOC gets 3,285 queries and is asked for {images + spikes:,} files, 1 at a time" in made.notes[0]
    files = 3 * 3285 + 4 * 3285 + 28 * 9  # shards; manifest, log and Snakemake's notes of a part; the index of a store
    assert f"at most 5.71 TB in about {files + 3 * images:,} files" in made.notes[0]
    looks, of_looks = series(quicklook=10).notes[0], files + 3 * images + images // 10 + 2 * 3285
    assert f"at most 5.73 TB in about {of_looks:,} files" in looks
    assert f"at most 827 GB in about {files:,} files on disk; about 383 CPU hours" in series(keep=[]).notes[0]


@pytest.mark.parametrize(
    ("number", "text"),
    [(4e4, "0 MB"), (49.6e6, "50 MB"), (999.4e6, "999 MB"), (8.25e9, "8.25 GB"), (82.5e9, "82.5 GB"), (4.888e12, "4.89 TB")],
)
def test_sizes_are_in_their_natural_unit(number, text):
    assert price.size(number) == text


def test_the_price_of_a_small_request_is_in_small_units():
    (reported,) = series(channels=[1600], end="2014-01-01T00:24:00", keep=[]).notes
    assert "3 images in 1 part " in reported and "37 MB to be fetched, JSOC gets 1 query and is asked for 3 files" in reported
    assert "at most 6 MB in about 35 files on disk; about 1 CPU minute, what is finished included." in reported


def test_the_price_follows_the_simulated_detector_and_the_queries_for_neighbours():
    """A sixteenth of the bytes at a quarter of the side; JSOC's frames are as large as they are."""
    config = {"aia": {**YEAR, "channels": [171], "keep": []}, "archive": {**configuration()["archive"], "npix": 1024}}
    config["aia"]["end"] = "2014-01-10T23:59:59"
    for source, fetched in (("archive", "930 MB"), ("jsoc", "14.9 GB")):
        (reported,) = Series.of(Plan.of(configuration(source=source, **config))).notes
        assert (
            f"1,200 images in 10 parts (channel and day): {fetched} to be fetched" in reported and "10 queries and" in reported
        )
    (reported,) = Series.of(Plan.of(configuration(source="jsoc", jsoc={"on_missing": "nearest"}, **config))).notes
    assert "JSOC gets 10 queries (at most 20, with those for neighbours) and is asked for" in reported


def test_keys_that_are_set_and_of_no_use_are_named():
    events = {"flare": ["171/*", "1600/*"], "gap": ["171/20150101*"]}
    aia = {**YEAR, "channels": [171], "end": "2014-01-02", "keep": ["level1", "error"]}
    jsoc = {"method": "url", "email": "reader@localhost", "record": "copy", "nearest_s": 6.0}
    made = Series.of(Plan.of(configuration(source="archive", aia=aia, jsoc=jsoc, archive={"events": events})))
    assert made.plan.notes == ("jsoc.nearest_s is set, and jsoc.on_missing is fail: it is not used.",)
    form, fits = "is set, and aia.output.form is series: it is not used.", "as 171/20140101T000001 would"
    unused = [f"{key} {form}" for key in ("jsoc.record", "jsoc.method", "aia.keep of error")]
    patterns = {"flare": "1600/*", "gap": "171/20150101*"}
    strange = [f"archive.events.{event}: no frame of the request fits {what}, {fits}" for event, what in patterns.items()]
    assert made.notes[1:] == [*unused, *strange]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 86399), st.integers(0, 200_000), st.sampled_from([60.0, 720.0, 3600.0]))
def test_its_images_are_those_of_the_same_request_for_images(begins_s, lasts_s, cadence_s):
    """From any second to any other: every slot once, none more."""
    start = datetime(2014, 1, 1, tzinfo=UTC) + timedelta(seconds=begins_s)
    end = start + timedelta(seconds=lasts_s)
    asked = {"channels": [171], "start": start.isoformat(), "end": end.isoformat(), "cadence_s": cadence_s}
    made = series(**asked)
    named = [time for key in made.parts for time in made._part(*key).names.values()]
    wanted = request.frames({**asked, "times": None})
    assert named == [f"{time:%Y%m%dT%H%M%S}" for _, time in wanted]


@pytest.mark.parametrize(
    ("aia", "reported"),
    [
        ({"times": ["2014-01-01"]}, "start, end and cadence_s"),
        ({"cadence_s": 700.0}, "nearest are"),
        ({"end": "2013-12-31"}, "Swap them"),
        ({"cutout": {**configuration()["aia"]["cutout"], "centre": [0, 0]}}, "target cube"),
    ],
)
def test_what_makes_no_series_is_refused(aia, reported):
    with pytest.raises(InputError, match=reported):
        series(**aia)


def test_the_target_needs_the_form():
    images = refusals(series(output={**YEAR["output"], "form": "images"}, end=YEAR["start"]))
    assert list(images) == ["series"] and "form: series" in str(images["series"])
    assert "Set it to images" in str(refusals(series())["dem"]) and "series" not in refusals(series())


def test_missing_images_that_may_come_back_are_asked_for_by_the_next_command(tmp_path, monkeypatch):
    """And a part without any is never asked for again."""
    monkeypatch.chdir(tmp_path)
    made = series(end="2014-01-01T00:12:00", channels=[171])
    assert made.again(job("171", "20140101")) == ""
    rows = {place: manifests.missing(place, "t", "no record", may_return=place == 0, like={}) for place in (0, 1)}
    manifests.Manifest(rows, {}).write(made.manifest("171", "20140101"))
    assert made.again(job("171", "20140101")) != ""
    manifests.Manifest({1: rows[1]}, {}).write(made.manifest("171", "20140101"))
    assert made.again(job("171", "20140101")) == ""


OTHERS = {
    "size": {"output": {**YEAR["output"], "npix": 1024}},
    "cadence": {"cadence_s": 3600.0},
    "phase": {"start": "2014-01-01T00:01"},
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_a_store_holds_one_grid(tmp_path, monkeypatch, other):
    """Other sizes, cadences and phases are refused by name before anything is made; the same grid goes on."""
    monkeypatch.chdir(tmp_path)
    made = series(end="2014-01-01T12:00:00", channels=[171])
    manifests.Manifest({}, {"grid": manifests.named(made.grid("171"))}).write(made.manifest("171", "20140101"))
    assert len(series(start="2014-02-01", end="2014-02-02", channels=[171]).parts) == 2
    with pytest.raises(InputError, match=r"20140101.ecsv.*512 px, 720 s \+ 0 s"):
        series(**{"end": "2014-01-03", "channels": [171], **other})


@pytest.mark.parametrize("content", [b"", b"a line\n", bytes(range(256))])
def test_a_damaged_manifest_is_named_before_anything_is_made(tmp_path, monkeypatch, content):
    monkeypatch.chdir(tmp_path)
    file = Path(series(end="2014-01-01T12:00:00", channels=[171]).manifest("171", "20140101"))
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    with pytest.raises(InputError, match=r"20140101.ecsv: is damaged. Delete it"):
        series(end="2014-01-01T12:00:00", channels=[171])


def test_level_1_stays_only_where_it_is_kept():
    assert series(keep=[]).level1(job("171", "20140101")) == ""
    assert series(keep=["level1"]).level1(job("171", "20140101")) == "results/aia/level1/171"


def test_quick_looks_of_series_are_chosen_a_folder_a_part():
    assert not any("quicklook" in file for file in series().targets())
    looks = [file for file in series(quicklook=10).targets() if "quicklook" in file]
    assert len(looks) == 9 * 365 and looks[0] == "results/aia/series/quicklook/94/20140101"


def test_a_film_shows_a_part_or_the_images_of_a_day():
    made = series(end="2014-01-02T12:00:00", channels=[171])
    films = Films(made.plan, made)
    assert films.targets() == [f"results/aia/film/171/{day}.webp" for day in ("20140101", "20140102")]
    assert films.shown(job("171", "20140102")) == [made.manifest("171", "20140102")]
    assert films.part(job("171", "20140102"))["places"] == (0, 60)
    images = series(end="2014-01-02T00:00:00", channels=[171], output={**YEAR["output"], "form": "images"})
    films = Films(images.plan, images)
    assert [len(films.shown(job("171", day))) for day in ("20140101", "20140102")] == [120, 1]
    assert films.part(job("171", "20140101")) is None
    assert films.shown(job("171", "20140102"))[0].startswith("results/aia/binned/171/20140102T0000")


def test_the_precision_is_of_series():
    """It belongs to what the images of a part follow from; single images have another form for it, which is named."""
    archived = series(output={**YEAR["output"], "precision": "archived"})
    assert archived.made_by(job("171", "20140301")) != series().made_by(job("171", "20140301"))
    with pytest.raises(InputError, match="target `archived`"):
        series(end=YEAR["start"], output={"form": "images", "npix": 512, "precision": "archived"})


def test_images_of_the_embedded_archive_follow_from_its_sun():
    """And those of JSOC from nothing of it."""
    key, events = job("1600", "20140101"), {**configuration()["archive"], "events": {"gap": ["1600/*"]}}
    aia = {**YEAR, "channels": [1600], "end": "2014-01-01T00:12:00"}
    for source, is_followed in (("archive", True), ("jsoc", False)):
        found = [
            Series.of(Plan.of(configuration(source=source, aia=aia, **changed))).made_by(key)
            for changed in ({}, {"archive": events})
        ]
        assert (found[0] != found[1]) == is_followed
