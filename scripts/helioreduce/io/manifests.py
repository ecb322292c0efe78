"""Manifests: what a part of a series holds, image by image, and why the others are missing.

A manifest is an ECSV table with a row for every place that has been asked for. It is the ledger of a part, too: what it lists
as done is made again only where something has changed that it follows from.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from helioreduce.errors import InputError
from helioreduce.io import ecsv, provenance

#: States of an image: there; not at the archive, or not good enough; could not be reduced; not asked for (``aia.where``).
DONE, MISSING, FAILED, UNMET = "done", "missing", "failed", "unmet"
#: What images are counted under that are asked for, whatever their state.
ASKED = "asked"
#: In the head of a file: the number of rows, of images that may come back, and the grid.
_ROWS, _AGAIN, _GRID = re.compile(r"rows: '?(\d+)"), re.compile(r"again: '?(\d+)"), re.compile(r"grid: '([^']+)")
_COLUMNS = ("place", "time", "state")
_HEAD_BYTES = 4096
#: What to do about a damaged manifest.
AGAIN = "Delete it, and run the same command: the images of this day are made again"
#: Between the parts of an entry of ``meta``: ECSV is read without the ends of its lines.
SEPARATOR = " | "


class Absent(NamedTuple):
    """An image that is not there: its time as it stands in names, its state, and why."""

    time: str
    state: str
    reason: str


class Manifest(NamedTuple):
    """Rows by place in the day; ``meta``: what made them, grid, unit, calibration, SHA-256 of the shards."""

    rows: dict[int, dict[str, Any]]
    meta: dict[str, str]

    @classmethod
    def read(cls, path: str | Path) -> Manifest:
        """Read a manifest; one that is not there is empty."""
        if not Path(path).exists():
            return cls({}, {})
        rows, meta = ecsv.read(path)
        if int(meta.pop("rows", len(rows))) != len(rows):
            raise damaged(path)
        meta.pop("again", None)
        return cls({int(str(row["place"])): row for row in rows}, meta)

    def done(self, made_by: object, tables: Iterable[str]) -> dict[int, dict[str, Any]]:
        """Return the rows of the images that are there and follow from these settings and tables."""
        same = self.meta.get("made_by") == digest(made_by, tables)
        return {place: row for place, row in self.rows.items() if same and row["state"] == DONE}

    def lines(self, key: str) -> list[str]:
        """Return the parts of an entry of ``meta``."""
        return [part for part in self.meta.get(key, "").split(SEPARATOR) if part]

    def write(self, path: str | Path) -> None:
        """Write the manifest, in order of places; it counts its rows, and the missing images that may come back."""
        again = sum(row["may_return"] == "yes" for row in self.rows.values())
        rows = [self.rows[place] for place in sorted(self.rows)]
        first = {"rows": str(len(rows)), "again": str(again)} | {key: self.meta[key] for key in ("grid",) if key in self.meta}
        ecsv.write(path, rows, first | self.meta, (*_COLUMNS, "reason"))


def missing(
    place: int, time: str, reason: str, *, may_return: bool, like: Mapping[str, Any], state: str = MISSING
) -> dict[str, Any]:
    """Return the row of an image that is not there; ``like`` has the values that stand for none."""
    why = {"may_return": "yes" if may_return else "no", "reason": " ".join(reason.split())}
    return {"place": place, "time": time, "state": state, **like, "level1": "", **why}


def done(place: int, time: str, level1: str, found: Mapping[str, Any], taken: str = "") -> dict[str, Any]:
    """Return the row of an image that is there: what is known of it, the SHA-256 of its level 1, what is odd about it."""
    return {"place": place, "time": time, "state": DONE, **found, "level1": level1, "may_return": "no", "reason": taken}


def digest(made_by: object, tables: Iterable[str]) -> str:
    """Return the digest of all that the images of a part follow from besides level 1: code, settings, files of tables."""
    files = [provenance.undated(file) for file in tables if file]
    return hashlib.sha256(repr((made_by, files)).encode()).hexdigest()[:16]


def odd(parts: Mapping[str, Manifest]) -> list[str]:
    """Return the parts that do not follow from the same code, settings and tables as most of them."""
    made_by = [part.meta.get("made_by") for part in parts.values()]
    most = max(made_by, key=made_by.count, default=None)
    return [name for name, part in parts.items() if part.meta.get("made_by") != most]


def absent(path: str | Path) -> tuple[int, dict[int, Absent]]:
    """Return how many images a part lists, and those that are not there, by place; thousands of parts are read in a second.

    Raises
    ------
    InputError
        If the file is damaged.
    """
    try:
        with open(path, newline="\n") as file:  # no other ends of lines: it is quicker
            head, _, body = file.read().partition(f"\n{' '.join(_COLUMNS)} ")
        lines, rows = body.split("\n")[1:-1], _ROWS.search(head)
        others = [line for line in lines if line.split(" ", 3)[2] != DONE]
        cells = csv.reader(others, delimiter=" ")
        found = {int(place): Absent(time, state, more[-1]) for place, time, state, *more in cells}
    except (ValueError, IndexError):
        raise damaged(path) from None
    states = {image.state for image in found.values()}
    if not rows or len(lines) != int(rows[1]) or not body.endswith("\n") or states - {MISSING, FAILED, UNMET}:
        raise damaged(path)
    return len(lines), found


def damaged(path: str | Path) -> InputError:
    """Return that a manifest cannot be used, and what to do about it."""
    return InputError("is damaged", cure=AGAIN, where=path)


def may_return(path: str | Path) -> int:
    """Return how many missing images of a part may come back, from the head of its manifest; 0 where there is none."""
    return int(_in_head(path, _AGAIN) or 0)


def grid(path: str | Path) -> str:
    """Return the grid of a part, see :func:`named`, from the head of its manifest; empty where there is none."""
    return _in_head(path, _GRID)


def named(grid: Mapping[str, float]) -> str:
    """Return the grid of a series in words: pixels a side, seconds between images, of the first after midnight."""
    return f"{grid['npix']:g} px, {grid['step_s']:g} s + {grid['phase_s']:g} s"


def _in_head(path: str | Path, pattern: re.Pattern[str]) -> str:
    """Return what a pattern finds in the head of a file; empty where it finds nothing or there is no file."""
    try:
        with open(path, errors="replace") as file:
            found = pattern.search(file.read(_HEAD_BYTES))
    except FileNotFoundError:
        return ""
    return found[1] if found else ""
