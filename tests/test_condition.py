"""Conditions on keywords, as they are checked before the first job and evaluated for headers."""

import pytest
from astropy.io.fits.card import Undefined

from helioreduce.condition import ConditionError, check, holds

HEADER = {"EXPTIME": 2.0, "WAVELNTH": 171, "WAVE_STR": "171_THIN", "T_OBS": "2014-01-01T00:00:00Z", "QUALITY": 0}


@pytest.mark.parametrize(
    "condition",
    [
        "T_OBS < '2014-01-01T00:01:00'",
        "EXPTIME < 'abc'",
        '"NOPE" < 1',
        'WAVE_STR = "171_THIN"',
        "1=1) OR (1=1",
        "(EXPTIME < 2.5",
        "EXPTIME < 2.5 --",
        "EXPTIME < 2.5 /* short",
        "NOPE < 1",
        "EXPTIME < 2.5 ?]",
        "WAVE_STR = '?]'",
    ],
)
def test_what_another_database_would_not_take_is_refused(condition):
    """SQLite alone compares numbers with texts and reads double quotes as texts; the rest would end the condition."""
    with pytest.raises(ConditionError):
        check(condition)


@pytest.mark.parametrize(
    ("condition", "result"),
    [
        ("EXPTIME < 2.5", True),
        ("exptime < '2.5'", True),
        ("(EXPTIME < 1 OR WAVELNTH = 171) AND QUALITY = 0", True),
        ("T_OBS < $(2014-01-01T00:01:00)", True),
        ("T_OBS > $(2014-01-01T00:01:00)", False),
        ("WAVE_STR = '171_THIN'", True),
        ("WAVE_STR LIKE '%(%'", False),
    ],
)
def test_a_condition_holds_for_a_header(condition, result):
    check(condition)
    assert holds(condition, HEADER) == result


def test_a_blank_card_is_an_empty_text():
    assert holds("WAVE_STR = ''", {**HEADER, "WAVE_STR": Undefined()})
