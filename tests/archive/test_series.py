"""Print formats and times of DRMS."""

from __future__ import annotations

import pytest

from helioreduce import times
from helioreduce.archive.series import Keyword, known, time_text

EUV = "aia.lev1_euv_12s"


@pytest.mark.parametrize(
    ("keyword", "text", "shown"),
    [
        (Keyword("A", "float", format="%.2f"), "250.341234", "250.34"),
        (Keyword("A", "float", format="%f"), "nan", "MISSING"),
        (Keyword("A", "int", format="0x%08x", default="0x80000000"), None, "0x80000000"),
        (Keyword("A", "int", format="0x%08x"), "-1", "0xffffffff"),
        (Keyword("A", "time", unit="ISO", format="2"), "2014-01-01T00:00:08.571Z", "2014-01-01T00:00:08.57Z"),
        (Keyword("A", "time", unit="ISO", format="0"), "2014-01-01T00:00:08Z", "2014-01-01T00:00:08Z"),
        (Keyword("A", "string", "constant", default="DN"), None, "DN"),
    ],
)
def test_print_formats(keyword, text, shown):
    assert keyword.shown(text) == shown


def test_a_time_reads_the_same_on_both_clocks():
    epoch = times.parse("1993.01.01_00:00:04_TAI")
    assert time_text(epoch, "TAI", 0) == "1993.01.01_00:00:04_TAI"
    assert time_text(times.parse("2014-01-01T00:00:01Z"), "TAI", 0) == "2014.01.01_00:00:36_TAI"


def test_level1_keywords_are_those_of_the_recorded_reply():
    names = [keyword.name for keyword in known(EUV).keywords if keyword.scope != "index"]
    assert len(names) == 178 and names[:3] == ["T_REC", "T_OBS", "WAVELNTH"]
