"""Staged exports (method ``url``): asked for in batches, waited for, taken up again after a restart.

JSOC allows one pending request per address; a lock makes all jobs of an address take turns. The number of a request is on
disk before the first wait, so that a killed run finds its request again instead of asking twice.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import drms

from helioreduce.io.atomic import replaced
from helioreduce.jsoc import http
from helioreduce.jsoc.client import Client, anonymous, translated
from helioreduce.jsoc.errors import NoData, Rejected, TransientExhausted
from helioreduce.jsoc.http import TransientError
from helioreduce.jsoc.records import Record
from helioreduce.runtime import locks
from helioreduce.runtime.log import logger

PENDING, UNKNOWN, LIMIT = (1, 2, 12), 6, 7
_NAME = re.compile(r"[A-Za-z0-9][\w.+-]*")
#: File names of the segments in exports of a level-1 series.
FILES = {"image": ("image_lev1.fits", "image.fits"), "spikes": ("spikes.fits",)}


@dataclass(frozen=True, slots=True)
class Waiting:
    """How often to look, and how long to wait for one export."""

    poll_s: float = 5.0
    timeout_s: float = 3600.0


def batches(records: Iterable[Record], size: int = 50) -> Iterator[tuple[str, list[Record]]]:
    """Record sets of at most ``size`` records of one channel, with the records that they ask for."""
    groups: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        groups.setdefault((record.series.name, record.keywords["WAVELNTH"]), []).append(record)
    for (series, channel), members in groups.items():
        for i in range(0, len(members), size):
            chosen = members[i : i + size]
            slots = ",".join(record.keywords["T_REC"] for record in chosen)
            yield f"{series}[{slots}][{channel}]", chosen


def paths(
    client: Client,
    record_set: str,
    records: Sequence[Record],
    segments: Sequence[str],
    folder: str | Path,
    waiting: Waiting | None = None,
) -> dict[tuple[str, str], str]:
    """Server paths of the exported files of one batch.

    Parameters
    ----------
    client
        With a registered address.
    record_set, records
        One of :func:`batches`.
    segments
        Segments to export.
    folder
        Where requests are remembered and locks are held.
    waiting
        How often to look, how long to wait.

    Returns
    -------
    dict
        (record name, segment) → path. The export may lack frames without an image: match by name, never by position.

    Raises
    ------
    NoData
        The export holds no files.
    Rejected
        The archive refuses, or names a file that it may not.
    TransientExhausted
        The export was not ready in time.
    """
    waiting = waiting or Waiting()
    text = f"{record_set}{{{','.join(segments)}}}"
    owner = hashlib.sha256(client.address().lower().encode()).hexdigest()[:16]
    with locks.hold_slot(folder, 1, name=f"export-{owner}"):
        request = _finished(client, text, Path(folder), waiting)
        with translated(text):
            rows = [(row.record, row.filename) for row in request.data.itertuples()]
            directory = request.dir or ""
    return _matched(rows, directory, {record.name for record in records}, segments, text)


def save(path: str | Path, found: Mapping[tuple[str, str], str]) -> None:
    """Write what :func:`paths` found."""
    entries = [{"record": record, "segment": segment, "path": place} for (record, segment), place in found.items()]
    Path(path).write_text(json.dumps(entries, indent=1))


def load(path: str | Path) -> dict[tuple[str, str], str]:
    """What :func:`save` wrote."""
    return {(entry["record"], entry["segment"]): entry["path"] for entry in json.loads(Path(path).read_text())}


def _finished(client: Client, text: str, folder: Path, waiting: Waiting) -> drms.client.ExportRequest:
    """The finished request for a record set: the one made before, or a new one."""
    note = folder / f"export-{hashlib.sha256(text.encode()).hexdigest()[:16]}.json"
    end = time.monotonic() + waiting.timeout_s
    request = _earlier(client, note) or _submitted(client, text, note, waiting)
    absent = 0
    while request.status in (*PENDING, UNKNOWN):
        absent = absent + 1 if request.status == UNKNOWN else 0
        if absent > 5:
            note.unlink(missing_ok=True)
            raise TransientExhausted(f"the archive forgot request {request.id}", cure="Run again", where=text)
        if time.monotonic() > end:
            raise TransientExhausted(f"request {request.id} is not ready", cure="Run again: it is taken up", where=text)
        time.sleep(waiting.poll_s)
        with translated(text):
            request.has_finished()
    if request.status != 0:
        note.unlink(missing_ok=True)
        with translated(text):
            request._raise_on_error()
    return request


def _earlier(client: Client, note: Path) -> drms.client.ExportRequest | None:
    """The request that an earlier run made, if the archive still knows it."""
    try:
        name = json.loads(note.read_text())["requestid"]
    except (OSError, ValueError, KeyError):
        return None
    with translated(name):
        request = client.drms.export_from_id(name)
    if request.status in (0, *PENDING):
        logger.info("request %s is taken up again", name)
        return request
    note.unlink(missing_ok=True)
    return None


def _submitted(client: Client, text: str, note: Path, waiting: Waiting) -> drms.client.ExportRequest:
    """A new request, remembered on disk; waits while the address has another one pending."""

    def ask() -> drms.client.ExportRequest:
        """One attempt."""
        with translated(text):
            request = client.drms.export(text, method="url", protocol="fits", email=client.address(), requester=False)
        if request.status == LIMIT:
            raise TransientError(anonymous(str(request._d.get("error", "exports are pending"))), waiting.poll_s)
        return request

    request = http.retry(ask, client.retry_policy, text)
    if request.id:
        with replaced(note) as part:
            part.write_text(json.dumps({"requestid": request.id, "record_set": text}))
    return request


def _matched(
    rows: Sequence[tuple[str, str]], directory: str, names: set[str], segments: Sequence[str], text: str
) -> dict[tuple[str, str], str]:
    """Files by record and segment."""
    found = {}
    for record, filename in rows:
        plain = record.partition("{")[0]
        if plain not in names:
            continue
        if not _NAME.fullmatch(filename):
            raise Rejected(f"the export names a file {filename!r}", where=text)
        for segment in segments:
            if filename.endswith(FILES[segment]):
                found[plain, segment] = f"{directory}/{filename}"
    if not found:
        raise NoData(f"the export holds no files {[record for record, _ in rows][:1]}", where=text)
    return found
