"""Figures against time: light curves, and the quality of the frames by their headers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure

from helioreduce.aia.alignment import mean
from helioreduce.aia.figures import sky, style
from helioreduce.aia.qa.statistics import by_channel, is_jump
from helioreduce.image import Image
from helioreduce.io import plots

_NEAR_REAL_TIME = 0x40000000  # bit 30 of QUALITY: provisional, not bad


def light_curves(curves: Iterable[Sequence[Mapping[str, Any]]]) -> Figure:
    """Draw the mean of a region in each channel: corrected (filled) and not corrected for degradation (open).

    Error bars are 1 σ of noise and exposure time. Where pixels are saturated the mean with them is drawn, as a lower limit
    (triangle); the grey area is their share.

    Parameters
    ----------
    curves
        Rows of :func:`helioreduce.aia.light_curves.measure`, a list for each channel.
    """
    frames = by_channel(row for rows in curves for row in rows)
    figure = plots.new(plots.PAGE, 1.2 + 1.25 * len(frames), f"SDO/AIA, {_day(frames)}")
    axes = figure.subplots(len(frames), 1, sharex=True, squeeze=False)[:, 0]
    for axis, (channel, rows) in zip(axes, frames.items(), strict=True):
        _draw_curve(axis, rows, style.CHANNELS[channel]["color"])
        axis.set_ylabel(f"{channel} Å\n[{rows[0]['BUNIT']}]")
    entries = {label: handle for axis in axes for handle, label in zip(*axis.get_legend_handles_labels(), strict=True)}
    figure.legend(entries.values(), entries.keys(), loc="outside lower center", ncols=3)
    axes[0].set_title("mean of the region, ±1 σ of noise and exposure time; grey: share of saturated pixels")
    _date_axis(axes[-1], frames)
    return figure


def _draw_curve(axis: Any, rows: Sequence[Mapping[str, Any]], colour: str) -> None:
    """Draw one channel's curve."""
    times, names = np.array([row["time"] for row in rows]), ("mean", "limit", "sigma", "sigma_exposure", "saturated", "DEGFACT")
    mean, limit, noise, common, saturated, factor = (np.array([row[name] for row in rows], float) for name in names)
    exact = saturated == 0
    value, bars = np.where(exact, mean, limit), np.hypot(noise, common)
    axis.plot(times, value, "-", lw=0.9, color=colour)
    filled: dict[str, Any] = {"fmt": "o", "ms": 3.5, "capsize": 2, "color": colour, "label": "corrected"}
    axis.errorbar(times[exact], value[exact], bars[exact], **filled)
    if not exact.all():
        axis.plot(times[~exact], value[~exact], "^", ms=4.5, color=colour, mfc="white", label="lower limit: saturated pixels")
        _draw_share(axis.twinx(), times, 100 * saturated)
    if np.any(factor != 1):
        look: dict[str, Any] = {"ms": 3.5, "lw": 0.7, "mfc": "white", "color": plots.GREY, "zorder": 1}
        axis.plot(times, value * factor, "o--", label="not corrected for degradation", **look)
    if np.all(value > 0) and value.max() > 10 * value.min():
        axis.set_yscale("log")
    else:
        axis.ticklabel_format(axis="y", useOffset=False)
    axis.margins(y=0.25)


def _draw_share(axis: Any, times: np.ndarray, percent: np.ndarray) -> None:
    """Draw the share of saturated pixels behind a curve."""
    axis.fill_between(times, percent, color=plots.GREY, alpha=0.25, lw=0)
    axis.set(ylim=(0, 100), yticks=(0, 50, 100), ylabel="saturated [%]")


