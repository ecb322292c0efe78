"""Differential emission measures: which frames of six channels belong together, and what is made from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from helioreduce import times
from helioreduce.aia import pairing
from helioreduce.aia.channels import THIN
from helioreduce.aia.dem import bins
from helioreduce.errors import InputError
from helioreduce.plan import aia, response
from helioreduce.plan.aia import product

#: Channels with a DEM, Å, as in file names.
CHANNELS = tuple(map(str, THIN))
#: Length of the time in the name of a frame; what follows marks cut-outs and simulated frames.
_TIME = 15
#: Memory, MB, for a pixel of a full frame's set and beside it.
_SET_MB, _DEM_MB = 1900, 1500


@dataclass(frozen=True)
class Plan:
    """The DEMs of a reduction of AIA."""

    images: aia.Plan
    responses: response.Plan
    tracked: bool = False  # whether the images are those of the tracked cube; their products have names of their own

    @property
    def settings(self) -> Mapping[str, Any]:
        """The section ``aia.dem`` of the configuration."""
        found: Mapping[str, Any] = self.images.settings["dem"]
        return found

    @property
    def inversion(self) -> dict[str, Any]:
        """Settings that a DEM depends on beside its set."""
        return {name: value for name, value in self.settings.items() if name not in ("bin", "tolerance_s")}

    @cached_property
    def groups(self) -> dict[str, dict[str, str]]:
        """Times of the frames that belong together, by channel, for each set; its name is the time of 94 Å.

        Where a frame is missing, one of 94 Å is the nearest to several of others: its set is the one that spans least.
        """
        suffixes = sorted({time[_TIME:] for channel, time in self.images.frames if channel in CHANNELS})
        found: dict[str, dict[str, str]] = {}
        for suffix in suffixes:
            names = {
                channel: sorted(time for own, time in self.images.frames if own == channel and time[_TIME:] == suffix)
                for channel in CHANNELS
            }
            seconds = {int(c): [times.from_compact(time).timestamp() for time in held] for c, held in names.items() if held}
            near = pairing.groups(seconds, self.settings["tolerance_s"])
            for group in sorted(near, key=lambda group: group.spread_s):
                own = {str(channel): names[str(channel)][index] for channel, index in group.frames.items()}
                if len(own) == len(CHANNELS) and group.spread_s < self.settings["tolerance_s"]:
                    found.setdefault(own[CHANNELS[0]], own)
        return dict(sorted(found.items()))

    def channels(self, wildcards: Any) -> list[str]:
        """Input function: the finished images of a set, aligned where that is asked for."""
        own = self.groups.get(wildcards.time)
        if own is None:
            near = ", ".join(sorted(self.groups)[:3]) or "none: it needs six channels"
            raise InputError(f"there is no set of six channels at {wildcards.time}", cure=f"The request has {near}")
        if self.tracked:
            return [product("tracked", *frame) for frame in own.items()]
        aligned = self.images.settings["alignment"]["reference"]
        return [product("aligned" if aligned else self.images.latest(*frame), *frame) for frame in own.items()]

    @property
    def of_archive(self) -> bool:
        """Whether the emission measure behind the images is known, pixel by pixel: that of the embedded archive's Sun."""
        source = self.images.source
        return source.is_archive and source.archive["dem"] and self.images.settings["cutout"]["centre"] is None

    def scenario(self, wildcards: Any) -> dict[str, Any]:
        """Params function: the settings of the synthetic Sun behind a set."""
        return self.images.source.scenario(CHANNELS[0], wildcards.time)

    def targets(self) -> list[str]:
        """Return the DEMs, their maps, the list of missing frames, and what makes the run fail."""
        kinds, of = (("dem", "fits"), ("dem_maps", "png")), "cube_" * self.tracked
        files = (f"results/aia/{of}{folder}/{time}.{suffix}" for time in self.groups for folder, suffix in kinds)
        return [*files, *self.images.loss_lists()]

    @property
    def refusal(self) -> InputError | None:
        """Why the request has no DEM; None if it has one."""
        if not self.groups:
            cure = f"Set aia.channels to [{', '.join(CHANNELS)}], within aia.dem.tolerance_s of each other"
            return InputError("a DEM needs six channels at one time", cure=cure)
        if not all(self.responses.has_temperature(channel) for channel in CHANNELS):
            cure = "Set aia.response.instrument and aia.response.emissivity, or put SolarSoft's files beside the tables"
            return InputError("a DEM needs the temperature response of six channels", cure=cure)
        if not self.images.settings["steps"]["exposure"]:
            return InputError("a DEM needs images in DN/s", cure="Set aia.steps.exposure to true")
        return self._refused_edges

    @property
    def _refused_edges(self) -> InputError | None:
        """Why the temperatures or bands are none: a job that found it out would have removed the DEMs that are there."""
        own = self.settings
        low, high = own["log_temperature"]
        try:
            bins.check([low + (high - low) * i / own["bins"] for i in range(own["bins"] + 1)], own["bands"], own["method"])
        except InputError as error:
            return InputError(f"aia.dem: {error.problem}", cure=error.cure)
        return None

    @property
    def memory_mb(self) -> dict[str, int]:
        """Memory of the jobs, MB."""
        return {"set": _SET_MB, "dem": _DEM_MB}
