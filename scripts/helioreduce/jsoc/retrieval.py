"""Files of listed frames; where an earlier command's list is of no use, the archive is asked again, once."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from helioreduce import times
from helioreduce.errors import InputWarning
from helioreduce.jsoc import fetch, header, losses, nearest, policy, records, staged, vso
from helioreduce.jsoc.client import Client
from helioreduce.jsoc.errors import Corrupt, FetchError, NoAnswer, NoData, Rejected
from helioreduce.jsoc.records import Record
from helioreduce.jsoc.retry import RetryPolicy
from helioreduce.jsoc.store import Entry, Store
from helioreduce.quality import Policy
from helioreduce.runtime.log import logger, transfer_progress


@dataclass(frozen=True, slots=True)
class Listed:
    """A frame as it is listed: its list of records and, where files are staged, of exports; and its slot, compact T_REC."""

    record_list: str
    time: str
    exports: str | None = None

    @property
    def channel(self) -> str:
        """The channel, after which the folder of its list is named."""
        return Path(self.record_list).parent.name


def file(
    url: str, frame: Listed, segment: str, settings: Mapping[str, Any], allowed: Policy, cut: fetch.Cut | None = None
) -> tuple[Record, Entry]:
    """Return the record of a frame and the file of one of its segments, from the store or the archive.

    Where the listed record or path is of no use, and an earlier command had asked for it, the archive is asked again.

    Parameters
    ----------
    url
        Base address of the archive.
    frame
        The frame.
    segment
        ``image`` or ``spikes``.
    settings
        The section ``jsoc`` of the configuration.
    allowed
        Policy on quality.
    cut
        The part of the image that was exported; where it was not, the whole image is fetched.

    Raises
    ------
    NoData, Rejected, TransientExhausted, Corrupt
        See :func:`policy.usable` and :func:`fetch.segment`.
    """
    try:
        return _as_listed(url, frame, segment, settings, allowed, cut)
    except (NoData, Rejected, Corrupt):
        if not losses.outdated(frame.record_list, frame.time) or not _may_change(frame, allowed):
            raise
    ask(url, [frame], settings)
    return _as_listed(url, frame, segment, settings, allowed, cut)


def spikes(
    url: str, frame: Listed, recnum: int | None, settings: Mapping[str, Any], allowed: Policy
) -> tuple[Record, Entry | None, str]:
    """Return the record of a frame and the file of its spikes; None where it has none, with the reason if it might have some.

    ``recnum`` is the number of the record that the image is of, where it is known. The other arguments and the errors are
    those of :func:`file`.
    """
    record = policy.usable(frame.record_list, frame.time, allowed)
    if reason := policy.without_spikes(record):
        warnings.warn(InputWarning(f"{record.name} is reduced without its spikes: {reason}"), stacklevel=2)
    if reason or not policy.may_have_spikes(record):
        return record, None, reason
    try:
        record, entry = file(url, frame, "spikes", settings, allowed)
    except FetchError as error:
        raise type(error)(f"its list of spikes: {error.problem}", cure=error.cure, where=error.where) from error
    if recnum not in (None, record.recnum):
        raise NoData("its image is of an earlier version", cure="Run again", where=record.name)
    return record, entry, ""


def ask(url: str, frames: Iterable[Listed], settings: Mapping[str, Any], retry_policy: RetryPolicy | None = None) -> None:
    """Ask for the records of frames, in one query for each channel, and put the answers into their lists."""
    for channel, members in _grouped(frames, lambda frame: frame.channel).items():
        asked = records.origin(members[0].record_list).get("request", {})
        answer = query(url, channel, [frame.time for frame in members], settings, retry_policy, **asked)
        for record_list, listed in _grouped(members, lambda frame: frame.record_list).items():
            records.update(record_list, [frame.time for frame in listed], answer)


def query(
    url: str, channel: str, slots: Iterable[str], settings: Mapping[str, Any], retry_policy: RetryPolicy | None = None,
    *, series: str = "", where: str = "", within_s: float = 0.0, quality: Mapping[str, Any] | None = None,
) -> records.Answer:  # fmt: skip
    """Return what the archive has of a channel in these slots.

    ``series`` and ``where`` are those of :meth:`Client.in_slots`. What fails the condition and what is absent are kept apart.
    With ``quality``, a policy, a second query asks for the neighbourhood, ``within_s``, of the slots without a record that is
    good enough by it: the nearest good one stands in.
    """
    wanted = sorted(times.from_compact(slot) for slot in slots)
    if url == vso.ADDRESS:
        return records.Answer(vso.frames(int(channel), wanted), [], [])
    with fetch.connection(settings):
        client = Client.at(url, retry_policy=retry_policy or fetch.retry_policy(settings))
        found = list(client.in_slots(int(channel), wanted, series=series, where=where))
        listed = {records.slot(record) for record in found}
        rest = [slot for slot in wanted if times.compact(slot) not in listed] if where else []
        unmet = [slot for record in client.in_slots(int(channel), rest, series=series) if (slot := records.slot(record))]
        beside = partial(client.around, int(channel), within_s=within_s, series=series, where=where)
        taken, stand_ins = nearest.stand_in(wanted, found, unmet, beside, within_s, Policy(**quality)) if quality else ([], {})
    queries = [{"url": query.url, "sha256": query.sha256} for query in client.queries]
    return records.Answer([*found, *taken], queries, unmet, stand_ins)


def recover(url: str, frames: Iterable[tuple[Listed, bool]], settings: Mapping[str, Any], allowed: Policy) -> None:
    """Ask again for frames that could not be had, and fetch into the store what the archive has now.

    Parameters
    ----------
    url
        Base address of the archive.
    frames
        Each with whether its spikes are needed.
    settings, allowed
        See :func:`file`.
    """
    wanted = list(frames)
    try:
        ask(url, [frame for frame, _ in wanted], settings, RetryPolicy(timeout_s=settings["timeout_s"]))
        for frame, spikes in wanted:
            _recover(url, frame, spikes, settings, allowed)
    except FetchError as error:
        logger.warning("frames that are missing could not be asked for again: %s", error)


def _recover(url: str, frame: Listed, spikes: bool, settings: Mapping[str, Any], allowed: Policy) -> None:
    """Fetch a frame that was missing, or note why it still is."""
    try:
        with losses.noted(frame.channel, frame.time):
            record, _ = file(url, frame, "image", settings, allowed)
            header.merge(record)
            if spikes and policy.has_spikes(record):
                file(url, frame, "spikes", settings, allowed)
    except NoAnswer:
        raise
    except FetchError as error:
        logger.info("%s", error)


def _as_listed(
    url: str, frame: Listed, segment: str, settings: Mapping[str, Any], allowed: Policy, cut: fetch.Cut | None = None
) -> tuple[Record, Entry]:
    """Return record and file as the lists have them; a staged file that is gone is fetched as it is stored."""
    record, store = policy.usable(frame.record_list, frame.time, allowed), Store()
    options = {**fetch.options(settings), "progress": transfer_progress(f"{record.name} {segment}")}
    if path := staged.load(frame.exports).get((record.name, segment)) if frame.exports else None:
        try:
            return record, fetch.segment(record, segment, url, store, path=path, cut=cut, **options)
        except NoData as error:
            logger.info("%s; the stored file is fetched", error)
    return record, fetch.segment(record, segment, url, store, **options)


def _may_change(frame: Listed, allowed: Policy) -> bool:
    """Return whether the archive may say something else about a frame: not where it is light of bad quality."""
    record = records.by_slot(frame.record_list).get(times.in_name(frame.time))
    loss = policy.verdict(record, allowed) if record else None
    return loss is None or loss.may_return


def _grouped(frames: Iterable[Listed], key: Callable[[Listed], str]) -> dict[str, list[Listed]]:
    """Return frames by a key."""
    groups: dict[str, list[Listed]] = {}
    for frame in frames:
        groups.setdefault(key(frame), []).append(frame)
    return groups
