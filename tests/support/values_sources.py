"""Values of ``source``, ``archive``, ``jsoc``, ``local`` and of what light is good enough: which frames there are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from level1_cases import HEADER
from offers import TEXT, Check, Done, Run, Value, refused
from values_aia import PLAIN, SMALL

from helioreduce import series as slotted
from helioreduce import times
from helioreduce.quality import FLAWS

REDUCED = "aia/level1.5/171/{}.fits"
#: Events, each of one frame, in the order of the frames; the first frame has none.
EVENTS = (
    *("gap", "lost", "offline", "no_spikes", "reprocessed", "nrt", "missing"),
    *("eclipse", "dark", "open_loop", "calibration", "short", "flare"),
)
#: Flaws of a frame that have words in ``missing.tsv``.
REASONS = {
    "nrt": "near-real-time",
    "eclipse": "eclipse",
    "dark": "dark image",
    "open_loop": "loop open",
    "calibration": "calibration image",
}
ROWS = {"pointing_missing": "171/20140101T000000", "pointing_gap": "*/20131231T210000"}
ALLOWED = [name for name, flaw in FLAWS.items() if flaw.refused and name != "no_image"]
REFUSED = [name for name, flaw in FLAWS.items() if not flaw.refused]
STAND_IN = "aia/level1/171/20140101T000049_simulated.fits"
LATER = "aia/level1/171/20140101T000013_simulated.fits"
LEVEL1, RECORD = "aia/level1/{}/20140101T000001_simulated.fits", "archive/frames/{}/20140101T000001/record.json"


def moment(event: str) -> str:
    """Return the slot of the frame of an event, as it stands in file names."""
    seconds = 1 + 12 * (1 + EVENTS.index(event))
    return f"20140101T00{seconds // 60:02d}{seconds % 60:02d}"


def plain_or(event: str, shown: Check) -> tuple[Value, Check]:
    """Return an event and what it does."""
    return (f"archive.events.{event}", TEXT), shown


def reduced(done: Done, event: str) -> Any:
    """Return the reduced image of an event's frame."""
    return done.image(REDUCED.format(f"{moment(event)}_simulated"))


def listed(event: str, words: str = "") -> Check:
    """Return the check that an event's frame is listed as unavailable, with the reason."""

    def check(done: Done) -> bool:
        rows = [row for row in done.file("aia/missing.tsv").read_text().splitlines() if moment(event) in row]
        return len(rows) == 1 and words in rows[0]

    return check


def left_out(event: str, words: str = "") -> Check:
    """Return the check that an event's frame is listed as unavailable, with the reason, and not reduced."""
    return lambda done: listed(event, words)(done) and not done.has(REDUCED.format(f"{moment(event)}_simulated"))


def newest(done: Done) -> bool:
    """Of the two records of a frame the newer one is taken."""
    records = json.loads(done.file(f"archive/frames/171/{moment('reprocessed')}/record.json").read_text())["records"]
    return len(records) == 2 and reduced(done, "reprocessed").header["RECNUM"] == max(record["recnum"] for record in records)


def brighter(done: Done) -> bool:
    """The flare is by far the brightest place of all frames."""
    flare, other = (float(np.nanmax(reduced(done, event).data)) for event in ("flare", "missing"))
    return flare > 5 * other


def without_row(done: Done) -> bool:
    """The table of the day before has no row from 21 h on."""
    starts = [str(row["T_START"]) for row in done.table("aia/tables/pointing/20140101.ecsv")[0]]
    return "2013-12-31T21:00:00Z" not in starts and "2014-01-01T00:00:00Z" in starts


HAPPENED: dict[Value, Check] = dict(
    (
        *(plain_or(event, left_out(event, words)) for event, words in REASONS.items()),
        *(plain_or(event, left_out(event)) for event in ("gap", "lost", "offline")),
        plain_or("no_spikes", left_out("no_spikes", "its list of spikes")),
        plain_or("reprocessed", newest),
        plain_or(
            "missing", lambda done: np.isnan(reduced(done, "missing").data).sum() > np.isnan(reduced(done, "short").data).sum()
        ),
        plain_or("short", lambda done: np.isclose(reduced(done, "short").header["EXPTIME"], 0.2, rtol=0.01)),
        plain_or("flare", brighter),
        plain_or(
            "pointing_missing", lambda done: "header" in done.parameters(REDUCED.format(f"{moment('short')}_simulated"), "prep")
        ),
        plain_or("pointing_gap", without_row),
    )
)
EVENTFUL = {
    "archive": {
        "npix": 64,
        "events": {event: [f"171/{moment(event)}"] for event in EVENTS} | {name: [row] for name, row in ROWS.items()},
    },
    "aia": {"channels": [171], "end": "2014-01-01T00:02:37", "batch": 20, "steps": {**PLAIN, "respike": True}},
}


