"""What a window is fitted with: which lines, and where they are to be looked for, from the window's mean spectrum."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from helioreduce.errors import InputError
from helioreduce.spice import naming
from helioreduce.spice.catalogue import Catalogue, Entry
from helioreduce.spice.fit import CONVERGED, Fit, fit_spectra
from helioreduce.spice.group import Group
from helioreduce.spice.level2 import Window
from helioreduce.spice.model import BOUNDS, Line, LineModel, Start, Tie, build

#: Begin of the name of a component that is no line of the catalogue.
UNKNOWN = "unknown "
#: Wavelength offsets (Å) and widths (Å) of the first search.
OFFSETS = np.arange(-1.5, 1.51, 0.1)
WIDTHS = (0.20, 0.28, 0.36, 0.48, 0.60)
#: How far a line may lie from where the first search puts it, Å.
NEAR = 0.4
#: A sample counts towards the mean spectrum if this share of the usable pixels has it.
COMPLETE = 0.4
#: The lines of a window may stand this far outside of its usable samples, Å; widened until there is one.
MARGIN, WIDEST_MARGIN = 0.0, 0.9


class Mean(NamedTuple):
    """Fits of a mean spectrum: its lines at the catalogue's distances with one width per window, and each where it ended."""

    rigid: Fit
    free: Fit


class Spectrum(NamedTuple):
    """A spectrum (n,) and the constant and proportional part of its variance, (n,) each."""

    y: np.ndarray
    a: np.ndarray
    b: np.ndarray


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


