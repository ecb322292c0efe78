"""What a request for series costs, before anything of it is made."""

from __future__ import annotations

from typing import NamedTuple

from helioreduce.aia.channels import NPIX
from helioreduce.errors import counted
from helioreduce.plan import request

#: Of an image of 4096² in a chunk, without a quick look: workflow/PLANNING.md.
_CPU_S = 3.5
#: Data and σ of a pixel without compression, and none for its shares, which compress well; level 1 of an image with its spikes.
_PIXEL_BYTES, _LEVEL1_BYTES = 8, request.FETCHED_MB * 1e6
#: Files: of each shard, data, σ and shares; of a part, its manifest, its log and two notes of Snakemake; of the index of a
#: year; of an image whose level 1 stays, the image, its spikes and its history.
_OF_SHARD, _OF_PART, _OF_STORE, _OF_LEVEL1 = 3, 4, 28, 3
#: Most bytes of a quick look; files of those of a part beside them: a log, a note of Snakemake.
_LOOK_BYTES, _OF_LOOKS = 3e5, 2
_UNITS = ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"))


class Price(NamedTuple):
    """What it is about.

    Parameters
    ----------
    images, spikes
        Number of images, and of those whose spikes are fetched, too.
    parts, shards, stores
        Number of days of a channel, of the shards that they write, and of stores.
    npix
        Pixels along a side.
    keeps_level1
        Whether level 1 stays on disk.
    connections
        Transfers at one time.
    quicklooks
        Number of quick looks.
    detector
        Pixels along a side of level 1.
    asks_around
        Whether a part with missing images is a query more, for their neighbours.
    """

    images: int
    spikes: int
    parts: int
    shards: int
    stores: int
    npix: int
    keeps_level1: bool
    connections: int
    quicklooks: int = 0
    detector: int = NPIX
    asks_around: bool = False

    @property
    def files(self) -> int:
        """Files on disk in the end, about."""
        level1 = self.images * _OF_LEVEL1 * self.keeps_level1
        looks = self.quicklooks + self.parts * _OF_LOOKS if self.quicklooks else 0
        return self.shards * _OF_SHARD + self.parts * _OF_PART + self.stores * _OF_STORE + level1 + looks

    def text(self, archive: str) -> str:
        """Return it in words; ``archive`` is what is asked."""
        level1 = _LEVEL1_BYTES * (self.detector / NPIX) ** 2
        room = self.images * (_PIXEL_BYTES * self.npix**2 + level1 * self.keeps_level1) + self.quicklooks * _LOOK_BYTES
        files, asked = counted(self.images + self.spikes, "file"), counted(self.parts, "query", "queries")
        asked += f" (at most {2 * self.parts:,}, with those for neighbours)" * self.asks_around
        return (
            f"A series of {counted(self.images, 'image')} in {counted(self.parts, 'part')} (channel and day): "
            f"{size(self.images * level1)} to be fetched, {archive} gets {asked} and is asked for {files}, "
            f"{self.connections} at a time; at most {size(room)} in about {counted(self.files, 'file')} on disk; "
            f"about {_duration(self.images * _CPU_S)}, what is finished included. `helioreduce status` says how far it is."
        )


def size(number: float) -> str:
    """Return a number of bytes in its natural unit, to three figures."""
    least, unit = next((entry for entry in _UNITS if number >= entry[0]), _UNITS[-1])
    value = number / least
    return (
        f"{value:,.0f} {unit}"
        if value >= 100 or unit == "MB"
        else f"{value:.1f} {unit}"
        if value >= 10
        else f"{value:.2f} {unit}"
    )


def _duration(cpu_s: float) -> str:
    """Return a computing time in hours, or in minutes where it is short."""
    return f"{cpu_s / 3600:,.0f} CPU hours" if cpu_s >= 2 * 3600 else counted(max(1, round(cpu_s / 60)), "CPU minute")
