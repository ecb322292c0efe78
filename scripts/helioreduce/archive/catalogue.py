"""Contents of the archive: records found on disk, read again when a file changes.

``frames/<channel>/<time>/record.json`` is one level-1 record with its files beside it; ``<table>.json`` in the root is a
series without files, or with files named per record, and may have its own ``struct`` (a ``series_struct`` description);
``pointing/<day>.json`` is the pointing table of a day.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from helioreduce import times
from helioreduce.archive.series import KNOWN, Keyword, Series, Value, described, known, level1_target, time_text
from helioreduce.errors import InputError
from helioreduce.io import fits
from helioreduce.series import EXPOSURES, NEAR_REAL_TIME, signed

SETTINGS = "archive.json"
#: Storage units are numbered by a digest of their files, below this number.
_UNITS = 10**12


@dataclass(frozen=True, slots=True)
class Record:
    """One record: keywords as text, the files of its segments (None: the segment has no file)."""

    series: str
    recnum: int
    keywords: Mapping[str, str]
    segments: Mapping[str, Path | None]
    online: bool
    prime: tuple[Value, ...]


Signature = tuple[int, int]


class Catalogue:
    """All records below ``root``; safe to use from many threads.

    Parameters
    ----------
    root
        Folder in the layout above.
    pointing
        Files of the pointing table to be served; by default all below ``root``, which may be of several scenarios where the
        folder has served other requests.

    Raises
    ------
    InputError
        From :meth:`refresh`, where a file on disk does not follow the layout.
    """

    def __init__(self, root: str | Path, pointing: Iterable[str | Path] | None = None) -> None:
        self.root = Path(root)
        self.pointing = None if pointing is None else [Path(file) for file in pointing]
        self.settings: dict[str, Any] = {}
        self._lock = threading.RLock()
        self._files: dict[Path, Signature] = {}
        self._loaded: dict[Path, list[Record]] = {}
        self._series: dict[str, Series] = {}
        self._ordered: dict[str, list[Record]] = {}
        self._units: dict[tuple[object, ...], str] = {}
        self._homes: dict[str, Record] = {}
        self._dims: dict[tuple[object, ...], str] = {}

    def refresh(self) -> None:
        """Read what is new or changed on disk, and drop what is gone."""
        with self._lock:
            found = dict(self._scan())
            if found == self._files:
                return
            for path in self._files.keys() - found.keys():
                self._loaded.pop(path, None)
            for path in [path for path, signature in found.items() if self._files.get(path) != signature]:
                self._load(path)
            self._files, self._ordered = found, {}
            self._homes = {}

    def names(self) -> list[str]:
        """Return the names of all series, known or on disk, in alphabetical order."""
        with self._lock:
            return sorted({series.name for series in self._series.values()} | set(KNOWN), key=str.lower)

    def series(self, name: str) -> Series | None:
        """Return a series by its name, in any case, or None."""
        with self._lock:
            return self._series.get(name.lower()) or known(name.lower())

    def records(self, name: str) -> list[Record]:
        """Return all records of a series, every version, in the order of prime keys and record number."""
        name = name.lower()
        with self._lock:
            if name not in self._ordered:
                chosen = [record for record in self._all() if record.series.lower() == name]
                self._ordered[name] = sorted(chosen, key=lambda record: (*record.prime, record.recnum))
            return self._ordered[name]

    def directory(self, record: Record) -> str:
        """Return the address of the record's files, ``/SUM12/D123/S00000``.

        The number is a digest of the files: clients cache by address, so other content must have another address.
        """
        files = [path for path in record.segments.values() if path]
        key = tuple((path, *_signature(path)) for path in files)
        with self._lock:
            if key not in self._units:
                digest = hashlib.sha256()
                for path in files:
                    digest.update(path.name.encode() + path.read_bytes())
                number = int.from_bytes(digest.digest()[:8]) % _UNITS
                self._units[key] = f"/SUM{number % 90}/D{number}/S00000"
            self._homes[self._units[key]] = record
            return self._units[key]

    def dims(self, record: Record, segment: str) -> str:
        """Return the shape of a segment in the order of FITS, ``4096x4096``, or ``NA`` where it has no array."""
        file = record.segments.get(segment)
        if file is None or file.suffix != ".fits":
            return "NA"
        key = (file, *_signature(file))
        with self._lock:
            if key not in self._dims:
                self._dims[key] = _dims(file)
            return self._dims[key]

    def served(self, address: str) -> Path | None:
        """Return the file behind ``/SUM…/S00000/name``, or None."""
        directory, _, name = address.rpartition("/")
        with self._lock:
            if directory not in self._homes:
                for record in self._all():
                    if record.online and any(record.segments.values()):
                        self.directory(record)
            home = self._homes.get(directory)
        paths = home.segments.values() if home and home.online else ()
        return next((path for path in paths if path and path.name == name), None)

    def _all(self) -> list[Record]:
        """Return the records of all files."""
        return [record for records in self._loaded.values() for record in records]

    def _scan(self) -> Iterator[tuple[Path, Signature]]:
        """Yield every description on disk with its signature."""
        pointing = self.root.glob("pointing/*.json") if self.pointing is None else self.pointing
        for path in (*self.root.glob("*.json"), *pointing):
            yield path, _signature(path)
        for channel in _folders(self.root / "frames"):
            for frame in _folders(channel):
                path = Path(frame, "record.json")
                if path.exists():
                    yield path, _signature(path)

    def _load(self, path: Path) -> None:
        """Read one file; that of a table has many records, that of a frame one."""
        try:
            content = json.loads(path.read_text())
            if path.name == SETTINGS:
                self.settings = content
                return
            name = content["series"]
            series = described({"name": name, **content["struct"]}) if "struct" in content else known(name.lower())
            if series is None:
                raise InputError(f"nothing describes the series {name!r}", cure="Add a 'struct'", where=path)
            entries = content.get("records", [content])
            series = _extended(series, content.get("records", []))
            self._series[series.name.lower()] = series
            records = [_record(series, entry, path, n) for n, entry in enumerate(entries, 1)]
            self._loaded[path] = [
                *records,
                *(_linked(r, name) for r in records if series.links and "FSN" in r.keywords for name in EXPOSURES),
            ]
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"is not a description of records ({error!r})", where=path) from None


def _extended(series: Series, entries: Sequence[Mapping[str, Any]]) -> Series:
    """Return the series with the keywords that only the records of a table have, as texts."""
    own = _keywords(entries[0]) if entries else {}
    more = (Keyword(name, "string") for name in own if name.lower() not in series.by_name)
    return replace(series, keywords=(*series.keywords, *more))


def _keywords(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the keywords of a record from its description: the keywords alone, or keywords with record number and files."""
    return entry["keywords"] if isinstance(entry.get("keywords"), Mapping) else entry


