"""Figures of the degradation: the curves of several versions, and an image before and after its correction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure

from helioreduce.aia.figures import sky
from helioreduce.image import Image
from helioreduce.io import plots

_VERSIONS = {8: (plots.SKY, (0, (4, 1))), 9: (plots.PURPLE, (0, (3, 1, 1, 1))), 10: (plots.BLUE, "-")}


class Curve(Protocol):
    """d(t) of one version: see ``aia.response.history.History``."""

    channel: int
    version: int
    times: np.ndarray
    factor: np.ndarray
    starts: list[datetime]
    jumps: np.ndarray
    frozen_from: datetime | None


def history(curves: Sequence[Curve], version: int, frames: Sequence[tuple[datetime, float]], until: datetime) -> Figure:
    """Sensitivity since launch in each version; epochs, jumps and frozen part of ``version``; the images' own points.

    Parameters
    ----------
    curves
        One per version.
    version
        The version that the images were corrected with.
    frames
        Time and factor of the images.
    until
        End of the time axis.
    """
    figure = plots.new(plots.PAGE, 3.8)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    for curve in curves:
        colour, line = _VERSIONS.get(curve.version, (plots.GREY, ":"))
        upper.plot(curve.times, curve.factor, color=colour, ls=line, label=f"V{curve.version}")
    own = next(curve for curve in curves if curve.version == version)
    for start in own.starts[1:]:
        upper.axvline(start, color=plots.GREY, lw=0.5, ls=(0, (1, 2)))
    if own.frozen_from and own.frozen_from < until:
        for axis in (upper, lower):
            axis.axvspan(own.frozen_from, until, color="#eeeeee", zorder=0)
        upper.text(own.frozen_from, 0.985, "  frozen: no trend in the table", va="top", transform=upper.get_xaxis_transform())
    upper.plot(*zip(*frames, strict=True), "o", ms=5, color=plots.VERMILION, label="images", zorder=5)
    top = max(curve.factor.max() for curve in curves)
    upper.set(ylim=(0, top * 1.12), ylabel="sensitivity\nrelative to launch")
    upper.legend(ncols=len(curves) + 1, loc="lower left")
    upper.set_title(f"{own.channel} Å since launch")
    _jumps(lower, own)
    lower.set(xlim=(own.starts[0], until), ylabel="jump [%]")
    lower.xaxis.set_major_formatter(ConciseDateFormatter(AutoDateLocator()))
    lower.set_xlabel("date (UTC)")
    return figure


def _jumps(axis: Axes, curve: Curve) -> None:
    """Size of the jump at each later epoch; the largest one named."""
    axis.axhline(0, color=plots.GREY, lw=0.5)
    if curve.jumps.size:
        axis.vlines(curve.starts[1:], 0, 100 * curve.jumps, color=_VERSIONS.get(curve.version, (plots.GREY,))[0], lw=2)
        largest = int(np.abs(curve.jumps).argmax())
        where, size = curve.starts[largest + 1], 100 * curve.jumps[largest]
        if abs(size) >= 0.1:
            text = f"{abs(size):.1f} % {'up' if size > 0 else 'down'} on {where:%Y-%m-%d}"
            axis.annotate(f"  {text}", (where, size), fontsize=7, va="top" if size > 0 else "bottom")
    reach = max(1.0, 120 * np.abs(curve.jumps).max(initial=0))
    axis.set_ylim(*((-reach, reach) if np.any(curve.jumps < -1e-3) else (-0.15 * reach, reach)))


def correction(before: Image, after: Image, factor: float) -> Figure:
    """An image before and after its correction, on one stretch, and the intensities of both."""
    figure = plots.new(plots.PAGE, 3.2)
    grid = figure.add_gridspec(1, 3, width_ratios=(1, 1, 1.05))
    small = [sky.binned(image, 768) for image in (before, after)]
    norm = sky.stretch(small[1].data, bright=99.8)
    pair = [sky.axes(figure, small[0], grid[0]), sky.axes(figure, small[1], grid[1], ylabel=False)]
    titles = (f"{before.header['WAVELNTH']} Å, uncorrected", f"÷ {factor:.4f}")
    for axis, image, title in zip(pair, small, titles, strict=True):
        shown = sky.draw(axis, image, norm=norm, title=title)
        sky.limb(axis, image)
    sky.bar(figure, shown, pair, f"intensity [{after.header['BUNIT']}]", location="bottom", extend="max")
    plot = figure.add_subplot(grid[2])
    good = (after.mask == 0) & (before.data > 0)
    edges = np.geomspace(*np.percentile(before.data[good], (0.1, 99.99)) * np.array([0.8, 1.5 / factor]), 90)
    for image, colour, line, label in (
        (before, plots.ORANGE, (0, (4, 1)), "uncorrected"),
        (after, plots.BLUE, "-", "corrected"),
    ):
        plot.hist(image.data[good], edges, histtype="step", color=colour, ls=line, label=label)
    plot.set(xscale="log", yscale="log", xlabel=f"intensity [{after.header['BUNIT']}]", ylabel="pixels")
    plot.legend(loc="lower center")
    plot.set_title(str(after.header["T_OBS"])[:19])
    return figure


def trend(curves: Mapping[int, tuple[Sequence[datetime], np.ndarray, np.ndarray, float, float]], channel: int) -> Figure:
    """Daily image means as they are and corrected, by version: times, raw and corrected means, trend and its error (1/yr)."""
    figure = plots.new(plots.PAGE, 3.2)
    axis = figure.subplots()
    for number, (version, (when, raw, corrected, slope, error)) in enumerate(curves.items()):
        if number == 0:
            axis.plot(when, raw / raw[0], ".", ms=3, color=plots.GREY, label="as observed")
        colour, _ = _VERSIONS.get(version, (plots.GREEN, ":"))
        label = f"corrected, V{version}: {100 * slope:+.2f} ± {100 * error:.2f} % per year"
        axis.plot(when, corrected / corrected[0], ".", ms=3, color=colour, label=label)
    axis.set(ylabel="image mean relative to the first", xlabel="date (UTC)", ylim=(0, None))
    axis.xaxis.set_major_formatter(ConciseDateFormatter(AutoDateLocator()))
    axis.legend()
    axis.set_title(f"{channel} Å: the table against daily means")
    return figure
