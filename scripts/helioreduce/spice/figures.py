"""Figures of a fitted raster: maps of every line, mean spectra with their models, quality of the fits."""

from __future__ import annotations

from textwrap import fill

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from helioreduce.io.plots import BLACK, BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILION
from helioreduce.spice import panels
from helioreduce.spice.composition import Graph
from helioreduce.spice.fit import CONVERGED, NOT_CONVERGED, TOO_FEW, evaluate
from helioreduce.spice.fitted import Fitted
from helioreduce.spice.maps import FipBias, LineMap, label
from helioreduce.spice.panels import MISSING, PAGE, Scale

#: Colours of lines in spectra.
COLOURS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, BLACK)


def line_maps(radiance: LineMap, velocity: LineMap, width: LineMap, bound: np.ndarray) -> Figure:
    """Draw radiance, velocity and width (FWHM) of one line, and below them their errors.

    Pixels where (t, y, x) a parameter of the line ended at a ``bound`` have a colour of their own. The scales follow the
    pixels whose error is small enough to show something: the others lie beyond their ends.
    """
    row = panels.row(radiance.header, radiance.data.shape, 3, rows=2)
    scaled = 1e3 * radiance.data
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = 100 * radiance.sigma / radiance.data
    fwhm, error = width.data, width.sigma
    row.draw(
        0, scaled, "Radiance [mW m⁻² sr⁻¹]", "inferno", brightness(scaled[_trusted(radiance.sigma, 3 * radiance.data)]), bound
    )
    row.draw(1, velocity.data, "Velocity [km/s], red: away", "RdBu_r", _speeds(velocity.data[_best(velocity.sigma)]), bound)
    row.draw(2, fwhm, "Width, FWHM [Å]", "viridis", _widths(fwhm[_best(error)]), bound)
    row.draw(3, relative, "1 σ of radiance [%]", "cividis", Scale(1, 100, logarithmic=True), bound)
    row.draw(4, velocity.sigma, "1 σ of velocity [km/s]", "cividis", _errors(velocity.sigma), bound)
    row.draw(5, error, "1 σ of FWHM [Å]", "cividis", _errors(error), bound)
    return row.figure


