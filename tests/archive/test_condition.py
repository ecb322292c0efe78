"""Conditions of record sets: what holds, and how much a condition may compute."""

from __future__ import annotations

import resource
import time

import pytest

from helioreduce.archive.catalogue import Record
from helioreduce.archive.condition import ConditionError, matching
from helioreduce.archive.series import known

SERIES = known("aia.lev1_euv_12s")
RECORDS = [
    Record(SERIES.name, n, {"FSN": str(n), "EXPTIME": f"{n / 10}", "WAVE_STR": f"{n}_THIN"}, {}, True, ()) for n in range(200)
]


@pytest.mark.parametrize(
    ("condition", "number"),
    [("FSN < 3", 3), ("exptime >= 19.0 AND FSN != 195", 9), ("WAVE_STR LIKE '1__[_]%' OR recnum = 7", 1), ("1=1", 200)],
)
def test_a_condition_chooses_records(condition, number):
    assert len(matching(RECORDS, SERIES, condition)) == number


@pytest.mark.parametrize(
    "condition",
    [
        "length(zeroblob(1000000000)) > 0",
        "length(randomblob(900000000)) > 0",
        "length(replace(hex(zeroblob(30000)), '0', hex(zeroblob(30000)))) > 0",
        "length(group_concat(WAVE_STR)) > 0",
        "FSN IN (SELECT a.FSN + b.FSN FROM records a, records b, records c, records d)",
        "EXISTS (WITH RECURSIVE t(x) AS (VALUES(1) UNION ALL SELECT x + 1 FROM t) SELECT x FROM t)",
        "FSN IN (VALUES (1), (2))",
        "FSN = " + "1 + " * 40000 + "1",
        "FSN = 1) UNION SELECT name FROM sqlite_master --",
        "load_extension('x') = 1",
        "FSN = (PRAGMA page_count)",
    ],
)
def test_what_a_condition_may_compute_is_limited(condition):
    """In time and memory, by an error that says so."""
    began, peak = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ConditionError, match="cannot be evaluated") as caught:
        matching(RECORDS, SERIES, condition)
    assert time.monotonic() - began < 10
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak < 50_000, "kB"
    assert len(str(caught.value)) < 500
