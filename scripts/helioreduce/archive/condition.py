"""SQL conditions of a record set, evaluated by SQLite on the keywords they name."""

from __future__ import annotations

import re
import sqlite3

from helioreduce import times
from helioreduce.archive.catalogue import Record
from helioreduce.archive.series import Series
from helioreduce.errors import InputError

#: Longest evaluation, instructions of SQLite's virtual machine; longest text or value, bytes.
_STEPS, _LENGTH = 50_000_000, 2**16


class ConditionError(InputError):
    """The condition is not SQL, or names no keyword of the series."""


class _Authorizer:
    """Allows reading the records, calling functions, and one SELECT: without others a condition holds one row at a time."""

    def __init__(self) -> None:
        self._selects = 0

    def __call__(self, action: int, table: str | None, *_: object) -> int:
        """Return whether an action is allowed."""
        self._selects += action == sqlite3.SQLITE_SELECT
        allowed = action == sqlite3.SQLITE_FUNCTION or (action == sqlite3.SQLITE_READ and table == "records")
        first = action == sqlite3.SQLITE_SELECT and self._selects == 1
        return sqlite3.SQLITE_OK if allowed or first else sqlite3.SQLITE_DENY


def _limited(database: sqlite3.Connection) -> None:
    """Limit what a condition may do, take and hold."""
    steps = iter(range(_STEPS // 1000))
    database.set_authorizer(_Authorizer())
    database.set_progress_handler(lambda: next(steps, None) is None, 1000)
    for limit in (sqlite3.SQLITE_LIMIT_LENGTH, sqlite3.SQLITE_LIMIT_SQL_LENGTH):
        database.setlimit(limit, _LENGTH)


def _affinity(kind: str) -> str:
    """Return the type of a column: as in Postgres, ``QUALITY = '0'`` compares numbers."""
    return {"string": "TEXT", "time": "REAL", "float": "REAL", "double": "REAL"}.get(kind, "INTEGER")


def matching(records: list[Record], series: Series, condition: str) -> list[Record]:
    """Return the records for which a condition such as ``QUALITY >= 0 AND EXPTIME > 2`` holds.

    Keyword names are those of the series, in any case; ``recnum`` is the record number; times are TAI seconds, and
    ``$(time)`` is one. A missing number is greater than all others, as NaN is in Postgres.

    Raises
    ------
    ConditionError
        If SQLite refuses the condition.
    """
    condition = re.sub(r"\$\(([^)]*)\)", lambda time: repr(times.tai_seconds(times.parse(time[1]))), condition)
    words = {word.lower() for word in re.findall(r"[A-Za-z_]\w*", re.sub(r"'[^']*'", "''", condition))}
    keywords = [keyword for name, keyword in series.by_name.items() if name in words]
    columns = ["row INTEGER", "recnum INTEGER", *(f'"{word.name}" {_affinity(word.type)}' for word in keywords)]
    rows = [(i, r.recnum, *(word.value(r.keywords.get(word.name)) for word in keywords)) for i, r in enumerate(records)]
    database = sqlite3.connect(":memory:")
    try:
        database.execute(f"CREATE TABLE records ({', '.join(columns)})")
        database.executemany(f"INSERT INTO records VALUES ({', '.join('?' * len(columns))})", rows)
        _limited(database)
        chosen = database.execute(f"SELECT row FROM records WHERE ({condition}\n) ORDER BY row").fetchall()
        return [records[row] for (row,) in chosen]
    except (sqlite3.Error, sqlite3.Warning) as error:
        raise ConditionError(f"the condition {condition[:200]!r} cannot be evaluated ({error})") from None
    finally:
        database.close()
