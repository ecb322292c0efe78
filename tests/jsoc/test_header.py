"""Values of cards from the text of keywords."""

from __future__ import annotations

import pytest

from helioreduce.jsoc import header
from helioreduce.jsoc.errors import Corrupt
from helioreduce.jsoc.records import Keyword, Record, Series

SERIES = Series("s", ("T",), {"T": Keyword("time", "ISO"), "N": Keyword("int"), "X": Keyword("float"), "S": Keyword("string")})


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        *(("int", "0xffffffff", -1), ("int", "MISSING", -(2**31)), ("short", "MISSING", -32768)),
        ("longlong", "3427463890", 3427463890), ("string", "a\nSIMPLE  = F", "a?SIMPLE  = F"), ("string", "naïve", "na?ve"),
        *(("float", "MISSING", "nan"), ("float", "nan", "nan"), ("double", "1e-3", 0.001), ("string", "MISSING", "")),
        *(("time", "2014-01-01T00:00:08.5Z", "2014-01-01T00:00:08.500"), ("time", "MISSING", "")),
        ("time", "1993.01.01_00:00:04_TAI", "1993.01.01_00:00:04.000_TAI"),
        ("time", "2014-01-01T00:00:08.9996Z", "2014-01-01T00:00:09.000"),
    ],
)  # fmt: skip
def test_values_of_cards(kind, text, value):
    assert header.value(Keyword(kind), text) == value


@pytest.mark.parametrize("keywords", [{"N": "many"}, {"X": "1.2.3"}, {"T": "yesterday"}])
def test_keywords_that_are_no_values_are_refused(keywords):
    record = Record("s[1]", SERIES, 1, {"T": "2014-01-01T00:00:00Z", **keywords})
    with pytest.raises(Corrupt):
        header.merge(record)
