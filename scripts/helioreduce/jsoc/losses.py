"""Unavailable frames: each one costs only itself, is named with the reason, and is asked for again by the next run.

What the archive's records say against a frame follows from their list. A file that could not be fetched leaves a note,
``results/aia/lost/<channel>/<time>.json``, which holds until the frame is fetched or its record is asked for again.
"""

from __future__ import annotations

import json
import os
import time as clock
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from helioreduce import times
from helioreduce.io import manifests
from helioreduce.io.atomic import replaced
from helioreduce.jsoc import policy, records
from helioreduce.jsoc.errors import FetchError, NoAnswer, TransientExhausted
from helioreduce.jsoc.policy import Loss
from helioreduce.jsoc.records import Record
from helioreduce.quality import Policy

FOLDER = Path("results/aia/lost")
_STARTED = "HELIOREDUCE_STARTED"
#: How many frames in a row may be lost because the archive is too busy, before no more are tried.
_BUSY_AT_MOST = 3
Frame = TypeVar("Frame")


def begin() -> float:
    """Note when a command began, for all its jobs and for the runs that take its place, and return it."""
    return float(os.environ.setdefault(_STARTED, repr(clock.time())))


def outdated(record_list: str | Path, time: str) -> bool:
    """Return whether the archive was asked for a slot by an earlier command only."""
    return records.asked(record_list, time) < float(os.environ.get(_STARTED, "0"))


def of(record_list: str | Path, allowed: Policy) -> dict[str, Loss]:
    """Return the requested frames of a list that are unavailable, by the times in their names."""
    requested = _requested(record_list)
    absent = None if all(requested.values()) else policy.unlisted(record_list)
    unmet = dict.fromkeys(records.origin(record_list).get("unmet", ()), policy.UNMET)
    listed = {
        time: policy.verdict(record, allowed) if record else unmet.get(times.in_name(time), absent)
        for time, record in requested.items()
    }
    losses = _noted(record_list) | {time: loss for time, loss in listed.items() if loss}
    return {time: losses[time] for time in requested if time in losses}


def plain(lost: Mapping[str, Loss]) -> dict[str, tuple[str, bool, str]]:
    """Return unavailable frames in plain values: why, whether they may return, and their state in a manifest."""
    states = {time: manifests.UNMET if loss == policy.UNMET else manifests.MISSING for time, loss in lost.items()}
    return {time: (loss.reason, loss.may_return, states[time]) for time, loss in lost.items()}


def replaced_by_neighbours(record_list: str | Path) -> dict[str, tuple[str, str]]:
    """Return the requested frames of a list for which a neighbour stands in: the slot of that, and why."""
    nearest = records.origin(record_list).get("nearest", {})
    wanted = {time: nearest.get(times.in_name(time)) for time in records.origin(record_list).get("requested", [])}
    return {time: (entry["taken"], entry["reason"]) for time, entry in wanted.items() if entry}


def without_spikes(record_list: str | Path) -> dict[str, str]:
    """Return the requested frames of a list whose images are used without their spikes, with the reason."""
    reasons = {time: policy.without_spikes(record) for time, record in _requested(record_list).items() if record}
    return {time: reason for time, reason in reasons.items() if reason}


@contextmanager
def noted(channel: str, time: str, *files: str) -> Iterator[None]:
    """Note that a frame is unavailable where its fetch fails, and delete these files of it; forget it where it succeeds."""
    note = FOLDER / channel / f"{time}.json"
    try:
        yield
    except NoAnswer:
        raise
    except FetchError as error:
        with replaced(note) as part:
            part.write_text(json.dumps({"reason": " ".join(error.problem.split()), "kind": error.reason}))
        for file in files:
            Path(file).unlink(missing_ok=True)
        raise
    note.unlink(missing_ok=True)


def in_turn(frames: Iterable[Frame], fetch: Callable[[Frame], Exception | None]) -> Iterator[tuple[Frame, Exception | None]]:
    """Yield frame after frame with the error that ended its fetch; once the archive is too busy, the others are not tried."""
    busy = 0
    for frame in frames:
        error = fetch(frame) if busy < _BUSY_AT_MOST else NoAnswer("not tried: the archive is too busy", cure="Try again later")
        busy = _BUSY_AT_MOST if isinstance(error, NoAnswer) else busy + 1 if isinstance(error, TransientExhausted) else 0
        yield frame, error


def _requested(record_list: str | Path) -> dict[str, Record | None]:
    """Return the records of the requested frames; None where there is none."""
    found = records.by_slot(record_list)
    return {time: found.get(times.in_name(time)) for time in records.origin(record_list).get("requested", [])}


def _noted(record_list: str | Path) -> dict[str, Loss]:
    """Return the noted losses of a list's channel that are younger than what its list says."""
    notes = (FOLDER / Path(record_list).parent.name).glob("*.json")
    return {
        note.stem: Loss(**json.loads(note.read_text()))
        for note in notes
        if note.stat().st_mtime >= records.asked(record_list, note.stem)
    }
