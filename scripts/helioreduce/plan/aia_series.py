"""Series: a request as parts of a day and channel, by arithmetic alone; what is in a part stands in its manifest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from helioreduce import times
from helioreduce.aia import coverage, slots, steps
from helioreduce.aia.channels import NPIX
from helioreduce.aia.frames import FLOAT32, Part
from helioreduce.aia.series import Grid
from helioreduce.errors import InputError
from helioreduce.io import manifests
from helioreduce.plan import local, quicklooks, request
from helioreduce.plan.aia import Plan
from helioreduce.plan.aia_batch import SCRIPTS
from helioreduce.plan.code import code
from helioreduce.plan.price import Price
from helioreduce.series import LEVEL1

_DAY_S = 86400.0

#: Targets that are made from single images, and the files of these.
_OF_IMAGES = ("archived", "light_curves", "alignment", "dem", "images")


@dataclass(frozen=True)
class Series:
    """The series of a plan; without parts where images are asked for."""

    plan: Plan

    @classmethod
    def of(cls, plan: Plan) -> Series:
        """Plan the series.

        Raises
        ------
        InputError
            If the request cannot be one: see :func:`_check`.
        """
        series = cls(plan)
        if series.is_asked:
            _check(plan)
            series._check_grids()
        elif plan.settings["output"]["precision"] != FLOAT32:
            cure = "Single images have the target `archived`; unset it, or set form to series"
            raise InputError("aia.output.precision is archived, and aia.output.form is images", cure=cure)
        return series

    @property
    def is_asked(self) -> bool:
        """Whether the request ends in series."""
        return bool(self.plan.settings["output"]["form"] == "series")

    @property
    def folder(self) -> str:
        """Folder of its stores and manifests: what is simulated never has the name of what is not."""
        return "results/aia/series" + local.SIMULATED * self.plan.source.is_archive

    @cached_property
    def _request(self) -> tuple[datetime, datetime]:
        return times.parse(self.plan.settings["start"]), times.parse(self.plan.settings["end"])

    def grid(self, channel: str) -> dict[str, Any]:
        """Return the places of a channel's images, see :class:`helioreduce.aia.series.Grid`."""
        start, step_s = self._request[0], max(float(self.plan.settings["cadence_s"]), LEVEL1[int(channel)].slot_s)
        midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
        return {
            "npix": self.plan.settings["output"]["npix"],
            "step_s": step_s,
            "phase_s": (start - midnight).total_seconds() % step_s,
        }

    @cached_property
    def parts(self) -> dict[tuple[str, str], tuple[int, int]]:
        """First and last place that is asked for of every part, by channel and day."""
        if not self.is_asked:
            return {}
        return {(str(c), day): ends for c in self.plan.settings["channels"] for day, ends in self._days(str(c))}

    def _days(self, channel: str) -> Iterator[tuple[str, tuple[int, int]]]:
        """Yield the days of a channel with the first and last place that is asked for of each."""
        (start, end), grid = self._request, self.grid(channel)
        midnight, most = start.replace(hour=0, minute=0, second=0, microsecond=0), round(_DAY_S / grid["step_s"]) - 1
        while midnight <= end:
            place = [((time - midnight).total_seconds() - grid["phase_s"]) / grid["step_s"] for time in (start, end)]
            first, last = max(0, -int(-place[0] // 1)), min(most, int(place[1] // 1))
            if first <= last:
                yield f"{midnight:%Y%m%d}", (first, last)
            midnight += timedelta(days=1)

    def _check_grids(self) -> None:
        """Refuse images of one grid in a store that has those of another: a store has one place for an image, and one shape."""
        for channel, year in self.years:
            asked = manifests.named(self.grid(channel))
            for file in sorted(Path(self.folder, channel).glob(f"{year}????.ecsv"))[:1]:
                if not (found := manifests.grid(file)):
                    raise manifests.damaged(file)
                if found != asked:
                    cure = "Work in another folder, or remove the series"
                    raise InputError(
                        f"the series of {year} has images of {found}, and {asked} is asked for", cure=cure, where=file
                    )

    @property
    def images(self) -> int:
        """Images that are asked for."""
        return sum(last - first + 1 for first, last in self.parts.values())

    @property
    def years(self) -> dict[tuple[str, str], list[str]]:
        """Manifests of every series, by channel and year."""
        found: dict[tuple[str, str], list[str]] = {}
        for channel, day in self.parts:
            found.setdefault((channel, day[:4]), []).append(self.manifest(channel, day))
        return found

    def manifest(self, channel: str = "{channel}", day: str = "{day}") -> str:
        """Return the manifest of a part; by default the pattern of all."""
        return f"{self.folder}/{channel}/{day}.ecsv"

    def store(self, channel: str = "{channel}", year: str = "{year}") -> str:
        """Return the store of a series; by default the pattern of all."""
        return f"{self.folder}/{channel}/{year}.zarr"

    def stores(self) -> list[str]:
        """Return the metadata that makes each store a series."""
        return [f"{self.store(*key)}/zarr.json" for key in self.years]

    @property
    def every(self) -> int:
        """N where every N-th image of a day has a quick look; 0 for none."""
        return quicklooks.every(self.plan.settings)

    def quicklooks(self, channel: str = "{channel}", day: str = "{day}") -> str:
        """Return the folder of the quick looks of a part; by default the pattern of all."""
        return f"{self.folder}/quicklook/{channel}/{day}"

    def targets(self) -> list[str]:
        """Return what is made: the stores, manifests, folders of quick looks, and what the series lack.

        Without the manifests among them Snakemake would not miss one that has been deleted.
        """
        looks = [self.quicklooks(*key) for key in self.parts if self.every]
        return [*self.stores(), *self.asked, *looks, f"{self.folder}/review.txt"] if self.is_asked else []

    def begin(self) -> None:
        """Note what is asked for, so that ``helioreduce status`` knows; called where a run begins, not by ``-n``."""
        if self.is_asked:
            coverage.note_request(self.folder, self.parts)

    @property
    def asked(self) -> dict[str, tuple[int, int]]:
        """First and last place that is asked for, by manifest."""
        return {self.manifest(*key): ends for key, ends in self.parts.items()}

    # Input and params functions

    def manifests(self, wildcards: Any) -> list[str]:
        """Return the manifests of a series."""
        return self.years.get((wildcards.channel, wildcards.year), [])

    def served(self, wildcards: Any) -> list[str]:
        """Return what the embedded archive needs for a part; nothing for other sources."""
        if not self.plan.source.is_archive:
            return []
        names = self._part(wildcards.channel, wildcards.day).names
        return self.plan.source.served((wildcards.channel, time) for time in names.values())

    def tables(self, wildcards: Any) -> dict[str, str]:
        """Return the tables and the PSF of a part by name."""
        files = self.plan.states.needed(wildcards.channel, wildcards.day)
        return {name: files[name] for step in self._taken(wildcards.channel) for name in step.inputs if name != "spikes"}

    def part(self, wildcards: Any) -> dict[str, Any]:
        """Return what a part is, see :class:`helioreduce.aia.frames.Part`."""
        return self._part(wildcards.channel, wildcards.day)._asdict()

    def _part(self, channel: str, day: str) -> Part:
        suffix = local.SIMULATED * self.plan.source.is_archive
        left_out = self.plan.all_left_out(channel, day)
        return Part(channel, day, self.grid(channel), self.parts[channel, day], suffix, left_out)

    def settings(self, wildcards: Any) -> dict[str, Any]:
        """Return what the configuration chooses for the steps, by name, and the grid of what is made."""
        chosen, taken = self.plan.states.chosen, self._taken(wildcards.channel)
        found = self.plan.judged_inside | {name: chosen[name] for step in taken for name in step.settings}
        found["precision"] = self.plan.settings["output"]["precision"]
        return found | ({"binning": self.plan.grid(wildcards.channel, wildcards.day)} if self.plan.is_binned else {})

    def made_by(self, wildcards: Any) -> tuple[Any, ...]:
        """Return what the images of a part follow from besides level 1 and tables: code, settings, and the embedded Sun."""
        return code("aia_shard", *SCRIPTS), self.settings(wildcards), *[self.plan.source.archive] * self.plan.source.is_archive

    def level1(self, wildcards: Any) -> str:
        """Return the folder in which level 1 stays, once; empty where it is dropped after use (``aia.keep``)."""
        return f"results/aia/{steps.LEVEL1}/{wildcards.channel}" if steps.LEVEL1 in self.plan.settings["keep"] else ""

    @property
    def runtime(self) -> int:
        """Minutes that a part may take."""
        return 10 + max((last - first + 1 for first, last in self.parts.values()), default=0)

    @property
    def notes(self) -> list[str]:
        """What a series costs, before it is made."""
        if not self.is_asked:
            return []
        respiked = [ends for (channel, day), ends in self.parts.items() if not self.plan.left_out("respike", channel, day)]
        lengths = {channel: Grid(**self.grid(channel)).shard for channel, _ in self.years}
        shards = (
            last // lengths[channel] - first // lengths[channel] + 1 for (channel, _), (first, last) in self.parts.items()
        )
        price = Price(
            images=self.images,
            spikes=sum(last - first + 1 for first, last in respiked),
            parts=len(self.parts),
            shards=sum(shards),
            stores=len(self.years),
            npix=self.plan.settings["output"]["npix"],
            keeps_level1=steps.LEVEL1 in self.plan.settings["keep"],
            connections=self.plan.source.jsoc["connections"],
            quicklooks=self.images // self.every if self.every else 0,
            detector=self.plan.source.archive["npix"] if self.plan.source.is_archive else NPIX,
            asks_around="within_s" in self.plan.source.asked,
        )
        lines = [price.text("the embedded archive" if self.plan.source.is_archive else "JSOC"), *self._unused()]
        frames = ((key[0], time) for key in self.parts for time in self._part(*key).names.values())
        return lines + (self.plan.source.unused_events(frames) if self.plan.source.archive["events"] else [])

    def _unused(self) -> Iterator[str]:
        """Yield what to say of keys that are set and of no use for series."""
        jsoc, keep = self.plan.source.jsoc, set(self.plan.settings["keep"]) - {steps.LEVEL1}
        unused = {"jsoc.record": jsoc["record"], "jsoc.method": jsoc["method"] != "url_quick", "aia.keep": keep}
        for key in (key for key, is_set in unused.items() if is_set):
            what = f" of {', '.join(sorted(keep))}" * (key == "aia.keep")
            yield f"{key}{what} is set, and aia.output.form is series: it is not used."

    def again(self, wildcards: Any) -> str:
        """Return when the missing images of a part that may come back were asked for: the next command asks again."""
        file = Path(self.manifest(wildcards.channel, wildcards.day))
        return str(file.stat().st_mtime_ns) if manifests.may_return(file) else ""

    def _taken(self, channel: str) -> list[steps.Step]:
        """Return the steps that the images of a channel go through."""
        return [step for step in steps.STEPS if self.plan.left_out(step.name, channel, "") is None]


def _check(plan: Plan) -> None:
    """Refuse what makes no series.

    Raises
    ------
    InputError
        With the cure.
    """
    settings = plan.settings
    if plan.source.kind in ("local", "vso"):
        raise InputError(
            f"aia.output.form is series, and source is {plan.source.kind}", cure="A series is made from jsoc or the archive"
        )
    if settings["times"]:
        raise InputError("aia.output.form is series, and aia.times is set", cure="Give start, end and cadence_s")
    if settings["cutout"]["centre"]:
        raise InputError("aia.output.form is series, and a region is asked for", cure="Use the target cube for regions")
    slots.check_order(times.parse(settings["start"]), times.parse(settings["end"]))
    cadence_s = float(settings["cadence_s"])
    if _DAY_S % cadence_s or cadence_s > _DAY_S:
        near = sorted((_DAY_S / n for n in range(1, 7201) if (_DAY_S / n).is_integer()), key=lambda s: abs(s - cadence_s))[:3]
        text = ", ".join(f"{s:.0f}" for s in sorted(near))
        raise InputError(f"aia.cadence_s is {cadence_s:g}, which is no part of a day", cure=f"The nearest are {text} s")
    if plan.source.is_archive:
        request.check_size(settings)


def refusals(series: Series) -> dict[str, InputError]:
    """Return why targets have nothing to make: ``series`` of single images, those of single images of series."""
    if series.is_asked:
        cure = "Set it to images, for a request of this size or a shorter one"
        return dict.fromkeys(_OF_IMAGES, InputError("aia.output.form is series, and this needs single images", cure=cure))
    cure = 'Set it, as in --config aia="{output: {form: series, npix: 512}}"'
    return {"series": InputError("aia.output.form is images", cure=cure)}
