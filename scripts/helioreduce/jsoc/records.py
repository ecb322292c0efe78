"""DRMS records: keywords as text, record number, paths of segments; and lists of them on disk."""

from __future__ import annotations

import json
import time as clock
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from helioreduce import times
from helioreduce.errors import InputError
from helioreduce.io.atomic import replaced
from helioreduce.jsoc.errors import NoData
from helioreduce.runtime import locks
from helioreduce.series import LEVEL1


@dataclass(frozen=True, slots=True)
class Keyword:
    """Type, unit and note of a keyword."""

    type: str
    unit: str = "none"
    note: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """A data series: prime keys, keywords in its order, segments."""

    name: str
    primekeys: tuple[str, ...]
    keywords: Mapping[str, Keyword]
    segments: tuple[str, ...] = ()

    def stored_as(self, segment: str) -> str:
        """Return the series' name of a segment: aia.lev1 calls the image ``image_lev1``."""
        return next((name for name in self.segments if name in (segment, f"{segment}_lev1")), segment)


@dataclass(frozen=True, slots=True)
class Record:
    """One record.

    Parameters
    ----------
    name
        ``series[T_REC][WAVELNTH]``.
    series
        Its series; shared between records.
    recnum
        DRMS record number; a reprocessed record has a new one.
    keywords
        Text as DRMS prints it, in full precision; ``MISSING`` where there is no value.
    segments
        Path of each segment on the server; segments without data are left out.
    dims
        Shape of each segment in the order of FITS, ``4096x4096``, as far as the archive has it.
    """

    name: str
    series: Series
    recnum: int
    keywords: Mapping[str, str]
    segments: Mapping[str, str] = field(default_factory=dict)
    dims: Mapping[str, str] = field(default_factory=dict)


class Answer(NamedTuple):
    """Records, the queries that found them, and the slots (compact T_REC) whose records do not meet the condition.

    ``nearest`` has the slots for which a neighbour stands in, see :func:`helioreduce.jsoc.nearest.stand_in`.
    """

    found: list[Record]
    queries: list[dict[str, str]]
    unmet: list[str]
    nearest: Mapping[str, Mapping[str, str]] = MappingProxyType({})


def save(path: str | Path, records: Iterable[Record], **provenance: object) -> None:
    """Write records of one series, one JSON line each, after a first line with the series and ``provenance``."""
    rows = list(records)
    head = {"series": _plain(rows[0].series) if rows else None, **provenance}
    with replaced(path) as part:
        part.write_text("".join(json.dumps(line) + "\n" for line in [head, *map(_line, rows)]))


def load(path: str | Path) -> list[Record]:
    """Read the records of :func:`save`.

    Raises
    ------
    InputError
        If the file is not such a list.
    """
    try:
        with open(path) as file:
            head, *rows = [json.loads(line) for line in file]
            if not rows:
                return []
            series = _series(head["series"])
            return [Record(series=series, **row) for row in rows]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"is no list of records ({error!r})", cure="Query again", where=path) from None


def find(path: str | Path, time: str) -> Record:
    """Return the record of one slot (compact T_REC, in the name of a product); of several, the one made last.

    Raises
    ------
    NoData
        If the list has none.
    """
    if found := by_slot(path).get(times.in_name(time)):
        return found
    raise NoData(f"the archive has no record for {time}", cure="Leave this time out", where=path)


def origin(path: str | Path) -> dict[str, Any]:
    """Return the provenance of a list: source, queries with the digests of their replies, requested slots."""
    with open(path) as file:
        return {name: value for name, value in json.loads(file.readline()).items() if name != "series"}


def asked(path: str | Path, time: str) -> float:
    """Return when the archive was last asked for a frame of this name, s since 1970; 0 where the list does not say."""
    provenance = origin(path)
    return float(provenance.get("again", {}).get(times.in_name(time), provenance.get("asked", 0.0)))


def update(path: str | Path, frames: Iterable[str], answer: Answer) -> None:
    """Put what the archive says now about frames of these names into a list, in place of what it said before."""
    slots = {times.in_name(name) for name in frames}
    with locks.hold_slot(Path(path).parent, 1, name=".list"):
        provenance = origin(path)
        kept = [record for record in load(path) if slot(record) not in slots]
        provenance["queries"] = [*provenance.get("queries", ()), *answer.queries]
        provenance["unmet"] = [*(set(provenance.get("unmet", ())) - slots), *answer.unmet]
        provenance["again"] = {**provenance.get("again", {}), **dict.fromkeys(slots, clock.time())}
        before = {own: entry for own, entry in provenance.get("nearest", {}).items() if own not in slots}
        provenance["nearest"] = before | {own: dict(entry) for own, entry in answer.nearest.items() if own in slots}
        slots |= {entry["taken"] for entry in answer.nearest.values()}
        save(path, [*kept, *(record for record in answer.found if slot(record) in slots)], **provenance)


def by_slot(path: str | Path) -> dict[str, Record]:
    """Return the records of a list by compact T_REC, the one made last of each; those without a time are left out.

    Where a neighbour stands in for a slot, it is the record of both.
    """
    path = Path(path)
    return _read_by_slot(path, path.stat().st_mtime_ns if path.exists() else 0)


def slot(record: Record) -> str | None:
    """Return the slot of a record, compact T_REC; None where it has no time.

    In series of single exposures (aia.lev1) T_REC is T_OBS to the second: their slot is the nearest one of the channel.
    """
    try:
        if "FSN" in record.series.primekeys:
            step_s = LEVEL1[int(record.keywords["WAVELNTH"])].slot_s
            return times.compact(times.slot(times.parse(record.keywords["T_OBS"]), step_s))
        return times.compact(times.parse(record.keywords["T_REC"]))
    except (KeyError, ValueError, InputError):
        return None


@lru_cache(maxsize=2)
def _read_by_slot(path: Path, written_ns: int) -> dict[str, Record]:
    """Return the same, read once for all frames of a list, and again when it was written again."""
    ordered = sorted(load(path), key=lambda record: record.recnum)
    found = {time: record for record in ordered if (time := slot(record))}
    nearest = origin(path).get("nearest", {}) if found else {}
    return found | {own: found[entry["taken"]] for own, entry in nearest.items() if entry["taken"] in found}


def _line(record: Record) -> dict[str, object]:
    """Return a record as JSON, without its series."""
    return {field.name: getattr(record, field.name) for field in fields(record) if field.name != "series"}


def _plain(series: Series) -> dict[str, object]:
    """Return a series as JSON."""
    keywords = {name: [word.type, word.unit, word.note] for name, word in series.keywords.items()}
    return {"name": series.name, "primekeys": series.primekeys, "keywords": keywords, "segments": series.segments}


def _series(entry: Mapping[str, Any]) -> Series:
    """Return the series of :func:`_plain`."""
    keywords = {name: Keyword(*parts) for name, parts in entry["keywords"].items()}
    return Series(entry["name"], tuple(entry["primekeys"]), keywords, tuple(entry["segments"]))
