"""Events of the scenario, in frames and records."""

from __future__ import annotations

import numpy as np
import pytest
from sun_frames import rendered

from helioreduce.archive import records
from helioreduce.archive.catalogue import Catalogue
from helioreduce.sun import despiker, events, statistics
from helioreduce.sun.frame import Frame


def test_events_leave_the_other_frames_alone(frames: dict[int, Frame]) -> None:
    frame = rendered(eclipse=["193/*"], lost=["171/20140101T000013"])
    np.testing.assert_array_equal(frame.image, frames[171].image)
    assert frame.keywords == frames[171].keywords


def test_records_of_lost_gap_offline_and_reprocessed_frames(tmp_path, frames: dict[int, Frame]) -> None:
    """The catalogue reads what each event leaves: no record, no files, files off line, or an older version as well."""
    plain = frames[171]
    for event, check in {
        "gap": lambda held: held == [],
        "lost": lambda held: (
            held[0].segments == {"image": None, "spikes": None}
            and (held[0].keywords["QUALITY"], held[0].keywords["DATAMEAN"]) == ("0x80000000", "MISSING")
        ),
        "offline": lambda held: not held[0].online,
        "no_spikes": lambda held: held[0].segments["spikes"] is None and int(held[0].keywords["NSPIKES"]) > 0,
        "reprocessed": lambda held: [r.keywords["X0_MP"] == plain.keywords["X0_MP"] for r in held] == [False, True],
        "nrt": lambda held: held[0].keywords["QUALITY"] == "0x40000000",
    }.items():
        root = tmp_path / event
        frame = rendered(**{event: ["171/*"]})
        records.write(root / "frames" / "171" / "x" / "record.json", frame.record)
        catalogue = Catalogue(root)
        catalogue.refresh()
        assert check(catalogue.records("aia.lev1_euv_12s")), event


def test_missing_rows_are_counted_and_have_no_spikes(frames: dict[int, Frame]) -> None:
    frame = rendered(missing=["*"])
    lost = frame.image == statistics.BLANK
    assert int(frame.keywords["MISSVALS"]) == lost.sum() == 11 * 512
    assert frame.keywords["QUALITY"] == "0x00000300"
    assert frame.spikes.shape[1] == int(frame.keywords["NSPIKES"])
    np.testing.assert_array_equal(despiker.respike(frame.image, frame.spikes), frame.truth.level05)
    np.testing.assert_array_equal(frame.truth.level05[~lost], frames[171].truth.level05[~lost])


def test_eclipse_dark_and_short_frames(frames: dict[int, Frame]) -> None:
    """The Earth hides part of the Sun, the shutter all of it; a tenth of the exposure gives a tenth of the counts."""
    whole = frames[171].truth.expected.sum(dtype=float)
    eclipse, dark, short = (rendered(**{event: ["*"]}) for event in ("eclipse", "dark", "short"))
    assert 0.3 < eclipse.truth.expected.sum(dtype=float) / whole < 0.9
    assert eclipse.truth.expected.min() < 1e-3 * frames[171].truth.expected.min() + 1e-3
    assert dark.truth.expected.max() == 0
    assert abs(float(dark.keywords["DATAMEAN"])) < 0.1
    assert short.truth.expected.sum(dtype=float) / whole == pytest.approx(0.1, rel=1e-4)
    assert [f.keywords[n] for f, n in ((eclipse, "ACS_ECLP"), (dark, "IMG_TYPE"), (short, "AECTYPE"))] == ["YES", "DARK", "2"]


def test_the_moon_is_dark_and_its_disk_round(frames: dict[int, Frame]) -> None:
    """Nothing comes from behind it, the rest of the Sun is as it was; its edge is at its radius; QUALITY says so."""
    frame, whole = rendered(lunar_transit=["*"]), frames[171]
    scale, (x0, y0) = frame.facts.truth.scale, (frame.facts.truth.x0, frame.facts.truth.y0)
    behind = events.behind_the_moon(frame.image.shape, frame.facts.truth)
    assert not frame.truth.scene[behind].any()
    np.testing.assert_array_equal(frame.truth.scene[~behind], whole.truth.scene[~behind])
    y, x = np.nonzero(behind)
    assert ((x - x0) * scale).max() == pytest.approx(events.MOON[0] + events.MOON_RADIUS, abs=scale)
    assert ((y - y0) * scale).min() == pytest.approx(events.MOON[1] - events.MOON_RADIUS, abs=scale)
    assert frame.keywords["QUALITY"] == "0x00800000"


def test_flare_saturates_and_blooms_along_the_columns(frames: dict[int, Frame]) -> None:
    frame = rendered(flare=["*"])
    assert int(frame.keywords["NSATPIX"]) > int(frames[171].keywords["NSATPIX"]) == 0
    assert frame.truth.level05.max() == 16375
    bled = (frame.truth.level05 == 16375) & (frame.truth.expected < 15000)
    assert bled.sum() > 0
    assert set(np.nonzero(bled)[1]) <= set(np.nonzero(frame.truth.expected > 16000)[1])
