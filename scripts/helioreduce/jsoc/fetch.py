"""Fetching one segment of one record into the store, and writing it with the header of the database."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helioreduce import __version__, quality, times
from helioreduce.io import fits
from helioreduce.io.atomic import replaced
from helioreduce.jsoc import header, http
from helioreduce.jsoc.errors import Corrupt, NoData, Rejected
from helioreduce.jsoc.http import RetryPolicy
from helioreduce.jsoc.records import Record
from helioreduce.jsoc.store import Entry, Store
from helioreduce.jsoc.transfer import Progress, download
from helioreduce.quality import DEFAULT, Policy
from helioreduce.runtime import locks
from helioreduce.series import EUV, MISSING

if TYPE_CHECKING:
    from astropy.io.fits import Header


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

    Raises
    ------
    NoData, Rejected, TransientExhausted, Corrupt
        See :func:`transfer.download`.
    """
    with locks.hold_slot(store.locks(), 1, name=f"file-{store.incoming(record, name).name[-7:-5]}"):
        if entry := store.find(record, name):
            return entry
        path = path or record.segments.get(name)
        if not path:
            raise NoData(f"there is no {name}", cure="The archive has it off line, or never had it", where=record.name)
        target = store.incoming(record, name)
        with locks.hold_slot(store.locks(), connections, name="connection"):
            receipt = download(http.joined(base_url, path), target, retry_policy=retry_policy, progress=progress)
        history = {
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
        return store.add(target, record, name, history)


def image(
    entry: Entry, record: Record, target: str | Path, query: object = None, policy: Policy = DEFAULT
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

    Returns
    -------
    dict
        History of the file, with the stale cards that were replaced: ``{card: [in the file, in the database]}``.

    Raises
    ------
    Corrupt
        If the file is another image than the record's.
    """
    stored = fits.read_header(entry.file)
    merged = header.merge(stored, record) if record.series.keywords else _own(stored, record, policy)
    fits.rewrite(entry.file, target, merged)
    stale = {name: list(pair) for name, pair in header.stale(stored, merged).items()}
    return {**entry.history, "query": query, "stale": stale}


def _own(stored: Header, record: Record, policy: Policy) -> Header:
    """Return the header of a file that has its keywords (VSO), if it is the requested image and of good quality."""
    wave, found = stored.get("WAVELNTH"), quality.objections({"QUALITY": "MISSING", **stored}, policy)
    if str(wave) != record.keywords["WAVELNTH"]:
        raise Corrupt(f"the file has WAVELNTH = {wave}, requested was {record.keywords['WAVELNTH']}", where=record.name)
    if found:
        raise Rejected(quality.words(found), cure=quality.cure(found), where=record.name)
    return stored


def options(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments of :func:`segment` from the settings ``connections``, ``retries`` and ``timeout_s``."""
    retry_policy = RetryPolicy(retries=settings["retries"], timeout_s=settings["timeout_s"])
    return {"retry_policy": retry_policy, "connections": settings["connections"]}


def has_spikes(record: Record) -> bool:
    """Return whether a record should have a file of replaced pixels: despiked channel, and NSPIKES is not 0.

    The ground pipeline despikes the EUV channels, and 4500 Å since February 2021 only: a missing file is no error there.
    """
    return int(record.keywords["WAVELNTH"]) in EUV and record.keywords.get("NSPIKES", MISSING) not in ("0", MISSING)


def write_history(path: str | Path, history: Mapping[str, object]) -> None:
    """Write a history as JSON."""
    with replaced(path) as part:
        part.write_text(json.dumps(history, indent=1, default=str) + "\n")