def _record(series: Series, entry: Mapping[str, Any], path: Path, number: int) -> Record:
    """Return one record from its description."""
    keywords = {name: str(text) for name, text in _keywords(entry).items()}
    entry = entry if isinstance(entry.get("keywords"), Mapping) else {}
    files = {name: path.parent / file if file else None for name, file in entry.get("segments", {}).items()}
    recnum, online = int(entry.get("recnum", number)), bool(entry.get("online", True))
    return Record(series.name, recnum, keywords, files, online, series.prime(keywords))


def _linked(record: Record, name: str) -> Record:
    """Return the record of a single exposure that a level-1 record has been made from: its slot is T_OBS to the second.

    The one made near real time says so in QUALITY; its pixels are the same here.
    """
    target = level1_target(name)
    slot = times.slot(times.parse(record.keywords["T_OBS"]), target.steps["T_REC"])
    keywords = {**record.keywords, "T_REC": time_text(slot, "ISO", 0)}
    if name == NEAR_REAL_TIME:
        keywords["QUALITY"] = f"0x{signed(keywords['QUALITY']) % 2**32 | 1 << 30:08x}"
    files = {{"image": "image_lev1"}.get(name, name): file for name, file in record.segments.items()}
    return Record(target.name, record.recnum, keywords, files, record.online, target.prime(keywords))


def _dims(file: Path) -> str:
    """Return the shape of the first image of a file."""
    try:
        header = fits.read_header(file)
    except InputError:
        return "NA"
    return "x".join(str(header[f"NAXIS{i}"]) for i in range(1, header["NAXIS"] + 1))


def _folders(path: str | Path) -> list[str]:
    """Return the sub-folders, sorted; none where the folder is absent."""
    try:
        return sorted(entry.path for entry in os.scandir(path) if entry.is_dir())
    except FileNotFoundError:
        return []


def _signature(path: Path) -> Signature:
    """Return modification time and size, which change with the file."""
    status = path.stat()
    return status.st_mtime_ns, status.st_size
