"""What a window is fitted with: which lines, and where they are to be looked for, from the window's mean spectrum."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from helioreduce.spice import naming
from helioreduce.spice.catalogue import Catalogue, Entry
from helioreduce.spice.fit import Fit
from helioreduce.spice.group import Group
from helioreduce.spice.level2 import Window
from helioreduce.spice.mean import Mean, Spectrum, at_bound, held, mean_spectrum, search, seen
from helioreduce.spice.model import BOUNDS, Line, LineModel, Start, Tie, build

#: Begin of the name of a component that is no line of the catalogue.
UNKNOWN = "unknown "
#: The lines of a window may stand this far outside of its usable samples, Å; widened until there is one.
MARGIN, WIDEST_MARGIN = 0.0, 0.9


@dataclass(frozen=True, slots=True)
class Settings:
    """What a model has besides the lines of the catalogue.

    Attributes
    ----------
    ties, fixed
        Relations between parameters, and parameters with a given value. Those of lines in other groups do not apply.
    shared_width
        One width for all lines of a window.
    limits
        Bounds of single spectra (:data:`helioreduce.spice.model.BOUNDS`).
    start
        Start values by hand, by parameter; a line that has one is never left out.
    significance
        A line whose peak in the mean spectrum is below this many errors is left out, with a warning, unless a tie names it;
        0 keeps all.
    """

    ties: tuple[Tie, ...] = ()
    fixed: Mapping[str, float] = field(default_factory=dict)
    start: Mapping[str, float] = field(default_factory=dict)
    shared_width: bool = False
    limits: Mapping[str, tuple[float, float]] = field(default_factory=lambda: BOUNDS)
    significance: float = 3.0

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Settings:
        """Return the settings of a configuration: ties as mappings, limits as lists."""
        ties = [Tie(tie["follower"], tie["operation"], tie["leader"], float(tie["value"])) for tie in given["ties"]]
        limits = {key: (low, high) for key, (low, high) in given["limits"].items()}
        return cls(tuple(ties), given["fixed"], given["start"], given["shared_width"], limits, given["significance"])


def lines_of(window: Window, mean: np.ndarray, catalogue: Catalogue, number: int) -> list[Line]:
    """Return the lines of the catalogue within a window's usable range.

    Without any, the result is one line at the brightest sample, with a warning.

    Parameters
    ----------
    window, mean
        A window and its mean spectrum (λ,).
    catalogue
        Lines that may be there.
    number
        Of the window in its group.
    """
    used = window.wavelength[np.isfinite(mean)]
    found: list[Entry] = []
    for margin in np.arange(MARGIN, WIDEST_MARGIN + 0.05, 0.1):
        found = catalogue.within(used[0] - margin, used[-1] + margin)
        if found:
            break
    if not found:
        place = float(window.wavelength[np.nanargmax(mean)])
        warnings.warn(
            f"{window.name}: no line of the catalogue lies in it; one line is fitted at {place:.2f} Å",
            UserWarning,
            stacklevel=2,
        )
        return [Line(f"{UNKNOWN}{place:.2f}", place, number)]
    return [Line(entry.name, entry.wavelength, number) for entry in found]


def estimate(group: Group, catalogue: Catalogue, settings: Settings | None = None) -> Start:
    """Return the model and start of a group of windows, from their mean spectra.

    The lines of each window are shifted together and given one width until χ² is least over a grid of offsets and widths;
    a fit from there with all parameters free gives the start of every single spectrum. A line that the mean spectrum shows
    neither at its place beside the others nor near it is left out. A centre or width that ended at the limit of its search
    is put where the others have it, if χ² does not tell the two apart (few pixels, a blend). If it does, what is there is not
    that line: it is left out; left alone in its window, such a component is kept under the name ``unknown`` and its
    wavelength; a line whose width is at its limit is marked. What was left out or marked is warned of, and noted in the start.

    Raises
    ------
    InputError
        If a window holds no data.
    """
    settings = settings or Settings()
    means = [mean_spectrum(window) for window in group.windows]
    lines = [
        line
        for number, (window, (mean, _)) in enumerate(zip(group.windows, means, strict=True))
        for line in lines_of(window, mean, catalogue, number)
    ]
    counts = np.concatenate([np.maximum(count, 1) for _, count in means])
    a, b = group.variance
    spectrum = Spectrum(np.concatenate([mean for mean, _ in means]), a / counts, b / counts)
    notes: list[str] = []
    while True:
        model, keep = _model(group, lines, settings)
        found = search(model, spectrum, settings.limits)
        mean = held(found, spectrum, settings.limits, settings.significance, keep)
        if gone := _absent(model, found, settings.significance, keep):
            notes.append(f"{gone.name}: not seen in the mean spectrum of its window, left out")
            lines = [line for line in lines if line != gone]
        elif gone := _displaced(mean, keep):
            lines = _without(lines, gone, float(mean.q[0, 3 * model.lines.index(gone) + 1]), notes)
        else:
            break
    marked = _wide(mean)
    notes += [f"{name}: its width in the mean spectrum is at a limit (spice.model.limits.s), marked" for name in marked]
    for note in notes:
        warnings.warn(note, UserWarning, stacklevel=2)
    start = model.start(_by_hand(model, mean.q[0], group, settings.start), settings.limits)
    return replace(start, notes=tuple(notes), marked=tuple(marked))


def _model(group: Group, lines: Sequence[Line], settings: Settings) -> tuple[LineModel, set[str]]:
    """Return the model of the lines with the relations that apply to it, and the names of lines that are never left out."""

    def own(name: str) -> str:
        """Return the name of a parameter in this group; empty where it has none."""
        return _parameter(name, lines, group.windows)

    ties = [tie._replace(follower=own(tie.follower), leader=own(tie.leader)) for tie in settings.ties]
    ties = [tie for tie in ties if tie.follower and tie.leader]
    fixed = {own(name): number for name, number in settings.fixed.items() if own(name)}
    given = {own(name) for name in settings.start} | {name for tie in ties for name in (tie.follower, tie.leader)}
    every = [*ties, *_shared(lines, ties)] if settings.shared_width else ties
    model = build([window.wavelength for window in group.windows], lines, every, fixed)
    return model, {name.rsplit(" ", 1)[0] for name in given}


def _parameter(name: str, lines: Sequence[Line], windows: Sequence[Window]) -> str:
    """Return a parameter as it is called in the model of these lines and windows; empty where there is none."""
    of, letter = naming.parameter(name)
    line = naming.line(of, lines)
    if letter != "B":
        return f"{line.name} {letter}" if line and letter else ""
    for number, window in enumerate(windows):
        if of in (window.name, window.name.rsplit(" [", 1)[0]) or (line and line.window == number):
            return f"B {number}"
    return ""


def _by_hand(model: LineModel, q: np.ndarray, group: Group, given: Mapping[str, float]) -> np.ndarray:
    """Return the full parameters (K,) with start values given by hand; those that are tied to them follow."""
    p = model.reduce(q)
    for name, number in given.items():
        if own := _parameter(name, model.lines, group.windows):
            k = model.names.index(own)
            if model.arrays.parent[k] >= 0:
                p[model.arrays.parent[k]] = (number - model.arrays.offset[k]) / model.arrays.scale[k]
    return model.full(p) if given else q


def _displaced(mean: Fit, keep: set[str]) -> Line | None:
    """Return a line whose centre ended at the limit of its search, the faintest first; None without one."""
    lines = mean.model.lines
    gone = [g for g, line in enumerate(lines) if line.name not in keep and at_bound(mean, 3 * g + 1)]
    gone = [g for g in gone if not lines[g].name.startswith(UNKNOWN)]
    return lines[min(gone, key=lambda g: mean.q[0, 3 * g])] if gone else None


def _without(lines: Sequence[Line], gone: Line, centre: float, notes: list[str]) -> list[Line]:
    """Return the lines without one; the only one of its window loses its name."""
    if sum(line.window == gone.window for line in lines) > 1:
        notes.append(
            f"{gone.name}: what is near it lies at {centre:.2f} A, the limit of the search, and is not that line; left out"
        )
        return [line for line in lines if line != gone]
    other = Line(f"{UNKNOWN}{centre:.2f}", centre, gone.window)
    notes.append(f"{gone.name}: the only component of its window lies at {centre:.2f} A, and is not that line: {other.name}")
    return [other if line == gone else line for line in lines]


def _wide(mean: Fit) -> list[str]:
    """Return the lines whose width is at its limit."""
    return [line.name for g, line in enumerate(mean.model.lines) if at_bound(mean, 3 * g + 2)]


def _shared(lines: Sequence[Line], ties: Sequence[Tie]) -> list[Tie]:
    """Return ties that give the lines of each window one width, the first one's; widths that follow another are left alone."""
    followers = {tie.follower for tie in ties}
    leaders: dict[int, Line] = {}
    shared = []
    for line in lines:
        if f"{line.name} s" in followers:
            continue
        leader = leaders.setdefault(line.window, line)
        if leader is not line:
            shared.append(Tie(f"{line.name} s", "mul", f"{leader.name} s", 1.0))
    return shared


def _absent(model: LineModel, found: Mean, significance: float, keep: set[str]) -> Line | None:
    """Return the line that is least seen, at its place and near it, if below ``significance`` and not alone in its window."""
    least, absent = significance, None
    for g, line in enumerate(model.lines):
        if line.name in keep or len(model.lines_of(line.window)) == 1:
            continue
        ratio = max(seen(fit, g) for fit in found)
        if ratio < least:
            least, absent = ratio, line
    return absent
