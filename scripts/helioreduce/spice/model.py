"""What is fitted: lines, their windows, ties between parameters, bounds.

Full parameters of G lines in W windows: ``q = [I, x, s] × G + [B] × W`` with peak I (unit of the data), centre x (Å), width
s (standard deviation, Å) and background B. Free parameters p follow from the ties: ``q = M p + b``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from helioreduce.errors import InputError

#: Bounds of a spectrum's fit: peak, centre relative to its start (Å), width (Å), background.
BOUNDS = {"I": (0.0, 1000.0), "x": (-1.0, 1.0), "s": (0.20, 0.60), "B": (-10.0, 10.0)}


class Line(NamedTuple):
    """A Gaussian: a name such as ``ne_8 770.42``, its rest wavelength (Å) and the number of its window."""

    name: str
    wavelength: float
    window: int = 0


class Tie(NamedTuple):
    """``follower = leader + value`` (add) or ``leader × value`` (mul); parameters are named ``mg_9 749.54 x``."""

    follower: str
    operation: str
    leader: str
    value: float


@dataclass(frozen=True, slots=True, eq=False)
class LineModel:
    """Lines on constant backgrounds, ready for the kernel; made by :func:`build`.

    ``parent, scale, offset`` (K,) give ``q_k = scale_k p_parent(k) + offset_k``, parent −1 where q_k is fixed.
    """

    lines: tuple[Line, ...]
    wavelength: np.ndarray
    edges: np.ndarray
    names: tuple[str, ...]
    parent: np.ndarray
    scale: np.ndarray
    offset: np.ndarray
    slots: np.ndarray = field(repr=False)
    members: np.ndarray = field(repr=False)
    counts: np.ndarray = field(repr=False)

    @property
    def free(self) -> int:
        """Number P of free parameters."""
        return int(self.parent.max()) + 1

    @property
    def windows(self) -> np.ndarray:
        """Window of every line (G,)."""
        return np.array([line.window for line in self.lines], np.int64)

    @property
    def matrix(self) -> np.ndarray:
        """M (K, P) of ``q = M p + b``."""
        matrix = np.zeros((self.parent.size, self.free))
        tied = self.parent >= 0
        matrix[np.flatnonzero(tied), self.parent[tied]] = self.scale[tied]
        return matrix

    @property
    def linear(self) -> np.ndarray:
        """Free parameters (P,) that move only peaks and backgrounds, in which the model is linear."""
        linear = np.ones(self.free, bool)
        for k, parent in enumerate(self.parent):
            if parent >= 0 and kind(self.names[k]) in "xs":
                linear[parent] = False
        return linear

    def full(self, p: np.ndarray) -> np.ndarray:
        """Full parameters (..., K) of free ones (..., P)."""
        return np.where(self.parent >= 0, self.scale * p[..., self.parent], 0.0) + self.offset

    def reduce(self, q: np.ndarray) -> np.ndarray:
        """Free parameters (..., P) of full ones (..., K): those of the first parameter of each tie."""
        p = np.empty((*q.shape[:-1], self.free))
        for k in reversed(range(self.parent.size)):
            if self.parent[k] >= 0:
                p[..., self.parent[k]] = (q[..., k] - self.offset[k]) / self.scale[k]
        return p

    def bounds(self, start: np.ndarray, limits: Mapping[str, tuple[float, float]] = BOUNDS) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper bounds (P,) of the free parameters, so that every parameter that follows keeps within its own.

        Parameters
        ----------
        start
            Full parameters (K,); the limits of centres are relative to them.
        limits
            Lower and upper limit for each of ``I``, ``x``, ``s``, ``B``.

        Raises
        ------
        InputError
            If ties leave a parameter no room.
        """
        lower, upper = np.full(self.free, -np.inf), np.full(self.free, np.inf)
        for k, parent in enumerate(self.parent):
            if parent < 0:
                continue
            low, high = (limit + (start[k] if kind(self.names[k]) == "x" else 0) for limit in limits[kind(self.names[k])])
            ends = sorted(((low - self.offset[k]) / self.scale[k], (high - self.offset[k]) / self.scale[k]))
            lower[parent], upper[parent] = max(lower[parent], ends[0]), min(upper[parent], ends[1])
        if (lower > upper).any():
            tied = [
                n for n, parent in zip(self.names, self.parent, strict=True) if parent >= 0 and lower[parent] > upper[parent]
            ]
            raise InputError(f"the ties of {', '.join(tied)} leave no value within the bounds", cure="Widen spice.fit.bounds")
        return lower, upper


