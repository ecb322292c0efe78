"""Staged exports (method ``url``): requested in batches, waited for, resumed after a restart.

JSOC allows one pending request per address; a lock makes all jobs of an address take turns. The number of a request is
written to disk before the first wait, so that a killed run finds its request again instead of making another one.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from helioreduce.io.atomic import replaced
from helioreduce.jsoc.client import Client, Reply, anonymous, refusal, usable
from helioreduce.jsoc.errors import NoData, Rejected, TransientExhausted
from helioreduce.jsoc.records import Record
from helioreduce.jsoc.retry import TransientError, retry
from helioreduce.runtime import locks
from helioreduce.runtime.log import logger

#: Status of a request.
DONE, PENDING, UNKNOWN, LIMIT = 0, (1, 2, 12), 6, 7
#: How often a request may be unknown to the archive, which lists a new one with a delay.
_UNKNOWN_AT_MOST = 5
_NAME = re.compile(r"[A-Za-z0-9][\w.+-]*")
#: A record of a processed file: series, prime keys of the record that it is made from, number of the request.
_PROCESSED = re.compile(r"^([\w.]+)_mod((?:\[[^\]]*\]){2})\[[^\]]*\]$")
Process = Mapping[str, Mapping[str, object]] | None
#: File names of the segments in exports of a level-1 series.
FILES = {"image": ("image_lev1.fits", "image.fits"), "spikes": ("spikes.fits",)}


@dataclass(frozen=True, slots=True)
class Waiting:
    """Interval between two enquiries about a request, and the longest wait for it, s."""

    poll_s: float = 5.0
    timeout_s: float = 3600.0


@dataclass(frozen=True, slots=True)
class Export:
    """State of a request: its number, status, message, and the files with their records."""

    number: str
    status: int
    message: str
    directory: str
    files: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, reply: Reply, number: str = "") -> Export:
        """Return the state in a reply; JSOC writes all values of a finished request as text."""
        return cls(
            number=str(reply.get("requestid") or number),
            status=int(reply["status"]),
            message=anonymous(str(reply.get("error") or "the export failed")),
            directory=str(reply.get("dir") or ""),
            files=tuple((row["record"].strip(), str(row["filename"] or "").strip()) for row in reply.get("data") or ()),
        )


def batches(records: Iterable[Record], size: int = 50) -> Iterator[tuple[str, list[Record]]]:
    """Yield record sets of at most ``size`` records of one channel, with their records."""
    groups: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        groups.setdefault((record.series.name, record.keywords["WAVELNTH"]), []).append(record)
    for (series, _), members in groups.items():
        for i in range(0, len(members), size):
            chosen = members[i : i + size]
            first, second = (dict.fromkeys(record.keywords[key] for record in chosen) for key in chosen[0].series.primekeys)
            yield f"{series}[{','.join(first)}][{','.join(second)}]", chosen


def paths(
    client: Client,
    record_set: str,
    records: Sequence[Record],
    segments: Sequence[str],
    folder: str | Path,
    waiting: Waiting | None = None,
    process: Mapping[str, Mapping[str, object]] | None = None,
) -> dict[tuple[str, str], str]:
    """Return the server paths of the exported files of one batch.

    Parameters
    ----------
    client
        With a registered address.
    record_set, records
        One of :func:`batches`.
    segments
        Segments to export.
    folder
        Where requests are noted and locks are held.
    waiting
        Interval and longest wait.
    process
        What the server does with the files before it stages them, such as ``{"im_patch": {...}}``.

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
    text = f"{record_set}{{{','.join(map(records[0].series.stored_as, segments))}}}"
    owner = hashlib.sha256(client.address().lower().encode()).hexdigest()[:16]
    with locks.hold_slot(folder, 1, name=f"export-{owner}"):
        export = _finished(client, text, Path(folder), waiting or Waiting(), process)
    return _matched(export, {record.name for record in records}, segments, text)


