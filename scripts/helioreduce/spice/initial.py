"""What a window is fitted with: which lines, and where they are to be looked for, from the window's mean spectrum."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from helioreduce.errors import InputError
from helioreduce.spice.catalogue import Catalogue, Entry
from helioreduce.spice.fit import CONVERGED, Fit, fit_spectra
from helioreduce.spice.group import Group
from helioreduce.spice.level2 import Window
from helioreduce.spice.model import BOUNDS, Line, LineModel, Start, Tie, build

#: Wavelength offsets (Å) and widths (Å) of the first search.
OFFSETS = np.arange(-1.5, 1.51, 0.1)
WIDTHS = (0.20, 0.28, 0.36, 0.48, 0.60)
#: How far a line may lie from where the first search puts it, Å.
NEAR = 0.4
#: A sample counts towards the mean spectrum if this share of the usable pixels has it.
COMPLETE = 0.4
#: The lines of a window may stand this far outside of its usable samples, Å; widened until there is one.
MARGIN, WIDEST_MARGIN = 0.0, 0.9


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
    significance
        A line whose peak in the mean spectrum is below this many errors is left out, with a warning, unless a tie names it;
        0 keeps all.
    """

    ties: tuple[Tie, ...] = ()
    fixed: Mapping[str, float] = field(default_factory=dict)
    shared_width: bool = False
    limits: Mapping[str, tuple[float, float]] = field(default_factory=lambda: BOUNDS)
    significance: float = 3.0

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Settings:
        """Return the settings of a configuration: ties as mappings, limits as lists."""
        ties = [Tie(tie["follower"], tie["operation"], tie["leader"], float(tie["value"])) for tie in given["ties"]]
        limits = {key: (low, high) for key, (low, high) in given["limits"].items()}
        return cls(tuple(ties), given["fixed"], given["shared_width"], limits, given["significance"])


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
        return [Line(f"unknown {place:.2f}", place, number)]
    return [Line(entry.name, entry.wavelength, number) for entry in found]


def estimate(group: Group, catalogue: Catalogue, settings: Settings | None = None) -> Start:
    """Return the model and start of a group of windows, from their mean spectra.

    The lines of each window are shifted together and given one width until χ² is least over a grid of offsets and widths;
    a fit from there with all parameters free gives the start of every single spectrum.

    Raises
    ------
    InputError
        If a window holds no data, or a tie leads out of the group.
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
    ties, fixed = _applicable(lines, len(group.windows), settings)
    tied = {name.rsplit(" ", 1)[0] for tie in ties for name in (tie.follower, tie.leader)}
    while True:
        own = [*ties, *_shared(lines, ties)] if settings.shared_width else ties
        model = build([window.wavelength for window in group.windows], lines, own, fixed)
        mean = _search(model, spectrum, settings.limits)
        absent = _absent(model, mean, settings.significance, keep=tied)
        if not absent:
            return model.start(mean.q[0], settings.limits)
        warnings.warn(f"{absent.name}: not seen in the mean spectrum of its window, left out", UserWarning, stacklevel=2)
        lines = [line for line in lines if line != absent]


def _applicable(lines: Sequence[Line], windows: int, settings: Settings) -> tuple[list[Tie], dict[str, float]]:
    """Return the ties and fixed parameters of these lines and backgrounds.

    Raises
    ------
    InputError
        If a tie leads out of the group.
    """
    known = {f"{line.name} {letter}" for line in lines for letter in "Ixs"} | {f"B {window}" for window in range(windows)}
    ties = []
    for tie in settings.ties:
        inside = [name in known for name in (tie.follower, tie.leader)]
        if any(inside) and not all(inside):
            raise InputError(
                f"the tie of {tie.follower!r} to {tie.leader!r} leads out of the group of windows",
                cure="Put both windows into one of spice.groups, or correct the names",
            )
        if all(inside):
            ties.append(tie)
    return ties, {name: number for name, number in settings.fixed.items() if name in known}


def _search(model: LineModel, spectrum: Spectrum, limits: Mapping[str, tuple[float, float]]) -> Fit:
    """Fit the mean spectrum from every offset and width, and return the best fit that converged."""
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
    best = first.q[np.nanargmin(np.where(first.status == CONVERGED, first.chi2, np.inf))]
    fit = fit_spectra(model.start(best, {**limits, "x": (-NEAR, NEAR)}), spectrum.y[None], spectrum.a, spectrum.b)
    if fit.status[0] != CONVERGED:
        warnings.warn("the fit of the mean spectrum did not converge: single spectra start from a rough guess", stacklevel=3)
    return fit


def _rigid(model: LineModel) -> LineModel:
    """Return a model of the same lines at fixed distances, with one width per window."""
    wavelengths = [model.arrays.wavelength[model.samples(window)] for window in range(model.arrays.counts.size)]
    ties: list[Tie] = []
    leaders: dict[int, Line] = {}
    for line in model.lines:
        leader = leaders.setdefault(line.window, line)
        if leader is not line:
            ties.append(Tie(f"{line.name} x", "add", f"{leader.name} x", line.wavelength - leader.wavelength))
            ties.append(Tie(f"{line.name} s", "mul", f"{leader.name} s", 1.0))
    return build(wavelengths, model.lines, ties)


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


def _absent(model: LineModel, mean: Fit, significance: float, keep: set[str]) -> Line | None:
    """Return the least significant line of the mean spectrum, if it is below ``significance`` and its window has others."""
    q, sigma = mean.q[0], mean.sigma()[0]
    least, absent = significance, None
    for g, line in enumerate(model.lines):
        if line.name in keep or len(model.lines_of(line.window)) == 1:
            continue
        error = sigma[3 * g]
        ratio = q[3 * g] / error if np.isfinite(error) and error > 0 else 0.0
        if ratio < least:
            least, absent = ratio, line
    return absent
