"""A small cube: 30 slots of two channels, one image missing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import numpy as np
from astropy.io.fits import Header

from helioreduce import times
from helioreduce.aia.cube import series
from helioreduce.aia.cube.grid import Grid
from helioreduce.image import Flag, Image
from helioreduce.io import stores
from helioreduce.numerics.sphere import View

START = datetime(2014, 1, 1, 0, 0, 1, tzinfo=UTC)
SLOTS, SHAPE, CHANNELS, GAP = 30, (20, 30), (171, 193), (3, 1)


def grid() -> Grid:
    """A region near disk centre."""
    return Grid(START, View(211.0, -0.05, 1.0), (2000, 1600), SHAPE, "howard")


def slots() -> list[datetime]:
    """Every 12 s."""
    return [START + timedelta(seconds=12 * i) for i in range(SLOTS)]


@cache
def _images() -> tuple[tuple[int, int, Image], ...]:
    rng = np.random.default_rng(7)
    found = []
    for channel in range(len(CHANNELS)):
        for slot in range(SLOTS):
            if (slot, channel) == GAP:
                continue
            header = Header({"BUNIT": "DN / s", "EXPTIME": 2.0, "QUALITY": 0, "WAVELNTH": CHANNELS[channel], "DEGFACT": 0.9})
            header["T_OBS"] = times.iso(START + timedelta(seconds=12 * slot + 1.34 + channel))
            data = rng.poisson(200, SHAPE).astype(np.float32)
            data[0, 0] = np.nan
            flags = np.where(np.isnan(data), np.uint8(Flag.NO_DATA), np.uint8(0))
            found.append((slot, channel, Image(data, header, np.sqrt(data), flags)))
    return tuple(found)


def images() -> Iterator[tuple[int, int, Image]]:
    """Slot, channel and image."""
    yield from _images()


def members() -> list[series.Member]:
    """Their headers."""
    return [series.Member(slot, channel, image.header) for slot, channel, image in images()]


def stored(path: Path) -> Path:
    """The cube as a store."""
    whole = series.dataset(grid(), slots(), CHANNELS, members())
    stores.write(path, whole, series.planes("DN / s"), series.blocks(images(), stores.SHARD_TIMES))
    return path
