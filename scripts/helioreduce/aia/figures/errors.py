"""Figures of the error plane: map, components, distributions, pulls, correlation."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FormatStrFormatter, NullFormatter

from helioreduce.aia.figures import sky
from helioreduce.image import Image
from helioreduce.io import plots

_TERMS = {
    "shot": ("shot", plots.BLUE, "-"),
    "dark": ("dark current", plots.GREY, (0, (1, 1))),
    "read": ("read-out", plots.GREEN, (0, (4, 1))),
    "quantisation": ("quantisation", plots.PURPLE, (0, (3, 1, 1, 1))),
    "compression": ("compression", plots.ORANGE, (0, (5, 1))),
}
_SYSTEMATIC = {"nominal": (plots.BLACK, "-"), "CHIANTI": (plots.VERMILION, (0, (4, 1))), "EVE": (plots.BLUE, (0, (3, 1, 1, 1)))}


def error_map(image: Image) -> Figure:
    """Relative error of each pixel and the signal-to-noise ratio's distribution."""
    figure = plots.new(plots.PAGE, 3.7)
    grid = figure.add_gridspec(1, 2, width_ratios=(1.25, 1))
    small = sky.binned(image, 1024)
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = 100 * small.sigma / small.data
    relative[~(relative > 0)] = np.nan
    axis = sky.axes(figure, small, grid[0])
    low, high = np.nanpercentile(relative, (1, 99))
    shown = axis.imshow(relative, norm=LogNorm(low, max(min(high, 100.0), 2 * low)), cmap="cividis", origin="lower")
    sky.limb(axis, small)
    figure.colorbar(shown, ax=axis, label="σ / intensity [%]", fraction=0.046, pad=0.02, extend="both")
    axis.set_title(f"relative error, {image.header['WAVELNTH']} Å")
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (image.data / image.sigma)[(image.mask == 0) & (image.data > 0)]
    plot = figure.add_subplot(grid[1])
    plot.hist(
        ratio,
        np.geomspace(0.1, max(float(ratio.max()), 1.0), 90),
        histtype="stepfilled",
        color=plots.SKY,
        weights=np.full(ratio.size, 1e-3),
    )
    plot.axvline(float(np.median(ratio)), color=plots.BLACK, lw=0.8, ls=(0, (4, 1)))
    plot.set(xscale="log", xlabel="signal-to-noise ratio of a pixel", ylabel="thousand pixels")
    plot.set_title(f"median {np.median(ratio):.1f}")
    return figure


def components(
    counts: np.ndarray, terms: Mapping[str, np.ndarray], channel: int, histogram: tuple[np.ndarray, np.ndarray]
) -> Figure:
    """Standard deviation of each term against counts, their total, and where the image's pixels are.

    ``terms`` holds DN arrays like ``counts``; ``histogram`` the edges and numbers of the image's pixels.
    """
    figure = plots.new(plots.PAGE, 3.6)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    for name, values in terms.items():
        label, colour, line = _TERMS.get(name, (name, plots.GREY, ":"))
        upper.plot(counts, values, color=colour, ls=line, label=label)
    upper.plot(counts, np.sqrt(sum(values**2 for values in terms.values())), color=plots.BLACK, lw=1.8, label="total")
    upper.set(xscale="log", yscale="log", ylabel="standard deviation [DN]")
    upper.legend(ncols=3)
    upper.set_title(f"{channel} Å: where the error comes from")
    lower.stairs(histogram[1], histogram[0], fill=True, color=plots.SKY)
    lower.set(xlabel="counts of a pixel [DN]", ylabel="pixels", xlim=(counts[0], counts[-1]), yscale="log")
    return figure


def histograms(relative: Mapping[str, np.ndarray], channel: int) -> Figure:
    """Relative errors of an image's pixels: nominal noise, and with CHIANTI's or EVE's systematic term (per cent)."""
    figure = plots.new(plots.PAGE * 0.72, 3.2)
    axis = figure.subplots()
    joined = np.concatenate(list(relative.values()))
    edges = np.geomspace(*np.percentile(joined, (0.05, 99.9)), 110)
    for name, values in relative.items():
        colour, line = _SYSTEMATIC[name]
        axis.hist(
            values, edges, histtype="step", color=colour, ls=line, lw=1.3, label=f"{name}: median {np.median(values):.1f} %"
        )
    axis.set(xscale="log", yscale="log", xlabel="σ / intensity [%]", ylabel="pixels")
    axis.xaxis.set_major_locator(FixedLocator([1, 2, 5, 10, 20, 50, 100]))
    axis.xaxis.set_major_formatter(FormatStrFormatter("%g"))
    axis.xaxis.set_minor_formatter(NullFormatter())
    figure.legend(loc="outside upper center", ncols=3)
    axis.set_title(f"{channel} Å")
    return figure


def pulls(sets: Mapping[str, tuple[np.ndarray, float]], xlabel: str, title: str) -> Figure:
    """Distributions of pulls beside the standard normal one; by label: the values and their spread."""
    figure = plots.new(plots.PAGE * 0.72, 3.3)
    axis = figure.subplots()
    edges = np.linspace(-6, 6, 121)
    centre = (edges[1:] + edges[:-1]) / 2
    for (label, (values, spread)), colour, filled in zip(
        sets.items(), (plots.SKY, plots.VERMILION), (True, False), strict=False
    ):
        density = np.histogram(values, edges)[0] / values.size / np.diff(edges)
        axis.stairs(density, edges, fill=filled, color=colour, label=f"{label}: spread {spread:.3f}")
    axis.plot(centre, np.exp(-(centre**2) / 2) / np.sqrt(2 * np.pi), color=plots.BLACK, ls=(0, (4, 1)), label="standard normal")
    axis.set(yscale="log", ylim=(1e-6, 3), xlim=(-6, 6), xlabel=xlabel, ylabel="probability density")
    axis.legend(loc="upper center", ncols=2)
    axis.set_title(title)
    return figure


def autocorrelation(maps: Mapping[str, np.ndarray]) -> Figure:
    """Correlation of the noise with lag, one panel a state; the numbers of the next neighbours written in."""
    figure = plots.new(plots.PAGE, 3.3)
    axes = figure.subplots(1, len(maps), squeeze=False)[0]
    for axis, (name, values) in zip(axes, maps.items(), strict=True):
        lag = min(values.shape[0] // 2, 5)
        middle = values.shape[0] // 2
        window = values[middle - lag : middle + lag + 1, middle - lag : middle + lag + 1]
        extent = (-lag - 0.5, lag + 0.5, -lag - 0.5, lag + 0.5)
        shown = axis.imshow(window, cmap="RdBu_r", vmin=-0.2, vmax=0.2, extent=extent)
        axis.set(xlabel="lag in x [pixel]", ylabel="lag in y [pixel]", xticks=range(-4, 5, 2), yticks=range(-4, 5, 2))
        axis.set_title(name)
        for dx, dy in ((1, 0), (0, 1), (1, 1), (2, 0), (0, 2)):
            axis.text(dx, dy, f"{round(100 * window[lag + dy, lag + dx]):d}", ha="center", va="center", fontsize=6)
    figure.colorbar(
        shown, ax=list(axes), label="correlation (written: per cent)", location="bottom", fraction=0.05, pad=0.02, extend="both"
    )
    return figure
