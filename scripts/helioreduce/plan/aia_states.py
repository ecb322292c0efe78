"""SDO/AIA: the states of an image, what each follows from, and which of them stay on disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from helioreduce.aia import steps
from helioreduce.plan.code import code

if TYPE_CHECKING:
    from helioreduce.plan.aia_tables import Tables
    from helioreduce.plan.optics import Optics

#: Channel and time of a frame, as they stand in the names of its files.
Key = tuple[str, str]
#: The state of an image on a coarser grid (``aia.output.npix``).
BINNED = "binned"
#: What is kept with a state.
_KEPT_WITH = {"spikes": steps.LEVEL1}


def product(state: str, channel: str = "{channel}", time: str = "{time}") -> str:
    """Return the file of an image in one state; by default the pattern of all."""
    return f"results/aia/{state}/{channel}/{time}.fits"


def key_of(wildcards: Any) -> Key:
    """Return channel and time of a frame's job."""
    return wildcards.channel, wildcards.time


class Request(Protocol):
    """What is asked of AIA, see :class:`helioreduce.plan.aia.Plan`."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """The section ``aia`` of the configuration."""

    @property
    def tables(self) -> Tables:
        """Where the tables come from."""

    @property
    def psf(self) -> Optics:
        """Which PSF it is."""

    @property
    def frames(self) -> Mapping[Key, Any]:
        """The frames to be reduced."""

    def left_out(self, step: str, channel: str, time: str) -> str | None:
        """Return why a frame does not go through a step."""

    def latest(self, channel: str, time: str, step: str | None = None) -> str:
        """Return the state that a step starts from; by default the finished one."""

    def last(self, channel: str, time: str) -> str:
        """Return the state that the request ends in: the finished one, or that on a coarser grid."""

    def without_spikes(self, channel: str, time: str) -> str | None:
        """Return why a frame has no spikes."""

    def pointing_table(self, time: str) -> str:
        """Return the pointing table for a time."""


@dataclass(frozen=True)
class States:
    """The states of the images of a plan."""

    plan: Request

    @property
    def chosen(self) -> dict[str, Any]:
        """What the configuration chooses for the steps, by the names in their ``settings``."""
        return {
            "systematic": self.plan.settings["error"],
            "options": self.plan.settings["deconvolve"],
            "version": self.plan.tables.version,
            "exposure_time": self.plan.settings["exposure"],
        }

    def needed(self, channel: str, time: str) -> dict[str, str]:
        """Return the files that the steps need beside the image, by the names in their ``inputs``."""
        return {
            "spikes": product("spikes", channel, time),
            "error_table": "results/aia/tables/error.ecsv",
            "psf": self.plan.psf.pattern.format(channel=channel),
            "pointing": self.plan.pointing_table(time),
            "degradation_table": "results/aia/tables/degradation.ecsv",
        }

    def sources(self, step: str) -> Callable[[Any], list[str]]:
        """Return the input function of what the image before a step is made from: level 1, and what earlier steps need.

        An image of a later state than level 1 is an ancient input: made again from the same files it is the same, and the
        step need not be.
        """

        def found(wildcards: Any) -> list[str]:
            """Return the files for one frame."""
            files = self.needed(*key_of(wildcards))
            names = (name for entry in self._taken(step, wildcards) for name in entry.inputs)
            return [product(steps.LEVEL1, *key_of(wildcards)), *(files[name] for name in names)]

        return found

    def follows(self, step: str) -> Callable[[Any], dict[str, tuple[str, dict[str, Any]]]]:
        """Return the params function of the earlier steps that a step's image has been through: code and settings of each."""
        return lambda wildcards: {
            entry.name: (code(f"aia_{entry.name}"), {name: self.chosen[name] for name in entry.settings})
            for entry in self._taken(step, wildcards)
        }

    def _taken(self, step: str, wildcards: Any) -> list[steps.Step]:
        """Return the steps before one of them that a frame goes through."""
        return [entry for entry in steps.before(step) if self.plan.left_out(entry.name, *key_of(wildcards)) is None]

    def is_level1(self, file: str) -> bool:
        """Return whether a file is an image of level 1."""
        return Path(file).parts[2] == steps.LEVEL1

    def keeps(self, file: str) -> bool:
        """Return whether a file stays on disk: all but images in a state that is neither the last nor in ``aia.keep``."""
        state = Path(file).parts[2]
        kept = {*self.plan.settings["keep"], *self._last}
        return not file.endswith(".fits") or _KEPT_WITH.get(state, state) in kept

    @cached_property
    def _last(self) -> frozenset[str]:
        """The states that the request ends in."""
        kinds = {(channel, self.plan.without_spikes(channel, time)): (channel, time) for channel, time in self.plan.frames}
        return frozenset(self.plan.last(*frame) for frame in kinds.values())

    @property
    def kept(self) -> list[str]:
        """The images in states between level 1 and the finished one that stay on disk."""
        between = [step for step in steps.STEPS if step.folder in self.plan.settings["keep"]]
        taken = (
            (step, frame) for step in between for frame in self.plan.frames if self.plan.left_out(step.name, *frame) is None
        )
        return [product(step.folder, *frame) for step, frame in taken]