def mean_spectrum(window: Window) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean over all pixels (λ,) and the number of samples in each mean; NaN where most usable pixels miss."""
    spectra = window.spectra
    finite = np.isfinite(spectra)
    count = finite.sum(axis=0)
    if not count.max():
        raise InputError(f"the window {window.name!r} has no finite sample", cure="Fetch the file again, or leave it out")
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(finite, spectra, 0).sum(axis=0, dtype=float) / count
    return np.where(count >= COMPLETE * count.max(), mean, np.nan), count


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
        found = _search(model, spectrum, settings.limits)
        mean = _held(found, spectrum, settings, keep)
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


def _held(found: Mean, spectrum: Spectrum, settings: Settings, keep: set[str]) -> Fit:
    """Return the free fit, with centres and widths that ended at a limit put beside the others where χ² allows it.

    That is where it costs less than ``significance``², the line being seen there too.
    """
    mean = found.free
    for g in sorted(range(len(mean.model.lines)), key=lambda g: mean.q[0, 3 * g]):
        for i in (1, 2):
            model = mean.model
            if model.lines[g].name in keep or not _at_bound(mean, 3 * g + i):
                continue
            tie = _beside(mean, g, i)
            if tie is None:
                continue
            held = build(_wavelengths(model), model.lines, [*model.ties, tie], model.fixed)
            start = held.start(found.rigid.q[0], {**settings.limits, "x": (-NEAR, NEAR)})
            other = fit_spectra(start, spectrum.y[None], spectrum.a, spectrum.b)
            cost = other.chi2[0] - mean.chi2[0]
            if other.status[0] == CONVERGED and cost < settings.significance**2 and _seen(other, g) >= settings.significance:
                mean = other
    return mean


def _beside(mean: Fit, g: int, i: int) -> Tie | None:
    """Return the tie of centre (i = 1) or width (2) of line g to the brightest line of its window that has found its own."""
    model, line = mean.model, mean.model.lines[g]
    if any(tie.follower == model.names[3 * g + i] for tie in model.ties):
        return None
    others = [h for h in model.lines_of(line.window) if h != g and not _at_bound(mean, 3 * h + i)]
    others = [h for h in others if not any(tie.follower == model.names[3 * h + i] for tie in model.ties)]
    if not others:
        return None
    leader = max(others, key=lambda h: mean.q[0, 3 * h])
    names = model.names[3 * g + i], model.names[3 * leader + i]
    if i == 1:
        return Tie(names[0], "add", names[1], line.wavelength - model.lines[leader].wavelength)
    return Tie(names[0], "mul", names[1], 1.0)


def _displaced(mean: Fit, keep: set[str]) -> Line | None:
    """Return a line whose centre ended at the limit of its search, the faintest first; None without one."""
    lines = mean.model.lines
    at_bound = [g for g, line in enumerate(lines) if line.name not in keep and _at_bound(mean, 3 * g + 1)]
    at_bound = [g for g in at_bound if not lines[g].name.startswith(UNKNOWN)]
    return lines[min(at_bound, key=lambda g: mean.q[0, 3 * g])] if at_bound else None


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
    return [line.name for g, line in enumerate(mean.model.lines) if _at_bound(mean, 3 * g + 2)]


def _at_bound(mean: Fit, k: int) -> bool:
    """Return whether full parameter number k of a mean spectrum is at a bound."""
    parent = mean.model.arrays.parent[k]
    return bool(parent >= 0 and mean.at_bound[0, parent])


def _search(model: LineModel, spectrum: Spectrum, limits: Mapping[str, tuple[float, float]]) -> Mean:
    """Fit the mean spectrum from every offset and width with rigid lines, and from the best of these with free ones."""
    q = np.zeros(len(model.names))
    peaks, centres, widths = (slice(i, 3 * len(model.lines), 3) for i in range(3))
    q[peaks] = 1.0
    q[centres] = [line.wavelength for line in model.lines]
    grid = [(offset, width) for offset in OFFSETS for width in WIDTHS if limits["s"][0] <= width <= limits["s"][1]]
    starts = np.tile(q, (len(grid), 1))
    for start, (offset, width) in zip(starts, grid, strict=True):
        start[centres] += offset
        start[widths] = width
    reach = 0.1 + float(OFFSETS.max())
    spectra = np.broadcast_to(spectrum.y, (len(grid), spectrum.y.size))
    rigid = _rigid(model)
    search = Start(rigid, starts, rigid.bounds(q, {**limits, "x": (-reach, reach)}))
    first = fit_spectra(search, spectra, spectrum.a, spectrum.b)
    best = first.take(np.array([np.nanargmin(np.where(first.status == CONVERGED, first.chi2, np.inf))]))
    fit = fit_spectra(model.start(best.q[0], {**limits, "x": (-NEAR, NEAR)}), spectrum.y[None], spectrum.a, spectrum.b)
    if fit.status[0] != CONVERGED:
        warnings.warn("the fit of the mean spectrum did not converge: single spectra start from a rough guess", stacklevel=3)
    return Mean(best, fit)


def _wavelengths(model: LineModel) -> list[np.ndarray]:
    """Return the wavelengths of a model's windows, Å."""
    return [model.arrays.wavelength[model.samples(window)] for window in range(model.arrays.counts.size)]


def _rigid(model: LineModel) -> LineModel:
    """Return a model of the same lines at fixed distances, with one width per window."""
    ties: list[Tie] = []
    leaders: dict[int, Line] = {}
    for line in model.lines:
        leader = leaders.setdefault(line.window, line)
        if leader is not line:
            ties.append(Tie(f"{line.name} x", "add", f"{leader.name} x", line.wavelength - leader.wavelength))
            ties.append(Tie(f"{line.name} s", "mul", f"{leader.name} s", 1.0))
    return build(_wavelengths(model), model.lines, ties)


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
        ratio = max(_seen(fit, g) for fit in found)
        if ratio < least:
            least, absent = ratio, line
    return absent


def _seen(mean: Fit, g: int) -> float:
    """Return the peak of a line in a mean spectrum over its error, 0 where the error is not known."""
    error = mean.sigma()[0, 3 * g]
    return float(mean.q[0, 3 * g] / error) if np.isfinite(error) and error > 0 else 0.0
