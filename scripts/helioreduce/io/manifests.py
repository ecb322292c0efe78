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

from helioreduce.io import ecsv, provenance

DONE, MISSING = "done", "missing"
#: In the head of a file: the number of images that may come back, and the grid.
_AGAIN, _GRID = re.compile(r"again: '?(\d+)"), re.compile(r"grid: '([^']+)")
_HEAD_BYTES = 4096


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
        return cls({int(str(row["place"])): row for row in rows}, meta)

    def done(self, made_by: object, tables: Iterable[str]) -> dict[int, dict[str, Any]]:
        """Return the rows of the images that are there and follow from these settings and tables."""
        same = self.meta.get("made_by") == digest(made_by, tables)
        return {place: row for place, row in self.rows.items() if same and row["state"] == DONE}

    def lines(self, key: str) -> list[str]:
        """Return the lines of an entry of ``meta``."""
        return self.meta.get(key, "").splitlines()

    def write(self, path: str | Path) -> None:
        """Write the manifest, in order of places; it counts the missing images that may come back."""
        again = sum(row["may_return"] == "yes" for row in self.rows.values())
        rows = [self.rows[place] for place in sorted(self.rows)]
        ecsv.write(path, rows, {"again": str(again), **self.meta}, ("place",))


def missing(place: int, time: str, reason: str, *, may_return: bool, like: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row of an image that is missing; ``like`` has the values that stand for none."""
    why = {"may_return": "yes" if may_return else "no", "reason": " ".join(reason.split())}
    return {"place": place, "time": time, "state": MISSING, **like, "level1": "", **why}


def done(place: int, time: str, level1: str, found: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row of an image that is there, with what is known of it and the SHA-256 of its level 1."""
    return {"place": place, "time": time, "state": DONE, **found, "level1": level1, "may_return": "no", "reason": ""}


def digest(made_by: object, tables: Iterable[str]) -> str:
    """Return the digest of all that the images of a part follow from besides level 1: code, settings, files of tables."""
    files = [provenance.undated(file) for file in tables if file]
    return hashlib.sha256(repr((made_by, files)).encode()).hexdigest()[:16]


def odd(parts: Mapping[str, Manifest]) -> list[str]:
    """Return the parts that do not follow from the same code, settings and tables as most of them."""
    made_by = [part.meta.get("made_by") for part in parts.values()]
    most = max(made_by, key=made_by.count, default=None)
    return [name for name, part in parts.items() if part.meta.get("made_by") != most]


def states(path: str | Path) -> list[str]:
    """Return why each image of a part is missing, empty for one that is there; read as text, thousands of parts in seconds."""
    with open(path, newline="") as file:
        rows = csv.DictReader((line for line in file if not line.startswith("#")), delimiter=" ")
        return [row["reason"] if row["state"] == MISSING else "" for row in rows]


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
        with open(path) as file:
            found = pattern.search(file.read(_HEAD_BYTES))
    except FileNotFoundError:
        return ""
    return found[1] if found else ""
