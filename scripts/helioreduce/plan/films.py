"""Films: the images of a channel and day in one file."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from helioreduce.plan import local
from helioreduce.plan.aia import Plan, product
from helioreduce.plan.aia_series import Series


@dataclass(frozen=True)
class Films:
    """The films of a request: from its series, or from its images."""

    plan: Plan
    series: Series

    def file(self, channel: str = "{channel}", day: str = "{day}") -> str:
        """Return the film of a channel and day; by default the pattern of all."""
        return f"results/aia/film{local.SIMULATED * self.plan.source.is_archive}/{channel}/{day}.webp"

    @cached_property
    def _days(self) -> dict[tuple[str, str], list[str]]:
        """What each film is made from: the manifest of a part, or images."""
        if self.series.is_asked:
            return {key: [self.series.manifest(*key)] for key in self.series.parts}
        found: dict[tuple[str, str], list[str]] = {}
        for channel, time in self.plan.frames:
            image = product(self.plan.last(channel, time), channel, time)
            found.setdefault((channel, time[:8]), []).append(image)
        return found

    def targets(self) -> list[str]:
        """Return the films of all channels and days."""
        return [self.file(*key) for key in self._days]

    # Input and params functions

    def shown(self, wildcards: Any) -> list[str]:
        """Return what a film is made from."""
        return self._days.get((wildcards.channel, wildcards.day), [])

    def part(self, wildcards: Any) -> dict[str, Any] | None:
        """Return the part of a series that a film shows; None where it shows single images."""
        return self.series.part(wildcards) if self.series.is_asked else None
