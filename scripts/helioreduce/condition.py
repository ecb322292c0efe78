"""SQL conditions on keywords, such as ``EXPTIME < 2.5 AND QUALITY = 0``, evaluated by SQLite as JSOC's Postgres does."""

from __future__ import annotations

import math
import re
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate

from helioreduce import times
from helioreduce.errors import InputError
from helioreduce.series import BITS, FITS_NAMES, REALS, level1_keywords

#: Longest evaluation, instructions of SQLite's virtual machine; longest text or value, bytes.
_STEPS, _LENGTH = 50_000_000, 2**16
Value = float | int | str
#: Signs that a condition does without, and what they do.
_SIGNS = {
    "?]": "ends a condition of a record set",
    "!]": "ends a condition of a record set",
    '"': "holds a name",
    "--": "begins a comment",
    "/*": "begins a comment",
}
#: A name beside a text that it is compared with; a number.
_COMPARED = re.compile(r"([A-Za-z_]\w*)\s*(?:=|==|<>|!=|<=|>=|<|>)\s*'([^']*)'")
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")


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


def words(condition: str) -> set[str]:
    """Return the names in a condition, in lower case."""
    return {word.lower() for word in re.findall(r"[A-Za-z_]\w*", re.sub(r"'[^']*'", "''", condition))}


def matching(condition: str, columns: Mapping[str, str], rows: Iterable[Sequence[Value]]) -> list[int]:
    """Return the numbers of the rows for which a condition holds.

    Parameters
    ----------
    condition
        Names in any case; times are TAI seconds, and ``$(time)`` is one.
    columns
        The names that it may have, with the type of each in DRMS.
    rows
        The values in the order of the columns. A missing number is greater than all others, as NaN is in Postgres.

    Raises
    ------
    ConditionError
        If SQLite refuses the condition.
    """
    condition = re.sub(r"\$\(([^)]*)\)", lambda time: repr(times.tai_seconds(times.parse(time[1]))), condition)
    declared = ["row INTEGER", *(f'"{name}" {_affinity(kind)}' for name, kind in columns.items())]
    database = sqlite3.connect(":memory:")
    try:
        database.execute(f"CREATE TABLE records ({', '.join(declared)})")
        marks = ", ".join("?" * len(declared))
        database.executemany(f"INSERT INTO records VALUES ({marks})", ((i, *row) for i, row in enumerate(rows)))
        _limited(database)
        chosen = database.execute(f"SELECT row FROM records WHERE ({condition}\n) ORDER BY row").fetchall()
        return [row for (row,) in chosen]
    except (sqlite3.Error, sqlite3.Warning) as error:
        raise ConditionError(f"the condition {condition[:200]!r} cannot be evaluated ({error})") from None
    finally:
        database.close()


def check(condition: str) -> None:
    """Refuse a condition that is not one on the keywords of level 1.

    Raises
    ------
    ConditionError
        With what is wrong.
    """
    outside = re.sub(r"'[^']*'", "", condition)
    for sign, meaning in _SIGNS.items():
        if sign in outside or (sign in ("?]", "!]") and sign in condition):
            raise ConditionError(f"{sign} {meaning}", cure="Write the condition without it; texts in single quotes")
    depths = list(accumulate((sign == "(") - (sign == ")") for sign in outside))
    if depths and (min(depths) < 0 or depths[-1]):
        raise ConditionError("the parentheses do not close what they open", cure="Close each")
    columns = _columns()
    kinds = {name.lower(): kind for name, kind in columns.items()}
    for name, text in _COMPARED.findall(condition):
        if kinds.get(name.lower()) not in (None, "string") and not _NUMBER.fullmatch(text.strip()):
            raise ConditionError(
                f"{name} is compared with the text {text!r}", cure="Give a number, or a time as $(2014-01-01T00:00:00)"
            )
    matching(condition, columns, [])


def holds(condition: str, header: Mapping[str, object]) -> bool:
    """Return whether a condition holds for the header of a level-1 file.

    Raises
    ------
    ConditionError
        If it cannot be evaluated.
    """
    row = [_value(kind, header.get(FITS_NAMES.get(name, name.upper()))) for name, kind in _columns().items()]
    return bool(matching(condition, _columns(), [row]))


def _columns() -> dict[str, str]:
    """Return the keywords of level 1 with their types."""
    return {word["name"].replace("-", "__"): word["type"] for word in level1_keywords()}


def _value(kind: str, card: object) -> Value:
    """Return the value of a card as the database has it."""
    if kind in BITS:
        return int(card) if isinstance(card, int | float) and math.isfinite(card) else -(2 ** (BITS[kind] - 1))
    if kind in REALS:
        return float(card) if isinstance(card, int | float) and math.isfinite(card) else math.inf
    if kind != "time":
        return str(card) if isinstance(card, str | int | float) else ""  # nothing of a blank card
    try:
        return times.tai_seconds(times.parse(str(card)))
    except InputError:
        return math.inf


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
