"""Times of JSOC: clocks, slots and leap seconds."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helioreduce import times
from helioreduce.errors import InputError

MOMENTS = st.datetimes(datetime(1977, 1, 2), datetime(2040, 1, 1)).map(lambda time: time.replace(tzinfo=UTC))


@given(MOMENTS)
def test_tai_and_back(time):
    assert abs(times.from_tai(times.tai_seconds(time)) - time) < timedelta(microseconds=2)


@given(MOMENTS, st.sampled_from([1.0, 12.0, 24.0, 3600.0]))
def test_a_slot_is_the_nearest_multiple_of_its_step(time, step_s):
    """But for a leap second, which has no time of its own in UTC: it is the second after it."""
    utc = times.slot(time, step_s)
    slot = times.tai_seconds(utc)
    leap = times.tai_seconds(utc) - times.tai_seconds(utc - timedelta(seconds=1)) > 1.5
    rest = (slot + step_s / 2) % step_s - step_s / 2
    assert rest == pytest.approx(0, abs=1e-5) or (leap and rest % step_s == pytest.approx(1 % step_s, abs=1e-5))
    assert abs(slot - times.tai_seconds(time)) <= step_s / 2 + 1.00001  # a leap second may lie between


@pytest.mark.parametrize(("start", "step_s"), [("00:00:07", 12.0), ("00:00:01", 24.0), ("00:29:25", 3600.0)])
def test_times_half_way_between_slots_find_every_slot_once(start, step_s):
    """The later of the two, always: the even one would be found twice, and every other one never."""
    first = times.parse(f"2014-01-01T{start}")
    found = [times.slot(first + timedelta(seconds=i * step_s), step_s) for i in range(8)]
    assert found == [first + timedelta(seconds=(i + 0.5) * step_s) for i in range(8)]


@pytest.mark.parametrize("text", ["2014-01-01T00:00:01.34Z", "2014.01.01_00:00:01.34_UTC", "2014-01-01T00:00:01.340",
                                  "2014.01.01_00:00:36.34_TAI", "2014-01-01T05:30:01.34+05:30",
                                  "2014-01-01 00:00:01.34", " 2014.01.01_00:00:36.34_TAI "])  # fmt: skip
def test_clocks_agree(text):
    assert times.parse(text) == datetime(2014, 1, 1, 0, 0, 1, 340000, tzinfo=UTC)


def test_a_year_whose_leap_seconds_are_not_known_is_doubted_without_a_warning(recwarn):
    """It counts with the last that are known."""
    known, far = datetime(2020, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)
    assert times.tai_seconds(far) - times.tai_seconds(known) == (far - known).total_seconds()
    assert not list(times.doubts(known)) and "2099" in "".join(times.doubts(far))
    assert not recwarn.list


@pytest.mark.parametrize("text", ["2016-12-31T23:59:60.34Z", "2016.12.31_23:59:60.34_UTC", "2012-06-30T23:59:60.34"])
def test_a_leap_second_is_a_time(text):
    """It is one second after 23:59:59, as TAI has it."""
    before = times.parse(text.replace("60.34", "59.34"))
    assert times.parse(text) == times.from_tai(times.tai_seconds(before) + 1) == before + timedelta(seconds=1)


@pytest.mark.parametrize(
    "text",
    [
        "2014-01-01T23:59:60.34",
        "2016-12-31T23:58:60",
        "2016-12-31T23:59:61",
        "2016.12.31_23:59:60_TAI",
        "2014.01.01_00:00:36+01:00_TAI",
        "nan",
        "",
        "yesterday",
    ],
)
def test_what_is_no_time_is_refused(text):
    with pytest.raises(InputError, match="is not a time"):
        times.parse(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2014-02-29T00:00:00", "there is no such day. Give one that the calendar has"),
        ("2014.13.01_00:00:00_TAI", "there is no such day"),
        ("2014-01-01T24:00:00", "no clock shows it. A day ends at 23:59:59"),
        ("2014-01-01T12:60", "no clock shows it"),
        ("noon", "'noon' is not a time. Write it as 2014-01-01T00:00:00"),
    ],
)
def test_a_time_that_is_written_well_is_refused_for_what_it_says(text, why):
    with pytest.raises(InputError, match=why):
        times.parse(text)


@pytest.mark.parametrize(
    ("period", "start", "end"),
    [
        ("2014", "2014-01-01T00:00:00Z", "2015-01-01T00:00:00Z"),
        ("2012", "2012-01-01T00:00:00Z", "2013-01-01T00:00:00Z"),
        ("201402", "2014-02-01T00:00:00Z", "2014-03-01T00:00:00Z"),
        ("201412", "2014-12-01T00:00:00Z", "2015-01-01T00:00:00Z"),
        ("20120229", "2012-02-29T00:00:00Z", "2012-03-01T00:00:00Z"),
    ],
)
def test_ends_of_a_year_a_month_and_a_day(period, start, end):
    assert [times.iso(time) for time in times.ends(period)] == [start, end]
    assert times.ends(period, before=timedelta(hours=6))[0] == times.parse(start) - timedelta(hours=6)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Reduce 171 Å at 20140101T000001_simulated.", "Reduce 171 Å at 2014-01-01T00:00:01 (simulated)."),
        ("20110215T014402_x0123y0456", "2011-02-15T01:44:02_x0123y0456"),
        ("Take the pointing table of 20110215.", "Take the pointing table of 2011-02-15."),
        ("12345678 pixels, record 201102150, 20119915", "12345678 pixels, record 201102150, 20119915"),
    ],
)
def test_names_of_files_are_written_for_readers(text, words):
    assert times.readable(text) == words
