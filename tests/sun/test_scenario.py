"""Pointing and properties of frames that the scenario determines."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from sun_frames import DAY, SMALL, slot

from helioreduce import times
from helioreduce.errors import InputError
from helioreduce.sun import calibration
from helioreduce.sun.instrument import CHANNELS
from helioreduce.sun.scenario import Scenario, facts


def test_header_is_off_the_truth_and_the_pointing_row_is_not() -> None:
    """Over a year: header at most 0.4 px off, the row in force at most 0.045 px, at full size."""
    worst_header = worst_row = 0.0
    for hours in range(0, 8760, 101):
        time = times.slot(DAY + timedelta(hours=hours), 12)
        frame = facts(Scenario(), 193, time)
        rows = calibration.pointing_records(Scenario(), time, time)
        (row,) = [r for r in rows if times.parse(r["T_START"]) <= frame.t_obs < times.parse(r["T_STOP"])]
        worst_header = max(worst_header, np.hypot(frame.reported.x0 - frame.truth.x0, frame.reported.y0 - frame.truth.y0))
        offset = float(row["A_193_X0"]) - frame.truth.x0, float(row["A_193_Y0"]) - frame.truth.y0
        worst_row = max(worst_row, np.hypot(*offset))
        assert float(row["A_193_INSTROT"]) + frame.sat_rot == pytest.approx(frame.truth.roll, abs=1e-6)
        assert float(row["A_193_IMSCALE"]) == pytest.approx(frame.truth.scale, abs=1e-6)
    assert 0.1 < worst_header <= 0.4
    assert worst_row <= 0.045


def test_small_detector_sees_the_same_field() -> None:
    """Corners of the detector lie at the same angles whatever the size of its pixels."""
    for name in (171, 1600):
        large, small = (facts(Scenario(npix=n), name, slot(name)).truth for n in (4096, 512))
        for edge in (0, 4096):
            here, there = (edge - 0.5 - large.x0) * large.scale, (edge / 8 - 0.5 - small.x0) * small.scale
            assert here == pytest.approx(there, abs=1e-6)


@pytest.mark.parametrize("channel", CHANNELS.values(), ids=lambda channel: str(channel.name))
def test_an_exposure_lies_in_its_slot(channel) -> None:
    """The nearest slot to T_OBS is T_REC, as at JSOC: so single exposures are found again (``aia.series: aia.lev1``)."""
    frame = facts(SMALL, channel.name, slot(channel.name))
    assert times.slot(frame.t_obs, channel.series.slot_s) == frame.t_rec


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: facts(SMALL, 172, slot(171)), "no channel"),
        (lambda: facts(SMALL, 171, DAY + timedelta(seconds=7)), "no slot"),
        (lambda: Scenario.from_mapping({"sed": 1}), "unknown key"),
        (lambda: Scenario(events={"earthquake": ["*"]}), "unknown event earthquake"),
        (lambda: Scenario(header="rotten"), "header"),
        (lambda: Scenario(npix=63), "npix"),
        (lambda: Scenario(activity=0), "activity"),
    ],
)
def test_bad_requests_are_refused(make, match) -> None:
    with pytest.raises(InputError, match=match):
        make()
