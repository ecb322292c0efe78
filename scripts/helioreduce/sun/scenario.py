"""The scenario of the archive, and what it determines of a frame: times, exposure, pointing, quality, observer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

import numpy as np

from helioreduce.errors import InputError
from helioreduce.sun.ephemeris import Observer, observer
from helioreduce.sun.instrument import CHANNELS, Channel, find_channel
from helioreduce.times import compact, slot, tai_seconds

HEADERS = ("fresh", "stale", "bare")
#: Events of a frame, with the bits of QUALITY that they set; ``pointing_…`` concerns rows of the pointing table.
EVENTS = {
    "gap": 0,  # no record
    "lost": 1 << 31,  # a record without files
    "offline": 0,  # files on tape
    "no_spikes": 0,  # an image without its spikes
    "reprocessed": 0,  # an older version of the record beside the newer
    "nrt": 1 << 30,  # near-real-time processing
    "missing": (1 << 8) | (1 << 9),  # rows that were not received
    "eclipse": 1 << 13,  # the Earth in front of the Sun
    "lunar_transit": 1 << 23,  # the moon in front of part of the Sun
    "dark": (1 << 12) | (1 << 16),  # shutter closed
    "open_loop": 1 << 17,  # image stabilisation off
    "calibration": 1 << 18,
    "short": 0,  # a tenth of the exposure time, as set by automatic exposure control in flares
    "flare": 0,  # a saturated flare
    "pointing_missing": 0,
    "pointing_gap": 0,
}
_DAY_S = 86400.0


@dataclass(frozen=True)
class Scenario:
    """Contents of the archive.

    Parameters
    ----------
    seed
        Seed of every random number of the archive.
    npix
        Pixels along a side of the detector; below 4096 the pixels are larger and the field of view is the same.
    header
        Header of the stored image: ``fresh`` equal to the record, ``stale`` with cards that the database corrected later,
        ``bare`` with the storage cards only.
    activity
        Number of active regions on the whole Sun.
    targets
        Whether bright points and dark squares are added, for tests of deconvolution.
    dem
        Whether one emission measure of every pixel makes the six optically thin channels (:mod:`helioreduce.sun.plasma`).
    quarter_dn
        Whether 94 Å is stored in quarters of a DN: BSCALE 0.25, BZERO 8183.75.
    events
        For each event (:data:`EVENTS`), the frames that it affects, as patterns of ``channel/time``
        (``171/20140101T0000*``); for the pointing table the time is the start of a row.
    """

    seed: int = 20140101
    npix: int = 4096
    header: str = "fresh"
    activity: int = 22
    targets: bool = False
    dem: bool = False
    quarter_dn: bool = False
    events: Mapping[str, Sequence[str]] | tuple[tuple[str, tuple[str, ...]], ...] = ()

    def __post_init__(self) -> None:
        if self.header not in HEADERS:
            raise InputError(f"archive.header is {self.header!r}", cure=f"Choose from {', '.join(HEADERS)}")
        if self.npix < 64 or self.npix % 2:
            raise InputError(f"archive.npix is {self.npix}", cure="Give an even number of at least 64")
        if self.activity < 1:
            raise InputError(f"archive.activity is {self.activity}", cure="Give at least one active region")
        events = sorted((name, tuple(patterns)) for name, patterns in dict(self.events).items())
        if unknown := {name for name, _ in events} - set(EVENTS):
            raise InputError(f"archive.events: unknown event {', '.join(unknown)}", cure=f"Use {', '.join(EVENTS)}")
        object.__setattr__(self, "events", tuple(events))

    @classmethod
    def from_mapping(cls, settings: Mapping[str, Any]) -> Scenario:
        """Return the scenario of a configuration; missing keys take their defaults.

        Raises
        ------
        InputError
            If a key is unknown.
        """
        known = {field.name for field in fields(cls)}
        if unknown := set(settings) - known:
            raise InputError(f"archive: unknown key {', '.join(sorted(unknown))}", cure=f"Use {', '.join(sorted(known))}")
        return cls(**settings)

    @property
    def digest(self) -> str:
        """Eight hexadecimal digits that change with any setting."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True, default=str).encode()).hexdigest()[:8]

    def has(self, event: str, channel: int | str, time: datetime) -> bool:
        """Return whether an event affects the frame (or pointing row) of ``channel`` at ``time``."""
        name = f"{channel}/{compact(time)}"
        return any(fnmatchcase(name, pattern) for pattern in dict(self.events).get(event, ()))

    def quality(self, channel: int, time: datetime) -> int:
        """Return QUALITY of a frame: the bits of its events."""
        return sum(bits for event, bits in EVENTS.items() if bits and self.has(event, channel, time))

    def rng(self, *labels: object) -> np.random.Generator:
        """Return a random generator for one purpose: the same labels give the same numbers, in any order of calls."""
        return np.random.default_rng(self.seeds(*labels))

    def seeds(self, *labels: object) -> np.random.SeedSequence:
        """Return the seeds behind :meth:`rng`, to be spawned for parallel streams."""
        text = hashlib.sha256("/".join(map(str, (self.seed, *labels))).encode()).digest()
        return np.random.SeedSequence(int.from_bytes(text[:16], "big"))


