"""The record-set language of DRMS: ``series[filter]…{segments}``.

Filters are positional (in the order of the prime keys) or named (``[WAVELNTH=171]``), with lists, ranges ``a-b``, durations
``a/1h@24s``, the ends ``^`` and ``$``, record numbers ``[:#1-#5]``, slot numbers ``[#7]``, conditions ``[? SQL ?]``, and
``[! SQL !]`` which also finds superseded versions.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from helioreduce import times
from helioreduce.archive.catalogue import Catalogue, Record
from helioreduce.archive.condition import ConditionError, matching
from helioreduce.archive.series import Keyword, Series, Value
from helioreduce.errors import InputError
from helioreduce.series import signed

_NAME = re.compile(r"\s*([A-Za-z_]\w*(?:\.\w+)?)\s*")
_TIME = r"\d{4}[.-]\d{1,2}[.-]\d{1,2}(?:[T_ ]\d{1,2}(?::\d{2}(?::\d{2}(?:\.\d*)?)?)?)?(?:Z|_[A-Za-z]{2,3})?"
_NUMBER = r"[+-]?(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d*)?|\.\d+)"
_DURATION = re.compile(r"(\d+(?:\.\d*)?)\s*([smhdwu]?)")
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
Test = Callable[[Value], bool]


class RecordSetError(InputError):
    """The text is not a record set, or names a series or keyword that the archive does not have."""


@dataclass(frozen=True, slots=True)
class RecordSet:
    """A parsed record set; ``segments`` is None for all."""

    series: str
    filters: tuple[str, ...]
    segments: tuple[str, ...] | None


def parse(text: str) -> list[RecordSet]:
    """Parse comma-separated record sets.

    Raises
    ------
    RecordSetError
        If the text does not follow the grammar.
    """
    sets, position = [], 0
    while position < len(text):
        name = _NAME.match(text, position)
        if not name:
            raise RecordSetError(f"{text[position:]!r} does not begin with the name of a series")
        filters, position = _brackets(text, name.end())
        segments = re.compile(r"\s*\{([^}]*)\}\s*").match(text, position)
        position = segments.end() if segments else position
        names = tuple(re.findall(r"[^\s,]+", segments[1])) if segments else None
        sets.append(RecordSet(name[1], tuple(filters), names or None))
        rest = re.compile(r"\s*(,|$)").match(text, position)
        if not rest:
            raise RecordSetError(f"{text[position:]!r} cannot follow a record set")
        position = rest.end()
    return sets


def select(catalogue: Catalogue, record_set: RecordSet, n: int = 0) -> list[Record]:
    """Return the records of a record set in the order of their prime keys.

    ``n`` keeps the first n, or the last −n.

    Raises
    ------
    RecordSetError
        For an unknown series or keyword, a value of the wrong kind, or SQL that SQLite refuses.
    """
    series = catalogue.series(record_set.series)
    if series is None:
        raise RecordSetError(f"there is no series {record_set.series!r}")
    records, conditions, every, position = catalogue.records(series.name), [], False, 0
    for text in map(str.strip, record_set.filters):
        if text[:1] in ("?", "!"):
            conditions.append(text[1:-1].strip())
            every |= text[0] == "!"
        elif text.startswith(":"):
            records, every = [r for r in records if _any(_recnums(text[1:]), r.recnum)], True
        else:
            named = re.match(r"([A-Za-z_][\w-]*)\s*=(?!=)\s*(.*)", text, re.DOTALL)
            records = _keyword_filter(series, records, *(named.groups() if named else (_prime(series, position), text)))
            position += not named
    records = records if every else _latest(records)
    try:
        for condition in conditions:
            records = matching(records, series, condition)
    except ConditionError as error:
        raise RecordSetError(str(error)) from None
    return records[:n] if n > 0 else records[n:] if n < 0 else records


def _brackets(text: str, position: int) -> tuple[list[str], int]:
    """Return the contents of the ``[…]`` that follow, and their end; ``[? … ?]`` may contain brackets itself."""
    filters = []
    while match := re.compile(r"\s*\[\s*([?!]?)").match(text, position):
        end = text.find(f"{match[1]}]", match.end())
        if end < 0:
            raise RecordSetError(f"{text[position:]!r} lacks the closing {match[1]}]")
        filters.append(text[match.start(1) : end + len(match[1])])
        position = end + len(match[1]) + 1
    return filters, position


def _latest(records: list[Record]) -> list[Record]:
    """Return the record with the highest number of each set with the same prime keys; ``records`` are sorted."""
    return list({record.prime: record for record in records}.values())


def _prime(series: Series, position: int) -> str:
    """Return the prime key of a positional filter."""
    if position >= len(series.primekeys):
        raise RecordSetError(f"{series.name} has only {len(series.primekeys)} prime keys")
    return series.primekeys[position]


def _keyword_filter(series: Series, records: list[Record], key: str, text: str) -> list[Record]:
    """Return the records whose prime key has one of the listed values."""
    names = [name.lower() for name in series.primekeys]
    if key.lower() not in names:
        raise RecordSetError(f"{key} is not a prime key of {series.name}")
    place = names.index(key.lower())
    keyword = series.by_name[key.lower()]
    values = sorted({record.prime[place] for record in records})
    if not text or not values:
        return records
    tests = [_item(series, keyword, item.strip(), values) for item in _items(text)]
    return [record for record in records if _any(tests, record.prime[place])]


def _any(tests: list[Test], value: Value) -> bool:
    """Return whether a value passes one of the tests."""
    return any(test(value) for test in tests)


def _items(text: str) -> list[str]:
    """Return the comma-separated items of a filter; quoted commas do not separate."""
    return re.findall(r"(?:'[^']*'|\"[^\"]*\"|[^,])+", text)


def _recnums(text: str) -> list[Test]:
    """Return the tests of a list of record numbers: ``#1,#3-#5``."""
    tests = []
    for item in _items(text):
        match = re.fullmatch(r"#(\d+)(?:-#(\d+))?", item.strip())
        if not match:
            raise RecordSetError(f"{item!r} is not a record number")
        tests.append(_between(int(match[1]), int(match[2] or match[1])))
    return tests


