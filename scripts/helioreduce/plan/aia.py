"""SDO/AIA: the frames of a request, the states of an image, and the files that each rule reads."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from helioreduce import times
from helioreduce.aia import steps
from helioreduce.aia.channels import NPIX
from helioreduce.errors import InputError
from helioreduce.jsoc import losses
from helioreduce.jsoc.policy import UNMET, Loss
from helioreduce.plan import local, optics, quicklooks, request, selection
from helioreduce.plan.aia_states import BINNED, Key, States, key_of, product
from helioreduce.plan.aia_tables import Tables
from helioreduce.plan.cutout import Cutout
from helioreduce.plan.settings import check_boxes
from helioreduce.plan.source import Source, unread

#: Least cadence, s, and the length of the date that names a period: year, month, day.
_PERIODS = ((86400.0, 4), (10800.0, 6), (0.0, 8))


@dataclass(frozen=True)
class Plan:
    """What a configuration asks of AIA.

    Parameters
    ----------
    settings
        The section ``aia`` of the configuration.
    source, tables
        Where images and tables come from.
    wanted
        Every frame of the request; None, or the user's files of it.
    refused
        What makes the run fail, with the reasons: the user's files that are no level-1 images, images that have failed, and
        missing frames unless ``jsoc.on_missing`` says to skip them.
    notes
        What a user should know before the run.
    lost
        The frames that are known to be missing, with the reason.
    bad
        The frames that have failed.
    cutout
        The region that is asked for; None for the whole Sun.
    """

    settings: Mapping[str, Any]
    source: Source
    tables: Tables
    wanted: Mapping[Key, local.Frame | None]
    refused: Mapping[str, str]
    notes: tuple[str, ...] = ()
    lost: Mapping[Key, Loss] = field(default_factory=dict)
    bad: Collection[Key] = ()
    cutout: Cutout | None = None

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Plan:
        """Plan a validated configuration; no network is asked.

        Raises
        ------
        InputError
            If the request cannot be understood, or names files that do not exist.
        """
        source, settings = Source.of(config), config["aia"]
        check_boxes(settings)
        (psf := optics.Optics(settings)).check()
        wanted, refused, notes = request.wanted(config, source)
        dates = [times.from_compact(time) for _, time in wanted]
        doubts = times.doubts(max(dates, default=times.parse(settings["end"])))  # a series has no dates here
        notes = (*unread(config), *psf.unused, *source.unused_events(wanted), *doubts, *notes)
        cutout = Cutout.of(config, min(dates), max(dates)) if dates else None
        plan = cls(settings, source, Tables.of(config, source), wanted, refused, notes, cutout=cutout)
        if not (lost := plan.losses()):
            return plan
        failed = {frame: loss for frame, loss in lost.items() if loss != UNMET and source.jsoc["on_missing"] == "fail"}
        refused = {" ".join(frame): f"{' '.join(frame)}: {loss.reason}" for frame, loss in failed.items()}
        return replace(plan, lost=lost, refused=refused, notes=(*notes, *selection.notes(lost.values(), len(wanted))))

    def without(self, failed: Mapping[Key, str]) -> Plan:
        """Return the plan with these frames refused, each for its reason."""
        named = {" ".join(frame): reason for frame, reason in failed.items()}
        return replace(self, bad={*self.bad, *failed}, refused={**self.refused, **named})

    @cached_property
    def frames(self) -> dict[Key, local.Frame | None]:
        """The frames to be reduced: wanted, and not known to be missing or bad."""
        return {frame: own for frame, own in self.wanted.items() if frame not in self.lost and frame not in self.bad}

    @cached_property
    def frames_of_period(self) -> dict[Key, list[Key]]:
        """Every wanted frame by channel and period."""
        found: dict[Key, list[Key]] = {}
        for channel, time in self.wanted:
            found.setdefault((channel, self.period(time)), []).append((channel, time))
        return found

    def period(self, time: str) -> str:
        """Return the day, month or year whose frames are asked for together, by the start of a time: some hundreds at most.

        Single times (``aia.times``) and the user's files have no cadence: days.
        """
        cadence_s = 0.0 if self.source.is_local or self.settings["times"] else self.settings["cadence_s"]
        return time[: next(length for least_s, length in _PERIODS if cadence_s >= least_s)]

    def losses(self) -> dict[Key, Loss]:
        """Return the wanted frames that are missing by what is known now."""
        found = {} if self.source.is_local else self.source.losses(self.frames_of_period)
        return {frame: loss for frame, loss in found.items() if frame in self.wanted}

    def again(self) -> list[tuple[str, str, str | None, bool]]:
        """Return the missing frames to be asked for again: list, time, exports, and whether their spikes are needed."""
        listed = [(frame, self.source.records(frame[0], self.period(frame[1]))) for frame in self.lost]
        return [
            (record_list, time, self._exports(channel, time), self.left_out("respike", channel, time) is None)
            for (channel, time), record_list in listed
            if self.lost[channel, time].may_return and losses.outdated(record_list, time)
        ]

    @property
    def judged_inside(self) -> dict[str, Any]:
        """What a finished frame depends on of the quality that is asked for: that which only its own file has.

        Records and headers are judged when a request is planned; VSO lists nothing, a user's file may lack the cards.
        """
        if self.source.kind == "vso":
            return {"policy": self.settings["quality"]}
        return {"lost_pixels": "missing_25_percent" in self.settings["quality"]["allow"]} if self.source.is_local else {}

    @property
    def cut(self) -> dict[str, Any]:
        """What level 1 is cut by, see :attr:`Cutout.region`; empty where whole images are reduced."""
        return self.cutout.region if self.cutout and self.cutout.where != "last" else {}

    @property
    def cut_by_server(self) -> dict[str, Any]:
        """The same where the server cuts."""
        return self.cut if self.source.cuts else {}

    @property
    def gpu(self) -> dict[str, int]:
        """Resources of the rules that can compute on a GPU."""
        return {"gpu": 1} if self.settings["device"] == "gpu" else {}

    @property
    def environment(self) -> str:
        """Name of the conda environment of those rules."""
        return "gpu" if self.gpu else "reduction"

    # The chain

    def left_out(self, step: str, channel: str, time: str) -> str | None:
        """Return why a frame does not go through a step; None if it does."""
        taken = self.settings["steps"].get(step, True)
        without_spikes = self.without_spikes(channel, time)
        return steps.named(step).left_out(int(channel), switched_on=taken, without_spikes=without_spikes)

    def all_left_out(self, channel: str, time: str) -> dict[str, str]:
        """Return every step that a frame does not go through, with the reason."""
        reasons = {step.name: self.left_out(step.name, channel, time) for step in steps.STEPS}
        return {name: reason for name, reason in reasons.items() if reason}

    def deconvolution(self, channel: str, time: str) -> dict[str, Any]:
        """Return what the correlation of a frame's pixels follows from; empty where it is not deconvolved."""
        settings = self.settings["deconvolve"]
        taken = self.left_out("deconvolve", channel, time) is None
        return {name: settings[name] for name in ("method", "iterations", "core") if taken}

    def latest(self, channel: str, time: str, step: str | None = None) -> str:
        """Return the state that a step starts from; by default the finished one."""
        taken = [entry.folder for entry in steps.before(step) if self.left_out(entry.name, channel, time) is None]
        return taken[-1] if taken else steps.LEVEL1

    def before(self, step: str) -> Callable[[Any], str]:
        """Return the input function of the image that a step starts from."""
        return lambda wildcards: product(self.latest(*key_of(wildcards), step), *key_of(wildcards))

    def skipped(self, step: str) -> Callable[[Any], dict[str, dict[str, str]]]:
        """Return the params function of the skipped steps that a step records, see :func:`steps.skipped`."""
        return lambda wildcards: steps.skipped(step, self.all_left_out(*key_of(wildcards)))

    def finished(self, wildcards: Any) -> str:
        """Return the finished image of a frame."""
        return product(self.latest(*key_of(wildcards)), *key_of(wildcards))

    @property
    def is_binned(self) -> bool:
        """Whether the images that are asked for are on a coarser grid than that of level 1.5."""
        return bool(self.settings["output"]["npix"] < NPIX)

    def grid(self, channel: str, time: str) -> dict[str, Any]:
        """Return the coarser grid of a frame, see :func:`helioreduce.aia.binning.from_settings`."""
        return {"npix": self.settings["output"]["npix"], "deconvolution": self.deconvolution(channel, time)}

    def last(self, channel: str, time: str) -> str:
        """Return the state that the request ends in: the finished one, or that on a coarser grid."""
        return BINNED if self.is_binned else self.latest(channel, time)

    def final(self, wildcards: Any) -> str:
        """Return the image of a frame that the request ends in."""
        return product(self.last(*key_of(wildcards)), *key_of(wildcards))

    @cached_property
    def states(self) -> States:
        """The states of its images: what they follow from, and which stay on disk."""
        return States(self)

    def without_spikes(self, channel: str, time: str) -> str | None:
        """Return why a frame has no spikes."""
        if self.source.kind == "vso":
            return "VSO has no spikes"
        own = self.frames.get((channel, time))
        return steps.NO_SPIKES_FILE if own and not own.spikes else None

    # Input functions

    def own(self, wildcards: Any) -> local.Frame:
        """Return the user's files of a frame."""
        found = self.wanted[key_of(wildcards)]
        if found is None:
            raise InputError("the frame is not one of the user's files", where=" ".join(key_of(wildcards)))
        return found

    def records(self, wildcards: Any) -> str:
        """Return the list of records that holds a frame."""
        return self.source.records(wildcards.channel, self._period(wildcards))

    def exports(self, wildcards: Any) -> str | list[str]:
        """Return where the staged files of a frame are; nothing for stored files."""
        return self.source.exports(wildcards.channel, self._period(wildcards)) or []

    def served(self, wildcards: Any) -> list[str]:
        """Return what the embedded archive needs for the frames of a period."""
        return self.source.served(self.frames_of_period[wildcards.channel, wildcards.period])

    def rendered(self, wildcards: Any) -> list[str]:
        """Input function: what the embedded archive serves a frame from; nothing for other sources."""
        return self.source.served([key_of(wildcards)])

    def scenario(self, wildcards: Any) -> dict[str, Any]:
        """Params function: the settings of the synthetic Sun that a frame depends on."""
        return self.source.scenario(*key_of(wildcards))

    def slots(self, wildcards: Any) -> list[str]:
        """Return the times of a channel in a period."""
        return [time for _, time in self.frames_of_period[wildcards.channel, wildcards.period]]

    def pointing(self, wildcards: Any) -> str:
        """Return the pointing table for a frame."""
        return self.pointing_table(wildcards.time)

    def pointing_table(self, time: str) -> str:
        """Return the pointing table for a time."""
        return f"results/aia/tables/pointing/{self.period(time)}.ecsv"

    def _exports(self, channel: str, time: str) -> str | None:
        return self.source.exports(channel, self.period(time))

    def _period(self, wildcards: Any) -> str:
        """Return the period of a job, which its files name, or of the time of its frame."""
        return str(getattr(wildcards, "period", None) or self.period(wildcards.time))

    @property
    def psf(self) -> optics.Optics:
        """Which PSF it is, and what makes it."""
        return optics.Optics(self.settings)

    # Targets

    def targets(self) -> list[str]:
        """Return the images and states that are kept, quick looks, the list of missing frames, and what makes the run fail."""
        return [
            *self.products(),
            *self.states.kept,
            *quicklooks.of(self.settings, self.wanted, self.frames).values(),
            *self.loss_lists(),
        ]

    def products(self) -> list[str]:
        """Return the images that are asked for."""
        return [product(self.last(*frame), *frame) for frame in self.frames]

    def archived(self) -> list[str]:
        """Return the archive copies of the finished images."""
        return [f"results/aia/archived/{channel}/{time}.fits" for channel, time in self.frames]

    def offline_targets(self) -> list[str]:
        """Return everything that comes over a network: with it the rest of the reduction opens no connection."""
        # a renewed list reaches the fetch jobs as ancient input only, which would not start them; the list of missing
        # frames brings them in
        return [*self.fetched, *self.loss_lists()]

    @property
    def periods(self) -> list[str]:
        """The periods of all frames, in order."""
        return sorted({self.period(time) for _, time in self.frames})

    @property
    def fetched(self) -> list[str]:
        """Images, spikes and tables."""
        respiked = [frame for frame in self.frames if self.left_out("respike", *frame) is None]
        return [
            *(product(steps.LEVEL1, *frame) for frame in self.frames),
            *(product("spikes", *frame) for frame in respiked),
            *(f"results/aia/tables/{table}.ecsv" for table in ("degradation", "error")),
            *(f"results/aia/tables/pointing/{period}.ecsv" for period in self.periods),
        ]

    def loss_lists(self) -> list[str]:
        """Return what makes the run fail, and the lists of missing frames and of those of which the user keeps a copy."""
        recorded = ["results/aia/recorded.txt"] * bool(self.source.jsoc["record"])
        lists = [] if self.source.is_local else [selection.MISSING, *recorded]
        return ["results/aia/refused.txt"] * bool(self.refused) + lists