def kind(name: str) -> str:
    """``I``, ``x``, ``s`` or ``B``, of a parameter's name."""
    return "B" if name.startswith("B ") else name.rsplit(" ", 1)[-1]


def build(
    wavelengths: Sequence[np.ndarray], lines: Iterable[Line], ties: Iterable[Tie] = (), fixed: Mapping[str, float] | None = None
) -> LineModel:
    """The model of lines in windows.

    Parameters
    ----------
    wavelengths
        Wavelengths (n_w,) of the samples of each window, Å.
    lines
        The lines; ``Line.window`` counts in ``wavelengths``.
    ties, fixed
        Relations between parameters, and parameters with a given value. A follower may lead others.

    Raises
    ------
    InputError
        If a tie names no parameter, a parameter follows twice, follows itself, or has factor 0.
    """
    lines = tuple(lines)
    names = tuple([f"{line.name} {p}" for line in lines for p in "Ixs"] + [f"B {w}" for w in range(len(wavelengths))])
    if len(set(names)) < len(names):
        raise InputError("two lines of a group have one name", cure="Give each line of spice.catalogue a name of its own")
    parent, scale, offset = _map(names, list(ties), dict(fixed or {}))
    windows = [line.window for line in lines for _ in "Ixs"] + list(range(len(wavelengths)))
    slots, members, counts = _slots(parent, windows, len(wavelengths))
    edges = np.concatenate([[0], np.cumsum([w.size for w in wavelengths])]).astype(np.int64)
    return LineModel(
        lines, np.concatenate(wavelengths).astype(float), edges, names, parent, scale, offset, slots, members, counts
    )


def _map(names: tuple[str, ...], ties: list[Tie], fixed: dict[str, float]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Parent, scale and offset of every full parameter; chains of ties are followed to their head."""
    known = set(names)
    leads = {tie.follower: tie for tie in ties}
    mentioned = [name for tie in ties for name in (tie.follower, tie.leader)] + list(fixed)
    unknown = [name for name in mentioned if name not in known]
    if unknown:
        raise InputError(f"no parameter is called {unknown[0]!r}", cure=f"Parameters of this group: {', '.join(names)}")
    if len(leads) < len(ties) or set(leads) & set(fixed):
        raise InputError("a parameter is tied or fixed twice", cure="Give one tie per follower")
    heads = [name for name in names if name not in leads and name not in fixed]
    number = {name: i for i, name in enumerate(heads)}
    parent, scale, offset = np.full(len(names), -1, np.int64), np.ones(len(names)), np.zeros(len(names))
    for k, name in enumerate(names):
        head, scale[k], offset[k] = _follow(name, leads)
        if head in fixed:
            offset[k] += scale[k] * fixed[head]
        else:
            parent[k] = number[head]
    return parent, scale, offset


def _follow(name: str, leads: Mapping[str, Tie]) -> tuple[str, float, float]:
    """Head of a chain of ties, and the factor and summand that lead from it to ``name``."""
    scale, offset, seen = 1.0, 0.0, {name}
    while name in leads:
        _, operation, name, value = leads[name]
        if operation not in ("add", "mul") or (operation == "mul" and value == 0):
            raise InputError(f"{operation!r} with {value} is no tie", cure="Use add, or mul with a factor other than 0")
        if name in seen:
            raise InputError(f"the parameter {name!r} follows itself", cure="Break the circle of ties")
        seen.add(name)
        if operation == "add":
            offset += scale * value
        else:
            scale *= value
    return name, scale, offset


def _slots(parent: np.ndarray, windows: Sequence[int], n_windows: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For the kernel: the free parameters that matter in each window, and where each full parameter is among them."""
    lists: list[list[int]] = [[] for _ in range(n_windows)]
    slots = np.zeros(parent.size, np.int64)
    for k, (free, window) in enumerate(zip(parent, windows, strict=True)):
        if free >= 0:
            if free not in lists[window]:
                lists[window].append(int(free))
            slots[k] = lists[window].index(free)
    counts = np.array([len(entries) for entries in lists], np.int64)
    members = np.zeros((n_windows, max(1, int(counts.max()))), np.int64)
    for w, entries in enumerate(lists):
        members[w, : len(entries)] = entries
    return slots, members, counts
