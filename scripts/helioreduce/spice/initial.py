"""What a window is fitted with: which lines, and where they are to be looked for, from the window's mean spectrum."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from helioreduce.errors import InputError
from helioreduce.spice.catalogue import Catalogue, Entry
from helioreduce.spice.fit import CONVERGED, Fit, fit_spectra
from helioreduce.spice.level2 import Window
from helioreduce.spice.model import BOUNDS, Line, LineModel, Tie, build
from helioreduce.spice.noise import Noise

#: Wavelength offsets (Å) and widths (Å) of the first search.
OFFSETS = np.arange(-1.5, 1.51, 0.1)
WIDTHS = (0.20, 0.28, 0.36, 0.48, 0.60)
#: How far a line may lie from where the first search puts it, Å.
NEAR = 0.4
#: A sample counts towards the mean spectrum if this share of the usable pixels has it.
COMPLETE = 0.4
#: The lines of a window may stand this far outside of its usable samples, Å; widened until there is one.
MARGIN, WIDEST_MARGIN = 0.0, 0.9


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """A model with the full parameters (K,) of the mean spectrum, and the free parameters' bounds for single spectra.

    ``ties`` and ``fixed`` are those that this model has.
    """

    model: LineModel
    q: np.ndarray
    bounds: tuple[np.ndarray, np.ndarray]
    ties: tuple[Tie, ...] = ()
    fixed: Mapping[str, float] | None = None


def mean_spectrum(window: Window) -> tuple[np.ndarray, np.ndarray]:
    """Mean over all pixels (λ,), NaN at wavelengths that most usable pixels miss, and the number of samples in each mean."""
    spectra = window.spectra
    finite = np.isfinite(spectra)
    count = finite.sum(axis=0)
    if not count.max():
        raise InputError(f"the window {window.name!r} has no finite sample", cure="Leave it out of spice.windows")
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(finite, spectra, 0).sum(axis=0, dtype=float) / count
    return np.where(count >= COMPLETE * count.max(), mean, np.nan), count


def lines_of(window: Window, mean: np.ndarray, catalogue: Catalogue, number: int) -> list[Line]:
    """Lines of the catalogue within a window's usable range; without any, one line at the brightest sample, with a warning."""
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
        return [Line(f"unknown {place:.2f}", place, number)]
    return [Line(entry.name, entry.wavelength, number) for entry in found]


def estimate(
    windows: Sequence[Window],
    noise: Sequence[Noise],
    catalogue: Catalogue,
    *,
    ties: Sequence[Tie] = (),
    fixed: Mapping[str, float] | None = None,
    shared_width: bool = False,
    limits: Mapping[str, tuple[float, float]] = BOUNDS,
    significance: float = 3.0,
) -> Start:
    """Model and start of a group of windows, from their mean spectra.

    The lines of each window are shifted together and given one width until χ² is least over a grid of offsets and widths;
    a fit from there with all parameters free gives the start of every single spectrum.

    Parameters
    ----------
    windows, noise
        The group's windows, and the variance of one sample in each.
    ties, fixed, shared_width
        Relations between parameters; ``shared_width`` gives all lines of a window one width. Those of lines in other windows
        do not apply.
    limits
        Bounds of single spectra (:data:`helioreduce.spice.model.BOUNDS`).
    significance
        A line whose peak in the mean spectrum is below this many errors is left out, with a warning, unless a tie names it;
        0 keeps all.
    """
    means = [mean_spectrum(window) for window in windows]
    lines = [
        line for i, (w, (mean, _)) in enumerate(zip(windows, means, strict=True)) for line in lines_of(w, mean, catalogue, i)
    ]
    y = np.concatenate([mean for mean, _ in means])
    counts = np.concatenate([np.maximum(count, 1) for _, count in means])
    size = [window.wavelength.size for window in windows]
    a, b = (np.repeat([getattr(n, part) for n in noise], size) / counts for part in "ab")
    ties, fixed = _applicable(lines, len(windows), ties, fixed or {})
    named = {name.rsplit(" ", 1)[0] for tie in ties for name in (tie.follower, tie.leader)}
    while True:
        own = [*ties, *_shared(lines, ties)] if shared_width else list(ties)
        model = build([window.wavelength for window in windows], lines, own, fixed)
        mean = _search(model, y, a, b, limits)
        absent = _absent(model, mean, significance, keep=named)
        if not absent:
            break
        warnings.warn(f"{absent.name}: not seen in the mean spectrum of its window, left out", UserWarning, stacklevel=2)
        lines = [line for line in lines if line != absent]
    q = mean.q[0]
    return Start(model, q, model.bounds(q, limits), tuple(own), fixed)


