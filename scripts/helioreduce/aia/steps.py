"""The steps from level 1 to the finished image, in order: the one table that planning, the fused chain and the tests read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from helioreduce.aia.channels import CHANNELS, EUV, UV
from helioreduce.errors import InputError
from helioreduce.io.provenance import COMPLETE, card, refuse_twice

if TYPE_CHECKING:
    from helioreduce.image import Image


@dataclass(frozen=True)
class Step:
    """One step of the chain.

    Parameters
    ----------
    name
        Of the step: rule and script are ``aia_<name>``, the header card is its first eight letters.
    folder
        Folder of its products below ``results/aia``.
    function
        ``module.function`` in :mod:`helioreduce.aia`, imported when the step runs: planning loads no compiler.
    inputs
        What the step needs beside the image: inputs of the rule, arguments of the function.
    settings
        What the configuration chooses: params of the rule, arguments of the function.
    takes_counts
        Whether it takes level-1 counts, which are checked first.
    channels
        Channels that the step applies to, Å.
    elsewhere
        Why the other channels skip it.
    """

    name: str
    folder: str
    function: str
    inputs: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    takes_counts: bool = False
    channels: tuple[int, ...] = CHANNELS
    elsewhere: str = ""

    def load(self) -> Callable[..., Image]:
        """Return the step's function: ``function(image, **inputs, **settings)``."""
        module, _, function = self.function.rpartition(".")
        loaded: Callable[..., Image] = getattr(import_module(f"helioreduce.aia.{module}"), function)
        return loaded

    def left_out(self, channel: int, *, switched_on: bool = True, without_spikes: str | None = None) -> str | None:
        """Return why an image does not go through the step; None if it does.

        Parameters
        ----------
        channel
            Of the image, Å.
        switched_on
            Whether the user takes the step.
        without_spikes
            Why there are no spikes; None where there are.
        """
        if not switched_on:
            return SWITCHED_OFF
        if channel not in self.channels:
            return self.elsewhere
        return without_spikes if "spikes" in self.inputs else None


#: Why a user's file is not respiked.
NO_SPIKES_FILE = "there is no spikes file beside the image"

STEPS = (
    Step(
        "respike", "respiked", "spikes.from_list", ("spikes",), takes_counts=True,
        channels=EUV, elsewhere="the ground pipeline does not despike this channel",
    ),
    Step("error", "error", "error.from_table", ("error_table",), ("systematic",), takes_counts=True),
    Step("deconvolve", "deconvolved", "deconvolution.from_psf", ("psf",), ("options",),
         channels=EUV, elsewhere="there is no PSF for this channel"),
    Step("prep", "level1.5", "level15.from_table", ("pointing",)),
    Step(
        "degradation", "corrected", "degradation.from_table", ("degradation_table",), ("version",),
        channels=(*EUV, *UV), elsewhere="there is no degradation table for this channel",
    ),
    Step("exposure", "normalised", "exposure.from_settings", settings=("exposure_time",)),
)  # fmt: skip
#: The chain of a tracked cube: one interpolation, from the pixels before prep to the grid of the cube.
TRACKED = tuple(
    Step("track", "tracked", "cube.track.from_table", ("pointing",), ("grid",)) if step.name == "prep" else step
    for step in STEPS
)

#: Why a step is skipped that a user left out.
SWITCHED_OFF = "switched off in the configuration"
#: The state before the first step.
LEVEL1 = "level1"


@cache
def named(name: str) -> Step:
    """Return a step by its name."""
    return next(step for step in STEPS if step.name == name)


@cache
def before(name: str | None) -> tuple[Step, ...]:
    """Return the steps before one of them, in order; all steps for None."""
    names = [step.name for step in STEPS]
    return STEPS[: names.index(name)] if name else STEPS


def refuse_late(image: Image, name: str) -> None:
    """Refuse an image that has been through a step, or one after it, where the step needs the camera's counts and pixels.

    Of the others, which are linear, the order does not matter.

    Raises
    ------
    AlreadyDone
        If the step has been applied.
    InputError
        If a later one has been applied.
    """
    refuse_twice(image, name)
    place = len(before(name)) + 1
    for later in (*STEPS[place:], *TRACKED[place:]):
        if image.header.get(card(later.name)) == COMPLETE:
            problem = f"{card(later.name)} = {COMPLETE}: the step {name!r} comes before {later.name!r}"
            raise InputError(problem, cure=f"Start from the image before {later.name!r}, and take {name!r} first")


def is_finished(header: Mapping[str, object]) -> bool:
    """Return whether an image has been through the chain: its header has the status of the last step, taken or skipped."""
    return card(STEPS[-1].name) in header


def skipped(name: str, left_out: Mapping[str, str], chain: tuple[Step, ...] = ()) -> dict[str, dict[str, str]]:
    """Return the skipped steps that one step has to record.

    Every step records those directly before it; the last one that is taken also records those after it, so that a
    finished image names every step that it has not been through.

    Parameters
    ----------
    name
        A step that is taken.
    left_out
        The steps that are not taken, with the reason of each.
    chain
        All steps, in order; by default :data:`STEPS`.

    Returns
    -------
    dict
        ``{"before": {step: reason}, "after": {step: reason}}``, in the order of the chain.
    """
    names = [step.name for step in chain or STEPS]
    place = names.index(name)
    taken = [i for i, other in enumerate(names) if other not in left_out and i != place]
    first = max((i for i in taken if i < place), default=-1) + 1
    last = place if any(i > place for i in taken) else len(names) - 1
    return {
        "before": {other: left_out[other] for other in names[first:place]},
        "after": {other: left_out[other] for other in names[place + 1 : last + 1]},
    }