@dataclass(frozen=True)
class Pointing:
    """Sun centre in pixels counted from 0, plate scale in arcsec per pixel, roll in degrees (CROTA2)."""

    x0: float
    y0: float
    scale: float
    roll: float


@dataclass(frozen=True)
class Facts:
    """Properties of one frame that do not depend on its pixels.

    ``truth`` is the pointing of the instrument, ``reported`` the one in the header.
    """

    channel: Channel
    npix: int
    t_rec: datetime
    t_obs: datetime
    exposure_s: float
    fsn: int
    recnum: int
    quality: int
    truth: Pointing
    reported: Pointing
    sat_rot: float
    observer: Observer

    @property
    def date_obs(self) -> datetime:
        """DATE-OBS: start of the exposure."""
        return self.t_obs - timedelta(seconds=self.exposure_s / 2)


def facts(scenario: Scenario, name: int, t_rec: datetime) -> Facts:
    """Return the properties of the frame of channel ``name`` (Å) in the slot ``t_rec``.

    Raises
    ------
    InputError
        If AIA has no such channel, or ``t_rec`` is no slot of its series.
    """
    channel = find_channel(name)
    series, cadence = channel.series
    if abs((slot(t_rec, cadence) - t_rec).total_seconds()) > 0.5:
        cure = f"Use a multiple of {cadence:g} s of TAI"
        raise InputError(f"{t_rec:%Y-%m-%dT%H:%M:%S} is no slot of {series}", cure=cure)
    t_rec = slot(t_rec, cadence)
    rng = scenario.rng("frame", name, tai_seconds(t_rec))
    t_obs = t_rec + timedelta(seconds=channel.offset_s + round(rng.uniform(-0.015, 0.015), 2))
    sat_rot = round(rng.normal(0, 6e-5), 6)
    exposure_s = channel.exposure_s * (0.1 if scenario.has("short", name, t_rec) else 1)
    number = 10 * (int(tai_seconds(t_obs) // 12) - 87_000_000) + list(CHANNELS).index(name)
    return Facts(
        channel=channel,
        npix=scenario.npix,
        t_rec=t_rec,
        t_obs=t_obs,
        exposure_s=round(exposure_s + rng.normal(0, 1e-6), 6),
        fsn=number,
        recnum=number + 5_000_000,
        quality=scenario.quality(name, t_rec),
        truth=true_pointing(scenario, channel, t_obs, sat_rot),
        reported=reported_pointing(scenario, channel, t_obs, sat_rot),
        sat_rot=sat_rot,
        observer=observer(t_obs),
    )


def true_pointing(scenario: Scenario, channel: Channel, time: datetime, sat_rot: float = 0.0) -> Pointing:
    """Return the pointing at ``time``: mean of the channel, seasonal drift, daily wave from the heating of the telescope.

    In 1.5 h it moves by at most 0.04 px, so that a table with a row every 3 h describes it.
    """
    dx, dy = _drift(scenario, channel, tai_seconds(time))
    return _binned(channel, dx, dy, channel.roll + sat_rot, scenario.npix)


def reported_pointing(scenario: Scenario, channel: Channel, time: datetime, sat_rot: float = 0.0) -> Pointing:
    """Return the pointing of the level-1 header: the value at the start of the week, at most 0.4 px off the truth."""
    monday = tai_seconds(time) // (7 * _DAY_S) * 7 * _DAY_S
    rng = scenario.rng("told", channel.name, monday)  # the label is part of the seed: another one would be another archive
    dx, dy = _drift(scenario, channel, monday) + rng.uniform(-0.04, 0.04, 2)
    return _binned(channel, dx, dy, channel.roll + sat_rot, scenario.npix)


def _drift(scenario: Scenario, channel: Channel, seconds: float) -> np.ndarray:
    """Return the displacement (x, y) of the Sun's centre from the channel's mean, in pixels of the full detector."""
    rng = scenario.rng("pointing", channel.name)
    phase, amplitude = rng.uniform(0, 2 * np.pi, 4), rng.uniform(0.5, 1.0, 4) * (0.8, 0.8, 0.07, 0.07)
    day = 2 * np.pi * seconds / _DAY_S
    wave = amplitude * np.sin(np.array([day / 365.25, day / 365.25, day, day]) + phase)
    return wave[:2] + wave[2:]


def _binned(channel: Channel, dx: float, dy: float, roll: float, npix: int) -> Pointing:
    """Return the pointing on a detector of ``npix`` pixels a side that has the same field of view as the full one."""
    bins = 4096 / npix
    return Pointing((channel.x0 + dx + 0.5) / bins - 0.5, (channel.y0 + dy + 0.5) / bins - 0.5, channel.scale * bins, roll)
