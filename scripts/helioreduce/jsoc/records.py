"""DRMS records as the reduction keeps them: text keywords, record number, paths of segments."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from pathlib import Path

from helioreduce import times
from helioreduce.errors import InputError
from helioreduce.io.atomic import replaced
from helioreduce.jsoc.errors import NoData


@dataclass(frozen=True, slots=True)
class Keyword:
    """Type, unit and note of a keyword, as ``series_struct`` tells them."""

    type: str
    unit: str = "none"
    note: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """What a series is: prime keys, keywords in its order, segments."""

    name: str
    primekeys: tuple[str, ...]
    keywords: Mapping[str, Keyword]
    segments: tuple[str, ...] = ()


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
        DRMS record number: a reprocessed record has a new one.
    keywords
        Text as DRMS prints it, in full precision; ``MISSING`` where there is no value.
    segments
        Path of each segment on the server; segments without data are left out.
    """

    name: str
    series: Series
    recnum: int
    keywords: Mapping[str, str]
    segments: Mapping[str, str] = field(default_factory=dict)

    def path(self, segment: str) -> str:
        """Path of a segment on the server.

        Raises
        ------
        NoData
            If the archive holds no file of it.
        """
        if segment not in self.segments:
            raise NoData(f"the archive holds no {segment} file of this record", cure="Leave this time out", where=self.name)
        return self.segments[segment]


def save(path: str | Path, records: Iterable[Record], **provenance: object) -> None:
    """Write records of one series, one JSON line each after a first line with the series and ``provenance``."""
    records = iter(records)
    first = next(records, None)
    with replaced(path) as part, open(part, "w") as file:
        file.write(json.dumps({"series": first and _plain(first.series), **provenance}) + "\n")
        for record in chain([first] if first else [], records):
            entry = {"name": record.name, "recnum": record.recnum, "segments": dict(record.segments)}
            file.write(json.dumps({**entry, "keywords": dict(record.keywords)}) + "\n")


def load(path: str | Path) -> list[Record]:
    """Records that :func:`save` wrote.

    Raises
    ------
    InputError
        If the file is not such a list.
    """
    try:
        with open(path) as file:
            head = json.loads(file.readline())["series"]
            series = head and _series(head)
            entries = (json.loads(line) for line in file)
            return [Record(e["name"], series, e["recnum"], e["keywords"], e["segments"]) for e in entries]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"is no list of records ({error!r})", cure="Query again", where=path) from None


def find(path: str | Path, time: str) -> Record:
    """The record of one slot (compact T_REC); of several, the one made last.

    Raises
    ------
    NoData
        If the list has none.
    """
    if found := _by_slot(path).get(time):
        return found
    raise NoData(f"the archive has no record for {time}", cure="Leave this time out", where=path)


def origin(path: str | Path) -> dict[str, object]:
    """The provenance that :func:`save` was given: source, queries with the digests of their replies, slots asked for."""
    with open(path) as file:
        return {name: value for name, value in json.loads(file.readline()).items() if name != "series"}


def missing(path: str | Path, verdict: Callable[[Record], str]) -> dict[str, str]:
    """Slots that were asked for (``requested`` in the list's first line) and cannot be had, with the reason.

    Parameters
    ----------
    path
        A list of records.
    verdict
        Why a record cannot be used; empty where it can.
    """
    found = _by_slot(path)
    requested = origin(path).get("requested", [])
    reasons = {slot: verdict(found[slot]) if slot in found else "the archive has no record" for slot in requested}
    return {slot: reason for slot, reason in reasons.items() if reason}


def _by_slot(path: str | Path) -> dict[str, Record]:
    """The records of a list by compact T_REC, the one made last of each."""
    path = Path(path)
    return _read_by_slot(path, path.stat().st_mtime_ns if path.exists() else 0)


@lru_cache(maxsize=2)
def _read_by_slot(path: Path, written_ns: int) -> dict[str, Record]:
    """A day's list is read once for all its frames, and anew when it has been written anew."""
    ordered = sorted(load(path), key=lambda record: record.recnum)
    return {times.compact(times.parse(record.keywords["T_REC"])): record for record in ordered}


def _plain(series: Series) -> dict:
    """A series as JSON."""
    keywords = {name: [word.type, word.unit, word.note] for name, word in series.keywords.items()}
    return {"name": series.name, "primekeys": series.primekeys, "keywords": keywords, "segments": series.segments}


def _series(entry: Mapping) -> Series:
    """Inverse of :func:`_plain`."""
    keywords = {name: Keyword(*parts) for name, parts in entry["keywords"].items()}
    return Series(entry["name"], tuple(entry["primekeys"]), keywords, tuple(entry["segments"]))
