"""Figures of the error plane: map, components, distributions, pulls, correlation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FormatStrFormatter, NullFormatter

from helioreduce.aia import error, exposure, tables
from helioreduce.aia.deconvolution import Options
from helioreduce.aia.figures import sky
from helioreduce.aia.qa import noise
from helioreduce.errors import InputError
from helioreduce.image import Flag, Image
from helioreduce.io import plots

#: Label, colour and line of each term of the error.
_TERMS: dict[str, tuple[str, str, Any]] = {
    "shot": ("shot", plots.BLUE, "-"),
    "dark": ("dark current", plots.GREY, (0, (1, 1))),
    "read": ("read-out", plots.GREEN, (0, (4, 1))),
    "quantisation": ("quantisation", plots.PURPLE, (0, (3, 1, 1, 1))),
    "compression": ("compression", plots.ORANGE, (0, (5, 1))),
}
#: Systematic terms, colour and line of each histogram of relative errors.
_SYSTEMATIC: dict[str, tuple[tuple[str, ...], str, Any]] = {
    "nominal": ((), plots.BLACK, "-"),
    "EVE": (("eve",), plots.BLUE, (0, (3, 1, 1, 1))),
    "CHIANTI": (("chianti",), plots.VERMILION, (0, (4, 1))),
}
_SAMPLE = 1_000_000  # pixels in a histogram, at least; more take time and change nothing


def error_map(image: Image) -> Figure:
    """Draw the error of each pixel, in the image's unit and relative, and the distribution of the signal-to-noise ratio.

    Raises
    ------
    InputError
        If the image has no error plane.
    """
    if image.sigma is None:
        raise InputError("the image has no error plane", cure="Give a product of the error step or of a later one")
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (image.data / image.sigma)[~image.mask & (image.data > 0)]
    small = sky.binned(image, 1024)
    relative = sky.relative_error(small.data, np.asarray(small.sigma))
    if ratio.size == 0:
        saturated = 100 * image.flagged(Flag.SATURATED).mean()
        return plots.reason(f"No pixel of this frame is positive and not masked; {saturated:.0f} % are saturated.")
    figure = plots.new(plots.PAGE, 2.7, sky.name(image))
    grid = figure.add_gridspec(1, 3, width_ratios=(1, 1, 0.8))
    maps = (
        (_finite(np.asarray(small.sigma)), f"σ [{image.header['BUNIT']}]", "error"),
        (relative, "σ / intensity [%]", "relative error"),
    )
    for place, (plane, label, title) in enumerate(maps):
        axis = sky.axes(figure, small, grid[place], ylabel=place == 0)
        low, high = np.percentile(plane[np.isfinite(plane)], (1, 99))
        high = min(high, 100.0) if place else high
        shown = axis.imshow(plane, norm=LogNorm(low, max(high, 2 * low)), cmap="cividis", origin="lower")
        sky.limb(axis, small)
        sky.saturation(axis, small)
        ticks = sky.bar(figure, shown, axis, label, extend="both").ax.yaxis
        ticks.set_major_formatter(FormatStrFormatter("%g"))
        ticks.set_minor_formatter(NullFormatter() if high > 10 * low else FormatStrFormatter("%g"))
        axis.set_title(title)
    plot: Any = figure.add_subplot(grid[2])
    edges, thousandths = np.geomspace(0.1, max(float(ratio.max()), 1.0), 90), np.full(ratio.size, 1e-3)
    plot.hist(ratio, edges, histtype="stepfilled", color=plots.SKY, weights=thousandths)
    plot.axvline(float(np.median(ratio)), color=plots.BLACK, lw=0.8, ls=(0, (4, 1)))
    plot.set(xscale="log", xlabel="signal / σ of a pixel", ylabel="thousand pixels")
    plot.set_title(f"median {np.median(ratio):.1f}")
    return figure


def _finite(plane: np.ndarray) -> np.ndarray:
    """Return a plane with NaN where it is infinite: the error of saturated pixels."""
    return np.where(np.isfinite(plane), plane, np.nan)


def error_components(image: Image, table: Sequence[Mapping[str, object]]) -> Figure:
    """Draw each term of the error against counts, their total, and the histogram of the image's counts.

    Parameters
    ----------
    image
        Raw counts, DN.
    table
        Rows of AIA's error table.
    """
    channel = int(image.header["WAVELNTH"])
    counts = np.unique(np.round(np.geomspace(1, 16384, 120))) - 0.5
    terms = error.components(counts, channel, tables.error_row(table, channel))
    figure = plots.new(plots.PAGE, 3.8, sky.name(image))
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    for name, values in terms.items():
        label, colour, line = _TERMS[name]
        upper.plot(counts, values, color=colour, ls=line, label=label)
    upper.plot(counts, error.total(terms), color=plots.BLACK, lw=1.8, label="total")
    upper.set(xscale="log", yscale="log", ylabel="standard deviation [DN]")
    upper.legend(ncols=3)
    upper.set_title("where the error comes from")
    lower.stairs(np.histogram(image.data[np.isfinite(image.data)], counts)[0], counts, fill=True, color=plots.SKY)
    lower.set(xlabel="counts of a pixel [DN]", ylabel="pixels", xlim=(counts[0], counts[-1]), yscale="log")
    return figure


def error_histograms(image: Image, table: Sequence[Mapping[str, object]]) -> Figure:
    """Draw histograms of the relative error: with noise alone, and with the systematic error of EVE or CHIANTI.

    Parameters
    ----------
    image
        Raw counts, DN; pixels of 25 DN and more count.
    table
        Rows of AIA's error table.
    """
    channel = int(image.header["WAVELNTH"])
    counts = image.data[(image.data >= error.LOSSLESS_BELOW_DN) & ~image.mask]
    if counts.size == 0:
        return plots.reason(f"No pixel of this frame has {error.LOSSLESS_BELOW_DN:.0f} DN or more.")
    sample, row = counts[:: max(1, counts.size // _SAMPLE)].astype(float), tables.error_row(table, channel)
    relative = {
        name: 100 * error.total(error.components(sample, channel, row, systematic=terms)) / np.abs(sample)
        for name, (terms, _, _) in _SYSTEMATIC.items()
    }
    figure = plots.new(plots.PAGE * 0.72, 3.4, sky.name(image))
    axis: Any = figure.subplots()
    low, high = np.percentile(np.concatenate(list(relative.values())), (0.05, 99.9))
    for name, values in relative.items():
        _, colour, line = _SYSTEMATIC[name]
        label = f"{name}: median {np.median(values):.1f} %"
        axis.hist(values, np.geomspace(low, high, 110), histtype="step", color=colour, ls=line, lw=1.3, label=label)
    axis.set(xscale="log", yscale="log", xlabel="σ / intensity [%]", ylabel="pixels")
    axis.xaxis.set_major_locator(FixedLocator([1, 2, 5, 10, 20, 50, 100]))
    axis.xaxis.set_major_formatter(FormatStrFormatter("%g"))
    axis.xaxis.set_minor_formatter(NullFormatter())
    figure.legend(loc="outside lower center", ncols=3)
    return figure


def pulls(images: Sequence[Image], truth: np.ndarray | None = None) -> Figure:
    """Draw the distribution of pulls, of all pixels and of the fainter half, beside the standard normal one.

    Parameters
    ----------
    images
        A frame in DN with its error plane, and the next one of its channel unless there is a ``truth``.
    truth
        Expected counts of the first frame, DN, (ny, nx).
    """
    first = images[0]
    if truth is not None:
        pair, xlabel = (Image(truth, first.header, np.zeros_like(truth)), first), "(counts − expected counts) / σ"
    else:
        pair = (exposure.normalise(first), exposure.normalise(images[1]))
        moved_px = noise.rotation_px(first, images[1])
        xlabel = f"difference of consecutive frames / σ; between them the Sun turns by {moved_px:.2g} px"
    faint = pair[0].data <= np.nanmedian(pair[0].data)
    figure = plots.new(plots.PAGE * 0.72, 3.4, sky.name(first))
    axis: Any = figure.subplots()
    edges = np.linspace(-6, 6, 121)
    centre = (edges[1:] + edges[:-1]) / 2
    for label, left_out, look in (
        ("all pixels", np.zeros_like(faint), {"fill": True, "color": plots.SKY}),
        ("fainter half", ~faint, {"fill": False, "color": plots.VERMILION}),
    ):
        values = noise.pulls(*pair, leave_out=left_out)
        density = np.histogram(values, edges)[0] / values.size / np.diff(edges)
        axis.stairs(density, edges, label=f"{label}: spread {noise.robust_spread(values):.3f}", **look)
    axis.plot(centre, np.exp(-(centre**2) / 2) / np.sqrt(2 * np.pi), color=plots.BLACK, ls=(0, (4, 1)), label="standard normal")
    axis.set(yscale="log", ylim=(1e-6, 30), xlim=(-6, 6), xlabel=xlabel, ylabel="probability density")
    axis.legend(loc="upper center", ncols=2)
    return figure


def autocorrelation(level1: Mapping[str, Any], side: int, deconvolution: Mapping[str, Any]) -> Figure:
    """Draw the correlation of white noise with lag, as read out and after each step that mixes pixels.

    Parameters
    ----------
    level1
        Header of the level-1 frame, whose pointing is removed.
    side
        Pixels a side of the field of noise.
    deconvolution
        Settings of the deconvolution; empty where the frame is not deconvolved.
    """
    fields = noise.through_steps(level1, side, Options(**deconvolution) if deconvolution else None)
    figure = plots.new(plots.PAGE, 3.5, sky.name(level1))
    axes = figure.subplots(1, len(fields), squeeze=False)[0]
    lag = 5
    extent = (-lag - 0.5, lag + 0.5, -lag - 0.5, lag + 0.5)
    for axis, (name, field) in zip(axes, fields.items(), strict=True):
        window = noise.autocorrelation(field, lag)
        shown = axis.imshow(window, cmap="RdBu_r", vmin=-0.2, vmax=0.2, extent=extent)
        axis.set(xlabel="lag in x [pixel]", ylabel="lag in y [pixel]", xticks=range(-4, 5, 2), yticks=range(-4, 5, 2))
        axis.set_title(name)
        for dx, dy in ((1, 0), (0, 1), (1, 1), (2, 0), (0, 2)):
            value = float(window[lag + dy, lag + dx])
            ink = "white" if abs(value) > 0.12 else plots.BLACK
            axis.text(dx, dy, f"{round(100 * value):d}", ha="center", va="center", fontsize=6, color=ink)
    label = "correlation (written: per cent)"
    figure.colorbar(shown, ax=list(axes), label=label, location="bottom", fraction=0.05, pad=0.02, extend="both")
    return figure