def options(given: Mapping[str, object]) -> dict[str, object]:
    """Arguments of :func:`estimate` from plain settings: ties as mappings, limits as lists."""
    result = dict(given)
    result["ties"] = [Tie(t["follower"], t["operation"], t["leader"], float(t["value"])) for t in given["ties"]]  # type: ignore[attr-defined]
    result["limits"] = {key: tuple(limits) for key, limits in given["limits"].items()}  # type: ignore[attr-defined]
    return result


def _applicable(
    lines: Sequence[Line], windows: int, ties: Sequence[Tie], fixed: Mapping[str, float]
) -> tuple[list[Tie], dict[str, float]]:
    """Ties and fixed parameters of these lines and backgrounds.

    Raises
    ------
    InputError
        If a tie leads out of the group.
    """
    known = {f"{line.name} {letter}" for line in lines for letter in "Ixs"} | {f"B {w}" for w in range(windows)}
    own = [tie for tie in ties if {tie.follower, tie.leader} & known]
    cut = next((tie for tie in own if not {tie.follower, tie.leader} <= known), None)
    if cut:
        raise InputError(
            f"the tie of {cut.follower!r} to {cut.leader!r} leads out of the group of windows",
            cure="Put both windows into one of spice.groups, or correct the names",
        )
    return own, {name: number for name, number in fixed.items() if name in known}


def _search(model: LineModel, y: np.ndarray, a: np.ndarray, b: np.ndarray, limits: Mapping[str, tuple[float, float]]) -> Fit:
    """Fit of the mean spectrum, started from every offset and width; the best that converged."""
    rest = np.zeros(model.parent.size)
    rest[0 : 3 * len(model.lines) : 3] = 1.0
    rest[1 : 3 * len(model.lines) : 3] = [line.wavelength for line in model.lines]
    grid = [(offset, width) for offset in OFFSETS for width in WIDTHS if limits["s"][0] <= width <= limits["s"][1]]
    starts = np.tile(rest, (len(grid), 1))
    for i, (offset, width) in enumerate(grid):
        starts[i, 1 : 3 * len(model.lines) : 3] += offset
        starts[i, 2 : 3 * len(model.lines) : 3] = width
    reach = 0.1 + float(OFFSETS.max())
    spectra = np.broadcast_to(y, (len(grid), y.size))
    rigid = _rigid(model)
    first = fit_spectra(rigid, spectra, a, b, starts, rigid.bounds(rest, {**limits, "x": (-reach, reach)}))
    best = first.q[np.nanargmin(np.where(first.status == CONVERGED, first.chi2, np.inf))]
    fit = fit_spectra(model, y[None], a, b, best, model.bounds(best, {**limits, "x": (-NEAR, NEAR)}))
    if fit.status[0] != CONVERGED:
        warnings.warn("the fit of the mean spectrum did not converge: single spectra start from a rough guess", stacklevel=3)
    return fit


def _rigid(model: LineModel) -> LineModel:
    """The same lines at fixed distances, with one width per window."""
    parts = [model.wavelength[lo:hi] for lo, hi in zip(model.edges[:-1], model.edges[1:], strict=True)]
    ties: list[Tie] = []
    leaders: dict[int, Line] = {}
    for line in model.lines:
        lead = leaders.setdefault(line.window, line)
        if lead is not line:
            ties.append(Tie(f"{line.name} x", "add", f"{lead.name} x", line.wavelength - lead.wavelength))
            ties.append(Tie(f"{line.name} s", "mul", f"{lead.name} s", 1.0))
    return build(parts, model.lines, ties)


def _shared(lines: Sequence[Line], ties: Sequence[Tie]) -> list[Tie]:
    """One width for the lines of each window, but for those that a tie or the first line settles."""
    followers = {tie.follower for tie in ties}
    leaders: dict[int, Line] = {}
    for line in lines:
        if f"{line.name} s" not in followers:
            leaders.setdefault(line.window, line)
    return [
        Tie(f"{line.name} s", "mul", f"{leaders[line.window].name} s", 1.0)
        for line in lines
        if line.window in leaders and line is not leaders[line.window] and f"{line.name} s" not in followers
    ]


def _absent(model: LineModel, mean: Fit, significance: float, keep: set[str]) -> Line | None:
    """The least significant line of the mean spectrum, if it is below ``significance`` and its window has others."""
    q, sigma = mean.q[0], mean.sigma()[0]
    ratios = {}
    for g, line in enumerate(model.lines):
        alone = sum(other.window == line.window for other in model.lines) == 1
        if not alone and line.name not in keep:
            error = sigma[3 * g]
            ratios[line] = q[3 * g] / error if np.isfinite(error) and error > 0 else 0.0
    worst = min(ratios, key=ratios.get, default=None)  # type: ignore[arg-type]
    return worst if worst is not None and ratios[worst] < significance else None
