"""What is fitted: lines, their windows, ties between parameters, bounds.

Full parameters of G lines in W windows: ``q = [I, x, s] × G + [B] × W`` with peak I (unit of the data), centre x (Å), width
s (standard deviation, Å) and background B. Free parameters p follow from the ties: ``q = M p + b``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from helioreduce.errors import InputError
from helioreduce.spice.algebra import Bounds
from helioreduce.spice.gaussians import Model

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
class Start:
    """A model with full parameters to start from, (K,) or (N, K), and bounds (P,) of the free ones.

    ``notes`` says which lines were left out, and why; ``marked`` are those that are not known well enough to count.
    """

    model: LineModel
    q: np.ndarray
    bounds: Bounds
    notes: tuple[str, ...] = ()
    marked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class LineModel:
    """Lines on constant backgrounds, made by :func:`build`.

    Attributes
    ----------
    lines
        The G lines, each with the number of its window.
    ties, fixed
        Relations between parameters, and parameters with a given value.
    names
        Names of the K full parameters: ``ne_8 770.42 I``, …, ``B 0``.
    arrays
        The same in the form that the kernels take.
    """

    lines: tuple[Line, ...]
    ties: tuple[Tie, ...]
    fixed: Mapping[str, float]
    names: tuple[str, ...]
    arrays: Model

    @property
    def free(self) -> int:
        """Number P of free parameters."""
        return self.arrays.linear.size

    def samples(self, window: int) -> slice:
        """Return the place of a window among the joined samples."""
        return slice(int(self.arrays.edges[window]), int(self.arrays.edges[window + 1]))

    def lines_of(self, window: int) -> list[int]:
        """Return the numbers of the lines of a window."""
        return [g for g, line in enumerate(self.lines) if line.window == window]

    def background(self, window: int) -> int:
        """Return the number k of a window's background among the full parameters."""
        return 3 * len(self.lines) + window

    def parameters_of(self, window: int) -> list[int]:
        """Return the numbers k of a window's full parameters: peak, centre and width of each line, and the background."""
        return [3 * g + i for g in self.lines_of(window) for i in range(3)] + [self.background(window)]

    def start(self, q: np.ndarray, limits: Mapping[str, tuple[float, float]] = BOUNDS) -> Start:
        """Return a start from full parameters (K,), with bounds about them (see :meth:`bounds`)."""
        return Start(self, np.asarray(q, float), self.bounds(q, limits))

    def full(self, p: np.ndarray) -> np.ndarray:
        """Return the full parameters (..., K) of free ones (..., P)."""
        parent, scale, offset = self.arrays.parent, self.arrays.scale, self.arrays.offset
        return np.where(parent >= 0, scale * p[..., parent], 0.0) + offset

    def reduce(self, q: np.ndarray) -> np.ndarray:
        """Return the free parameters (..., P) of full ones (..., K): those of the first parameter of each tie."""
        parent, scale, offset = self.arrays.parent, self.arrays.scale, self.arrays.offset
        p = np.empty((*q.shape[:-1], self.free))
        for k in reversed(range(parent.size)):
            if parent[k] >= 0:
                p[..., parent[k]] = (q[..., k] - offset[k]) / scale[k]
        return p

    def bounds(self, q: np.ndarray, limits: Mapping[str, tuple[float, float]] = BOUNDS) -> Bounds:
        """Return the bounds (P,) of the free parameters, so that every parameter that follows keeps within its own.

        Parameters
        ----------
        q
            Full parameters (K,); the limits of centres are relative to them.
        limits
            Lower and upper limit for each of ``I``, ``x``, ``s``, ``B``.

        Raises
        ------
        InputError
            If ties leave a parameter no room.
        """
        parents, scale, offset = self.arrays.parent, self.arrays.scale, self.arrays.offset
        lower, upper = np.full(self.free, -np.inf), np.full(self.free, np.inf)
        for k, parent in enumerate(parents):
            if parent < 0:
                continue
            origin = q[k] if kind(self.names[k]) == "x" else 0
            low, high = (limit + origin for limit in limits[kind(self.names[k])])
            ends = sorted(((low - offset[k]) / scale[k], (high - offset[k]) / scale[k]))
            lower[parent], upper[parent] = max(lower[parent], ends[0]), min(upper[parent], ends[1])
        if (lower > upper).any():
            tied = [name for name, i in zip(self.names, parents, strict=True) if i >= 0 and lower[i] > upper[i]]
            raise InputError(f"the ties of {', '.join(tied)} leave no value within the bounds", cure="Widen spice.model.limits")
        return Bounds(lower, upper)


def kind(name: str) -> str:
    """Return ``I``, ``x``, ``s`` or ``B``, of a parameter's name."""
    return "B" if name.startswith("B ") else name.rsplit(" ", 1)[-1]


def build(
    wavelengths: Sequence[np.ndarray], lines: Iterable[Line], ties: Iterable[Tie] = (), fixed: Mapping[str, float] | None = None
) -> LineModel:
    """Build the model of lines in windows.

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
        If a tie names no parameter, a parameter follows twice, follows itself, or has factor 0, or all parameters are fixed.
    """
    lines, ties, fixed = tuple(lines), tuple(ties), dict(fixed or {})
    names = tuple([f"{line.name} {p}" for line in lines for p in "Ixs"] + [f"B {w}" for w in range(len(wavelengths))])
    if len(set(names)) < len(names):
        raise InputError("two lines of a group have one name", cure="Fit windows that hold the same line apart: spice.groups")
    parent, scale, offset = _map(names, ties, fixed)
    if parent.max() < 0:
        raise InputError("every parameter is fixed: nothing is left to fit", cure="Shorten spice.model.fixed")
    windows = [line.window for line in lines]
    slots, members, counts = _slots(parent, [w for w in windows for _ in "Ixs"] + list(range(len(wavelengths))))
    arrays = Model(
        wavelength=np.concatenate(wavelengths).astype(float),
        edges=np.concatenate([[0], np.cumsum([w.size for w in wavelengths])]).astype(np.int64),
        windows=np.array(windows, np.int64),
        parent=parent,
        scale=scale,
        offset=offset,
        slots=slots,
        members=members,
        counts=counts,
        linear=_linear(names, parent),
    )
    return LineModel(lines, ties, fixed, names, arrays)


def _map(names: Sequence[str], ties: Sequence[Tie], fixed: Mapping[str, float]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return parent, scale and offset of every full parameter; chains of ties are followed to their head."""
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
    """Return the head of a chain of ties, and the factor and summand that lead from it to ``name``."""
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


def _linear(names: Sequence[str], parent: np.ndarray) -> np.ndarray:
    """Return which free parameters (P,) move only peaks and backgrounds: the model is linear in them."""
    others = {free for free, name in zip(parent, names, strict=True) if kind(name) in ("x", "s")}
    return np.array([free not in others for free in range(parent.max() + 1)], bool)


def _slots(parent: np.ndarray, windows: Sequence[int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return slots, members and counts of the model, from the parent and the window of every full parameter."""
    lists: list[list[int]] = [[] for _ in range(max(windows) + 1)]
    slots = np.zeros(parent.size, np.int64)
    for k, (free, window) in enumerate(zip(parent, windows, strict=True)):
        if free >= 0:
            if free not in lists[window]:
                lists[window].append(int(free))
            slots[k] = lists[window].index(free)
    counts = np.array([len(entries) for entries in lists], np.int64)
    members = np.zeros((len(lists), int(counts.max())), np.int64)
    for w, entries in enumerate(lists):
        members[w, : len(entries)] = entries
    return slots, members, counts
