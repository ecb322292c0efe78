"""Degradation histories: epochs, jumps, the frozen tail, and the check against image means."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from helioreduce import times
from helioreduce.aia import degradation, tables
from helioreduce.aia.response.history import from_table, history, sources, to_table, trend
from helioreduce.errors import InputError
from helioreduce.io import ecsv

# Largest jump of SolarSoft's V10 by channel.
JUMPS = {335: (0.44, "2011-02-24"), 304: (0.229, "2011-01-27"), 1600: (0.114, None), 131: (0.053, None), 211: (0.051, None)}


def row(start, stop, area, slope=0.0, curve=0.0):
    return {
        "DATE": "2020-01-01T00:00:00", "T_START": start, "T_STOP": stop, "VER_NUM": 10, "WAVE_STR": "171_THIN",
        "EFF_AREA": area, "EFFA_P1": slope, "EFFA_P2": curve, "EFFA_P3": 0.0,
    }  # fmt: skip


TABLE = [
    row("2010-01-01", "2010-04-11", 2.0, -1e-3, 1e-6),
    row("2010-04-11", "2011-01-01", 1.0),
    row("2011-01-01", "2030-01-01", 1.0),
]


def test_curve_runs_through_the_factors_and_shows_its_epochs():
    curve = history(TABLE, 171, 10, samples=11)
    assert curve.factor[0] == 1 and curve.factor[10] == pytest.approx(1 - 1e-3 * 100 + 1e-6 * 100**2)
    assert curve.times[10] == curve.times[11] == times.parse("2010-04-11")
    np.testing.assert_allclose(curve.jumps, [0.5 / 0.91 - 1, 0], rtol=1e-12)
    assert curve.starts[1:] == [times.parse("2010-04-11"), times.parse("2011-01-01")]
    assert curve.frozen_from == times.parse("2010-04-11")
    for time, value in zip(curve.times[:10], curve.factor[:10], strict=True):
        assert value == pytest.approx(degradation.factor(TABLE, 171, 10, time)[0], rel=1e-12)


def test_a_version_in_two_tables_is_refused():
    nine, ten = [{"VER_NUM": "9"}], [{"VER_NUM": "10"}, {"VER_NUM": "8"}]
    assert sources({"own": ten, "other": nine}) == {8: "own", 9: "other", 10: "own"}
    with pytest.raises(InputError, match=r"again: holds version 8, as own does. Leave one of them out of aia.response.compare"):
        sources({"own": ten, "other": nine, "again": ten})


def test_curves_survive_the_disk(tmp_path):
    curve = history(TABLE, 171, 10)
    ecsv.write_table(tmp_path / "171.ecsv", to_table([curve]))
    (back,) = from_table(ecsv.read_table(tmp_path / "171.ecsv"))
    np.testing.assert_array_equal(back.factor, curve.factor)
    assert [times.iso(time) for time in back.times] == [times.iso(time) for time in curve.times]
    assert (back.starts, back.frozen_from, back.version) == (curve.starts, curve.frozen_from, 10)
    assert back.name == "V10"
    simulated = [{**row, "ORIGIN": "SIMULATED: V10 to three figures"} for row in TABLE]
    assert from_table(to_table([history(simulated, 171, 10)]))[0].name == "SIMULATED: V10 to three figures"


def test_a_table_with_a_trend_to_the_end_is_not_frozen():
    assert history(TABLE[:1], 171, 10).frozen_from is None


def test_trend_vanishes_when_the_table_is_true(rng):
    start = datetime(2010, 1, 2, tzinfo=UTC)
    when = [start + timedelta(days=day) for day in range(98)]
    means = np.array([degradation.factor(TABLE, 171, 10, time)[0] for time in when]) * 50 * rng.normal(1, 0.01, 98)
    found = trend(TABLE, 171, 10, when, means)
    assert abs(found.corrected) < 4 * found.corrected_error
    assert found.raw < -4 * found.raw_error
    exact = trend(TABLE[1:], 171, 10, [start + timedelta(days=200 + day) for day in range(98)], np.exp(-np.arange(98) / 365.25))
    assert exact.raw == pytest.approx(-1, rel=1e-9) and exact.raw_error < 1e-9
    with pytest.raises(InputError, match="positive means"):
        trend(TABLE, 171, 10, when[:3], np.array([1.0, 0.0, 2.0]))


def test_jumps_and_frozen_tail_of_the_published_table(real):
    rows = tables.parse((real / "aia/tables/aia_V10_20201119_190000_response_table.txt").read_text())
    for channel, (size, date) in JUMPS.items():
        curve = history(rows, channel, 10)
        largest = np.abs(curve.jumps).argmax()
        assert abs(curve.jumps[largest]) == pytest.approx(size, abs=6e-4 if size < 0.4 else 6e-3)
        assert date is None or curve.starts[largest + 1].strftime("%Y-%m-%d") == date
    for channel in (131, 193, 211, 335, 1600, 1700):
        assert history(rows, channel, 10).frozen_from == times.parse("2020-06-01T12:00:00")
    for channel in (94, 171, 304):
        assert history(rows, channel, 10).frozen_from < times.parse("2020-06-01T12:00:00")


def test_versions_side_by_side(real):
    """V8 gives 0.76670809 for 94 Å in 2015, V10 0.90318035: a curve belongs to one version."""
    rows = [
        row
        for name in ("aia_V8_20171210_050627", "aia_V10_*")
        for row in tables.parse((real / f"aia/tables/{name}_response_table.txt").read_text())
    ]
    when = times.parse("2015-01-01")
    for version, reported in ((8, 0.7667108920899671), (10, 0.90318035)):
        curve = history(rows, 94, version)
        seconds = [(time - when).total_seconds() for time in curve.times]
        assert np.interp(0, seconds, curve.factor) == pytest.approx(reported, abs=1e-8)
