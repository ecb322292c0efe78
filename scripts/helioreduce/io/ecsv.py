"""Tables on disk: ECSV, with units, and where they came from in the header."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import yaml

from helioreduce.errors import InputError
from helioreduce.io import origin
from helioreduce.io.atomic import replaced

if TYPE_CHECKING:
    from astropy.table import Table

Rows = list[dict[str, object]]
#: Rows of a table, and its meta data ``origin``, ``version`` and ``sha256``.
Calibration = tuple[Rows, dict[str, str]]


def read(path: str | Path) -> Calibration:
    """Return the rows of a calibration table, and its meta data ``origin``, ``version`` and ``sha256``.

    Raises
    ------
    InputError
        If the file is no ECSV table.
    """
    table = read_table(path)
    kinds = {name: table[name].dtype.kind for name in table.colnames}
    rows = [{name: _value(row[name], kind) for name, kind in kinds.items()} for row in table]
    return rows, {str(key): str(value) for key, value in table.meta.items()}


def write(
    path: str | Path, rows: Sequence[Mapping[str, object]], meta: Mapping[str, str], columns: Sequence[str] = ("T_START",)
) -> None:
    """Write rows and meta data; a table without rows keeps its meta data and has these ``columns``."""
    from astropy.table import Table

    names = list(rows[0]) if rows else list(columns)
    write_table(path, Table({name: [row[name] for row in rows] for name in names}, meta=dict(meta)))


def read_table(path: str | Path) -> Table:
    """Return a table with the units of its columns, vector columns and ``meta`` as they were written.

    Raises
    ------
    InputError
        If there is no such file, or it is no ECSV table.
    """
    from astropy.table import Table

    try:
        _refuse_nested_aliases(Path(path))
        return Table.read(path, format="ascii.ecsv")
    except FileNotFoundError:
        raise InputError("there is no such file", where=path) from None
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise InputError(
            f"is not an ECSV table ({error})", cure="Delete it: the workflow makes it again", where=path
        ) from error


def write_table(path: str | Path, table: Table) -> None:
    """Write as a whole: a killed job leaves no half file."""
    table.meta.update(origin.meta())
    with replaced(path) as temporary:
        table.write(temporary, format="ascii.ecsv", overwrite=True)


def numbers(table: Table, name: str) -> np.ndarray:
    """Return a column of a table as float64, in its own unit.

    Raises
    ------
    InputError
        If it holds no numbers, or has empty cells: Astropy keeps 0 behind them.
    """
    column = table[name]
    if np.ma.is_masked(column):
        raise InputError(f"column {name} has empty cells", cure="Fill them, or leave their rows out")
    try:
        return np.asarray(column, float)
    except (TypeError, ValueError):
        raise InputError(f"column {name} holds other things than numbers", cure="Give numbers") from None


def reference(meta: Mapping[str, str]) -> str:
    """Return the table as a product's header names it: origin, version and SHA-256."""
    return f"{meta.get('origin', 'unknown')}; version {meta.get('version', 'unknown')}; sha256 {meta.get('sha256', 'unknown')}"


def _refuse_nested_aliases(path: Path) -> None:
    """Raise ValueError where YAML aliases of the header are nested: they unfold to more than any memory holds."""
    with open(path) as file:
        header = "".join(
            line.removeprefix("#").removeprefix(" ") for line in takewhile(lambda line: line.startswith("#"), file)
        )
    anchored: list[bool] = []  # of each collection that is open
    with suppress(yaml.YAMLError):
        for event in yaml.parse(header):
            if isinstance(event, yaml.CollectionStartEvent):
                anchored.append(event.anchor is not None)
            elif isinstance(event, yaml.CollectionEndEvent):
                anchored.pop()
            elif isinstance(event, yaml.AliasEvent) and any(anchored):
                raise ValueError("its header nests YAML aliases")


def _value(value: object, kind: str) -> object:
    """Return a cell as a plain Python value; one that is empty is an empty text, or NaN in a column of numbers."""
    if np.ma.is_masked(value):
        return "" if kind == "U" else float("nan")
    return value.item() if hasattr(value, "item") else str(value)
