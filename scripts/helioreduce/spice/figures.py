"""Figures of a fitted raster: maps of every line, mean spectra with their models, quality of the fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, LogNorm
from matplotlib.figure import Figure

from helioreduce.io.fits import Plane
from helioreduce.spice import panels
from helioreduce.spice.fit import CONVERGED, NOT_CONVERGED, TOO_FEW, evaluate
from helioreduce.spice.level3 import Fitted
from helioreduce.spice.maps import label
from helioreduce.spice.panels import MISSING, PAGE, draw

#: Colours of lines in spectra; safe for colour-blind readers (Okabe & Ito 2008).
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
#: Full width at half maximum of a Gaussian of standard deviation 1.
FWHM = np.sqrt(8 * np.log(2))


def line_maps(radiances: Sequence[Plane], velocities: Sequence[Plane], widths: Mapping[str, np.ndarray], name: str) -> Figure:
    """Radiance, its relative error, velocity and width (FWHM) of the line ``name``."""
    line = next(plane for plane in radiances if plane.name.lower() == name)
    sigma = next(plane for plane in radiances if plane.name.lower() == f"{name} sigma")
    motion = next(plane for plane in velocities if plane.name.lower() == name)
    figure, axes = panels.row(line.header, line.data.shape, 4)
    draw(axes[0], 1e3 * line.data, line.header, "Radiance [mW m⁻² sr⁻¹]", cmap="inferno", **_brightness(1e3 * line.data))
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = 100 * sigma.data / line.data
    draw(axes[1], relative, line.header, "its error [%]", cmap="cividis", norm=LogNorm(1, 100))
    reach = max(5.0, float(np.nanpercentile(np.abs(motion.data), 95))) if np.isfinite(motion.data).any() else 5.0
    draw(axes[2], motion.data, line.header, "Velocity [km/s], red: away", cmap="RdBu_r", vmin=-reach, vmax=reach)
    width = widths[name] * FWHM
    ends = np.nanpercentile(width, [2, 98]) if np.isfinite(width).any() else (0.5, 1.2)
    draw(axes[3], width, line.header, "Width, FWHM [Å]", cmap="viridis", vmin=ends[0], vmax=ends[1])
    return figure


def _brightness(scaled: np.ndarray) -> dict[str, object]:
    """Limits from 2 % to 99.5 % of the positive values, logarithmic where they span more than a factor of 30."""
    positive = scaled[scaled > 0]
    low, high = np.nanpercentile(positive, [2, 99.5]) if positive.size else (0.1, 1.0)
    return {"norm": LogNorm(low, high)} if high > 30 * low else {"vmin": 0, "vmax": high}


def spectra(fitted: Fitted) -> Figure:
    """Mean spectrum of every window with the mean of the fitted models, line by line, and the residual in its own errors."""
    windows = fitted.windows
    figure = Figure(figsize=(PAGE / 2 * len(windows), 3.4), layout="constrained")
    axes = figure.subplots(2, len(windows), squeeze=False, sharex="col", height_ratios=(3, 1))
    fit, model = fitted.fit, fitted.fit.model
    used = fit.status == CONVERGED
    modelled = evaluate(model, fit.p[used])
    for number, window in enumerate(windows):
        part = slice(model.edges[number], model.edges[number + 1])
        observed = window.spectra[used]
        finite = np.isfinite(observed)
        count = np.where(finite.sum(axis=0) > 0.4 * len(observed), finite.sum(axis=0), np.nan)
        mean = np.where(finite, observed, 0).sum(axis=0) / count
        expected = np.where(finite, modelled[:, part], 0).sum(axis=0) / count
        a, b = float(window.header["NOISE_A"]), float(window.header["NOISE_B"])
        residual = (mean - expected) / np.sqrt((a + b * np.maximum(expected, 0)) / count)
        upper, lower = axes[0, number], axes[1, number]
        upper.step(window.wavelength, mean, where="mid", color="0.25", lw=1.0, label="mean spectrum")
        upper.plot(window.wavelength, expected, color="#D55E00", lw=1.3, label="mean of the models")
        _name_lines(upper, fitted, number)
        lower.axhline(0, color="0.6", lw=0.8)
        lower.plot(window.wavelength, residual, ".-", color="0.25", ms=2.5, lw=0.6)
        upper.set(title=window.name, ylabel="W m⁻² sr⁻¹ nm⁻¹" if number == 0 else "")
        upper.set_ylim(top=float(np.nanmax([mean, expected])) * 1.75)
        lower.set(xlabel="wavelength [Å]", ylabel="residual [σ]" if number == 0 else "")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


def _name_lines(axis: Axes, fitted: Fitted, window: int) -> None:
    """A dotted line with its name at the median centre of every line of a window."""
    fit = fitted.fit
    for g, line in enumerate(fit.model.lines):
        if line.window == window:
            centre = float(np.nanmedian(fit.q[fit.status == CONVERGED, 3 * g + 1]))
            colour = COLOURS[g % len(COLOURS)]
            axis.axvline(centre, color=colour, lw=0.8, ls=":")
            axis.annotate(label(line.name), (centre, 1), xycoords=("data", "axes fraction"), xytext=(2, -3), rotation=90,
                          textcoords="offset points", va="top", fontsize=6.5, color=colour)  # fmt: skip


def quality(fitted: Fitted) -> Figure:
    """χ² map and histogram, status, bins, and the residuals of the samples."""
    fit, header = fitted.fit, fitted.windows[0].header
    reduced = fitted.map(fit.reduced_chi2)
    figure, axes = panels.row(header, reduced.shape, 5)
    draw(axes[0], reduced, header, "Reduced χ²", cmap="magma", vmin=0.5, vmax=2)
    ends = [fit.status == TOO_FEW, fit.status == NOT_CONVERGED, fit.at_bound.any(axis=1)]
    colours = ListedColormap([MISSING, "#D55E00", "#E69F00", "#0072B2"])
    bar = draw(axes[1], fitted.map(np.select(ends, [0, 1, 2], 3.0)), header, "Fit", cmap=colours, clim=(-0.5, 3.5))
    panels.name_levels(bar, ("none", "failed", "bound", "good"))
    levels, boxes = np.where(fitted.level < 0, np.nan, fitted.level), len(fitted.boxes)
    shades = ListedColormap(colormaps["viridis"](np.linspace(0.05, 0.95, boxes)))
    bar = draw(axes[2], levels, header, "Bin, t×y×x pixels", cmap=shades, clim=(-0.5, boxes - 0.5))
    panels.name_levels(bar, ["×".join(map(str, box)) for box in fitted.boxes] if boxes < 5 else [str(i) for i in range(boxes)])
    _histogram(axes[3], fit.reduced_chi2[np.isfinite(fit.reduced_chi2)], fit.samples, fit.model.free)
    _pulls(axes[4], fitted)
    return figure


def _histogram(axis: Axes, reduced: np.ndarray, samples: np.ndarray, free: int) -> None:
    """Reduced χ² beside the distribution that Gaussian noise would give."""
    from scipy.stats import chi2

    axis.hist(reduced, bins=np.linspace(0, 3, 61), density=True, color="#56B4E9", histtype="stepfilled")
    degrees = max(int(np.median(samples[samples > free])) - free, 1) if (samples > free).any() else 1
    grid = np.linspace(0.01, 3, 300)
    axis.plot(grid, chi2.pdf(grid * degrees, degrees) * degrees, color="k", lw=1)
    axis.set(yticks=[], xlim=(0, 3), xlabel=f"reduced χ², median {np.median(reduced):.3f}" if reduced.size else "")
    axis.set_title(f"line: expected of {degrees}\ndegrees of freedom", fontsize=7, weight="normal")


def _pulls(axis: Axes, fitted: Fitted) -> None:
    """Residuals of unbinned samples in their errors, beside the noise model's, narrower by the fitted parameters' share."""
    use = (fitted.fit.status == CONVERGED) & (fitted.level.ravel() == 0)
    if not use.any():
        axis.set_title("residuals: all\npixels are binned", fontsize=7, weight="normal")
        return
    model = evaluate(fitted.fit.model, fitted.fit.p[use])
    pulls = []
    for number, window in enumerate(fitted.windows):
        part = model[:, fitted.fit.model.edges[number] : fitted.fit.model.edges[number + 1]]
        a, b = float(window.header["NOISE_A"]), float(window.header["NOISE_B"])
        pulls.append((window.spectra[use] - part) / np.sqrt(a + b * np.maximum(part, 0)))
    values = np.concatenate([pull[np.isfinite(pull)] for pull in pulls])
    axis.hist(values, bins=np.linspace(-5, 5, 81), density=True, color="#56B4E9", histtype="stepfilled")
    grid = np.linspace(-5, 5, 201)
    width = np.sqrt(1 - fitted.fit.model.free / max(float(np.median(fitted.fit.samples[use])), fitted.fit.model.free + 1))
    expected = np.exp(-0.5 * (grid / width) ** 2) / (width * np.sqrt(2 * np.pi))
    axis.plot(grid, expected, color="k", lw=1)
    axis.set(xlabel=f"residual [σ], rms {values.std():.3f}", yscale="log", ylim=(1e-5, 1), xlim=(-5, 5), xticks=(-4, 0, 4))
    axis.set_title(f"line: expected of samples,\nrms {width:.3f}", fontsize=7, weight="normal")


def worst(fitted: Fitted, count: int = 6) -> Figure:
    """Spectra and fits of the pixels with the largest reduced χ²."""
    fit = fitted.fit
    ranked = np.argsort(-fit.reduced_chi2)[: min(count, np.isfinite(fit.reduced_chi2).sum())]  # NaN is sorted last
    figure = Figure(figsize=(PAGE, 1.7 * -(-count // 3)), layout="constrained")
    axes = figure.subplots(-(-count // 3), 3, squeeze=False)
    model = evaluate(fit.model, fit.p[ranked])
    joined = np.concatenate([window.spectra for window in fitted.windows], axis=1)[ranked]
    for axis, spectrum, fitting, index in zip(axes.flat, joined, model, ranked, strict=False):
        axis.step(np.arange(spectrum.size), spectrum, where="mid", color="0.35", lw=0.6)
        axis.plot(fitting, color="#D55E00", lw=1.0)
        t, y, x = np.unravel_index(index, fitted.shape)
        box = fitted.boxes[fitted.level.ravel()[index]]
        axis.set_title(f"t {t}, y {y}, x {x}: χ² {fit.reduced_chi2[index]:.2f}, bin {'×'.join(map(str, box))}")
    figure.supxlabel("sample", fontsize=8)
    return figure


def composition(planes: Sequence[Plane]) -> Figure:
    """FIP bias with its two errors."""
    bias, noise, dem = (plane for plane in planes[:3])
    figure, axes = panels.row(bias.header, bias.data.shape, 3, 0.8 * PAGE)
    top = float(np.nanpercentile(bias.data, 99)) if np.isfinite(bias.data).any() else 4.0
    draw(axes[0], bias.data, bias.header, "FIP bias", cmap="viridis", vmin=0, vmax=max(top, 2.0))
    draw(axes[1], noise.data, bias.header, "error: noise, 1 σ", cmap="cividis", vmin=0, vmax=2)
    draw(axes[2], dem.data, bias.header, "error: unknown DEM, 1 σ", cmap="cividis", vmin=0, vmax=2)
    return figure