def _trusted(sigma: np.ndarray, limit: np.ndarray) -> np.ndarray:
    """Return where an error is known and below a limit."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.isfinite(sigma) & (sigma < limit))


def _best(sigma: np.ndarray) -> np.ndarray:
    """Return where an error is at most twice the median of the better half: those pixels set the scale."""
    finite = sigma[np.isfinite(sigma)]
    return _trusted(sigma, np.full(sigma.shape, 2 * np.percentile(finite, 25) if finite.size else 0.0))


def brightness(scaled: np.ndarray) -> Scale:
    """Return a scale from 2 % to 99.5 % of the positive values, logarithmic where they span more than a factor of 30."""
    positive = scaled[scaled > 0]
    low, high = np.nanpercentile(positive, [2, 99.5]) if positive.size else (0.1, 1.0)
    return Scale(low, high, logarithmic=True) if high > 30 * low else Scale(0, high)


def _speeds(velocity: np.ndarray) -> Scale:
    """Return a scale symmetric about 0, with 98 % of the values within, at least ±5 km/s."""
    reach = float(np.nanpercentile(np.abs(velocity), 98)) if np.isfinite(velocity).any() else 5.0
    return Scale(-max(5.0, reach), max(5.0, reach))


def _errors(sigma: np.ndarray) -> Scale:
    """Return a logarithmic scale from 2 % to 98 % of the errors, a factor of 3 at least."""
    finite = sigma[np.isfinite(sigma) & (sigma > 0)]
    low, high = np.percentile(finite, [2, 98]) if finite.size else (1.0, 10.0)
    return Scale(low, max(high, 3 * low), logarithmic=True)


def _widths(width: np.ndarray) -> Scale:
    """Return a scale from 2 % to 98 % of the values."""
    low, high = np.nanpercentile(width, [2, 98]) if np.isfinite(width).any() else (0.5, 1.2)
    return Scale(low, high)


def spectra(fitted: Fitted) -> Figure:
    """Draw the mean spectrum of every window with the mean of the fitted models, and the residual in its own errors."""
    windows = fitted.group.windows
    figure = Figure(figsize=(PAGE / 2 * len(windows), 3.4), layout="constrained")
    axes = figure.subplots(2, len(windows), squeeze=False, sharex="col", height_ratios=(3, 1))
    used = fitted.fit.status == CONVERGED
    modelled = evaluate(fitted.fit.model, fitted.fit.p[used])
    for number, (window, noise) in enumerate(zip(windows, fitted.group.noise, strict=True)):
        observed = window.spectra[used]
        finite = np.isfinite(observed)
        count = np.where(finite.sum(axis=0) > 0.4 * len(observed), finite.sum(axis=0), np.nan)
        mean = np.where(finite, observed, 0).sum(axis=0) / count
        expected = np.where(finite, modelled[:, fitted.fit.model.samples(number)], 0).sum(axis=0) / count
        residual = (mean - expected) / np.sqrt((noise.a + noise.b * np.maximum(expected, 0)) / count)
        upper, lower = axes[0, number], axes[1, number]
        upper.step(window.wavelength, mean, where="mid", color="0.25", lw=1.0, label="mean spectrum")
        upper.plot(window.wavelength, expected, color=VERMILION, lw=1.3, label="mean of the models")
        _name_lines(upper, fitted, number)
        lower.axhline(0, color="0.6", lw=0.8)
        lower.plot(window.wavelength, residual, ".-", color="0.25", ms=2.5, lw=0.6)
        upper.set(title=fill(window.name, 48), ylabel="W m⁻² sr⁻¹ nm⁻¹" if number == 0 else "")
        if used.any():
            upper.set_ylim(top=float(np.nanmax([mean, expected])) * 1.75)
        else:
            upper.text(0.5, 0.5, "no pixel is fitted", transform=upper.transAxes, ha="center", va="center")
        lower.set(xlabel="wavelength [Å]", ylabel="residual [σ]" if number == 0 else "")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper right", ncols=2)
    return figure


def _name_lines(axis: Axes, fitted: Fitted, window: int) -> None:
    """Draw a dotted line with its name at the median centre of every line of a window; without any, at rest."""
    fit = fitted.fit
    for g in fit.model.lines_of(window):
        centres = fit.q[fit.status == CONVERGED, 3 * g + 1]
        centre = float(np.nanmedian(centres)) if centres.size else fit.model.lines[g].wavelength
        panels.mark(axis, centre, label(fit.model.lines[g].name), COLOURS[g % len(COLOURS)])


def quality(fitted: Fitted) -> Figure:
    """Draw maps of χ², status and bins, the histogram of χ², and the residuals of the samples."""
    fit = fitted.fit
    reduced = fitted.map(fit.reduced_chi2)
    row = panels.row(fitted.group.windows[0].header, reduced.shape, 5)
    row.draw(0, reduced, "Reduced χ²", "magma", Scale(0.5, 2))
    ends = [fit.status == TOO_FEW, fit.status == NOT_CONVERGED, fit.at_bound.any(axis=1)]
    colours = ListedColormap([MISSING, VERMILION, ORANGE, BLUE])
    bar = row.draw(1, fitted.map(np.select(ends, [0, 1, 2], 3.0)), "Fit", colours, Scale(-0.5, 3.5, open=False))
    panels.name_levels(bar, ("none", "failed", "bound", "good"))
    levels, boxes = np.where(fitted.level < 0, np.nan, fitted.level), len(fitted.boxes)
    shades = ListedColormap(colormaps["viridis"](np.linspace(0.05, 0.95, boxes)))
    bar = row.draw(2, fitted.map(levels), "Bin, t×y×x pixels", shades, Scale(-0.5, boxes - 0.5, open=False))
    panels.name_levels(bar, [box.label for box in fitted.boxes] if boxes < 5 else [str(i) for i in range(boxes)])
    _histogram(row.axes[3], fit.reduced_chi2[np.isfinite(fit.reduced_chi2)], fit.samples, fit.model.free)
    _pulls(row.axes[4], fitted)
    return row.figure


def _histogram(axis: Axes, reduced: np.ndarray, samples: np.ndarray, free: int) -> None:
    """Draw the histogram of reduced χ² beside the distribution that Gaussian noise would give."""
    from scipy.stats import chi2

    axis.hist(reduced, bins=np.linspace(0, 3, 61).tolist(), density=reduced.size > 0, color=SKY, histtype="stepfilled")
    degrees = max(int(np.median(samples[samples > free])) - free, 1) if (samples > free).any() else 1
    grid = np.linspace(0.01, 3, 300)
    axis.plot(grid, chi2.pdf(grid * degrees, degrees) * degrees, color="k", lw=1)
    axis.set(yticks=[], xlim=(0, 3), xlabel=f"reduced χ², median {np.median(reduced):.3f}" if reduced.size else "")
    axis.set_title(f"line: expected of {degrees}\ndegrees of freedom", fontsize=7, weight="normal")


def _pulls(axis: Axes, fitted: Fitted) -> None:
    """Draw residuals of unbinned samples in their errors, beside the Gaussian that is expected of fitted samples."""
    fit = fitted.fit
    use = (fit.status == CONVERGED) & (fitted.level == 0)
    if not use.any():
        axis.set_title("residuals: all\npixels are binned", fontsize=7, weight="normal")
        return
    model = evaluate(fit.model, fit.p[use])
    a, b = fitted.group.variance
    pulls = (fitted.group.spectra[use] - model) / np.sqrt(a + b * np.maximum(model, 0))
    values = pulls[np.isfinite(pulls)]
    axis.hist(values, bins=np.linspace(-5, 5, 81).tolist(), density=True, color=SKY, histtype="stepfilled")
    grid = np.linspace(-5, 5, 201)
    width = np.sqrt(1 - fit.model.free / max(float(np.median(fit.samples[use])), fit.model.free + 1))
    expected = np.exp(-0.5 * (grid / width) ** 2) / (width * np.sqrt(2 * np.pi))
    axis.plot(grid, expected, color="k", lw=1)
    axis.set(xlabel=f"residual [σ], rms {values.std():.3f}", yscale="log", ylim=(1e-5, 1), xlim=(-5, 5), xticks=(-4, 0, 4))
    axis.set_title(f"line: expected of samples,\nrms {width:.3f}", fontsize=7, weight="normal")


def worst(fitted: Fitted, count: int = 6) -> Figure:
    """Draw spectra and fits of the pixels with the largest reduced χ²."""
    fit = fitted.fit
    ranked = np.argsort(-fit.reduced_chi2)[: min(count, np.isfinite(fit.reduced_chi2).sum())]  # NaN is sorted last
    rows = -(-count // 3)
    figure = Figure(figsize=(PAGE, 1.7 * rows), layout="constrained")
    axes = figure.subplots(rows, 3, squeeze=False)
    model, observed = evaluate(fit.model, fit.p[ranked]), fitted.group.spectra[ranked]
    for axis, spectrum, fitting, index in zip(axes.flat, observed, model, ranked, strict=False):
        _against_wavelength(axis, fitted, spectrum, fitting)
        t, y, x = np.unravel_index(index, fitted.group.shape)
        box = fitted.boxes[fitted.level[index]]
        axis.set_title(f"t {t}, y {y}, x {x}: χ² {fit.reduced_chi2[index]:.2f}, bin {box.label}")
    axes[-1][1].set_xlabel("wavelength [Å]; windows one after the other", fontsize=8)
    return figure


def _against_wavelength(axis: Axes, fitted: Fitted, spectrum: np.ndarray, fitting: np.ndarray) -> None:
    """Draw a spectrum (n,) and its fit, the windows side by side, with wavelengths below."""
    axis.step(np.arange(spectrum.size), spectrum, where="mid", color="0.35", lw=0.6)
    axis.plot(fitting, color=VERMILION, lw=1.0)
    wavelength = fitted.fit.model.arrays.wavelength
    marks: list[int] = []
    for edge in fitted.fit.model.arrays.edges[1:-1]:
        axis.axvline(edge - 0.5, color="0.6", lw=0.6)
    for number, window in enumerate(fitted.group.windows):
        part = fitted.fit.model.samples(number)
        count = max(2, 4 // len(fitted.group.windows))
        marks += [int(i) for i in np.linspace(part.start, part.stop - 1, count + 2)[1:-1].round() if window.wavelength.size]
    axis.set_xticks(marks, [f"{wavelength[i]:.1f}" for i in marks])


def composition(maps: FipBias) -> Figure:
    """Draw the FIP bias with its two errors."""
    row = panels.row(maps.header, maps.bias.shape, 3)
    top = float(np.nanpercentile(maps.bias, 99)) if np.isfinite(maps.bias).any() else 4.0
    row.draw(0, maps.bias, "FIP bias", "viridis", Scale(0, max(top, 2.0)))
    row.draw(1, maps.noise, "error: noise, 1 σ", "cividis", Scale(0, 2))
    row.draw(2, maps.dem, "error: unknown DEM, 1 σ", "cividis", Scale(0, 2))
    return row.figure


def ratio(graph: Graph) -> Figure:
    """Draw what a linear combination ratio rests on: both sums of contribution functions, and their ratio for every DEM."""
    figure = Figure(figsize=(PAGE, 2.8), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    log_t, low, high = graph.functions
    for values, name, colour in ((low, "low FIP, Σ a G", VERMILION), (high, "high FIP, Σ b G", BLUE)):
        left.plot(log_t, values, color=colour, label=name)
    left.set(xlabel="log T [K]", ylabel="contribution, normalised", title="Both sides of the ratio")
    left.legend(loc="upper right")
    places = np.arange(graph.reference.size), graph.reference.size + np.arange(graph.trial.size)
    right.axhline(1, color="0.6", lw=0.8)
    right.plot(places[0], graph.reference, "o", ms=4, color=GREEN, label="reference")
    right.plot(places[1], graph.trial, ".", ms=4, color=BLACK, label="others")
    right.set(xlabel="DEM", ylabel="low ÷ high", title="Ratio for each DEM, exact at 1", yscale="log", xticks=[])
    right.yaxis.set_major_formatter("{x:g}")
    right.yaxis.set_minor_formatter("{x:g}")
    right.set_ylim(top=2 * float(np.nanmax([*graph.reference, *graph.trial])))  # room for the legend
    right.legend(loc="upper right", ncols=2)
    return figure
