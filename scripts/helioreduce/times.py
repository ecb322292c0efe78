"""JSOC times: seconds of TAI since 1977.01.01_00:00:00_TAI, and the slots of a series."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import erfa

from helioreduce.errors import InputError

#: A time or a day in the name of a file.
_IN_NAMES = re.compile(r"\b((?:19|20)\d\d)([01]\d)([0-3]\d)(?:T(\d\d)(\d\d)(\d\d))?(?!\d)(_simulated)?")
_EPOCH = datetime(1977, 1, 1, tzinfo=UTC)


def parse(text: str) -> datetime:
    """Return the UTC of an ISO or JSOC time (``2014-01-01T00:00:01.34Z``, ``2014.01.01_00:00:01_TAI``, ``..._UTC``).

    An ISO time may have a space for its T, and an offset from UTC, as in ``2014-01-01T05:30:00+05:30``.
    Python's clock has no leap second: ``23:59:60.34`` is read as 0.34 s after midnight, as :func:`from_tai` has it.

    Raises
    ------
    InputError
        If the text is no such time.
    """
    text = text.strip()
    tai = text.endswith("_TAI")
    plain = text.removesuffix("_TAI") if tai else text.removesuffix("Z").removesuffix("_UTC")
    plain = plain.replace("_", "T").replace(" ", "T", 1)
    date, _, clock = plain.partition("T")
    leap = clock.startswith("23:59:60") and not tai
    try:
        clock = clock.replace(":60", ":59", 1) if leap else clock or "00:00:00"
        time = datetime.fromisoformat(f"{date.replace('.', '-')}T{clock}")
        if time.tzinfo and (tai or leap):
            raise ValueError("an offset from UTC")
        time = time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except ValueError:
        raise _refusal(text, date.replace(".", "-"), clock) from None
    if leap:
        after = time + timedelta(seconds=1)
        if _leap_seconds(after) == _leap_seconds(time):
            raise InputError(f"{text!r} is not a time: that day had no leap second", cure="Write it as 2014-01-01T00:00:00")
        return after
    return from_tai((time - _EPOCH).total_seconds()) if tai else time


def _refusal(text: str, date: str, clock: str) -> InputError:
    """Return why a text is no time: it is written as none, or no calendar or clock has it."""
    flaw, cure = "", "Write it as 2014-01-01T00:00:00"
    if re.fullmatch(r"\d{4}-\d\d-\d\d", date):
        try:
            datetime.fromisoformat(date)
        except ValueError:
            flaw, cure = ": there is no such day", "Give one that the calendar has"
        else:
            if re.fullmatch(r"\d\d:\d\d(:\d\d(\.\d+)?)?", clock):
                flaw, cure = ": no clock shows it", "A day ends at 23:59:59"
    return InputError(f"{text!r} is not a time{flaw}", cure=cure)


def tai_seconds(time: datetime) -> float:
    """Return the TAI seconds since the JSOC epoch of a UTC time."""
    return (time - _EPOCH).total_seconds() + _leap_seconds(time)


def from_tai(seconds: float) -> datetime:
    """Return the UTC of TAI seconds since the JSOC epoch."""
    first = _EPOCH + timedelta(seconds=seconds)
    utc = first - timedelta(seconds=_leap_seconds(first))
    return first - timedelta(seconds=_leap_seconds(utc))


def slot_number(time: datetime, step_s: float) -> int:
    """Return the number of the slot of a ``ts_eq`` series that is nearest to a time (JSOC: round, not floor).

    Half-way between two slots it is the later one: Python's ``round`` takes the even one, so that times half a step off would
    find every other slot twice and the rest never.
    """
    return math.floor(tai_seconds(time) / step_s + 0.5)


def slot(time: datetime, step_s: float) -> datetime:
    """Return T_REC of a ``ts_eq`` series: the multiple of ``step_s`` of TAI nearest to ``time``, see :func:`slot_number`."""
    return from_tai(slot_number(time, step_s) * step_s)


def compact(time: datetime) -> str:
    """Return the time as it stands in product names, to the second: ``20140101T000001``."""
    return time.strftime("%Y%m%dT%H%M%S")


def in_name(name: str) -> str:
    """Return the time that a name begins with: ``20140101T000001`` of ``20140101T000001_simulated_x1000y0900``."""
    return name.partition("_")[0]


def from_compact(text: str) -> datetime:
    """Invert :func:`compact`; more of a name may follow the time, see :func:`in_name`."""
    return datetime.strptime(in_name(text), "%Y%m%dT%H%M%S").replace(tzinfo=UTC)


def readable(text: str) -> str:
    """Return a text in which times and days, as file names have them, are written as the field writes them."""

    def written(found: re.Match[str]) -> str:
        """Return one time or day."""
        year, month, day, hour, minute, second, simulated = found.groups()
        clock = f"T{hour}:{minute}:{second}" if hour else ""
        return f"{year}-{month}-{day}{clock}{' (simulated)' if simulated else ''}"

    return _IN_NAMES.sub(written, text)


def ends(period: str, before: timedelta = timedelta()) -> tuple[datetime, datetime]:
    """Return start and end of a year, month or day as compact times begin, ``2014``; ``before`` its start by so much."""
    month, day = int(period[4:6] or 1), int(period[6:8] or 1)
    start = datetime(int(period[:4]), month, day, tzinfo=UTC)
    longer = start + timedelta(days={4: 366, 6: 31, 8: 1}[len(period)])
    end = longer.replace(day=1) if len(period) == 6 else longer.replace(month=1, day=1) if len(period) == 4 else longer
    return start - before, end


def now() -> datetime:
    """Return the current time, UTC."""
    return datetime.now(UTC)


def iso(time: datetime) -> str:
    """Return ``2014-01-01T00:00:01Z``, with milliseconds only where there are some."""
    text = time.strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{time.microsecond // 1000:03d}Z" if time.microsecond >= 1000 else f"{text}Z"


def doubts(time: datetime) -> Iterator[str]:
    """Yield what is to be said of a time whose leap seconds nobody had announced when ERFA was released."""
    if _tai_minus_utc(time)[1]:
        yield f"Leap seconds of {time.year} are not known to this version of pyerfa: its times may be off by 1 s."


def _leap_seconds(time: datetime) -> float:
    """Return TAI − UTC, s."""
    return float(_tai_minus_utc(time)[0])


def _tai_minus_utc(time: datetime) -> tuple[float, int]:
    """Return TAI − UTC, s, and ERFA's status, which is not 0 for years too far ahead."""
    fraction = (time.hour * 3600 + time.minute * 60 + time.second) / 86400
    found: tuple[float, int] = erfa.ufunc.dat(time.year, time.month, time.day, fraction)  # erfa.dat would warn each time
    return found
