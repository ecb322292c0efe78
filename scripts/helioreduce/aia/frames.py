"""Files of one frame, as the jobs for many frames get them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from helioreduce import times


class Frame(NamedTuple):
    """One image to be reduced: its files, and the steps that it does not go through, with the reasons."""

    image: str
    spikes: str | None
    pointing: str
    output: str
    left_out: Mapping[str, str]

    @property
    def name(self) -> str:
        """Channel and time."""
        return _name(self.output)

    @property
    def file(self) -> str:
        """The file to be named where the reduction fails."""
        return self.image

    @property
    def outputs(self) -> list[str]:
        """What is made of it."""
        return [self.output]

    @property
    def inputs(self) -> list[str]:
        """The files of its own that the product follows from."""
        return [file for file in (self.image, self.spikes, self.pointing) if file]

    @property
    def settings(self) -> list[tuple[str, str]]:
        """What else the product follows from that is its own."""
        return sorted(self.left_out.items())


class Download(NamedTuple):
    """One image to be fetched: its list of records, its staged export, and the files to be written."""

    record_list: str
    exports: str | None
    image: str
    history: str
    spikes: str | None

    @property
    def name(self) -> str:
        """Channel and time."""
        return _name(self.image)

    @property
    def file(self) -> str:
        """The file to be named where it cannot be fetched."""
        return self.image


def _name(path: str) -> str:
    """Return channel and time of an image for readers, from its path."""
    channel, time = Path(path).with_suffix("").parts[-2:]
    return f"{channel} Å at {times.readable(time)}"
