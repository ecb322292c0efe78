"""Calibration tables against the published ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sun_frames import DAY

from helioreduce import times
from helioreduce.errors import InputError
from helioreduce.sun import calibration
from helioreduce.sun.scenario import Scenario


def test_degradation_follows_the_published_table(real) -> None:
    """Within 1 % of SolarSoft's table V10 on 200 dates of 2010 to 2026, jumps included; equal to the served rows."""
    rows = [
        line.split() for line in (real / "aia/tables/aia_V10_20201119_190000_response_table.txt").read_text().splitlines()[1:]
    ]
    served = calibration.response_records()
    for name in (94, 131, 171, 193, 211, 304, 335, 1600, 1700):
        published = [r for r in rows if int(r[5]) == name]
        ours = [r for r in served if r["WAVELNTH"] == str(name)]
        for days in np.linspace(50, 5900, 200):
            time = datetime(2010, 3, 24, tzinfo=UTC) + timedelta(days=float(days))
            truth = factor(time, [(r[1], r[2], r[8], r[10]) for r in published])
            table = factor(time, [(r["T_START"], r["T_STOP"], r["EFF_AREA"], r["EFFA_P1"]) for r in ours])
            assert calibration.degradation(name, time) == pytest.approx(truth, rel=0.01)
            assert calibration.degradation(name, time) == pytest.approx(table, rel=1e-12)


def factor(time: datetime, rows: list[tuple[str, str, str, str]]) -> float:
    """d(t) of table rows (start, stop, area, slope)."""
    for start, stop, area, slope in rows:
        if times.parse(start) <= time < times.parse(stop):
            days = (time - times.parse(start)) / timedelta(days=1)
            return float(area) / float(rows[0][2]) * (1 + float(slope) * days)
    raise AssertionError(time)


def test_errors_are_those_of_the_published_table(real) -> None:
    lines = [line.split() for line in (real / "aia/tables/aia_V3_error_table.txt").read_text().splitlines()]
    for line, record in zip(lines[1:], calibration.error_records(), strict=True):
        published = dict(zip(lines[0], line, strict=True))
        for name in ("WAVELNTH", "WAVE_STR", "DNPERPHT", "COMPRESS", "CALERR", "CHIANTI", "EVEERR", "VER_NUM"):
            assert record[name] == published[name]


def test_pointing_rows_with_gaps_and_missing_channels() -> None:
    events = {"pointing_gap": ["*/20140101T030000"], "pointing_missing": ["171/20140101T060000"]}
    rows = calibration.pointing_records(Scenario(events=events), DAY, DAY + timedelta(hours=6))
    spans = [(row["T_START"][11:13], row["T_STOP"][11:13]) for row in rows]
    assert spans == [("21", "00"), ("00", "06"), ("06", "09"), ("09", "12")]
    assert [row["A_171_X0"] == "MISSING" for row in rows] == [False, False, True, False]
    assert "MISSING" not in rows[2]["A_193_X0"]


def test_a_date_outside_the_table_is_refused() -> None:
    with pytest.raises(InputError, match="does not cover"):
        calibration.degradation(171, datetime(2009, 1, 1, tzinfo=UTC))
