"""Tables of products and calibration: ECSV, text that carries units and provenance."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from helioreduce.errors import InputError

if TYPE_CHECKING:
    from astropy.table import Table


def read(path: str | Path) -> Table:
    """A table with its units and ``meta``.

    Raises
    ------
    InputError
        No such file, or not ECSV.
    """
    from astropy.table import Table

    if not Path(path).is_file():
        raise InputError("there is no such file", where=path)
    try:
        return Table.read(path, format="ascii.ecsv")
    except Exception as error:  # the reader raises whatever its parsers do
        raise InputError(f"cannot be read as ECSV ({error})", cure="Give a table in ECSV", where=path) from error


def write(path: str | Path, table: Table) -> None:
    """Write under a temporary name and rename: a killed job leaves no half file."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        table.write(temporary, format="ascii.ecsv", overwrite=True)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
