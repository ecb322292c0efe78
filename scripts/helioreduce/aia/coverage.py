"""What of a series is there, from the manifests of its parts, and what is to be said of the rest."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from helioreduce import times
from helioreduce.errors import InputError, counted
from helioreduce.io import manifests
from helioreduce.io.atomic import replaced
from helioreduce.io.manifests import ASKED, DONE, FAILED, MISSING, UNMET, Absent

#: What a run notes at its start: the number of images that are asked for, by channel and day.
_REQUEST = "request.json"


@dataclass
class Review:
    """What a request lacks.

    Parameters
    ----------
    asked, missing
        Number of images that are asked for, and of those that the archive does not have, or not in good quality.
    failed
        The images that could not be reduced, with the reasons.
    notes
        What to say of each series that lacks images.
    """

    asked: int = 0
    missing: int = 0
    failed: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def review(parts: Mapping[str, tuple[int, int]], logs: str) -> Review:
    """Return what a request lacks.

    Parameters
    ----------
    parts
        First and last place that is asked for, by manifest, ``<channel>/<day>.ecsv``.
    logs
        Folder of the logs of its parts.

    Raises
    ------
    InputError
        If a manifest is damaged.
    """
    found, lost = Review(), Counter[Path]()
    for file, (first, last) in parts.items():
        channel, day = Path(file).parent.name, Path(file).stem
        absent = [image for place, image in manifests.absent(file)[1].items() if first <= place <= last]
        found.asked += last - first + 1
        found.failed += [_described(channel, image, f"{logs}/{channel}/{day}.log") for image in absent if image.state == FAILED]
        lost[Path(file).with_name(f"{day[:4]}_missing.tsv")] += sum(image.state == MISSING for image in absent)
    found.missing = lost.total()
    lacking = ((file, number) for file, number in lost.items() if number)
    found.notes = [f"{counted(number, 'image')} of {file.parent.name} Å missing: {file} says why." for file, number in lacking]
    return found


def _described(channel: str, image: Absent, log: str) -> str:
    """Return an image that could not be reduced, with the reason and the log."""
    return f"{channel} Å at {times.readable(image.time)}: {image.reason} ({log})"


@dataclass
class Channel:
    """How far the series of a channel are.

    Parameters
    ----------
    days
        Images that are asked for, and those in each state, by day.
    reasons
        Why images are not there, with their number.
    begun
        Parts that are being fetched or reduced, or were when a run was stopped, with the number of images so far.
    damaged
        Manifests that cannot be read: their images are counted as asked for only.
    """

    days: dict[str, dict[str, int]] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)
    begun: dict[str, int] = field(default_factory=dict)
    damaged: list[str] = field(default_factory=list)

    @property
    def total(self) -> dict[str, int]:
        """The same numbers of all days."""
        return {key: sum(day[key] for day in self.days.values()) for key in (ASKED, DONE, MISSING, FAILED, UNMET)}


@dataclass
class Status:
    """The series of a folder: each channel; images an hour since the last run began; when its last part was done."""

    channels: dict[str, Channel]
    rate_h: float | None = None
    last: datetime | None = None

    @property
    def asked(self) -> int:
        """Number of images that are asked for."""
        return sum(channel.total[ASKED] for channel in self.channels.values())

    @property
    def settled(self) -> int:
        """Number of images of which it is known whether they are there."""
        return sum(sum(channel.total.values()) - channel.total[ASKED] for channel in self.channels.values())

    @property
    def left_h(self) -> float | None:
        """Hours until all parts are finished at that rate; None where nothing is left, or no rate is known."""
        left = self.asked - self.settled
        return left / self.rate_h if self.rate_h and left else None


def note_request(folder: str | Path, parts: Mapping[tuple[str, str], tuple[int, int]]) -> None:
    """Note how many images a run that begins asks for, by first and last place of each channel and day."""
    days: dict[str, dict[str, int]] = {}
    for (channel, day), (first, last) in parts.items():
        days.setdefault(channel, {})[day] = last - first + 1
    with replaced(Path(folder, _REQUEST)) as part:
        part.write_text(json.dumps(days))


def status(folder: Path) -> Status:
    """Return how far the series of a folder are, by what the last run asks for and what the manifests say."""
    request = folder / _REQUEST
    asked: dict[str, dict[str, int]] = json.loads(request.read_text()) if request.exists() else {}
    names = {path.name for path in folder.glob("[0-9]*") if path.is_dir()} | asked.keys()
    finished: dict[float, int] = {}
    channels = {name: _channel(folder, name, asked.get(name, {}), finished) for name in sorted(names, key=int)}
    if not finished:
        return Status(channels)
    last, first = max(finished), request.stat().st_mtime if asked else max(finished)
    done = sum(number for when, number in finished.items() if when > first)
    return Status(channels, 3600 * done / (last - first) if done else None, datetime.fromtimestamp(last, UTC))


def _channel(folder: Path, channel: str, asked: Mapping[str, int], finished: dict[float, int]) -> Channel:
    """Return how far a channel is; add to ``finished`` the images of each part by the time at which it was."""
    found = Channel(begun=_begun(folder, channel))
    for file in sorted((folder / channel).glob("*.ecsv")):
        try:
            number, absent = manifests.absent(file)
        except InputError:
            found.damaged.append(str(file))
            continue
        states = Counter(image.state for image in absent.values())
        counts = {DONE: number - len(absent), **{state: states[state] for state in (MISSING, FAILED, UNMET)}}
        found.days[file.stem] = {ASKED: max(number, asked.get(file.stem, 0)), **counts}
        found.reasons.update(image.reason for image in absent.values())
        when = file.stat().st_mtime
        finished[when] = finished.get(when, 0) + number
    for day in asked.keys() - found.days.keys():
        found.days[day] = {ASKED: asked[day], **dict.fromkeys((DONE, MISSING, FAILED, UNMET), 0)}
    found.days = dict(sorted(found.days.items()))
    return found


def _begun(folder: Path, channel: str) -> dict[str, int]:
    """Return the parts of a channel that are collected or reduced, with the number of images that are reduced."""
    collected = {path.name for path in folder.glob(f"collected/{channel}/*")}
    reduced = {path.name[1:]: path for path in (folder / channel).glob(".[0-9]*") if path.is_dir()}
    numbers = {day: sum(1 for _ in path.glob(f"{channel}/*.fits")) for day, path in reduced.items()}
    return {day: numbers.get(day, 0) for day in sorted(collected | reduced.keys())}