def stored(done: Done, channel: int = 171) -> tuple[Any, Mapping[str, str]]:
    """Return the header of a file of the archive, as it is stored, and its record."""
    record = json.loads(done.file(RECORD.format(channel)).read_text())
    file = done.file(RECORD.format(channel).replace("record.json", "image_lev1.fits"))
    with fits.open(file, do_not_scale_image_data=True) as hdus:
        return hdus[1].header.copy(), record["keywords"]


def agrees(done: Done) -> bool:
    """Return whether header and record have one scale: it is corrected in the database after the files are made."""
    header, record = stored(done)
    return np.isclose(header["IMSCL_MP"], float(record["IMSCL_MP"]), rtol=1e-6)


def fetched_right(done: Done) -> bool:
    """Return whether what has been fetched has the header of the record, whatever the file's own says."""
    return np.isclose(done.header(LEVEL1.format(171))["IMSCL_MP"], float(stored(done)[1]["IMSCL_MP"]), rtol=1e-6)


def brightest(done: Done) -> float:
    """Return the largest value of the scene behind the frame of 171 Å over its median."""
    scene = fits.getdata(done.file(RECORD.format(171).replace("record.json", "truth.fits")))
    return float(np.nanmax(scene) / np.nanmedian(scene))


def asked(done: Done, path: str) -> list[Mapping[str, Any]]:
    """Return the requests to the archive whose path holds some words."""
    entries = [json.loads(line) for line in (done.folder / "requests.jsonl").read_text().splitlines()]
    return [entry for entry in entries if path in entry["path"]]


def exports(done: Done) -> list[Mapping[str, Any]]:
    """Return the orders of staged files."""
    return [entry for entry in asked(done, "jsoc_fetch") if entry["query"].get("op") == "exp_request"]


def made_from(done: Done, pattern: str) -> str:
    """Return the series of an image's record."""
    return str(done.header(pattern)["DRMS_ID"]).partition(":")[0]


def series(name: str, channel: int) -> Run:
    """Return the run of one image of a series."""
    slot = times.compact(times.slot(times.parse("2014-01-01"), slotted.LEVEL1[channel].slot_s))
    image = f"aia/level1/{channel}/{slot}_simulated.fits"
    return Run(
        {**SMALL, "aia": {"channels": [channel], "series": name, "quality": {"allow": ["near_real_time"]}}},
        (f"results/{image}",),
        {("aia.series", name): lambda done: made_from(done, image) == name},
        after=BASE if channel == 171 else None,
    )


SERVED = {"source": "jsoc", "aia": {"channels": [171], "steps": PLAIN}}
TAKEN = "aia/level1/171/20140101T000001.fits"


def flawed(folder: Path) -> None:
    """Write a frame for each flaw, which has no other, and one without any."""
    rng = np.random.default_rng(3)
    (folder / "level1").mkdir()
    (folder / "tables").mkdir()
    for second, (name, flaw) in enumerate([("none", None), *FLAWS.items()]):
        header = fits.Header(HEADER)
        header["T_REC"] = header["T_OBS"] = f"2014-01-01T00:00:{second:02d}"
        header["QUALITY"] = 0 if flaw is None else (1 << flaw.bit) - (1 << 32) * (flaw.bit == 31)
        fits.PrimaryHDU(rng.poisson(300, (64, 64)).astype(np.int16), header).writeto(folder / f"level1/{name}.fits")


def frame(name: str) -> str:
    """Return the reduced frame of a flaw."""
    return f"aia/level1.5/171/20140101T0000{['none', *FLAWS].index(name):02d}.fits"


def allowed(name: str) -> Check:
    """Return the check that a flaw refuses its frame unless it is allowed; the header then says so."""
    return lambda done: (
        not done.run("flaws").has(frame(name))
        and FLAWS[name].meaning in str([value for key, value in done.header(frame(name)).items() if key.startswith("CAVEAT")])
    )


def refuses(name: str) -> Check:
    """Return the check that a flaw refuses its frame if it is set to, and that the reason is given."""
    return lambda done: done.run("flaws").has(frame(name)) and not done.has(frame(name)) and FLAWS[name].meaning in done.said


