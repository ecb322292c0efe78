"""The declared scenario: from it, and a frame's channel and time, follows every fact of that frame."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta

import numpy as np

from helioreduce.archive.ephemeris import Observer, observer
from helioreduce.archive.instrument import CADENCE_S, CHANNELS, Channel, channel
from helioreduce.errors import InputError
from helioreduce.times import slot, tai_seconds

HEADERS = ("fresh", "stale", "bare")
_DAY_S = 86400.0


@dataclass(frozen=True)
class Scenario:
    """What the archive holds.

    Parameters
    ----------
    seed
        Every random number of the archive follows from it.
    npix
        Pixels along a side of the detector; below 4096 the pixels are larger and the field is the same.
    header
        Header of the stored image: ``fresh`` as when level 1 was made, ``stale`` with cards that the database corrected
        later, ``bare`` with the storage cards only.
    activity
        Number of active regions on the whole Sun.
    targets
        Bright points and dark squares for tests of deconvolution.
    """

    seed: int = 20140101
    npix: int = 4096
    header: str = "fresh"
    activity: int = 14
    targets: bool = False

    def __post_init__(self) -> None:
        if self.header not in HEADERS:
            raise InputError(f"archive.header is {self.header!r}", cure=f"Choose from {', '.join(HEADERS)}")
        if self.npix < 64 or self.npix % 2:
            raise InputError(f"archive.npix is {self.npix}", cure="Give an even number of at least 64")

    @classmethod
    def from_mapping(cls, settings: Mapping[str, object]) -> Scenario:
        """The scenario of a configuration; missing keys take their defaults.

        Raises
        ------
        InputError
            On a key that no scenario has.
        """
        known = {field.name for field in fields(cls)}
        if unknown := set(settings) - known:
            raise InputError(f"archive: unknown key {', '.join(sorted(unknown))}", cure=f"Use {', '.join(sorted(known))}")
        return cls(**settings)  # type: ignore[arg-type]

    @property
    def digest(self) -> str:
        """Eight hexadecimal digits that change with any setting."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True, default=str).encode()).hexdigest()[:8]

    def rng(self, *labels: object) -> np.random.Generator:
        """Random numbers for one purpose: the same labels give the same numbers, in any order of calls."""
        return np.random.default_rng(self.seeds(*labels))

    def seeds(self, *labels: object) -> np.random.SeedSequence:
        """Seeds behind :meth:`rng`, to be spawned for parallel streams."""
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
    """Everything about one frame that does not depend on its pixels."""

    channel: Channel
    npix: int
    t_rec: datetime
    t_obs: datetime
    exposure_s: float
    fsn: int
    recnum: int
    quality: int
    truth: Pointing
    told: Pointing
    sat_rot: float
    observer: Observer

    @property
    def date_obs(self) -> datetime:
        """Start of the exposure."""
        return self.t_obs - timedelta(seconds=self.exposure_s / 2)


def facts(scenario: Scenario, name: int, t_rec: datetime) -> Facts:
    """The facts of the frame of channel ``name`` (Å) in the slot ``t_rec``.

    Raises
    ------
    InputError
        If ``t_rec`` is no slot of the channel's series.
    """
    where = channel(name)
    cadence = CADENCE_S[where.kind]
    if abs((slot(t_rec, cadence) - t_rec).total_seconds()) > 0.5:
        raise InputError(
            f"{t_rec:%Y-%m-%dT%H:%M:%S} is no slot of {where.series}", cure=f"Use a multiple of {cadence} s of TAI"
        )
    rng = scenario.rng("frame", name, tai_seconds(slot(t_rec, cadence)))
    t_obs = slot(t_rec, cadence) + timedelta(seconds=where.offset_s + round(rng.uniform(-0.015, 0.015), 2))
    sat_rot = round(rng.normal(0, 6e-5), 6)
    number = 10 * (int(tai_seconds(t_obs) // 12) - 87_000_000) + list(CHANNELS).index(name)
    return Facts(
        channel=where,
        npix=scenario.npix,
        t_rec=slot(t_rec, cadence),
        t_obs=t_obs,
        exposure_s=round(where.exposure_s + rng.normal(0, 1e-6), 6),
        fsn=number,
        recnum=number + 5_000_000,
        quality=0,
        truth=true_pointing(scenario, where, t_obs, sat_rot),
        told=told_pointing(scenario, where, t_obs, sat_rot),
        sat_rot=sat_rot,
        observer=observer(t_obs),
    )


def true_pointing(scenario: Scenario, where: Channel, time: datetime, sat_rot: float = 0.0) -> Pointing:
    """Pointing at ``time``: the channel's mean, a seasonal drift and a daily wave from the heating of the telescope.

    In 1.5 h it moves by at most 0.04 px, so that a table with a row every 3 h holds it.
    """
    dx, dy = _drift(scenario, where, tai_seconds(time))
    return _binned(where, dx, dy, where.roll + sat_rot, scenario.npix)


def told_pointing(scenario: Scenario, where: Channel, time: datetime, sat_rot: float = 0.0) -> Pointing:
    """Pointing as the level-1 header tells it: a value of the week's start, off the truth by at most 0.4 px."""
    monday = tai_seconds(time) // (7 * _DAY_S) * 7 * _DAY_S
    dx, dy = _drift(scenario, where, monday) + scenario.rng("told", where.name, monday).uniform(-0.04, 0.04, 2)
    return _binned(where, dx, dy, where.roll + sat_rot, scenario.npix)


def _drift(scenario: Scenario, where: Channel, seconds: float) -> np.ndarray:
    """Displacement (x, y) of the Sun's centre from the channel's mean, in pixels of the full detector."""
    rng = scenario.rng("pointing", where.name)
    phase, amplitude = rng.uniform(0, 2 * np.pi, 4), rng.uniform(0.5, 1.0, 4) * (0.8, 0.8, 0.07, 0.07)
    day = 2 * np.pi * seconds / _DAY_S
    wave = amplitude * np.sin(np.array([day / 365.25, day / 365.25, day, day]) + phase)
    return wave[:2] + wave[2:]


def _binned(where: Channel, dx: float, dy: float, roll: float, npix: int) -> Pointing:
    """Pointing on a detector of ``npix`` pixels a side that covers the field of 4096."""
    bins = 4096 / npix
    return Pointing((where.x0 + dx + 0.5) / bins - 0.5, (where.y0 + dy + 0.5) / bins - 0.5, where.scale * bins, roll)