@contextmanager
def optional(what: str) -> Iterator[None]:
    """Go on where an export holds no files: frames that are not staged are fetched as they are stored."""
    try:
        yield
    except NoData as error:
        logger.warning("%s is not staged: %s", what, error)


def save(path: str | Path, found: Mapping[tuple[str, str], str]) -> None:
    """Write the result of :func:`paths`."""
    entries = [{"record": record, "segment": segment, "path": place} for (record, segment), place in found.items()]
    with replaced(path) as part:
        part.write_text(json.dumps(entries, indent=1))


def load(path: str | Path) -> dict[tuple[str, str], str]:
    """Read the result of :func:`paths`."""
    return {(entry["record"], entry["segment"]): entry["path"] for entry in json.loads(Path(path).read_text())}


def _finished(client: Client, text: str, folder: Path, waiting: Waiting, process: Process = None) -> Export:
    """Return the finished request for a record set: the one made before, or a new one."""
    same = text + (json.dumps(process, sort_keys=True) if process else "")
    note = folder / f"export-{hashlib.sha256(same.encode()).hexdigest()[:16]}.json"
    end = time.monotonic() + waiting.timeout_s
    export = _earlier(client, note) or _submitted(client, text, note, waiting, process)
    unknown = 0
    while export.status in (*PENDING, UNKNOWN):
        unknown = unknown + 1 if export.status == UNKNOWN else 0
        if unknown > _UNKNOWN_AT_MOST:
            note.unlink(missing_ok=True)
            raise TransientExhausted(f"the archive forgot request {export.number}", cure="Run again", where=text)
        if time.monotonic() > end:
            raise TransientExhausted(f"request {export.number} is not ready", cure="Run again: it is resumed", where=text)
        time.sleep(waiting.poll_s)
        export = _status(client, export.number, text)
    if export.status != DONE:
        note.unlink(missing_ok=True)
        raise refusal(f"{export.message} [status={export.status}]", text)
    return export


def _earlier(client: Client, note: Path) -> Export | None:
    """Return the request that an earlier run made, if the archive still knows it."""
    try:
        number = str(json.loads(note.read_text())["requestid"])
    except (OSError, ValueError, KeyError):
        return None
    export = _status(client, number, number)
    if export.status in (DONE, *PENDING):
        logger.info("request %s is resumed", number)
        return export
    note.unlink(missing_ok=True)
    return None


def _submitted(client: Client, text: str, note: Path, waiting: Waiting, process: Process) -> Export:
    """Return a new request, noted on disk; wait while the address has another one pending."""

    def submit() -> Export:
        """Ask for the export."""
        with usable(text):
            request = client.operations.exp_request
            names = f"{text.partition('[')[0]}.{{T_REC:A}}.{{WAVELNTH}}.{{segment}}"
            options = {"method": "url", "protocol": "fits", "filenamefmt": names, "requester": False}
            reply = request(text, client.address(), process=process, **options)
            export = Export.of(reply)
        if export.status == LIMIT:
            raise TransientError(export.message, waiting.poll_s)
        return export

    export = retry(submit, client.retry_policy, text)
    if export.number:
        with replaced(note) as part:
            part.write_text(json.dumps({"requestid": export.number, "record_set": text}))
    return export


def _status(client: Client, number: str, what: str) -> Export:
    """Return the state of a request."""
    with usable(what):
        return Export.of(client.operations.exp_status(number), number)


def _matched(export: Export, names: set[str], segments: Sequence[str], text: str) -> dict[tuple[str, str], str]:
    """Return the paths of the files of the records ``names``, by record and segment."""
    found = {}
    for record, filename in export.files:
        plain = _PROCESSED.sub(r"\1\2", record.partition("{")[0])
        if plain not in names or not filename:
            continue
        if not _NAME.fullmatch(filename):
            raise Rejected(f"the export names a file {filename!r}", where=text)
        for segment in segments:
            if filename.endswith(FILES[segment]):
                found[plain, segment] = f"{export.directory}/{filename}"
    if not found:
        raise NoData(f"the export holds no files {[record for record, _ in export.files][:1]}", where=text)
    return found
