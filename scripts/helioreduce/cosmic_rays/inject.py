"""Simulated cosmic rays: five kinds of hits with known pixels, for tests of completeness and purity."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from helioreduce.errors import InputError

#: point: one or two pixels; track: a straight line; worm: a scattered electron; edge: in the three outermost rows or
#: columns; core: beside a saturated pixel.
KINDS = ("point", "track", "worm", "edge", "core")
#: Rows and columns at the edge in which edge hits fall.
MARGIN = 3
#: Distance of a core hit from the saturated pixel, pixels: outside the margin that L.A.Cosmic leaves around it.
CORE_DISTANCE = (6, 9)


@dataclass(frozen=True)
class Injection:
    """``charge`` (ny, nx): what to add to the image; ``events`` (ny, nx): number of each pixel's hit, from 1; ``kinds``."""

    charge: np.ndarray
    events: np.ndarray
    kinds: tuple[str, ...]

    @property
    def mask(self) -> np.ndarray:
        """True on every pixel hit."""
        return self.events > 0


def inject(
    shape: tuple[int, int],
    numbers: dict[str, int],
    peak: float | np.ndarray,
    rng: np.random.Generator,
    *,
    saturated: np.ndarray | None = None,
) -> Injection:
    """Simulate hits at random positions.

    Parameters
    ----------
    shape
        (ny, nx).
    numbers
        Number of hits of each of :data:`KINDS`.
    peak
        Charge of a fully hit pixel, in the image's unit: one number, or an array (ny, nx), for example 20 σ.
    rng
        Random number generator.
    saturated
        Boolean (ny, nx), for ``core``.

    Returns
    -------
    Injection
        Later hits do not overwrite earlier ones; charge adds.
    """
    unknown = set(numbers) - set(KINDS)
    if unknown:
        raise InputError(f"unknown kind of hit {min(unknown)!r}", cure=f"Kinds: {', '.join(KINDS)}")
    if numbers.get("core") and (saturated is None or not saturated.any()):
        raise InputError("there is no saturated pixel for hits of kind core", cure="Give `saturated`, or no such hits")
    cores = np.zeros(shape, bool) if saturated is None else saturated
    charge, events = np.zeros(shape, np.float32), np.zeros(shape, np.int32)
    kinds = [kind for kind in KINDS for _ in range(numbers.get(kind, 0))]
    for number, kind in enumerate(kinds, 1):
        for y, x, share in _path(kind, shape, rng, cores):
            if 0 <= y < shape[0] and 0 <= x < shape[1]:
                charge[y, x] += share
                events[y, x] = events[y, x] or number
    return Injection(charge * np.asarray(peak, np.float32), events, tuple(kinds))


def _path(kind: str, shape: tuple[int, int], rng: np.random.Generator, cores: np.ndarray) -> Iterator[tuple]:
    """Yield the pixels of one hit and the fraction of the full charge in each."""
    y, x = _start(kind, shape, rng, cores)
    if kind in ("point", "edge", "core"):
        yield y, x, 1.0
        if rng.random() < 0.3:
            yield y, x + 1, rng.uniform(0.5, 1.0)
    elif kind == "track":
        yield from _walk(y, x, rng.uniform(0, 2 * np.pi), 0.0, int(rng.integers(4, 25)), rng)
    else:
        yield from _walk(y, x, rng.uniform(0, 2 * np.pi), 0.6, int(rng.integers(8, 30)), rng)


def _walk(y: int, x: int, angle: float, bend: float, length: int, rng: np.random.Generator) -> Iterator[tuple]:
    """Yield pixels along a path whose direction changes by about ``bend`` radians per step."""
    here, seen = np.array([y, x], float), set()
    for _ in range(length):
        pixel = (round(here[0]), round(here[1]))
        if pixel not in seen:
            seen.add(pixel)
            yield *pixel, rng.uniform(0.6, 1.0)
        angle += bend * rng.normal()
        here += np.sin(angle), np.cos(angle)


def _start(kind: str, shape: tuple[int, int], rng: np.random.Generator, cores: np.ndarray) -> tuple[int, int]:
    y, x = (int(rng.integers(0, side)) for side in shape)
    if kind == "edge":
        depth, side = int(rng.integers(0, MARGIN)), int(rng.integers(0, 4))
        return [(depth, x), (shape[0] - 1 - depth, x), (y, depth), (y, shape[1] - 1 - depth)][side]
    if kind == "core":
        places = np.argwhere(cores)
        centre = places[rng.integers(0, len(places))]
        while True:  # leave the core itself, which may be wide
            distance, angle = rng.uniform(*CORE_DISTANCE), rng.uniform(0, 2 * np.pi)
            y, x = (int(v) for v in np.rint(centre + distance * np.array([np.sin(angle), np.cos(angle)])))
            away = np.hypot(*(places - (y, x)).T).min()
            if CORE_DISTANCE[0] - 1 <= away and 0 <= y < shape[0] and 0 <= x < shape[1]:
                return y, x
            centre = places[rng.integers(0, len(places))]
    return y, x
