"""Fetching one segment of one record into the store, and writing it with the header of the database."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from helioreduce import __version__, quality, times
from helioreduce.errors import InputError
from helioreduce.io import fits, jsoc_files
from helioreduce.io.atomic import replaced
from helioreduce.jsoc import header, http, verification
from helioreduce.jsoc.errors import NoData, Rejected
from helioreduce.jsoc.records import Record, slot
from helioreduce.jsoc.retry import RetryPolicy
from helioreduce.jsoc.store import Entry, Store
from helioreduce.jsoc.transfer import Progress, Receipt, download
from helioreduce.quality import DEFAULT, Policy
from helioreduce.runtime import locks
from helioreduce.series import MISSING

if TYPE_CHECKING:
    from astropy.io.fits import Header


class Cut(NamedTuple):
    """A part of an image: a name that is the same for the same part, and where it is in each image."""

    name: str
    locate: jsoc_files.Locate

    @classmethod
    def of(cls, options: Mapping[str, object], locate: jsoc_files.Locate) -> Cut:
        """Return the part that ``im_patch`` makes with these options."""
        return cls(hashlib.sha256(json.dumps(options, sort_keys=True).encode()).hexdigest()[:8], locate)


def segment(
    record: Record,
    name: str,
    base_url: str,
    store: Store,
    *,
    path: str | None = None,
    retry_policy: RetryPolicy | None = None,
    connections: int = 1,
    progress: Progress | None = None,
    cut: Cut | None = None,
) -> Entry:
    """Return the verified file of a segment from the store, after fetching it where it is absent.

    Parameters
    ----------
    record, name
        The record, and its segment: ``image`` or ``spikes``.
    base_url
        Address that server paths are relative to.
    store
        Where files are kept.
    path
        Path on the server; by default that of the record. A staged export has another.
    retry_policy
        Retries, waits and time limits.
    connections
        Number of simultaneous transfers of all processes that use the store.
    progress
        See :func:`transfer.download`.
    cut
        The part of the image that the server was asked for; its file is kept beside that of the whole image.

    Raises
    ------
    NoData, Rejected, TransientExhausted
        See :func:`transfer.download`.
    Corrupt
        Two transfers gave the same bytes, which are not the segment of the record; see :func:`verification.verify`.
    """
    image = store.find(record, "image") if name == "spikes" else None
    proof: dict[str, object] = {"expected": verification.expected(record, name)}
    stored_as = f"{name}_{cut.name}" if cut else name

    def verify(file: Path) -> None:
        """Verify a file, and keep what was verified."""
        whole = image.file if image else None
        checked = verification.verify_cutout(file, record, cut.locate) if cut else None
        proof["verified"] = checked or verification.verify(file, record, name, whole)

    with locks.hold_slot(store.locks(), 1, name=f"file-{store.incoming(record, stored_as).name[-7:-5]}"):
        if entry := store.find(record, stored_as):
            if entry.history.get("verified") and entry.history.get("expected") == proof["expected"]:
                return entry
            try:
                verify(entry.file)
                return entry.noted(**proof)
            except InputError:
                entry.drop()
        path = path or record.segments.get(name)
        if not path:
            raise NoData(f"there is no {name}", cure="The archive has it off line, or never had it", where=record.name)
        target = store.incoming(record, stored_as)
        with locks.hold_slot(store.locks(), connections, name="connection"):
            receipt = download(http.joined(base_url, path), target, verify=verify, retry_policy=retry_policy, progress=progress)
        return store.add(target, record, stored_as, _history(record, name, path, receipt) | proof)


def _history(record: Record, name: str, path: str, receipt: Receipt) -> dict[str, object]:
    """Return the provenance of a fetched file."""
    return {
        "record": record.name,
        "recnum": record.recnum,
        "segment": name,
        "path": path,
        "bytes": receipt.bytes,
        "sha256": receipt.sha256,
        "etag": receipt.etag,
        "received": receipt.received,
        "faults": list(receipt.faults),
        "fetched": times.iso(times.now()),
        "software": f"helioreduce {__version__}",
    }


def image(
    entry: Entry,
    record: Record,
    target: str | Path,
    query: object = None,
    policy: Policy = DEFAULT,
    locate: jsoc_files.Locate | None = None,
    asked: str = "",
) -> dict[str, object]:
    """Write a level-1 image with the header of the database.

    Parameters
    ----------
    entry
        The stored file.
    record
        Its record.
    target
        File to write.
    query
        Queries that found the record, for the history.
    policy
        On the quality of files whose header the archive does not know (VSO).
    locate
        Which part of the image is wanted, see :func:`verification.verify_cutout`; None: all of it.
    asked
        The slot for which it is taken, compact T_REC: where the record is of another one, the header says so.

    Returns
    -------
    dict
        History of the file, with the stale cards that were replaced: ``{card: [in the file, in the database]}``.

    Raises
    ------
    Corrupt
        If the text of a keyword is not of its type.
    Rejected
        If the quality in the file's own header is bad (VSO).
    """
    stored = fits.read_header(entry.file)
    merged = header.merge(record) if record.series.keywords else _own(stored, record, policy)
    merged["VERIFIED"] = (", ".join(entry.history["verified"]), "of the fetched file")
    if asked and (own := slot(record)) and own != times.in_name(asked):
        merged["T_ASKED"] = (times.iso(times.from_compact(asked)), "the slot asked for; T_REC is the nearest good one")
    if locate:
        jsoc_files.cut(entry.file, target, merged, locate)
    else:
        jsoc_files.rewrite(entry.file, target, merged)
    stale = {name: list(pair) for name, pair in header.stale(stored, merged).items()}
    return {**entry.history, "query": query, "stale": stale}


def _own(stored: Header, record: Record, policy: Policy) -> Header:
    """Return the header of a file that has its keywords (VSO), if the image is of good quality."""
    if found := quality.objections({"QUALITY": MISSING, **stored}, policy):
        raise Rejected(quality.words(found), cure=quality.cure(found), where=record.name)
    return stored


def options(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments of :func:`segment` from the settings ``connections``, ``retries`` and ``timeout_s``."""
    return {"retry_policy": retry_policy(settings), "connections": settings["connections"]}


def retry_policy(settings: Mapping[str, Any]) -> RetryPolicy:
    """Return the retries and time limits of the settings ``retries`` and ``timeout_s``.

    Where files have been fetched before, a server that does not answer is taken for one that is being restarted.
    """
    policy = RetryPolicy(retries=settings["retries"], timeout_s=settings["timeout_s"])
    return replace(policy, connect_retries=policy.retries) if Store().has_files() else policy


@contextmanager
def connection(settings: Mapping[str, Any]) -> Iterator[None]:
    """Hold one of ``connections``, which all jobs and runs that use the store share, during queries."""
    with locks.hold_slot(Store().locks(), settings["connections"], name="connection"):
        yield


def write_history(path: str | Path, history: Mapping[str, object]) -> None:
    """Write a history as JSON."""
    with replaced(path) as part:
        part.write_text(json.dumps(history, indent=1, default=str) + "\n")
