"""Files of one frame, as the jobs for many frames get them."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from helioreduce import times
from helioreduce.aia import slots

#: Precisions of series (``aia.output.precision``).
FLOAT32, ARCHIVED = "float32", "archived"


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

    def is_there(self, archive: Iterable[str] = ()) -> bool:
        """Return whether it has been fetched, and since the embedded archive made these files."""
        last = Path(self.spikes or self.image)
        return last.exists() and all(Path(file).stat().st_mtime <= last.stat().st_mtime for file in archive)


class Part(NamedTuple):
    """A day of a channel in a series: the places that are asked for, and the steps that its images do not go through.

    ``grid`` has the fields of :class:`helioreduce.aia.series.Grid`, ``places`` are the first and the last one; names of images
    end in ``suffix``.
    """

    channel: str
    day: str
    grid: Mapping[str, float]
    places: tuple[int, int]
    suffix: str
    left_out: Mapping[str, str]

    @property
    def names(self) -> dict[int, str]:
        """Times of the images by their places, as they stand in names."""
        found = slots.of_day(int(self.channel), self.day, self.grid, *self.places)
        return {place: time + self.suffix for place, time in found.items()}

    def image(self, time: str, level1: str, collected: str) -> str:
        """Return the file of an image: in the folder where level 1 stays, or, empty, in that which goes with the job."""
        return f"{level1 or f'{collected}/{self.channel}'}/{time}.fits"

    def wanted(self, done: Container[int], level1: str, collected: str) -> dict[str, str]:
        """Return the files of the images to be fetched by time: not done, or dropped by an earlier run and now to stay."""
        files = {place: self.image(time, level1, collected) for place, time in self.names.items()}
        absent = {place for place, file in files.items() if level1 and not Path(file).exists()}
        return {self.names[place]: file for place, file in files.items() if place not in done or place in absent}

    def spikes(self, image: str) -> str | None:
        """Return the file of an image's spikes, beside it; None where it is not respiked."""
        return None if "respike" in self.left_out else image.removesuffix(".fits") + "_spikes.fits"

    def download(self, image: str, record_list: str) -> Download:
        """Return an image to be fetched."""
        return Download(record_list, None, image, image.removesuffix("fits") + "json", self.spikes(image))

    def frame(self, image: str, pointing: str, output: str) -> Frame:
        """Return an image to be reduced."""
        return Frame(image, self.spikes(image), pointing, output, self.left_out)


def _name(path: str) -> str:
    """Return channel and time of an image for readers, from its path."""
    channel, time = Path(path).with_suffix("").parts[-2:]
    return f"{channel} Å at {times.readable(time)}"
