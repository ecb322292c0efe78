"""The declared scenario: from it, and a frame's channel and time, follows every fact of that frame."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

import numpy as np

from helioreduce.errors import InputError
from helioreduce.sun.ephemeris import Observer, observer
from helioreduce.sun.instrument import CADENCE_S, CHANNELS, Channel, channel
from helioreduce.times import compact, slot, tai_seconds

HEADERS = ("fresh", "stale", "bare")
#: What can happen to a frame, with the bits of QUALITY that it sets; ``pointing_…`` happens to rows of the pointing table.
EVENTS = {
    "gap": 0,  # no record
    "lost": 1 << 31,  # a record without files
    "offline": 0,  # files that have to be asked for
    "no_spikes": 0,  # an image without its spikes
    "reprocessed": 0,  # an older record beside the newer
    "nrt": 1 << 30,  # near-real-time processing
    "missing": (1 << 8) | (1 << 9),  # rows that were not received
    "eclipse": 1 << 13,  # the Earth before the Sun
    "dark": (1 << 12) | (1 << 16),  # shutter closed
    "open_loop": 1 << 17,  # image stabilisation off
    "calibration": 1 << 18,
    "short": 0,  # a tenth of the exposure, as automatic exposure control takes in flares
    "flare": 0,  # a saturated flare
    "pointing_missing": 0,
    "pointing_gap": 0,
}
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
    quarter_dn
        94 Å stored in quarters of a DN: BSCALE 0.25, BZERO 8183.75.
    events
        Name of an event (:data:`EVENTS`) and the frames that it meets, as patterns of ``channel/time``
        (``171/20140101T0000*``); for the pointing table the time is that of a row's start.
    """

    seed: int = 20140101
    npix: int = 4096
    header: str = "fresh"
    activity: int = 22
    targets: bool = False
    quarter_dn: bool = False
    events: Mapping[str, Sequence[str]] | tuple[tuple[str, tuple[str, ...]], ...] = ()

    def __post_init__(self) -> None:
        if self.header not in HEADERS:
            raise InputError(f"archive.header is {self.header!r}", cure=f"Choose from {', '.join(HEADERS)}")
        if self.npix < 64 or self.npix % 2:
            raise InputError(f"archive.npix is {self.npix}", cure="Give an even number of at least 64")
        if self.activity < 1:
            raise InputError(f"archive.activity is {self.activity}", cure="Give at least one active region")
        listed = sorted((name, tuple(patterns)) for name, patterns in dict(self.events).items())
        if unknown := {name for name, _ in listed} - set(EVENTS):
            raise InputError(f"archive.events: there is no {', '.join(unknown)}", cure=f"Use {', '.join(EVENTS)}")
        object.__setattr__(self, "events", tuple(listed))

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

    def has(self, event: str, channel: int | str, time: datetime) -> bool:
        """Whether an event meets the frame (or pointing row) of ``channel`` at ``time``."""
        name = f"{channel}/{compact(time)}"
        return any(fnmatchcase(name, pattern) for pattern in dict(self.events).get(event, ()))

    def quality(self, channel: int, time: datetime) -> int:
        """QUALITY of a frame: the bits of its events."""
        return sum(bits for event, bits in EVENTS.items() if bits and self.has(event, channel, time))

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
    reported: Pointing
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
    t_rec = slot(t_rec, cadence)
    rng = scenario.rng("frame", name, tai_seconds(t_rec))
    t_obs = t_rec + timedelta(seconds=where.offset_s + round(rng.uniform(-0.015, 0.015), 2))
    sat_rot = round(rng.normal(0, 6e-5), 6)
    exposure_s = where.exposure_s * (0.1 if scenario.has("short", name, t_rec) else 1)
    number = 10 * (int(tai_seconds(t_obs) // 12) - 87_000_000) + list(CHANNELS).index(name)
    return Facts(
        channel=where,
        npix=scenario.npix,
        t_rec=t_rec,
        t_obs=t_obs,
        exposure_s=round(exposure_s + rng.normal(0, 1e-6), 6),
        fsn=number,
        recnum=number + 5_000_000,
        quality=scenario.quality(name, t_rec),
        truth=true_pointing(scenario, where, t_obs, sat_rot),
        reported=reported_pointing(scenario, where, t_obs, sat_rot),
        sat_rot=sat_rot,
        observer=observer(t_obs),
    )


def true_pointing(scenario: Scenario, where: Channel, time: datetime, sat_rot: float = 0.0) -> Pointing:
    """Pointing at ``time``: the channel's mean, a seasonal drift and a daily wave from the heating of the telescope.

    In 1.5 h it moves by at most 0.04 px, so that a table with a row every 3 h holds it.
    """
    dx, dy = _drift(scenario, where, tai_seconds(time))
    return _binned(where, dx, dy, where.roll + sat_rot, scenario.npix)


def reported_pointing(scenario: Scenario, where: Channel, time: datetime, sat_rot: float = 0.0) -> Pointing:
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
