"""SDO/AIA in batches: the steps fused, one job for a chunk of images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from helioreduce.aia import steps
from helioreduce.aia.frames import Download, Frame
from helioreduce.plan import chunks, local, quicklooks
from helioreduce.plan.aia import Key, Plan, product
from helioreduce.plan.code import code
from helioreduce.runtime import batch

#: The scripts whose steps are fused: their code is the batch's.
SCRIPTS = tuple(f"aia_{step.name}" for step in steps.STEPS)
#: Where batches keep their products, and the reasons of those that they cannot make.
KEPT = "results/aia/batch"
#: Images; their single steps take Snakemake about a minute to plan.
MANY = 3000


@dataclass(frozen=True)
class Chunk:
    """Images of one channel that one job reduces.

    Parameters
    ----------
    plan
        The plan they belong to.
    channel, first
        Of the chunk's name: the first frame of the request in it.
    keys
        Channel and time of every frame in it; those that have failed are fetched, but not reduced.
    chain, kept, own, code
        The steps; where products are kept; settings of its own; what it runs.
    pictures
        Quick looks of the request, by channel and time.
    """

    plan: Plan
    channel: str
    first: str
    keys: tuple[Key, ...]
    chain: tuple[steps.Step, ...] = steps.STEPS
    kept: str = KEPT
    own: Mapping[str, object] = field(default_factory=dict)
    code: tuple[str, ...] = ("aia_batch", *SCRIPTS)
    pictures: Mapping[Key, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Channel and first time, as in the names of rules and logs."""
        return f"{self.channel}_{self.first}"

    @property
    def threads(self) -> int:
        """Cores of its reduction: a job of cut-outs keeps one busy, and another job the next."""
        own = self.plan.wanted[self.keys[0]]
        return 1 if self.plan.cut or (own and own.is_cutout) else 2

    @cached_property
    def good(self) -> tuple[Key, ...]:
        """Channel and time of every frame to be reduced."""
        return tuple(key for key in self.keys if key in self.plan.frames)

    @cached_property
    def frames(self) -> list[Frame]:
        """The files of every image to be reduced; a user's own are read in place."""
        return [_frame(self.plan, *key, self.chain) for key in self.good]

    @cached_property
    def downloads(self) -> list[Download]:
        """The files of every image to be fetched; none where the images are the user's."""
        return [] if self.plan.source.is_local else [_download(self.plan, *key) for key in self.keys]

    @property
    def fetched(self) -> list[str]:
        """What fetching writes."""
        return [file for download in self.downloads for file in download[2:] if file]

    @property
    def shown(self) -> list[str]:
        """The images that have a quick look."""
        return [product(self.plan.last(*key), *key) for key in self.good if key in self.pictures]

    @property
    def quicklooks(self) -> list[str]:
        """Their quick looks."""
        return [self.pictures[key] for key in self.good if key in self.pictures]

    @property
    def products(self) -> list[str]:
        """What its jobs make of all of its images."""
        looks = self.quicklooks if len(self.quicklooks) == len(self.good) else []
        return [*self.fetched, *(frame.output for frame in self.frames), *looks]

    @property
    def failed(self) -> dict[Key, str]:
        """Why an earlier run could not reduce images, as long as nothing has changed that they follow from."""
        tables = [file for file in (*self.inputs().values(), *self.plan.tables.files.values()) if isinstance(file, str)]
        made_by = code(*self.code), self.settings()
        judged_by = self.plan.settings["quality"]
        reasons = (batch.failure(frame, self.kept, made_by, tables, judged_by) for frame in self.frames)
        return {key: reason for key, reason in zip(self.good, reasons, strict=True) if reason}

    @property
    def taken(self) -> list[steps.Step]:
        """The steps that some of its images go through."""
        left_out = [frame.left_out for frame in self.frames]
        return [step for step in self.chain if any(step.name not in reasons for reasons in left_out)]

    def inputs(self) -> dict[str, str | list[str]]:
        """Return the inputs of the job by name: images, and what its steps need."""
        files: dict[str, str | list[str]] = {
            **self.plan.states.needed(self.channel, self.first),
            "spikes": [frame.spikes for frame in self.frames if frame.spikes],
            "pointing": sorted({frame.pointing for frame in self.frames}),
        }
        images = {"images": [frame.image for frame in self.frames]}
        return images | {name: files[name] for step in self.taken for name in step.inputs}

    def settings(self) -> dict[str, object]:
        """Return what the configuration chooses for its steps, by name."""
        chosen = {**self.plan.states.chosen, **self.own}
        if self.plan.is_binned and self.chain is steps.STEPS:
            chosen["binning"] = self.plan.grid(*self.keys[0])
        taken = [name for step in self.taken for name in step.settings]
        return self.plan.judged_inside | {name: chosen[name] for name in (*taken, "binning") if name in chosen}


