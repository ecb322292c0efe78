"""Calibration tables: SolarSoft's text format, digests of the published files, and rows of both."""

from __future__ import annotations

import hashlib
import json
import math
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from helioreduce.errors import InputError
from helioreduce.io import ecsv
from helioreduce.io.provenance import is_simulated, sha256

#: SHA-256 of the published files, by name.
PINS = {
    "aia_V10_20201119_190000_response_table.txt": "0a3f2db39d05c44185f6fdeec928089fb55d1ce1e0a805145050c6356cbc6e98",
    "aia_V10_20201023_180000_response_table.txt": "e84fca736bd757a9c9b46593a9d4089aceff312fd9299ee8d928f2773380b820",
    "aia_V8_20171210_050627_response_table.txt": "0e8bc6af5a69f80ca9d4fc2a27854681b76574d59eb81d7201b7f618081f0fdd",
    "aia_V3_error_table.txt": "66ff034923bb0fd1ad20e8f30c7d909e1a80745063957dd6010f81331acaf894",
}
#: SolarSoft's mirrors of the folder that holds them.
MIRRORS = (
    "https://soho.nascom.nasa.gov/solarsoft/sdo/aia/response/",
    "https://hesperia.gsfc.nasa.gov/ssw/sdo/aia/response/",
)
_NEEDED = {
    "degradation": ("DATE", "T_START", "T_STOP", "VER_NUM", "WAVE_STR", "EFF_AREA", "EFFA_P1", "EFFA_P2", "EFFA_P3"),
    "error": ("VER_NUM", "WAVELNTH", "DNPERPHT", "COMPRESS", "CALERR", "EVEERR", "CHIANTI"),
    "pointing": ("T_START", "T_STOP"),
}


def parse(text: str) -> ecsv.Rows:
    """Return the rows of a SolarSoft table: a line of column names, then one line a row, separated by blanks.

    Raises
    ------
    InputError
        If a row has not as many entries as there are names.
    """
    lines = [line.split() for line in text.splitlines() if line.strip()]
    if len(lines) < 2:
        raise InputError("holds no table", cure="Give a SolarSoft table: names in the first line, then rows")
    names, *rows = lines
    for number, row in enumerate(rows, 2):
        if len(row) != len(names):
            raise InputError(f"row {number} has {len(row)} entries for {len(names)} columns", cure="Fetch the table again")
    return [dict(zip(names, row, strict=True)) for row in rows]


def read(path: Path, kind: str) -> ecsv.Calibration:
    """Return the rows of a calibration table and where it comes from.

    Parameters
    ----------
    path
        SolarSoft's text, ECSV, or JSON as the embedded archive keeps it.
    kind
        ``degradation``, ``error`` or ``pointing``.

    Returns
    -------
    tuple
        The rows, and ``origin``, ``version`` and ``sha256`` of the file.

    Raises
    ------
    InputError
        If the file is no table of that kind, or differs from the published file of its name.
    """
    try:
        digest = sha256(path)
        rows: ecsv.Rows
        said: dict[str, str] = {}
        if path.suffix == ".ecsv":
            rows, said = ecsv.read(path)
        else:
            text = path.read_text()
            rows = json.loads(text)["records"] if path.suffix == ".json" else parse(text)
        if path.suffix == ".txt":
            check_pin(path.name, digest)
        check(rows, kind)
    except InputError as error:
        raise error.at(path) from None
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"is no table ({error})", cure=f"Give AIA's {kind} table", where=path) from error
    versions = sorted({version(row) for row in rows if "VER_NUM" in row})
    origin = f"embedded archive, {path.name}" if path.suffix == ".json" else path.name
    origin += f", from {said['origin']}" if "origin" in said else ""
    return rows, {"origin": origin, "version": ",".join(versions) or said.get("version", ""), "sha256": digest}


def in_folder(folder: Path, kind: str, version: int) -> Path | None:
    """Return a folder's file of the ``error`` or ``degradation`` table: SolarSoft's, or that of ``helioreduce tables``.

    Of several of SolarSoft's the last one by name counts; None where there is none.
    """
    pattern = f"aia_V{version}_*_response_table.txt" if kind == "degradation" else "aia_V*_error_table.txt"
    written = folder / f"{kind}.ecsv"
    return max(folder.glob(pattern), default=written if written.is_file() else None)


def version(row: Mapping[str, Any]) -> str:
    """Return the version of the table that a row is of: VER_NUM, or what a simulated table says that it is."""
    return str(row["ORIGIN"] if is_simulated(row) else row["VER_NUM"])


def digest(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the SHA-256 of the rows of a table that comes from a series: it does not depend on the server."""
    return hashlib.sha256(json.dumps(list(rows), sort_keys=True, default=str).encode()).hexdigest()


def queried(rows: Sequence[Mapping[str, Any]], origin: str, version: str) -> dict[str, str]:
    """Return the meta data of a table that comes from a series."""
    return {"origin": origin, "version": version, "sha256": digest(rows)}


def check(rows: Sequence[Mapping[str, Any]], kind: str) -> None:
    """Refuse a table without the columns that its step reads."""
    if isinstance(rows, Mapping):
        raise InputError(f"is one row where the {kind} table is needed", cure=f"Give AIA's {kind} table, a list of rows")
    missing = [name for name in _NEEDED[kind] if rows and name not in rows[0]]
    if missing or (not rows and kind != "pointing"):
        raise InputError(f"is no {kind} table: column {', '.join(missing) or 'all'} missing", cure=f"Give AIA's {kind} table")


def number(row: Mapping[str, Any], column: str) -> float:
    """Return a number of a table.

    Raises
    ------
    InputError
        If there is none in that column.
    """
    try:
        value = float(row[column])
    except (KeyError, TypeError, ValueError):
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"the table has {column} = {row.get(column)!r}, which is no number", cure="Fetch the table again")
    return value


def published(kind: str, version: int) -> str:
    """Return the name of the pinned file of a table; empty where none is pinned (JSOC's response series has every version)."""
    start = f"aia_V{version}_" if kind == "degradation" else "aia_V"
    return next(
        (name for name in PINS if name.startswith(start) and ("response" if kind == "degradation" else kind) in name), ""
    )


def check_pin(name: str, digest: str) -> None:
    """Compare a file with the published one of its name.

    Raises
    ------
    InputError
        If the name is pinned and the digest differs.

    Warns
    -----
    UserWarning
        If the name is not pinned.
    """
    if name not in PINS:
        warnings.warn(f"{name} is not among the tables known to this version; SHA-256 {digest}", stacklevel=2)
    elif PINS[name] != digest:
        raise InputError(f"SHA-256 is {digest}, published was {PINS[name]}", cure="Fetch the table again", where=name)


def error_row(rows: Sequence[Mapping[str, Any]], channel: int) -> dict[str, float]:
    """Return the channel's row of the error table, of its highest version, as numbers.

    Raises
    ------
    InputError
        If the channel is not in the table.
    """
    check(rows, "error")
    mine = [row for row in rows if int(row["WAVELNTH"]) == channel]
    if not mine:
        raise InputError(f"the error table has no row for {channel} Å", cure="Give AIA's error table")
    row = max(mine, key=lambda row: int(row["VER_NUM"]))
    return {name: number(row, name) for name in _NEEDED["error"]}
