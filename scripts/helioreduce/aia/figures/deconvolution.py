"""Figures of the deconvolution: PSF, before and after, a slit across loops, convergence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from helioreduce.aia.deconvolution import Options
from helioreduce.aia.figures import sky, style
from helioreduce.aia.qa import convergence as measure
from helioreduce.aia.qa import psf as energy
from helioreduce.aia.qa import slit as slits
from helioreduce.image import Image
from helioreduce.io import plots

#: Fraction of the light that the mirrors scatter diffusely, absent from every mesh model (Hofmeister, Savin & Hahn 2024).
DIFFUSE = (0.10, 0.35)
#: Numbers of iterations in the figure of convergence.
ITERATIONS = (1, 2, 3, 5, 8, 12, 18, 25, 40, 60, 100)
#: Side of a level-1 pixel, arcsec.
PIXEL_ARCSEC = 0.6


def psf(psf: np.ndarray, channel: int, core: str) -> Figure:
    """Draw a PSF, centred in its array, on a logarithmic stretch: the diffraction pattern, and the core."""
    figure = plots.new(plots.PAGE, 3.4, f"SDO/AIA {channel} Å, model of the filter meshes")
    axes = figure.subplots(1, 2)
    middle = np.array(psf.shape) // 2
    peak = float(psf.max())
    for axis, widest, low in zip(axes, (250, 20), (1e-8, 1e-6), strict=True):
        half = min(widest, *middle)
        window = tuple(slice(m - half, m + half + 1) for m in middle)
        edge = (half + 0.5) * PIXEL_ARCSEC
        norm, extent = LogNorm(peak * low, peak), (-edge, edge, -edge, edge)
        shown = axis.imshow(np.maximum(psf[window], peak * low), norm=norm, cmap="inferno", extent=extent)
        axis.set(xlabel="longitude offset [arcsec]", ylabel="latitude offset [arcsec]")
        sky.bar(figure, shown, axis, "share of the light per pixel")
    axes[0].set_title(f"PSF of {channel} Å, core: {core}")
    axes[1].set_title("core")
    return figure


def psf_energy(psfs: Sequence[np.ndarray], channels: Sequence[int]) -> Figure:
    """Draw the radial profile and the encircled energy of several channels' PSFs."""
    figure = plots.new(plots.PAGE, 3.4, "SDO/AIA, model of the filter meshes")
    left, right = figure.subplots(1, 2)
    curves = {channel: energy.encircled(psf) for channel, psf in zip(channels, psfs, strict=True)}
    for channel, curve in curves.items():
        radius, profile = curve.radius * PIXEL_ARCSEC, np.where(curve.profile > 0, curve.profile, np.nan)
        left.plot(radius, profile, label=f"{channel} Å", **style.CHANNELS[channel])
        right.plot(radius, curve.energy, **style.CHANNELS[channel])
    lowest, highest = (extreme([curve.energy for curve in curves.values()], axis=0) for extreme in (np.min, np.max))
    right.fill_between(
        radius, (1 - DIFFUSE[1]) * lowest, (1 - DIFFUSE[0]) * highest, color="#dddddd", lw=0,
        label="if 10–35 % more is scattered diffusely",
    )  # fmt: skip
    left.set(xscale="log", yscale="log", ylim=(1e-12, 2), xlabel="radius [arcsec]", ylabel="share of the light per pixel")
    right.set(xscale="log", ylim=(0.4, 1.02), xlabel="radius [arcsec]", ylabel="share of the light within the radius")
    left.legend(ncols=2)
    right.legend(loc="lower right")
    left.set_title("mean over rings")
    right.set_title("encircled energy")
    return figure


def deconvolution(before: Image, after: Image, side: int, box: Sequence[float]) -> Figure:
    """Draw a cut-out before and after deconvolution, on one stretch, and the ratio.

    The limits of the ratio hold 98 % of the pixels, 1.1 times either way at least and 4 times at most.

    Parameters
    ----------
    before, after
        The same frame.
    side
        Pixels a side of the cut-out, where most structure is.
    box
        Left, bottom, right, top of the cut-out instead, helioprojective arcsec; may be empty.
    """
    before, after = _cut_outs(before, after, side, box)
    figure = plots.new(plots.PAGE, sky.height(after, 1.7, 0.9), sky.name(before))
    norm = sky.stretch(after.data, bright=99.95)
    grid = figure.add_gridspec(1, 3)
    pair = [sky.axes(figure, before, grid[0]), sky.axes(figure, after, grid[1], ylabel=False)]
    sky.draw(pair[0], before, norm=norm, title="before deconvolution")
    shown = sky.draw(pair[1], after, norm=norm, title="deconvolved")
    sky.bar(figure, shown, pair[1], f"intensity [{before.header['BUNIT']}]", extend="max")
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log2(after.data / before.data)
    reach = (
        float(np.clip(np.percentile(np.abs(ratio[np.isfinite(ratio)]), 98), np.log2(1.1), 2))
        if np.isfinite(ratio).any()
        else 2.0
    )
    axis = sky.axes(figure, after, grid[2], ylabel=False)
    shown = axis.imshow(ratio, cmap="RdBu_r", vmin=-reach, vmax=reach, origin="lower")
    axis.set_title("ratio")
    scale = sky.bar(figure, shown, axis, "after / before", extend="both")
    ticks = [reach * share for share in (-0.95, -0.5, 0, 0.5, 0.95)]
    scale.set_ticks(ticks, labels=[f"{2**tick:.2f}" for tick in ticks])
    return figure