OWN = {"source": "local", "local": {"directory": "level1"}, "aia": {"steps": PLAIN, "batch": 50}}
BASE = "source_archive"
#: What the archive serves beside frames.
TABLES = tuple(
    f"results/archive/{name}.json" for name in ("response", *(f"pointing/{day}" for day in (20131231, 20140101, 20140102)))
)
RUNS = {
    BASE: Run(
        {**SMALL, "aia": {"channels": [171, 94]}},
        (f"results/{LEVEL1.format(171)}", f"results/{LEVEL1.format(94)}", *TABLES),
        {
            ("source", "archive"): lambda done: (
                "not an observation" in done.header(LEVEL1.format(171)).get("SIMULATE", "SIMULATED, not an observation")
            ),
            ("archive.header", "fresh"): agrees,
            ("archive.targets", False): lambda done: brightest(done) < 50,
            ("archive.quarter_dn", False): lambda done: "BSCALE" not in stored(done, 94)[0],
            ("local.directory", None): lambda done: "local.directory" not in done.said,
            ("aia.series", "auto"): lambda done: made_from(done, LEVEL1.format(171)) == "aia.lev1_euv_12s",
            ("aia.where", None): lambda done: "aia.where" not in done.said,
            ("local.tables", None): lambda done: not done.has("aia/tables/*"),
            ("jsoc.record", None): lambda done: not done.has("aia/recorded.txt"),
        },
    ),
    **{
        f"source_{name}": series(name, channel)
        for name, channel in (
            *((name, 171) for name in ("aia.lev1", "aia.lev1_nrt2", "aia.lev1_euv_12s")),
            *(("aia.lev1_uv_24s", 1600), ("aia.lev1_vis_1h", 4500)),
        )
    },
    "source_where": Run(
        {**EVENTFUL, "aia": {**EVENTFUL["aia"], "where": "EXPTIME < 1 AND QUALITY = 0"}, "jsoc": {"on_missing": "skip"}},
        ("results/aia/missing.tsv",),
        {
            ("aia.where", TEXT): lambda done: (
                listed("flare", "aia.where does not hold")(done)
                and moment("short") not in done.file("aia/missing.tsv").read_text()
                and listed("gap", "no record")(done)
            )
        },
        after="source_events",
    ),
    "source_times": Run(
        {**SMALL, "aia": {"channels": [171], "times": ["2014-01-01T00:00:00", "2014-01-01T00:00:12"]}},
        (f"results/{LEVEL1.format(171)}", f"results/{LATER}"),
        {
            ("aia.times[]", TEXT): lambda done: done.has(LEVEL1.format(171)) and done.has(LATER),
            ("aia.times", None): lambda done: not done.run(BASE).has(LATER),
        },
        after=BASE,
    ),
    "source_file": Run(
        {**SMALL, "aia": {"channels": [171], "times": "times.txt"}},
        (f"results/{LATER}",),
        {("aia.times", TEXT): lambda done: done.has(LATER)},
        after=BASE,
        files=lambda folder: folder.joinpath("times.txt").write_text("2014-01-01T00:00:12\n"),
    ),
    "source_stale": Run(
        {"archive": {"npix": 64, "header": "stale", "targets": True, "quarter_dn": True}, "aia": {"channels": [171, 94]}},
        (f"results/{LEVEL1.format(171)}", f"results/{LEVEL1.format(94)}"),
        {
            ("archive.header", "stale"): lambda done: not agrees(done) and fetched_right(done),
            ("archive.targets", True): lambda done: brightest(done) > 1.2 * brightest(done.run(BASE)),
            ("archive.quarter_dn", True): lambda done: (
                stored(done, 94)[0]["BSCALE"] == 0.25 and not (done.image(LEVEL1.format(94)).data % 1).any()
            ),
        },
    ),
    "source_dem": Run(
        {"archive": {"npix": 64, "dem": True}, "aia": {"channels": [171]}},
        (f"results/{LEVEL1.format(171)}",),
        {
            ("archive.dem", True): lambda done: brightest(done) > 2 * brightest(done.run(BASE)),
            ("archive.dem", False): lambda done: brightest(done.run(BASE)) < 50,
        },
        after=BASE,
    ),
    "source_bare": Run(
        {"archive": {"npix": 64, "header": "bare"}, "aia": {"channels": [171]}},
        (f"results/{LEVEL1.format(171)}",),
        {
            ("archive.header", "bare"): lambda done: "IMSCL_MP" not in stored(done)[0] and fetched_right(done),
        },
    ),
    "source_events": Run(
        {**EVENTFUL, "jsoc": {"on_missing": "skip"}},
        (),
        {
            **HAPPENED,
            ("jsoc.on_missing", "skip"): left_out("gap"),
        },
    ),
    "source_fail": Run(
        {
            "archive": {"npix": 64, "events": {"gap": [f"171/{moment('gap')}"]}},
            "aia": {"channels": [171], "end": "2014-01-01T00:00:12", "steps": PLAIN},
            "jsoc": {"on_missing": "fail"},
        },
        ("offline",),
        {
            ("jsoc.on_missing", "fail"): lambda done: "the archive has no record" in done.said and left_out("gap")(done),
        },
        fails=True,
    ),
    "source_nearest": Run(
        {
            "archive": {"npix": 64, "events": {"gap": ["171/20140101T000049"]}},
            "aia": {"channels": [171], "end": "2014-01-01T00:00:48", "cadence_s": 48, "steps": PLAIN},
            "jsoc": {"on_missing": "nearest", "nearest_s": None},
        },
        (),
        {
            ("jsoc.on_missing", "nearest"): lambda done: (
                done.header(STAND_IN)["T_ASKED"] == "2014-01-01T00:00:49Z" != done.header(STAND_IN)["T_REC"]
                and "1 of 2 images are the nearest good record: results/aia/missing.tsv says" in done.said
            ),
            ("jsoc.nearest_s", None): lambda done: "taken from 20140101T0001" in done.file("aia/missing.tsv").read_text(),
        },
    ),
    "source_jsoc": Run(
        {**SERVED, "jsoc": {"url": "URL", "record": "copy"}},
        (f"results/{TAKEN}", "results/aia/recorded.txt"),
        {
            ("source", "jsoc"): lambda done: done.has(TAKEN),
            ("jsoc.url", TEXT): lambda done: len(asked(done, "jsoc_info")) > 0,
            ("jsoc.method", "url_quick"): lambda done: not exports(done),
            ("jsoc.record", TEXT): lambda done: any((done.folder / "copy").rglob("image_lev1.fits")),
        },
        after=BASE,
        served=True,
    ),
    "source_exports": Run(
        {**SERVED, "jsoc": {"url": "URL", "method": "url", "email": "reader@localhost"}},
        (f"results/{TAKEN}",),
        {
            ("jsoc.method", "url"): lambda done: len(exports(done)) > 0 and done.has("aia/exports/171/*.json"),
            ("jsoc.email", TEXT): lambda done: all("notify" in entry["query"] for entry in exports(done)),
        },
        after=BASE,
        served=True,
    ),
    "source_unnamed": Run(
        {**SERVED, "jsoc": {"url": "URL", "method": "url", "email": None}},
        (f"results/{TAKEN}",),
        {
            ("jsoc.email", None): lambda done: all("notify" in entry["query"] for entry in exports(done)) and done.has(TAKEN),
        },
        after=BASE,
        served=True,
    ),
    "flaws": Run(
        OWN,
        (),
        {
            ("source", "local"): lambda done: done.has(frame("none")),
            ("local.directory", TEXT): lambda done: done.has(frame("none")),
        },
        files=flawed,
        fails=True,
    ),
    "flaws_changed": Run(
        {**OWN, "aia": {**OWN["aia"], "quality": {"allow": ALLOWED, "refuse": REFUSED}}},
        (),
        {("aia.quality.allow[]", name): allowed(name) for name in ALLOWED}
        | {("aia.quality.refuse[]", name): refuses(name) for name in REFUSED},
        files=flawed,
        fails=True,
    ),
    "source_nowhere": Run(
        {"source": "local", "local": {"directory": None}},
        (),
        {
            ("local.directory", None): refused("local.directory is not set"),
        },
        fails=True,
    ),
}
#: Values of regions and cubes, which tests of their formulas show; none has a run of its own yet.
REGIONS = {
    "cutout.centre": (None,), "cutout.coordinates": ("arcsec", "carrington", "stonyhurst"),
    "cutout.cut": ("here", "last", "server"),
    "cutout.time": (TEXT, None), "cutout.tracking": (False, True), "cutout.unit": ("arcsec", "px"),
    "cube.line": (None,), "cube.law": ("howard", "none", "rigid", "snodgrass", "snodgrass_ulrich"),
}  # fmt: skip
#: Values of an archive with stray light and of emission measures, likewise.
LATEST = {
    ("spice.composition.dems[]", TEXT): "tests/spice/test_composition.py",
    ("archive.events.lunar_transit", TEXT): "tests/sun",
    **dict.fromkeys((("archive.psf.side", side) for side in (4096, 8192)), "tests/sun"),
    **dict.fromkeys((("archive.psf.wings[].kind", kind) for kind in ("gaussian", "lorentzian", "power")), "tests/sun"),
    **dict.fromkeys((("aia.dem.method", method) for method in ("logsmooth", "sparse", "tikhonov")), "tests/aia/dem"),
}  # fmt: skip
EXCEPTIONS: dict[Value, str] = {
    **{value: f"shown by {where}, not yet by a small run of the workflow" for value, where in LATEST.items()},
    **{
        (
            f"aia.{key}",
            value,
        ): "shown by tests/aia/cube and tests/numerics/test_sphere.py, not yet by a small run of the workflow"
        for key, values in REGIONS.items()
        for value in values
    },
    (
        "source",
        "vso",
    ): "asked through sunpy over the network; tests/jsoc/test_vso.py has a stand-in",
}
