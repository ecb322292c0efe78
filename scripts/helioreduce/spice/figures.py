"""Figures of a fitted raster: maps of every line, mean spectra with their models, quality of the fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, LogNorm
from matplotlib.figure import Figure

from helioreduce.fits import Plane
from helioreduce.spice.fit import CONVERGED, NOT_CONVERGED, TOO_FEW, evaluate
from helioreduce.spice.level3 import Fitted

#: Colours of lines in spectra; safe for colour-blind readers (Okabe & Ito 2008).
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_MISSING = "0.80"
#: Full width at half maximum of a Gaussian of standard deviation 1.
FWHM = np.sqrt(8 * np.log(2))


def _geometry(header: Mapping[str, object], shape: tuple[int, int, int]) -> dict[str, object]:
    """Extent in arcsec (t against y for a sit-and-stare) and labels of a map."""
    t, y, x = shape
    low, high = (
        float(header["CRVAL2"]) + (edge - float(header["CRPIX2"])) * float(header["CDELT2"]) for edge in (0.5, y + 0.5)
    )
    if x == 1 and t > 1:
        step = float(header.get("XPOSURE", 1)) / 60
        return {"extent": (0, t * step, low, high), "aspect": "auto", "xlabel": "time [min]"}
    left, right = (
        float(header["CRVAL1"]) + (edge - float(header["CRPIX1"])) * float(header["CDELT1"]) for edge in (0.5, x + 0.5)
    )
    aspect = "equal" if high - low < 3 * (right - left) else "auto"
    return {"extent": (left, right, low, high), "aspect": aspect, "xlabel": "solar X [arcsec]"}


def _flat(cube: np.ndarray) -> np.ndarray:
    """The image of a map (t, y, x): y against t for one column, else the mean over time."""
    if cube.shape[2] == 1:
        return cube[:, :, 0].T
    if cube.shape[0] == 1:
        return cube[0]
    finite = np.isfinite(cube)
    with np.errstate(invalid="ignore"):
        return np.where(finite, cube, 0).sum(axis=0) / np.where(finite.any(axis=0), finite.sum(axis=0), np.nan)


def draw(axis: Axes, cube: np.ndarray, header: Mapping[str, object], title: str, unit: str, **style: object) -> None:
    """One map with its colour bar; pixels without a value are grey."""
    place = _geometry(header, cube.shape)
    axis.set_facecolor(_MISSING)
    image = axis.imshow(
        _flat(cube), origin="lower", extent=place["extent"], aspect=place["aspect"], interpolation="nearest", **style
    )
    axis.figure.colorbar(
        image, ax=axis, label=unit, pad=0.02, extend="both" if "vmin" in style or "norm" in style else "neither"
    )
    axis.set(title=title, xlabel=place["xlabel"])


def line_maps(radiances: Sequence[Plane], velocities: Sequence[Plane], widths: Mapping[str, np.ndarray], label: str) -> Figure:
    """Radiance, its relative error, velocity and width (FWHM) of one line; ``label`` names the line."""
    by_name = {plane.name.lower(): plane for plane in radiances}
    moving = {plane.name.lower(): plane for plane in velocities}
    line = by_name[label]
    figure = Figure(figsize=(13.5, _height(line, 2.3)), layout="constrained")
    axes = figure.subplots(1, 4, sharey=True)
    scaled, unit = _readable(line.data)
    positive = scaled[scaled > 0]
    limits = np.nanpercentile(positive, [2, 99.5]) if positive.size else (0.1, 1)
    norm = LogNorm(*limits) if limits[1] > 30 * limits[0] else None
    style = {"norm": norm} if norm else {"vmin": 0, "vmax": limits[1]}
    draw(axes[0], scaled, line.header, f"{line.header['LINE']}  radiance", unit, cmap="inferno", **style)
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = 100 * by_name[f"{label} sigma"].data / line.data
    draw(axes[1], relative, line.header, "error", "% (1 σ)", cmap="cividis", norm=LogNorm(1, 100))
    motion = moving[label]
    reach = max(5.0, float(np.nanpercentile(np.abs(motion.data), 95))) if np.isfinite(motion.data).any() else 5.0
    title = f"velocity, zero {motion.header['VZERO']:.3f} Å"
    draw(axes[2], motion.data, line.header, title, "km/s, red: away", cmap="RdBu_r", vmin=-reach, vmax=reach)
    width = widths[label] * FWHM
    ends = np.nanpercentile(width, [2, 98]) if np.isfinite(width).any() else (0.5, 1.2)
    draw(axes[3], width, line.header, "width (FWHM)", "Å", cmap="viridis", vmin=ends[0], vmax=ends[1])
    axes[0].set_ylabel("solar Y [arcsec]")
    return figure


def _height(plane: Plane, panel: float) -> float:
    """Height of a row of maps, inches, whose panels are ``panel`` inches wide."""
    t, y, x = plane.data.shape
    if x == 1 and t > 1:
        return 4.2
    header = plane.header
    ratio = y * abs(float(header["CDELT2"])) / (x * abs(float(header["CDELT1"])))
    return panel * min(ratio, 2.4) + 1.0


def _readable(radiance: np.ndarray) -> tuple[np.ndarray, str]:
    return radiance * 1e3, "mW m⁻² sr⁻¹"


def spectra(fitted: Fitted) -> Figure:
    """Mean spectrum of every window with the mean of the fitted models, line by line, and the residual in its own errors."""
    windows = fitted.windows
    figure = Figure(figsize=(6.2 * len(windows), 4.4), layout="constrained")
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
        upper, lower = axes[0, number], axes[1, number]
        upper.step(window.wavelength, mean, where="mid", color="0.25", lw=1.2, label="mean spectrum")
        upper.plot(window.wavelength, expected, color="#D55E00", lw=1.6, label="mean of the models")
        for g, line in enumerate(model.lines):
            if line.window == number:
                centre = float(np.nanmedian(fit.q[used, 3 * g + 1]))
                upper.axvline(centre, color=COLOURS[g % len(COLOURS)], lw=0.9, ls=":")
                upper.annotate(_label(line.name), (centre, 1), xycoords=("data", "axes fraction"), xytext=(2, -3), rotation=90,
                               textcoords="offset points", va="top", fontsize=7.5, color=COLOURS[g % len(COLOURS)])  # fmt: skip
        lower.axhline(0, color="0.6", lw=0.8)
        lower.plot(
            window.wavelength,
            (mean - expected) / np.sqrt((a + b * np.maximum(expected, 0)) / count),
            ".-",
            color="0.25",
            ms=3,
            lw=0.7,
        )
        upper.set(title=window.name, ylabel="W m⁻² sr⁻¹ nm⁻¹" if number == 0 else "")
        upper.set_ylim(top=float(np.nanmax(mean)) * 1.35)
        lower.set(xlabel="wavelength [Å]", ylabel="residual [σ of mean]" if number == 0 else "")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=8, frameon=False)
    return figure


def _label(name: str) -> str:
    from helioreduce.spice.maps import label

    return label(name)


def quality(fitted: Fitted) -> Figure:
    """χ² map and histogram, status, number of parameters at a bound, bins, and the pulls of the samples."""
    fit, header = fitted.fit, fitted.windows[0].header
    reduced = fitted.map(fit.reduced_chi2)
    figure = Figure(figsize=(15.5, max(3.2, _height(Plane("", reduced, header), 2.0))), layout="constrained")
    axes = figure.subplots(1, 5)
    draw(axes[0], reduced, header, "reduced χ²", "", cmap="magma", vmin=0.5, vmax=2)
    state = fitted.map(
        np.select([fit.status == TOO_FEW, fit.status == NOT_CONVERGED, fit.at_bound.any(axis=1)], [0, 1, 2], 3).astype(float)
    )
    colours = ListedColormap([_MISSING, "#D55E00", "#E69F00", "#0072B2"])
    draw(axes[1], state, header, "status", "", cmap=colours, vmin=-0.5, vmax=3.5)
    bar = figure.axes[-1]
    bar.set_yticks(range(4), ["no data", "not converged", "at a bound", "good"], fontsize=8)
    levels = np.where(fitted.level < 0, np.nan, fitted.level)
    draw(axes[2], levels, header, "bin", "level", cmap="viridis", vmin=-0.5, vmax=max(len(fitted.boxes) - 0.5, 0.5))
    figure.axes[-1].set_yticks(range(len(fitted.boxes)), ["×".join(map(str, box)) for box in fitted.boxes], fontsize=8)
    axes[0].set_ylabel("solar Y [arcsec]")
    _histogram(axes[3], fit.reduced_chi2[np.isfinite(fit.reduced_chi2)], fit.samples, fit.model.free)
    _pulls(axes[4], fitted)
    return figure


def _histogram(axis: Axes, reduced: np.ndarray, samples: np.ndarray, free: int) -> None:
    """Reduced χ² beside the distribution that Gaussian noise would give."""
    from scipy.stats import chi2

    axis.hist(reduced, bins=np.linspace(0, 3, 61), density=True, color="#56B4E9")
    degrees = max(int(np.median(samples[samples > free])) - free, 1) if (samples > free).any() else 1
    grid = np.linspace(0.01, 3, 300)
    axis.plot(grid, chi2.pdf(grid * degrees, degrees) * degrees, color="k", lw=1, label=f"expected, {degrees} d.o.f.")
    axis.set(title="reduced χ²", yticks=[], xlabel=f"median {np.median(reduced):.3f}" if reduced.size else "")
    axis.legend(fontsize=7, frameon=False)


def _pulls(axis: Axes, fitted: Fitted) -> None:
    """Residuals of unbinned samples in their errors, beside the noise model's, narrower by the fitted parameters' share."""
    use = (fitted.fit.status == CONVERGED) & (fitted.level.ravel() == 0)
    if not use.any():
        axis.set_title("residuals: all pixels binned")
        return
    model = evaluate(fitted.fit.model, fitted.fit.p[use])
    pulls = []
    for number, window in enumerate(fitted.windows):
        part = model[:, fitted.fit.model.edges[number] : fitted.fit.model.edges[number + 1]]
        a, b = float(window.header["NOISE_A"]), float(window.header["NOISE_B"])
        pulls.append((window.spectra[use] - part) / np.sqrt(a + b * np.maximum(part, 0)))
    values = np.concatenate([pull[np.isfinite(pull)] for pull in pulls])
    axis.hist(values, bins=np.linspace(-5, 5, 81), density=True, color="#56B4E9")
    grid = np.linspace(-5, 5, 201)
    width = np.sqrt(1 - fitted.fit.model.free / max(float(np.median(fitted.fit.samples[use])), fitted.fit.model.free + 1))
    expected = np.exp(-0.5 * (grid / width) ** 2) / (width * np.sqrt(2 * np.pi))
    axis.plot(grid, expected, color="k", lw=1, label=f"noise model, {width:.3f}")
    axis.set(title="residuals of samples", xlabel=f"σ; standard deviation {values.std():.3f}", yscale="log", ylim=(1e-5, 1))
    axis.legend(fontsize=7, frameon=False)


def worst(fitted: Fitted, count: int = 6) -> Figure:
    """Spectra and fits of the pixels with the largest reduced χ²."""
    fit = fitted.fit
    ranked = np.argsort(np.where(np.isfinite(fit.reduced_chi2), -fit.reduced_chi2, np.inf))[:count]
    figure = Figure(figsize=(14.5, 2.4 * -(-count // 3)), layout="constrained")
    axes = figure.subplots(-(-count // 3), 3, squeeze=False)
    model = evaluate(fit.model, fit.p[ranked])
    joined = np.concatenate([window.spectra for window in fitted.windows], axis=1)[ranked]
    for axis, spectrum, fitting, index in zip(axes.flat, joined, model, ranked, strict=False):
        axis.step(np.arange(spectrum.size), spectrum, where="mid", color="0.35", lw=0.8)
        axis.plot(fitting, color="#D55E00", lw=1.2)
        t, y, x = np.unravel_index(index, fitted.shape)
        axis.set_title(f"t {t}, y {y}, x {x}:  χ² {fit.reduced_chi2[index]:.2f}, bin {fitted.level.ravel()[index]}", fontsize=9)
        axis.set_xlabel("sample", fontsize=8)
    return figure


def composition(planes: Sequence[Plane]) -> Figure:
    """FIP bias with its two errors."""
    bias, noise, dem = (plane for plane in planes[:3])
    figure = Figure(figsize=(10.5, _height(bias, 2.5)), layout="constrained")
    axes = figure.subplots(1, 3, sharey=True)
    top = float(np.nanpercentile(bias.data, 99)) if np.isfinite(bias.data).any() else 4.0
    draw(axes[0], bias.data, bias.header, "FIP bias", "", cmap="viridis", vmin=0, vmax=max(top, 2.0))
    draw(axes[1], noise.data, bias.header, "error: noise", "1 σ", cmap="cividis", vmin=0, vmax=2)
    draw(axes[2], dem.data, bias.header, "error: unknown DEM", "1 σ", cmap="cividis", vmin=0, vmax=2)
    axes[0].set_ylabel("solar Y [arcsec]")
    return figure
