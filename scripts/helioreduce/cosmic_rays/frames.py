"""Files of one frame, as the jobs for many frames get them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

#: Calibration frames, in the order in which they are applied.
CALIBRATION = ("bias", "dark", "flat")


class Frame(NamedTuple):
    """One frame to be cleaned: its file, those to be written, and by name those that it takes besides."""

    raw: str
    image: str
    hits: str
    given: Mapping[str, str]

    @property
    def name(self) -> str:
        """Job and frame."""
        return "/".join(Path(self.image).with_suffix("").parts[-2:])

    @property
    def file(self) -> str:
        """The file to be named where cleaning fails."""
        return self.raw

    @property
    def outputs(self) -> list[str]:
        """What is made of it: the cleaned image and the list of hits."""
        return [self.image, self.hits]

    @property
    def inputs(self) -> list[str]:
        """The files that they follow from."""
        return [self.raw, *self.given.values()]

    @property
    def settings(self) -> list[tuple[str, str]]:
        """What else they follow from: what the other files are, and their names, which the header has."""
        return sorted(self.given.items())
