"""Which records are asked for: conditions and series that cannot be are refused before the first job."""

import pytest
from configuration import configuration

from helioreduce import condition
from helioreduce.errors import InputError
from helioreduce.jsoc.policy import UNMET, Loss
from helioreduce.plan import selection


def asked(source="jsoc", **settings):
    config = configuration(aia=settings)
    return selection.asked(source, config["aia"], config["jsoc"])


def test_the_slotted_series_of_a_channel_needs_no_name():
    assert asked() == {"series": "", "where": ""}
    assert asked(series="aia.lev1_euv_12s", channels=[94, 171]) == {"series": "", "where": ""}
    assert asked(series="aia.lev1", where="EXPTIME < 2.5") == {"series": "aia.lev1", "where": "EXPTIME < 2.5"}


@pytest.mark.parametrize(
    ("source", "settings", "message"),
    [
        ("jsoc", {"where": "EXPTIM < 2.5"}, "aia.where: .*EXPTIM"),
        ("jsoc", {"where": "EXPTIME <"}, "aia.where: .*cannot be evaluated"),
        ("local", {"where": "EXPTIME < 2 ?][? 1"}, "aia.where"),
        ("jsoc", {"where": "1); DROP TABLE records"}, "aia.where"),
        ("vso", {"where": "EXPTIME < 2"}, "VSO"),
        ("vso", {"series": "aia.lev1"}, "VSO"),
        ("jsoc", {"series": "aia.lev1_euv_12s", "channels": [171, 1600]}, "it has no 1600 Å.*aia.lev1_uv_24s"),
        ("archive", {"series": "aia.lev1_nrt2"}, "near_real_time"),
    ],
)
def test_what_cannot_be_asked_is_refused(source, settings, message):
    with pytest.raises(InputError, match=message):
        asked(source, **settings)


def test_a_condition_on_a_header_is_that_of_the_database():
    """Numbers, times as TAI, texts; what is missing is greater than all numbers, as NaN is in Postgres."""
    header = {"EXPTIME": 2.0, "QUALITY": 0, "WAVE_STR": "171_THIN", "T_OBS": "2014-01-01T00:00:01.34", "DATE-OBS": "2014-01-01"}
    for text, holds in {
        "exptime < 2.5 AND Quality = 0": True,
        "EXPTIME BETWEEN 2.1 AND 3 OR WAVE_STR LIKE '%THICK'": False,
        "T_OBS > $(2014-01-01T00:00:01) AND DATE__OBS <= $(2014-01-01)": True,
        "DATAMEAN > 1e30": True,
        "WAVE_STR = '171_THIN'": True,
    }.items():
        assert condition.holds(text, header) is holds, text


def test_frames_that_nobody_asked_for_are_not_called_unavailable():
    assert selection.notes([UNMET, UNMET, Loss("off line")], 9) == [
        "1 of 9 frames are unavailable and left out; the target results/aia/missing.tsv lists the reasons.",
        "2 of 9 frames are left out: aia.where does not hold for them.",
    ]
    assert selection.notes([UNMET], 9) == ["1 of 9 frames are left out: aia.where does not hold for them."]


def nearest(source="jsoc", nearest_s=None, **aia):
    config = configuration(aia=aia, jsoc={"on_missing": "nearest", "nearest_s": nearest_s})
    return selection.asked(source, config["aia"], config["jsoc"])


def test_neighbours_are_nearer_than_the_next_slot():
    """By default half the cadence is their reach, and a longer one is refused; single times have no next slot."""
    assert nearest(cadence_s=720.0)["within_s"] == 360.0 and nearest(nearest_s=20, cadence_s=720.0)["within_s"] == 20.0
    with pytest.raises(InputError, match=r"jsoc.nearest_s is 361: beyond 360 s, half of aia.cadence_s"):
        nearest(nearest_s=361, cadence_s=720.0)
    assert nearest(nearest_s=361, times=["2014-01-01"])["within_s"] == 361.0
    assert "within_s" not in nearest("local")
    with pytest.raises(InputError, match="VSO lists no quality"):
        nearest("vso")
