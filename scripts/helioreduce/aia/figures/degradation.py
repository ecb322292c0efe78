"""Figures of the degradation: the curves of several versions, and an image before and after its correction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import numpy as np
from astropy.table import Table
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure

from helioreduce import times
from helioreduce.aia import degradation as sensitivity
from helioreduce.aia.figures import sky, style
from helioreduce.aia.response import history as histories
from helioreduce.errors import InputError
from helioreduce.image import Image
from helioreduce.io import ecsv, plots

Rows = Sequence[Mapping[str, object]]

_OTHER = {"color": plots.GREY, "ls": ":"}  # versions without a style of their own


def degradation(history: Table, table: Rows, channel: int, frames: Sequence[str], version: int) -> Figure:
    """Draw the sensitivity since launch in each version; epochs, jumps and frozen part of one; and the images' own factors.

    Parameters
    ----------
    history
        Degradation histories of the channel, see :func:`helioreduce.aia.response.history.to_table`.
    table
        Rows of the degradation table that corrects the images.
    frames
        Times of the images, as in file names.
    version
        Version of the table that corrects the images.
    """
    curves = histories.from_table(history)
    when = [times.from_compact(frame) for frame in frames]
    factors = [sensitivity.factor(table, channel, version, time)[0] for time in when]
    until = max(max(when) + timedelta(days=6 * 365), times.parse("2026-01-01"))
    figure = plots.new(plots.PAGE, 4.0, f"SDO/AIA {channel} Å")
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    for curve in curves:
        upper.plot(curve.times, curve.factor, label=curve.name, **style.VERSIONS.get(curve.version, _OTHER))
    own = next(curve for curve in curves if curve.version == version)
    for start in own.starts[1:]:
        upper.axvline(start, color=plots.GREY, lw=0.5, ls=(0, (1, 2)))
    if own.frozen_from and own.frozen_from < until:
        for axis in (upper, lower):
            axis.axvspan(own.frozen_from, until, color="#eeeeee", zorder=0)
        upper.text(own.frozen_from, 0.985, "  frozen: no trend in the table", va="top", transform=upper.get_xaxis_transform())
    upper.plot(np.array(when), factors, "o", ms=5, color=plots.VERMILION, label="images", zorder=5)
    top = max(curve.factor.max() for curve in curves)
    upper.set(ylim=(0, top * 1.12), ylabel="sensitivity\nrelative to launch")
    upper.legend(ncols=len(curves) + 1, loc="lower left")
    upper.set_title("sensitivity since launch")
    _jumps(lower, own)
    lower.set(xlim=(own.starts[0], until), ylabel="jump [%]")
    lower.xaxis.set_major_formatter(ConciseDateFormatter(AutoDateLocator()))
    lower.set_xlabel("date (UTC)")
    return figure


def _jumps(axis: Any, curve: histories.History) -> None:
    """Draw the size of the jump at each later epoch; name the largest."""
    axis.axhline(0, color=plots.GREY, lw=0.5)
    if curve.jumps.size:
        axis.vlines(curve.starts[1:], 0, 100 * curve.jumps, color=style.VERSIONS.get(curve.version, _OTHER)["color"], lw=2)
        largest = int(np.abs(curve.jumps).argmax())
        where, size = curve.starts[largest + 1], 100 * curve.jumps[largest]
        if abs(size) >= 0.1:
            text = f"{abs(size):.1f} % {'up' if size > 0 else 'down'} on {where:%Y-%m-%d}"
            axis.annotate(f"  {text}", (where, size), fontsize=7, va="top" if size > 0 else "bottom")
    reach = max(1.0, 120 * np.abs(curve.jumps).max(initial=0))
    axis.set_ylim(*((-reach, reach) if np.any(curve.jumps < -1e-3) else (-0.15 * reach, reach)))


def correction(before: Image, after: Image) -> Figure:
    """Draw an image before and after its correction for degradation, on one stretch, and the intensities of both."""
    good, factor = ~after.mask & (before.data > 0), float(after.header["DEGFACT"])
    if not good.any():
        return plots.reason("No pixel of this frame is positive and not masked.")
    figure = plots.new(plots.PAGE, 3.2, sky.name(before))
    grid = figure.add_gridspec(1, 3, width_ratios=(1, 1, 1.05))
    small = [sky.binned(image, 768) for image in (before, after)]
    norm = sky.stretch(small[1].data, bright=99.8)
    pair = [sky.axes(figure, small[0], grid[0]), sky.axes(figure, small[1], grid[1], ylabel=False)]
    titles = ("uncorrected", f"÷ {factor:.4f}")
    for axis, image, title in zip(pair, small, titles, strict=True):
        shown = sky.draw(axis, image, norm=norm, title=title)
        sky.limb(axis, image)
    sky.bar(figure, shown, pair[1], f"intensity [{after.header['BUNIT']}]", extend="max")
    plot: Any = figure.add_subplot(grid[2])
    low, high = np.percentile(before.data[good], (0.1, 99.99)) * np.array([0.8, 1.5 / factor])
    edges = np.geomspace(low, high, 90)
    for image, colour, line, label in (
        (before, plots.ORANGE, (0, (4, 1)), "uncorrected"),
        (after, plots.BLUE, "-", "corrected"),
    ):
        plot.hist(image.data[good], edges, histtype="step", color=colour, ls=line, label=label)
    plot.set(xscale="log", yscale="log", xlabel=f"intensity [{after.header['BUNIT']}]", ylabel="pixels")
    plot.set_ylim(0.7, 30 * plot.get_ylim()[1])  # room for the legend
    plot.legend(loc="upper right")
    plot.set_title("distribution")
    return figure


def trend(means: Table, tables: Sequence[Rows], channel: int) -> Figure:
    """Draw daily image means as observed and corrected with each version of the degradation table, and their trends.

    Parameters
    ----------
    means
        Columns ``time`` and ``mean_<channel>`` (DN/s).
    tables
        Rows of degradation tables, no version in two of them.

    Raises
    ------
    InputError
        If a column is missing, a version is in two tables, or there are fewer than three positive means.
    """
    missing = [name for name in ("time", f"mean_{channel}") if name not in means.colnames]
    if missing:
        raise InputError(
            f"daily means: column {', '.join(missing)} missing", cure="Give time and mean_<channel> (aia.response.means)"
        )
    when, raw = [times.parse(str(time)) for time in means["time"]], ecsv.numbers(means, f"mean_{channel}")
    figure = plots.new(plots.PAGE, 3.4, f"SDO/AIA {channel} Å")
    axis: Any = figure.subplots()
    axis.plot(when, raw / raw[0], ".", ms=3, color=plots.GREY, label="as observed")
    for version, index in histories.sources(dict(enumerate(tables))).items():
        found = histories.trend(tables[index], channel, version, when, raw)
        corrected = raw / [sensitivity.factor(tables[index], channel, version, time)[0] for time in when]
        colour = style.VERSIONS.get(version, {"color": plots.GREEN})["color"]
        name = histories.name(sensitivity.epochs(tables[index], channel, version)[0])
        label = f"corrected, {name}: {100 * found.corrected:+.2f} ± {100 * found.corrected_error:.2f} % per year"
        axis.plot(when, corrected / corrected[0], ".", ms=3, color=colour, label=label)
    axis.set(ylabel="image mean relative to the first", xlabel="date (UTC)", ylim=(0, None))
    axis.xaxis.set_major_formatter(ConciseDateFormatter(AutoDateLocator()))
    axis.legend()
    axis.set_title("the table against daily means")
    return figure