def slit(before: Image, after: Image, side: int, box: Sequence[float]) -> Figure:
    """Draw a slit across a bright loop, and the intensity along it before and after deconvolution with 1 σ bands.

    The loop is the brightest in the cut-out that :func:`deconvolution` shows.
    """
    before, after = _cut_outs(before, after, side, box)
    side = min(before.data.shape) if box else side
    line = slits.across(before.data, side // 3)
    inside = line.distance[np.isfinite(slits.along(after.data, line))] * float(before.header["CDELT1"])
    if not inside.size:
        return plots.reason("No pixel of the slit has data.")
    figure = plots.new(plots.PAGE, 3.0)
    grid = figure.add_gridspec(1, 2, width_ratios=(1, 1.5))
    axis = sky.axes(figure, after, grid[0])
    sky.draw(axis, after, title=sky.name(after, 19))
    axis.plot(line.x, line.y, color="white", lw=2.4)
    axis.plot(line.x, line.y, color=plots.BLUE, lw=1.2)
    axis.set(xlim=(-0.5, after.data.shape[1] - 0.5), ylim=(-0.5, after.data.shape[0] - 0.5))
    plot: Any = figure.add_subplot(grid[1])
    distance = line.distance * float(before.header["CDELT1"])
    for image, label, colour, dash in ((before, "before", plots.ORANGE, (0, (4, 1))), (after, "deconvolved", plots.BLUE, "-")):
        values = slits.along(image.data, line)
        plot.plot(distance, values, color=colour, ls=dash, label=label)
        if image.sigma is not None:
            sigma = slits.along(image.sigma, line)
            plot.fill_between(distance, values - sigma, values + sigma, color=colour, alpha=0.25, lw=0)
    plot.set(xlabel="distance along the slit [arcsec]", ylabel=f"intensity [{after.header['BUNIT']}]", ylim=(0, None))
    plot.set_xlim(inside[0], inside[-1])
    plot.legend()
    plot.set_title("across the loops, ±1 σ")
    return figure


def convergence(before: Image, side: int, deconvolution: Mapping[str, Any]) -> Figure:
    """Draw χ² per pixel and the noise amplification, measured and predicted, against the number of iterations.

    Parameters
    ----------
    before
        Counts with error plane, before deconvolution.
    side
        Pixels a side of the cut-out.
    deconvolution
        Settings of the deconvolution.
    """
    trace = measure.trace(sky.cut(before, sky.liveliest(before, side), side), Options(**deconvolution), ITERATIONS)
    figure = plots.new(plots.PAGE, 3.1, sky.name(before))
    left, right = figure.subplots(1, 2)
    left.plot(trace.iterations, trace.chi2, color=plots.BLUE)
    left.axhline(1, color=plots.GREY, lw=0.6, ls=(0, (1, 2)))
    left.set(yscale="log", ylabel="χ² of data and blurred result, per pixel")
    right.plot(trace.iterations, trace.noise, color=plots.VERMILION, label="measured")
    right.plot(trace.iterations, trace.predicted, color=plots.BLACK, ls=(0, (4, 1)), label="of the error plane")
    right.set(ylabel="noise relative to the input's")
    right.legend()
    for axis, title in ((left, "convergence"), (right, "noise amplification")):
        axis.axvline(trace.chosen, color=plots.GREY, lw=0.8)
        axis.set(xscale="log", xlabel="iteration")
        axis.set_title(title)
    return figure


def _cut_outs(before: Image, after: Image, side: int, box: Sequence[float]) -> tuple[Image, Image]:
    """Return one cut-out of both images: a box, or where the first shows most fine structure."""
    if box:
        return sky.within(before, box), sky.within(after, box)
    centre = sky.liveliest(before, side)
    return sky.cut(before, centre, side), sky.cut(after, centre, side)
