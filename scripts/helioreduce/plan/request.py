"""The frames that a configuration asks for: an archive by arithmetic alone, channels and times; or those of a folder."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from math import ceil
from typing import Any

from helioreduce import times
from helioreduce.aia import slots
from helioreduce.errors import InputError
from helioreduce.plan import local
from helioreduce.plan.aia_states import Key
from helioreduce.plan.paths import located
from helioreduce.plan.source import Source
from helioreduce.quality import Policy
from helioreduce.series import LEVEL1

#: Most images of one run, of which Snakemake takes five minutes to plan the batches; size of one, fetched and finished.
MOST, FETCHED_MB, PRODUCT_MB = 100_000, 12.4, 86.0
#: How a time begins that was given in place of a list.
_TIME = re.compile(r"\d{4}[-.]\d\d[-.]\d\d")


def wanted(config: Mapping[str, Any], source: Source) -> tuple[dict[Key, local.Frame | None], dict[str, str], tuple[str, ...]]:
    """Return the frames of a request, the user's files that are refused, and what else is to be said of them.

    What is simulated never has the name of what is not.
    """
    settings = config["aia"]
    if settings["output"]["form"] == "series":  # which is planned in parts: plan/aia_series.py
        return {}, {}, ()
    if not source.is_local:
        suffix = local.SIMULATED * source.is_archive
        return {(str(channel), times.compact(time) + suffix): None for channel, time in frames(settings)}, {}, ()
    if not config["local"]["directory"]:
        raise InputError("source is local, and local.directory is not set", cure="Give the folder of your level-1 files")
    directory = located(config["local"]["directory"], "local.directory", is_folder=True)
    folder = local.frames(directory, Policy(**settings["quality"]), settings["where"])
    return {(frame.channel, frame.time): frame for frame in folder.frames}, folder.refused, tuple(folder.notes)


def frames(settings: Mapping[str, Any]) -> Iterator[tuple[int, datetime]]:
    """Yield channel and slot (T_REC) of every frame: those nearest to ``aia.times``, or from start to end.

    Raises
    ------
    InputError
        If the request is too large, or a time cannot be read.
    """
    if wanted := _listed(settings["times"]):
        _check_size(len(wanted) * len(settings["channels"]), "fewer aia.times")
        for channel in settings["channels"]:
            step_s = LEVEL1[channel].slot_s
            yield from dict.fromkeys((channel, times.slot(time, step_s)) for time in wanted)
        return
    start, end = times.parse(settings["start"]), times.parse(settings["end"])
    check_size(settings)
    for channel in settings["channels"]:
        for time in slots.slots(channel, start, end, settings["cadence_s"]):
            yield channel, time


def check_size(settings: Mapping[str, Any]) -> None:
    """Refuse a request from start to end that is too large for images, with what it would cost."""
    start, end = times.parse(settings["start"]), times.parse(settings["end"])
    duration_s, channels = (end - start).total_seconds(), settings["channels"]
    cadences = [max(settings["cadence_s"], LEVEL1[channel].slot_s) for channel in channels]
    longer = f"aia.cadence_s of {ceil(len(channels) * duration_s / (MOST - len(channels)))} or more"
    _check_size(
        sum(int(duration_s // cadence_s) + 1 for cadence_s in cadences), f"an earlier aia.end, fewer aia.channels, or {longer}"
    )


def _listed(wanted: list[str] | str | None) -> list[datetime]:
    """Return a list of times, given as such or as a file with one time a line; what follows a # is passed over."""
    if wanted is None:
        return []
    if not wanted:
        raise InputError("aia.times is empty", cure="List times, or set it to null for those from aia.start to aia.end")
    if not isinstance(wanted, str):
        return [times.parse(text) for text in wanted]
    if _TIME.match(wanted.strip()):
        raise InputError(f"aia.times is the text {wanted!r}", cure=f"Write a list: [{wanted.strip()!r}]")
    file = located(wanted, "aia.times")
    try:
        lines = [line.partition("#")[0].strip() for line in file.read_text("utf-8-sig").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"is no text that can be read ({error})", cure="Give a file with one time a line", where=file
        ) from None
    try:
        found = [times.parse(line) for line in lines if line]
    except InputError as error:
        raise error.at(file) from None
    if not found:
        raise InputError("holds no time", cure="Write one time a line, such as 2014-01-01T00:00:00", where=file)
    return found


def _check_size(number: int, fewer: str) -> None:
    """Refuse a request that cannot be planned at once, with what it would cost."""
    if number > MOST:
        cost = f"{number * FETCHED_MB / 1e6:,.0f} TB to be fetched, {number * PRODUCT_MB / 1e6:,.0f} TB of products"
        cure = f"Ask for at most {MOST:,} at a time: {fewer}"
        raise InputError(f"the request is for {number:,} images, {cost}", cure=f"{cure}; workflow/PLANNING.md lists the costs")