def _item(series: Series, keyword: Keyword, item: str, values: list[Value]) -> Test:
    """Return the test of one item: a value, a range or a duration."""
    if keyword.type == "string":
        requested = {"^": values[0], "$": values[-1]}.get(item, item.strip("'\""))
        return lambda value: value == requested
    unit = _TIME if keyword.type == "time" else _NUMBER
    end = rf"(\^|\$|#\d+|{unit})"
    match = re.fullmatch(rf"{end}(?:\s*-\s*{end}|\s*/\s*([\d.]+\s*\w?))?(?:@([\d.]+\s*\w?))?", item)
    if not match:
        raise RecordSetError(f"{item!r} is not a value or range of {keyword.name}")
    first = _end(series, keyword, match[1], values)
    step = series.steps.get(keyword.name, 0.0)
    last = first + _reach(match[3], step) if match[3] else _end(series, keyword, match[2] or match[1], values)
    skip = _slots(match[4], step) if match[4] and step else 0
    if keyword.type == "time" and not step:
        first, last = first - 1e-3, last + 1e-3  # a double, compared to the millisecond
    return _between(first, last, skip)


def _end(series: Series, keyword: Keyword, text: str, values: list[Value]) -> float:
    """Return an end of a range, on the scale of the prime key."""
    if text in "^$":
        return float(values[0 if text == "^" else -1])
    if text.startswith("#"):
        return int(text[1:])
    if keyword.type == "time":
        try:
            time = times.parse(re.sub(r"_(UT|GMT|utc|ut)$", "_UTC", text))
            return float(series.position(keyword.name, times.tai_seconds(time)))
        except InputError as error:
            raise RecordSetError(str(error)) from None
    return float(text) if "." in text and "x" not in text.lower() else signed(text, 64)


def _reach(text: str, step: float) -> float:
    """Return the extent of a duration: whole slots less one, or seconds where there are no slots."""
    return _slots(text, step) - 1 if step else _seconds(text)[0]


def _slots(text: str, step: float) -> int:
    """Return the number of whole slots in a duration, at least one."""
    seconds, unit = _seconds(text)
    return max(1, int(seconds if unit == "u" else (seconds + 1e-6) // step))


def _seconds(text: str) -> tuple[float, str]:
    """Return a duration in seconds, and its unit; without a unit it counts slots (``u``)."""
    match = _DURATION.fullmatch(text.strip())
    if not match:
        raise RecordSetError(f"{text!r} is not a duration")
    unit = match[2] or "u"
    return float(match[1]) * _SECONDS.get(unit, 1.0), unit


def _between(first: float, last: float, skip: int = 0) -> Test:
    """Return the test first ≤ value ≤ last, for every ``skip``-th slot from the first on."""
    return lambda value: first <= float(value) <= last and (not skip or (float(value) - first) % skip == 0)
