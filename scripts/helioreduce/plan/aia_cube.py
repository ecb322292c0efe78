"""The tracked cube of a region: which frames are in it, the files that it is made from, and the jobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from helioreduce import times
from helioreduce.aia import steps
from helioreduce.aia.wcs import SCALE_ARCSEC
from helioreduce.errors import InputError
from helioreduce.plan import local
from helioreduce.plan.aia import Key, Plan, product
from helioreduce.plan.aia_batch import SCRIPTS, Chunk, chunks_of
from helioreduce.plan.chunks import SIZE
from helioreduce.plan.cutout import Cutout

#: Where tracked images are kept.
KEPT = "results/aia/batch_tracked"
#: Frames of one slot of the user's files are at most so far apart, s.
_SLOT_S = 12.0


@dataclass(frozen=True)
class Cube:
    """The cube of a plan; empty where no region is asked for."""

    plan: Plan
    chunks: tuple[Chunk, ...] = ()

    @classmethod
    def of(cls, plan: Plan) -> Cube:
        """Plan the cube: chunks of images, without those that have failed.

        Raises
        ------
        InputError
            If frames that cannot be tracked together are asked for.
        """
        if plan.cutout is None:
            return cls(plan)
        law = plan.settings["cube"]["law"]
        if law != "none":
            _ = plan.cutout.place  # refused where it is off the disk
        _check_line(plan.cutout, plan.settings["cube"]["line"])
        own = {"grid": plan.cutout.grid(law)}
        code = ("aia_track", "helioreduce.aia.cube.track", *SCRIPTS)
        more: Mapping[str, Any] = {"chain": steps.TRACKED, "kept": KEPT, "own": own, "code": code}
        size = plan.settings["batch"] if isinstance(plan.settings["batch"], int) and plan.settings["batch"] else SIZE
        chunks = list(chunks_of(plan, size, **more))
        good = plan.without({key: reason for chunk in chunks for key, reason in chunk.failed.items()})
        return cls(good, tuple(replace(chunk, plan=good) for chunk in chunks))

    @property
    def folder(self) -> str:
        """The folder of its files: what is simulated never has the name of what is not."""
        is_simulated = any(local.SIMULATED in time for _, time in self.plan.wanted)
        return "results/aia/cube" + local.SIMULATED * is_simulated

    @property
    def is_asked(self) -> bool:
        """Whether there is a region."""
        return self.plan.cutout is not None

    @property
    def frames(self) -> list[Key]:
        """Channel and time of every image in it."""
        return [key for chunk in self.chunks for key in chunk.good]

    @property
    def channels(self) -> list[str]:
        """Its channels, in the order of the request."""
        return list(dict.fromkeys(channel for channel, _ in self.plan.wanted))

    @cached_property
    def slots(self) -> list[str]:
        """Times of its slots: those of all wanted frames, of which near ones share one."""
        is_listed = self.plan.source.is_local or self.plan.settings["times"]
        tolerance_s = _SLOT_S if is_listed else self.plan.settings["cadence_s"] / 2
        found: list[str] = []
        for time in sorted({time for _, time in self.plan.wanted}):
            if not found or (times.from_compact(time) - times.from_compact(found[-1])).total_seconds() >= tolerance_s:
                found.append(time)
        return found

    def slot(self, time: str) -> int:
        """Return the number of the slot of a frame."""
        instant = times.from_compact(time)
        return max(i for i, start in enumerate(self.slots) if times.from_compact(start) <= instant)

    @property
    def members(self) -> list[tuple[int, int, str]]:
        """Slot, channel and file of every image, in order: where each stands in the cube."""
        columns = {channel: i for i, channel in enumerate(self.channels)}
        return sorted((self.slot(time), columns[c], product("tracked", c, time)) for c, time in self.frames)

    def tracked(self, wildcards: Any) -> list[str]:
        """Return the tracked images of a channel, in order of time."""
        return [product("tracked", *key) for key in sorted(self.frames) if key[0] == wildcards.channel]

    @property
    def parameters(self) -> dict[str, Any]:
        """What the cube is, for its attributes."""
        assert self.plan.cutout is not None
        return {
            "grid": self.plan.cutout.grid(self.plan.settings["cube"]["law"]),
            "slots": [times.iso(times.from_compact(slot)) for slot in self.slots],
            "channels": [int(channel) for channel in self.channels],
            "deconvolutions": [self.plan.deconvolution(channel, self.slots[0]) for channel in self.channels],
            "members": [list(member) for member in self.members],
        }

    def targets(self) -> list[str]:
        """Return the cube, one FITS file a channel, light curves; nothing where no region is asked for."""
        if not self.is_asked:
            return []
        files = (f"{self.folder}/{channel}{ending}" for channel in self.channels for ending in (".fits", ".ecsv"))
        return [f"{self.folder}/cube.zarr", f"{self.folder}/cube.sha256", *files, *self.plan.loss_lists()]

    def figures(self) -> list[str]:
        """Return the pictures of the cube of every channel; nothing where no region is asked for."""
        endings = ("_difference.png", "_distance_time.png", ".gif")
        return [f"{self.folder}/{channel}{ending}" for channel in self.channels for ending in endings if self.is_asked]


def check_asked(cube: Cube) -> None:
    """Refuse the target ``cube`` where no region is asked for.

    Raises
    ------
    InputError
        With an example.
    """
    if not cube.is_asked:
        cure = 'Set it, as in --config aia="{cutout: {centre: [300, -200], size: [300, 300], unit: arcsec}}"'
        raise InputError("aia.cutout.centre is not set: a cube is of a region", cure=cure, where="cube")


def _check_line(region: Cutout, line: Sequence[Sequence[float]] | None) -> None:
    """Refuse a line of the time–distance diagram that leaves the region."""
    half = [n * SCALE_ARCSEC / 2 for n in region.shape[::-1]]
    for place in line or ():
        if any(abs(at - middle) > most for at, middle, most in zip(place, region.direction, half, strict=True)):
            x, y = (f"{middle - most:.0f} to {middle + most:.0f}" for middle, most in zip(region.direction, half, strict=True))
            raise InputError(f"aia.cube.line: {place} is outside the region", cure=f"It has x from {x}, y from {y}, arcsec")