@dataclass(frozen=True)
class Batches:
    """The chunks of a plan, none where each step is a job of its own; and the plan without the images that have failed."""

    plan: Plan
    chunks: tuple[Chunk, ...]

    @classmethod
    def of(cls, plan: Plan) -> Batches:
        """Cut the whole request into chunks, so that a missing or bad frame does not shift the others."""
        kept = (batch.is_kept(KEPT, *frame) for frame in plan.wanted)
        if not (size := chunks.size(plan.settings["batch"], len(plan.wanted), kept)):
            return cls(plan, ())
        cut = list(chunks_of(plan, size))
        good = plan.without({key: reason for chunk in cut for key, reason in chunk.failed.items()})
        pictures = quicklooks.of(good.settings, good.wanted, good.frames)
        return cls(good, tuple(replace(chunk, plan=good, pictures=pictures) for chunk in cut))

    @cached_property
    def _made(self) -> set[tuple[str, str]]:
        """State and channel of what chunks make of all images."""
        return {(file.split("/")[2], chunk.channel) for chunk in self.chunks for file in chunk.products}

    def single(self, state: str) -> str:
        """Return the pattern of the channels whose images in a state are made by single jobs: those that no chunk makes.

        Without it Snakemake would plan a job of the single step for every image before it takes the chunk's.
        """
        if not self.chunks:
            return r"\d{2,4}"
        channels = dict.fromkeys(channel for channel, _ in self.plan.wanted)
        return "|".join(channel for channel in channels if (state, channel) not in self._made) or r"(?!)"

    @property
    def downloads(self) -> list[Download]:
        """The files of every frame of the plan to be fetched."""
        return [_download(self.plan, *key) for key in self.plan.frames]

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know before the run: whether batches would make its planning much quicker."""
        number = len(self.plan.wanted)
        if self.chunks:
            minutes = number / 650 / 60  # of 2 cores: workflow/PLANNING.md
            return (f"{number} images: planning takes about {minutes:.0f} min.",) if minutes > 1 else ()
        if number <= MANY:
            return ()
        return (
            f"{number} images with a job for each step: planning takes about {number / 60 / 60:.0f} min and "
            f'{number / 5500:.1f} GB. With `--config aia="{{batch: auto}}"` it takes a tenth of the time.',
        )


def chunks_of(plan: Plan, size: int, **more: Any) -> Iterator[Chunk]:
    """Yield the chunks of every channel; what is simulated and what is not are in chunks of their own."""
    for channel, is_simulated in dict.fromkeys((channel, local.SIMULATED in time) for channel, time in plan.wanted):
        wanted = [frame for frame in plan.wanted if (frame[0], local.SIMULATED in frame[1]) == (channel, is_simulated)]
        for start in range(0, len(wanted), size):
            if keys := tuple(frame for frame in wanted[start : start + size] if frame in plan.frames):
                yield Chunk(plan, channel, wanted[start][1], keys, **more)


def _frame(plan: Plan, channel: str, time: str, chain: tuple[steps.Step, ...]) -> Frame:
    left_out, own = plan.all_left_out(channel, time), plan.frames[channel, time]
    spikes = own.spikes if own else product("spikes", channel, time)
    return Frame(
        image=str(own.image) if own and not plan.cut else product(steps.LEVEL1, channel, time),
        spikes=None if "respike" in left_out else str(spikes),
        pointing=plan.pointing_table(time),
        output=product("tracked" if chain is steps.TRACKED else plan.last(channel, time), channel, time),
        left_out=left_out,
    )


def _download(plan: Plan, channel: str, time: str) -> Download:
    file = product(steps.LEVEL1, channel, time)
    return Download(
        record_list=plan.source.records(channel, plan.period(time)),
        exports=plan.source.exports(channel, plan.period(time)),
        image=file,
        history=file.removesuffix("fits") + "json",
        spikes=None if plan.left_out("respike", channel, time) else product("spikes", channel, time),
    )
