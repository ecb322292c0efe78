"""Cosmic rays of any frames: jobs that combine calibration frames, jobs that clean frames, and the example."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from helioreduce.cosmic_rays.frames import Frame
from helioreduce.errors import InputError
from helioreduce.plan import chunks
from helioreduce.plan.code import code
from helioreduce.plan.cosmic_rays_jobs import (
    CHOICES,
    NOISE,
    Chunk,
    Cleaning,
    Combination,
    cleaning,
    combined,
    frames_of,
    product,
)  # fmt: skip
from helioreduce.runtime import batch

Entry = TypeVar("Entry")

#: Frames before and after one that show which of its spikes stay.
NEIGHBOURS = 2
#: Where cleaned frames are kept, and the reasons of those that cannot be cleaned.
KEPT = "results/cosmic_rays/batch"


@dataclass(frozen=True)
class Example:
    """A simulated CCD, its frames and their truth, cleaned at two thresholds."""

    camera: Mapping[str, float] = field(default_factory=lambda: {"gain": 1.5, "read_noise": 10.0})  # e⁻/DN, e⁻
    thresholds: tuple[int, ...] = (5, 8)
    darks: tuple[str, ...] = tuple(f"results/cosmic_rays/simulated/dark_{n:02d}.fits" for n in range(13))
    science: str = "results/cosmic_rays/simulated/science.fits"
    truth: str = "results/cosmic_rays/simulated/truth.fits"

    @property
    def names(self) -> list[str]:
        """What the thresholds are called in the table and the figure."""
        return [f"sigclip {threshold}" for threshold in self.thresholds]

    @property
    def jobs(self) -> list[str]:
        """Names of the cleaning jobs, one for each threshold."""
        return [f"example_sigclip{threshold}" for threshold in self.thresholds]

    def combinations(self) -> dict[str, Combination]:
        """Return the combination of the darks, by its name."""
        return {"example_dark": Combination("dark", self.darks)}

    def cleanings(self) -> dict[str, Cleaning]:
        """Return the cleaning jobs, by their names."""
        calibration = {"dark": combined("example_dark")}
        searches = [{"sigclip": float(threshold)} for threshold in self.thresholds]
        made = [Cleaning({"science": self.science}, calibration, {**NOISE, **self.camera}, one, False) for one in searches]
        return dict(zip(self.jobs, made, strict=True))


@dataclass(frozen=True)
class Plan:
    """What the section ``cosmic_rays`` of a configuration asks for.

    Parameters
    ----------
    combinations, cleanings
        Jobs by name, those of the example among them.
    targets
        Products of the configured jobs; none by default.
    aia_frames
        Channel and time of the requested AIA frames.
    example
        The example.
    chunks
        Frames that are cleaned many at a time; those of no chunk have a job each.
    refused
        Why an earlier run could not clean frames, by job and name, as long as nothing has changed that they follow from.
    """

    combinations: Mapping[str, Combination]
    cleanings: Mapping[str, Cleaning]
    targets: tuple[str, ...]
    aia_frames: Collection[tuple[str, str]]
    example: Example
    chunks: tuple[Chunk, ...] = ()
    refused: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @classmethod
    def of(cls, config: Mapping[str, Any], aia_frames: Collection[tuple[str, str]]) -> Plan:
        """Return the plan of a validated configuration.

        Raises
        ------
        InputError
            If a file does not exist, or two jobs, or two frames of one job, have one name.
        """
        settings, example = config["cosmic_rays"], Example()
        combinations, cleanings = example.combinations(), example.cleanings()
        for job in _named(settings["combine"], combinations, "cosmic_rays.combine"):
            choices = {key: value for key, value in job.items() if key in CHOICES}
            combinations[job["name"]] = Combination(job["kind"], tuple(frames_of(job).values()), choices, job.get("extension"))
        for job in _named(settings["clean"], cleanings, "cosmic_rays.clean"):
            cleanings[job["name"]] = cleaning(job, combinations)
        asked = {job["name"]: cleanings[job["name"]] for job in settings["clean"]}
        refused = _refused(asked)
        good = [(job, frame) for job, one in asked.items() for frame in one.frames if (job, frame) not in refused]
        targets = (
            *(combined(job["name"]) for job in settings["combine"]),
            *(product("cleaned", *frame) for frame in good),
            *(product("sources", *frame, "png") for frame in good),
            *(f"results/cosmic_rays/rates/{job}.ecsv" for job in dict.fromkeys(job for job, _ in good)),
            *["results/cosmic_rays/refused.txt"] * bool(refused),
        )
        cut = tuple(_chunks(asked, settings["batch"], good))
        return cls(combinations, cleanings, targets, aia_frames, example, cut, refused)

    def combination(self, wildcards: Any) -> Combination:
        """Return the combination ``{job}``."""
        return _known(self.combinations, wildcards.job, "combination")

    def cleaning(self, wildcards: Any) -> Cleaning:
        """Return the cleaning job ``{job}``."""
        return _known(self.cleanings, wildcards.job, "cleaning job")

    def values(self, folder: str) -> list[dict[str, str]]:
        """Return what the wildcards of the rules stand for together, in one folder: jobs, and frames where they are cleaned."""
        if folder == "combined":
            return [{"job": name} for name in self.combinations]
        return [{"job": name, "frame": frame} for name, job in self.cleanings.items() for frame in job.frames]

    def to_clean(self, wildcards: Any) -> dict[str, str]:
        """Return the frame ``{frame}`` of ``{job}`` and its calibration frames, by name."""
        frame = self.frame(wildcards)
        return {"raw": frame.raw, **frame.given}

    def frame(self, wildcards: Any) -> Frame:
        """Return the files of the frame ``{frame}`` of ``{job}``."""
        job = self.cleaning(wildcards)
        _known(job.frames, wildcards.frame, f"frame of {wildcards.job}")
        return job.frame(wildcards.job, wildcards.frame)

    def newly_refused(self) -> int:
        """Return how many frames a run has found that cannot be cleaned."""
        asked = {job: self.cleanings[job] for job in self.cleanings.keys() - set(self.example.jobs)}
        return len(_refused(asked).keys() - self.refused.keys())

    def of_job(self, state: str) -> Callable[[Any], list[str]]:
        """Return the input function of one product of all frames of a cleaning job."""
        return lambda wildcards: [
            product(state, wildcards.job, frame)
            for frame in self.cleaning(wildcards).frames
            if (wildcards.job, frame) not in self.refused
        ]

    def series(self, wildcards: Any) -> list[str]:
        """Return the times of the AIA frames of ``{channel}`` around ``{time}``: up to two before and two after."""
        times = sorted({wildcards.time} | {time for channel, time in self.aia_frames if channel == wildcards.channel})
        here = times.index(wildcards.time)
        return times[max(here - NEIGHBOURS, 0) : here + NEIGHBOURS + 1]

    def spikes(self, wildcards: Any) -> list[str]:
        """Return the lists of spikes of :meth:`series`."""
        return [f"results/aia/spikes/{wildcards.channel}/{time}.fits" for time in self.series(wildcards)]

    def position(self, wildcards: Any) -> int:
        """Return the position of ``{time}`` in :meth:`series`."""
        return self.series(wildcards).index(wildcards.time)


def _refused(cleanings: Mapping[str, Cleaning]) -> dict[tuple[str, str], str]:
    """Return why an earlier run could not clean frames, by job and name."""
    kept = [(job, path.stem) for job in cleanings for path in Path(KEPT, job).glob("*.json")]
    frames = [(job, name) for job, name in kept if name in cleanings[job].frames]
    made_by = {job: (code("cosmic_rays_clean"), cleanings[job].settings) for job, _ in frames}
    found = {key: batch.failure(cleanings[key[0]].frame(*key), KEPT, made_by[key[0]]) for key in frames}
    return {key: reason for key, reason in found.items() if reason}


def _chunks(cleanings: Mapping[str, Cleaning], chosen: int | str, good: Collection[tuple[str, str]]) -> Iterator[Chunk]:
    """Cut all frames of each job into chunks, so that one that is refused does not shift the others."""
    wanted = set(good)
    for job, one in cleanings.items():
        names = list(one.frames)
        size = chunks.size(chosen, len(names))
        for first in range(0, len(names) if size else 0, size or 1):
            if here := tuple(name for name in names[first : first + size] if (job, name) in wanted):
                yield Chunk(job, one, first, here)


def _named(jobs: Iterable[Mapping[str, Any]], taken: Mapping[str, object], section: str) -> Iterable[Mapping[str, Any]]:
    """Yield the jobs of a section; refuse a name that is taken."""
    for job in jobs:
        if job["name"] in taken:
            raise InputError(f"two jobs are called {job['name']!r}", cure="Give each job a name of its own", where=section)
        yield job


def _known(entries: Mapping[str, Entry], name: str, kind: str) -> Entry:
    """Return an entry by its name."""
    if name not in entries:
        raise InputError(f"there is no {kind} {name!r}", cure=f"Those of the configuration: {', '.join(entries)}")
    return entries[name]
