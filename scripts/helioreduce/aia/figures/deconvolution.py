"""Figures of the deconvolution: PSF, before and after, a slit across loops, convergence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from helioreduce.aia.figures import sky
from helioreduce.image import Image
from helioreduce.io import plots

#: Share of the light that the mirrors scatter diffusely, which no mesh model holds (Hofmeister, Savin & Hahn 2024).
DIFFUSE = (0.10, 0.35)


class Slit(NamedTuple):
    """A line across an image: ends in pixels (from 0), distance along it in arcsec, and values with errors on it."""

    x: np.ndarray
    y: np.ndarray
    distance: np.ndarray
    before: np.ndarray
    after: np.ndarray
    before_sigma: np.ndarray | None
    after_sigma: np.ndarray | None


def psf(values: np.ndarray, channel: int, core: str, scale: float = 0.6) -> Figure:
    """A PSF centred in its array, log stretch: the diffraction arms, and the core. ``scale`` is arcsec per pixel."""
    figure = plots.new(plots.PAGE, 3.2)
    axes = figure.subplots(1, 2)
    middle = np.array(values.shape) // 2
    peak = float(values.max())
    for axis, widest, low in zip(axes, (250, 20), (1e-8, 1e-6), strict=True):
        half = min(widest, *middle)
        window = tuple(slice(m - half, m + half + 1) for m in middle)
        edge = (half + 0.5) * scale
        norm, extent = LogNorm(peak * low, peak), (-edge, edge, -edge, edge)
        shown = axis.imshow(np.maximum(values[window], peak * low), norm=norm, cmap="inferno", extent=extent)
        axis.set(xlabel="longitude offset [arcsec]", ylabel="latitude offset [arcsec]")
        figure.colorbar(shown, ax=axis, label="share of the light per pixel", fraction=0.046, pad=0.02)
    axes[0].set_title(f"PSF of {channel} Å, core: {core}")
    axes[1].set_title("core")
    return figure


def psf_energy(radius: np.ndarray, curves: Mapping[int, tuple[np.ndarray, np.ndarray]], scale: float = 0.6) -> Figure:
    """Radial profile and encircled energy of several channels' PSFs.

    Parameters
    ----------
    radius
        Pixels, (n,).
    curves
        By channel: mean over each ring, share of the light per pixel; and share of the light within the radius, (n,).
    """
    figure = plots.new(plots.PAGE, 3.2)
    left, right = figure.subplots(1, 2)
    for channel, (profile, energy) in curves.items():
        left.plot(radius * scale, np.where(profile > 0, profile, np.nan), label=f"{channel} Å", **plots.CHANNELS[channel])
        right.plot(radius * scale, energy, **plots.CHANNELS[channel])
    lowest = np.min([energy for _, energy in curves.values()], axis=0)
    highest = np.max([energy for _, energy in curves.values()], axis=0)
    right.fill_between(
        radius * scale, (1 - DIFFUSE[1]) * lowest, (1 - DIFFUSE[0]) * highest, color="#dddddd", lw=0,
        label="if 10–35 % more is scattered diffusely",
    )  # fmt: skip
    left.set(xscale="log", yscale="log", ylim=(1e-12, 2), xlabel="radius [arcsec]", ylabel="share of the light per pixel")
    right.set(xscale="log", ylim=(0.4, 1.02), xlabel="radius [arcsec]", ylabel="share of the light within the radius")
    left.legend(ncols=2)
    right.legend(loc="lower right")
    left.set_title("mean over rings")
    right.set_title("encircled energy")
    return figure


def before_after(before: Image, after: Image) -> Figure:
    """A cut-out before and after, on one stretch, and the ratio."""
    figure = plots.new(plots.PAGE, 3.3)
    norm = sky.stretch(after.data, bright=99.95)
    channel = before.header["WAVELNTH"]
    pair = [sky.axes(figure, before, 131), sky.axes(figure, after, 132, ylabel=False)]
    sky.draw(pair[0], before, norm=norm, title=f"{channel} Å before")
    shown = sky.draw(pair[1], after, norm=norm, title="deconvolved")
    sky.bar(figure, shown, pair, f"intensity [{before.header['BUNIT']}]", location="bottom")
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log2(after.data / before.data)
    axis = sky.axes(figure, after, 133, ylabel=False)
    shown = axis.imshow(ratio, cmap="RdBu_r", vmin=-2, vmax=2, origin="lower")
    axis.set_title("ratio")
    scale = figure.colorbar(shown, ax=axis, location="bottom", fraction=0.046, pad=0.02, label="after / before", extend="both")
    scale.set_ticks([-2, -1, 0, 1, 2], labels=["¼", "½", "1", "2", "4"])
    return figure


def slit(image: Image, line: Slit) -> Figure:
    """The slit on the cut-out, and the intensity along it before and after with 1 σ bands."""
    figure = plots.new(plots.PAGE, 3.0)
    grid = figure.add_gridspec(1, 2, width_ratios=(1, 1.5))
    axis = sky.axes(figure, image, grid[0])
    sky.draw(axis, image, title=f"{image.header['WAVELNTH']} Å")
    axis.plot(line.x, line.y, color="white", lw=2.4)
    axis.plot(line.x, line.y, color=plots.BLUE, lw=1.2)
    axis.set(xlim=(-0.5, image.data.shape[1] - 0.5), ylim=(-0.5, image.data.shape[0] - 0.5))
    plot = figure.add_subplot(grid[1])
    for values, sigma, label, colour, dash in (
        (line.before, line.before_sigma, "before", plots.ORANGE, (0, (4, 1))),
        (line.after, line.after_sigma, "deconvolved", plots.BLUE, "-"),
    ):
        plot.plot(line.distance, values, color=colour, ls=dash, label=label)
        if sigma is not None:
            plot.fill_between(line.distance, values - sigma, values + sigma, color=colour, alpha=0.25, lw=0)
    plot.set(xlabel="distance along the slit [arcsec]", ylabel=f"intensity [{image.header['BUNIT']}]", ylim=(0, None))
    plot.set_xlim(line.distance[0], line.distance[-1])
    plot.legend()
    plot.set_title("across the loops, ±1 σ")
    return figure


def convergence(iterations: np.ndarray, deviance: np.ndarray, noise: np.ndarray, predicted: np.ndarray, chosen: int) -> Figure:
    """Deviance per pixel, and noise amplification in quiet areas (measured and predicted), against the iteration."""
    figure = plots.new(plots.PAGE, 2.9)
    left, right = figure.subplots(1, 2)
    left.plot(iterations, deviance, color=plots.BLUE)
    left.axhline(1, color=plots.GREY, lw=0.6, ls=(0, (1, 2)))
    left.set(yscale="log", ylabel="χ² of data and blurred result, per pixel")
    right.plot(iterations, noise, color=plots.VERMILION, label="measured")
    right.plot(iterations, predicted, color=plots.BLACK, ls=(0, (4, 1)), label="of the error plane")
    right.set(ylabel="noise relative to the input's")
    right.legend()
    for axis, title in ((left, "convergence"), (right, "noise amplification")):
        axis.axvline(chosen, color=plots.GREY, lw=0.8)
        axis.set(xscale="log", xlabel="iteration")
        axis.set_title(title)
    return figure
