"""Fetched files, named by the digest of their content, so that nothing is fetched twice.

``objects/ab/abcdef…`` are the files, read-only; ``records/<key>.json`` names the file of one segment of one record, with its
provenance. A reprocessed record has another number, another storage unit or another DATE, and so another key.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helioreduce.errors import unwritable
from helioreduce.io import provenance
from helioreduce.io.atomic import replaced
from helioreduce.jsoc import records
from helioreduce.jsoc.records import Record


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in the store, with its provenance, which is kept in ``note``."""

    file: Path
    history: Mapping[str, Any]
    note: Path

    def drop(self) -> None:
        """Delete the entry, whose file is wrong, so that it is fetched again."""
        with contextlib.suppress(OSError):
            self.note.unlink(missing_ok=True)
            self.file.unlink(missing_ok=True)

    def noted(self, **history: object) -> Entry:
        """Add to the provenance."""
        entry = Entry(self.file, {**self.history, **history}, self.note)
        with replaced(self.note) as part:
            part.write_text(json.dumps(entry.history, indent=1))
        return entry


class Store:
    """A store below ``root``, by default that of the run; any number of processes may use it at once."""

    def __init__(self, root: str | Path = "results/store") -> None:
        self.root = Path(root)

    def find(self, record: Record, segment: str) -> Entry | None:
        """Return the file of a segment, or None; a file that no longer has its digest counts as lost."""
        try:
            history = json.loads(self._record(record, segment).read_text())
            file = self._object(history["sha256"])
            whole = file.stat().st_size == history["bytes"] and provenance.sha256(file) == history["sha256"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return Entry(file, history, self._record(record, segment)) if whole else None

    def drop_listed(self, record_list: str | Path) -> None:
        """Delete the files of every record of a list."""
        for record in records.load(record_list):
            for segment in ("image", "spikes"):
                if entry := self.find(record, segment):
                    entry.drop()

    def has_files(self) -> bool:
        """Return whether anything has been fetched before."""
        return (self.root / "objects").is_dir()

    def incoming(self, record: Record, segment: str) -> Path:
        """Return the target of a transfer; always the same name, so that a later run resumes it."""
        return self.root / "incoming" / f"{key(record, segment)}.fits"

    def locks(self) -> Path:
        """Return the folder of the locks that its users hold."""
        return self.root / "locks"

    def add(self, file: Path, record: Record, segment: str, history: Mapping[str, Any]) -> Entry:
        """Move a verified file into the store; ``history`` has its ``sha256`` and ``bytes``.

        Raises
        ------
        InputError
            If the store cannot be written.
        """
        place = self._object(str(history["sha256"]))
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            file.chmod(0o444)
            file.replace(place)
            return Entry(place, {}, self._record(record, segment)).noted(**history)
        except OSError as error:
            with contextlib.suppress(OSError):
                file.unlink(missing_ok=True)
            raise unwritable(error, place) from None

    def _object(self, digest: str) -> Path:
        """Return the path of the file with this SHA-256."""
        return self.root / "objects" / digest[:2] / digest

    def _record(self, record: Record, segment: str) -> Path:
        """Return the path of the history of a segment."""
        return self.root / "records" / f"{key(record, segment)}.json"


def key(record: Record, segment: str) -> str:
    """Return a name for one segment of one version of a record: series, number, segment, digest of DATE and storage unit."""
    unit = re.search(r"/D(\d+)/", record.segments.get(segment, ""))
    version = f"{record.keywords.get('DATE', '')} {unit[1] if unit else ''}"
    return f"{record.series.name}.{record.recnum}.{segment}.{hashlib.sha256(version.encode()).hexdigest()[:12]}"
