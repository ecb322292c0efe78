"""Figures of level 2: images and spectra of a window with the known lines, and the start of a fit."""

from __future__ import annotations

from textwrap import fill

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from helioreduce.io.plots import SKY
from helioreduce.spice import panels
from helioreduce.spice.catalogue import Catalogue
from helioreduce.spice.figures import COLOURS, brightness
from helioreduce.spice.fit import evaluate
from helioreduce.spice.group import Group
from helioreduce.spice.level2 import Window, spatial_header
from helioreduce.spice.maps import label
from helioreduce.spice.mean import mean_spectrum
from helioreduce.spice.model import Start
from helioreduce.spice.panels import PAGE

#: Half of the range of the second image, about the brightest sample of the mean spectrum, Å.
_CORE = 0.5
#: Lines of the catalogue are marked this far outside of the window, Å: level 2 may be shifted.
_MARGIN = 0.5


def images(window: Window) -> Figure:
    """Draw the radiance of the whole window, and that of 1 Å about the brightest sample of its mean spectrum."""
    mean, _ = mean_spectrum(window)
    peak = float(window.wavelength[np.nanargmax(mean)])
    row = panels.row(spatial_header(window.header), window.shape, 2, width=0.62 * PAGE)
    core = np.abs(window.wavelength - peak) <= _CORE
    for number, (used, title) in enumerate(((np.full(core.shape, True), "Whole window"), (core, f"{peak:.1f} ± {_CORE} Å"))):
        light = integrated(window, used)
        row.draw(number, light, f"{title} [mW m⁻² sr⁻¹]", "inferno", brightness(light))
    return row.figure


def integrated(window: Window, used: np.ndarray) -> np.ndarray:
    """Return the radiance (t, y, x) of the samples ``used`` (λ,), mW/m²/sr; NaN where more than half of them are missing.

    Missing samples count as the mean of the others.
    """
    cube = window.data[:, used]
    finite = np.isfinite(cube)
    count = finite.sum(axis=1)
    step = 0.1 * float(np.median(np.abs(np.diff(window.wavelength))))  # nm
    total = np.where(finite, cube, 0).sum(axis=1, dtype=float)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(count > 0.5 * used.sum(), 1e3 * step * used.sum() * total / count, np.nan)


def spectrum(window: Window, catalogue: Catalogue) -> Figure:
    """Draw the mean spectrum of a window and the range of its pixels; dotted: where the catalogue has lines."""
    figure = Figure(figsize=(PAGE, 3.0), layout="constrained")
    axis = figure.subplots()
    mean, _ = mean_spectrum(window)
    spectra = window.spectra
    low, high = np.full(mean.shape, np.nan), np.full(mean.shape, np.nan)
    known = np.isfinite(mean)
    low[known], high[known] = np.nanpercentile(spectra[:, known], [5, 95], axis=0)
    axis.fill_between(window.wavelength, low, high, step="mid", color=SKY, alpha=0.35, lw=0, label="5 to 95 % of the pixels")
    axis.step(window.wavelength, mean, where="mid", color="0.2", lw=1.1, label="mean")
    for number, entry in enumerate(catalogue.within(window.low - _MARGIN, window.high + _MARGIN)):
        panels.mark(axis, entry.wavelength, label(entry.name), COLOURS[number % len(COLOURS)])
    axis.set(xlabel="wavelength [Å]; dotted: at rest", ylabel="W m⁻² sr⁻¹ nm⁻¹", title=window.name)
    _room(axis, np.array([low, mean, high]))
    figure.legend(*axis.get_legend_handles_labels(), loc="outside upper right", ncols=2)
    return figure


def start(group: Group, own: Start) -> Figure:
    """Draw the mean spectrum of every window of a fit with what the fit would start from: its sum and its lines."""
    windows, model = group.windows, own.model
    figure = Figure(figsize=(PAGE, 3.0), layout="constrained")
    axes = figure.subplots(1, len(windows), squeeze=False)[0]
    total = evaluate(model, model.reduce(own.q)[None])[0]
    for number, (axis, window) in enumerate(zip(axes, windows, strict=True)):
        mean, _ = mean_spectrum(window)
        axis.step(window.wavelength, mean, where="mid", color="0.55", lw=1.4, label="mean spectrum")
        for g in model.lines_of(number):
            peak, centre, width = own.q[3 * g : 3 * g + 3]
            shape = own.q[model.background(number)] + peak * np.exp(-0.5 * ((window.wavelength - centre) / width) ** 2)
            axis.plot(window.wavelength, shape, color=COLOURS[g % len(COLOURS)], lw=0.9, ls="--")
            panels.mark(axis, centre, label(model.lines[g].name), COLOURS[g % len(COLOURS)])
        axis.plot(window.wavelength, total[model.samples(number)], color="black", lw=1.2, label="start; dashed: its lines")
        axis.set(xlabel="wavelength [Å]; dotted: start", title=fill(window.name, 96 // len(windows)))
        _room(axis, np.array([mean, total[model.samples(number)]]))
    axes[0].set_ylabel("W m⁻² sr⁻¹ nm⁻¹")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper right", ncols=2)
    return figure


def _room(axis: Axes, values: np.ndarray) -> None:
    """Leave room for the names of the lines above the spectra."""
    finite = values[np.isfinite(values)]
    if finite.size:
        low, high = min(0.0, float(finite.min())), float(finite.max())
        axis.set_ylim(low - 0.03 * (high - low), low + 1.75 * (high - low))