def channels(images: Sequence[Image], curves: Iterable[Sequence[Mapping[str, Any]]]) -> Figure:
    """Draw an image of each channel, and below them the light curves, each divided by its maximum.

    Parameters
    ----------
    images
        One finished image of each channel.
    curves
        Rows of :func:`helioreduce.aia.light_curves.measure`, a list for each channel. Lower limits are triangles.
    """
    frames = by_channel(row for rows in curves for row in rows)
    columns = min(len(images), 3)
    rows = -(-len(images) // columns)
    figure = plots.new(plots.PAGE, 2.2 * (rows + 1), f"SDO/AIA, {str(images[0].header['T_OBS'])[:10]}")
    grid = figure.add_gridspec(rows + 1, columns)
    for index, image in enumerate(sorted(images, key=lambda image: int(image.header["WAVELNTH"]))):
        small, place = sky.binned(image, 512), divmod(index, columns)
        axis = sky.axes(figure, small, grid[place], ylabel=place[1] == 0, xlabel=index >= len(images) - columns)
        shown = sky.draw(axis, small, title=f"{image.header['WAVELNTH']} Å, {str(image.header['T_OBS'])[11:19]}", share=False)
        sky.bar(figure, shown, axis, f"[{image.header['BUNIT']}]", extend="max")
        if saturated := image.flagged("saturated").mean():
            axis.set_title(f"{100 * saturated:.2g} % saturated", loc="right", color=sky.SATURATED)
    below: Any = figure.add_subplot(grid[rows, :])
    for channel, measured in frames.items():
        times, look = np.array([row["time"] for row in measured]), style.CHANNELS[channel]
        limited = np.array([row["saturated"] > 0 for row in measured])
        value = np.array([row["limit"] if row["saturated"] > 0 else row["mean"] for row in measured], float)
        value /= np.nanmax(value)
        below.plot(times, value, marker="o", ms=2.5, label=f"{channel} Å", **look)
        below.plot(times[limited], value[limited], "^", ms=5, mfc="white", color=look["color"])
    below.set(ylabel="mean / its maximum", ylim=(0, 1.08))
    below.set_title("light curves (△ lower limit: saturated pixels)")
    figure.legend(loc="outside lower center", ncols=min(len(frames), 7))
    _date_axis(below, frames)
    return figure


def alignment(offsets: Sequence[Mapping[str, Any]]) -> Figure:
    """Draw the residual offsets of each pair of channels at every time (grey), and their weighted means with their errors.

    ``offsets`` are rows of :func:`helioreduce.aia.alignment.rows`.
    """
    pairs = sorted({(int(row["first"]), int(row["second"])) for row in offsets})
    if not pairs:
        return plots.reason("No two channels have frames within the tolerance of aia.alignment.")
    figure = plots.new(plots.PAGE, 1.3 + 0.24 * len(pairs), "SDO/AIA, level 1.5")
    axes = figure.subplots(1, 2, sharey=True)
    for axis, name in zip(axes, ("x", "y"), strict=True):
        for height, pair in enumerate(pairs):
            own = [row for row in offsets if (int(row["first"]), int(row["second"])) == pair]
            value, sigma = (np.array([float(row[key]) for row in own]) for key in (f"d{name}_px", f"sigma_{name}_px"))
            axis.plot(value, np.full(value.size, height), "o", ms=2.5, color=plots.GREY, alpha=0.6, mew=0)
            average, error = mean(value, sigma)
            axis.errorbar(average, height, xerr=error, fmt="o", ms=4, capsize=2, color=plots.BLUE)
        axis.axvline(0, color=plots.BLACK, lw=0.6)
        axis.set_xlabel(f"offset in {name} [pixels of 0.6″]")
    best = [max(float(row["correlation"]) for row in offsets if (int(row["first"]), int(row["second"])) == p) for p in pairs]
    labels = [f"{b} − {a} Å   (r ≤ {r:.2f})" for (a, b), r in zip(pairs, best, strict=True)]
    axes[0].set(yticks=range(len(pairs)), yticklabels=labels, ylim=(len(pairs) - 0.4, -0.6))
    axes[0].set_title("where one channel sees what another sees")
    return figure


def timeline(series: Iterable[Mapping[str, Any]]) -> Figure:
    """Draw QUALITY, exposure time and number of spikes of every frame; exposure times that are not EXPTIME are open.

    ``series`` is what :func:`helioreduce.aia.qa.statistics.series` returns; medians that jump are circled.
    """
    frames = by_channel(series)
    figure = plots.new(plots.PAGE, 4.0, f"SDO/AIA, {_day(frames)}")
    axes = figure.subplots(3, 1, sharex=True, height_ratios=(1, 1.4, 1.4))
    for height, (channel, rows) in enumerate(frames.items()):
        times, look = np.array([row["time"] for row in rows]), style.CHANNELS[channel]
        good = np.array([int(row.get("QUALITY", 0)) & ~_NEAR_REAL_TIME == 0 for row in rows])
        for chosen, marker in ((good, "o"), (~good, "x")):
            axes[0].plot(times[chosen], np.full(chosen.sum(), height), marker, ms=4, color=look["color"])
        used = np.array([row.get("EXPUSED") or row["EXPTIME"] for row in rows])
        axes[1].plot(times, used, marker="o", ms=3.5, label=f"{channel} Å", **look)
        _mark_exposures(axes[1], rows, times, used)
        axes[2].plot(times, [row.get("NSPIKES", np.nan) for row in rows], marker="o", ms=3.5, **look)
    axes[0].set(yticks=range(len(frames)), yticklabels=[f"{channel} Å" for channel in frames], ylim=(-0.6, len(frames) - 0.4))
    axes[0].set_title("QUALITY: ● good, × flagged")
    for axis, label in zip(
        axes[1:], ("exposure time [s]\n□ as commanded,\n○ median jumps", "spikes found\non the ground"), strict=True
    ):
        axis.set_ylabel(label)
        axis.set_ylim(0, 1.15 * axis.get_ylim()[1])
    figure.legend(loc="outside lower center", ncols=min(len(frames), 7))
    _date_axis(axes[-1], frames)
    return figure


def _mark_exposures(axis: Any, rows: Sequence[Mapping[str, Any]], times: np.ndarray, used: np.ndarray) -> None:
    """Mark exposure times as commanded, and frames whose medians jump."""
    commanded = np.array([row.get("EXPSRC") == "commanded" for row in rows])
    jumping = np.array([is_jump(row.get("jump", 1.0)) for row in rows])
    for chosen, look in (
        (commanded, {"marker": "s", "s": 16, "fc": "white", "zorder": 5}),
        (jumping, {"marker": "o", "s": 80, "fc": "none"}),
    ):
        if chosen.any():
            axis.scatter(times[chosen], used[chosen], ec=plots.VERMILION, **look)


def _day(frames: Mapping[int, Sequence[Mapping[str, Any]]]) -> str:
    """Return the day of the first frame, and of the last one where it is another."""
    days = sorted(f"{row['time']:%Y-%m-%d}" for rows in frames.values() for row in rows)
    return " to ".join(dict.fromkeys((days[0], days[-1])))


def _date_axis(axis: Any, frames: Mapping[int, Sequence[Mapping[str, Any]]]) -> None:
    """Label the time axis, with at least ten seconds beyond the frames on either side."""
    times = [row["time"].timestamp() for rows in frames.values() for row in rows]
    margin = max(0.04 * (max(times) - min(times)), 10.0)
    zone = next(iter(frames.values()))[0]["time"].tzinfo
    axis.set_xlim(*(datetime.fromtimestamp(value, zone) for value in (min(times) - margin, max(times) + margin)))
    axis.xaxis.set_major_formatter(ConciseDateFormatter(AutoDateLocator()))
    axis.set_xlabel("T_OBS (UTC)")
