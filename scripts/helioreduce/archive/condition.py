"""Conditions of a record set on the records of the archive."""

from __future__ import annotations

from helioreduce import condition as sql
from helioreduce.archive.catalogue import Record
from helioreduce.archive.series import Series
from helioreduce.condition import ConditionError

__all__ = ["ConditionError", "matching"]


def matching(records: list[Record], series: Series, condition: str) -> list[Record]:
    """Return the records for which a condition such as ``QUALITY >= 0 AND EXPTIME > 2`` holds.

    Keyword names are those of the series, in any case; ``recnum`` is the record number.

    Raises
    ------
    ConditionError
        If SQLite refuses the condition.
    """
    named = sql.words(condition)
    keywords = [keyword for name, keyword in series.by_name.items() if name in named]
    columns = {"recnum": "longlong"} | {keyword.name: keyword.type for keyword in keywords}
    rows = ([r.recnum, *(keyword.value(r.keywords.get(keyword.name)) for keyword in keywords)] for r in records)
    return [records[row] for row in sql.matching(condition, columns, rows)]
