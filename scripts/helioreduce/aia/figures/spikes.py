"""Figures of the respike step: what the ground pipeline had replaced."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from helioreduce.aia import spikes as lists
from helioreduce.aia.figures import sky
from helioreduce.image import Image
from helioreduce.io import plots


def spike_cutouts(level1: Image, respiked: Image, spikes: np.ndarray, side: int, box: Sequence[float]) -> Figure:
    """Draw a cut-out as delivered (level 1) and respiked (level 0.5) on one stretch, every spike circled.

    Parameters
    ----------
    level1, respiked
        The frame before and after the step.
    spikes
        The list of the frame, (3, N): index, value before despiking, value after (DN).
    side
        Pixels a side of the cut-out, where many spikes show on a bright structure.
    box
        Left, bottom, right, top of the cut-out instead, helioprojective arcsec; may be empty.
    """
    x, y, inside = lists.positions(level1, spikes)
    x, y = x[inside], y[inside]
    if box:
        first, second = sky.within(level1, box), sky.within(respiked, box)
    else:
        _, before, after = spikes[:, inside]
        centre = _telling(level1, x, y, before > 1.5 * np.maximum(after, 1), side)
        first, second = sky.cut(level1, centre, side), sky.cut(respiked, centre, side)
    left, bottom = (float(level1.header[key]) - float(first.header[key]) for key in ("CRPIX1", "CRPIX2"))
    title = f"{sky.name(level1)}: pixels that the ground pipeline replaced"
    figure = plots.new(plots.PAGE, sky.height(second, 2.9, 0.8), title)
    norm = sky.stretch(second.data, bright=99.7)
    pair = [sky.axes(figure, first, 121), sky.axes(figure, second, 122, ylabel=False)]
    for axis, image, title in zip(pair, (first, second), ("Level 1", "Level 0.5"), strict=True):
        shown = sky.draw(axis, image, norm=norm, title=title)
        axis.scatter(x - left, y - bottom, s=60, facecolors="none", edgecolors=plots.SKY, linewidths=0.35)
        axis.set(xlim=(-0.5, image.data.shape[1] - 0.5), ylim=(-0.5, image.data.shape[0] - 0.5))
    sky.bar(figure, shown, pair[1], f"[{second.header['BUNIT']}]", extend="max")
    return figure


def _telling(image: Image, x: np.ndarray, y: np.ndarray, showing: np.ndarray, side: int) -> tuple[int, int]:
    """Return the centre (x, y) of a bright square with many spikes that show.

    Of the squares of ``side`` pixels that tile the image it has the largest product of their number and its median.
    """
    rows, columns = (np.arange(0, n + side, side) for n in image.data.shape)
    squares = [[image.data[r : r + side, c : c + side] for c in columns[:-1]] for r in rows[:-1]]
    bright = np.array([[np.nanmedian(square) if np.isfinite(square).any() else 0 for square in row] for row in squares])
    score = np.histogram2d(y[showing], x[showing], [rows, columns])[0] * np.maximum(bright, 0)
    row, column = np.unravel_index(int(score.argmax()), score.shape)
    return int(columns[column]) + side // 2, int(rows[row]) + side // 2


def spike_histogram(spikes: Sequence[np.ndarray], channels: Sequence[int]) -> Figure:
    """Draw histograms of the replaced pixels before and after despiking, one panel per channel.

    ``spikes`` holds one list (3, N) per channel: index, value before despiking, value after (DN).
    """
    rows = -(-len(channels) // 2)
    figure = plots.new(plots.PAGE, 0.8 + 2.3 * rows, "SDO/AIA: pixels that the ground pipeline replaced")
    axes = figure.subplots(rows, 2, squeeze=False)
    edges = np.unique(np.round(np.geomspace(1, 16384, 57))) - 0.5  # counts are whole numbers
    for axis, channel, (_, before, after) in zip(axes.ravel(), channels, spikes, strict=False):
        axis.hist(
            np.clip(before, 1, None), edges, histtype="step", color=plots.VERMILION, lw=1.3, label="spike (before despiking)"
        )
        axis.hist(
            np.clip(after, 1, None), edges, histtype="stepfilled", color=plots.SKY, alpha=0.5, label="replaced by (level 1)"
        )
        axis.set(xscale="log", yscale="log", ylim=(0.7, None), xlabel="counts [DN]", ylabel="pixels")
        axis.set_title(f"{channel} Å: {before.size} spikes")
        medians = f"median {np.median(before):.0f} → {np.median(after):.0f} DN" if before.size else "none"
        axis.text(0.97, 0.93, medians, transform=axis.transAxes, ha="right", va="top", fontsize=7)
    for axis in axes.ravel()[len(channels) :]:
        axis.set_axis_off()
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2)
    return figure


def spike_positions(level1: Image, spikes: np.ndarray) -> Figure:
    """Draw the spikes on the image, each coloured by how much the despiker lowered it.

    ``spikes`` is the list of the frame, (3, N): index, value before despiking, value after (DN).
    """
    longitude, latitude = lists.coordinates(level1, spikes) / 3600
    figure = plots.new(plots.PAGE * 0.85, 4.8, sky.name(level1, 19))
    small = sky.binned(level1, 1024)
    axis = sky.axes(figure, small, 111)
    grey = sky.stretch(small.data, bright=99.8)
    axis.imshow(small.data, norm=grey, cmap="gray", origin="lower", alpha=0.75)
    if spikes.size:
        lowered = np.maximum(spikes[1] - spikes[2], 1)
        order = np.argsort(lowered)
        look: dict[str, Any] = {"s": 3, "norm": "log", "cmap": "plasma", "linewidths": 0}
        world = axis.get_transform("world")
        shown = axis.scatter(longitude[order], latitude[order], c=lowered[order], transform=world, **look)
        axis.set(xlim=(-0.5, small.data.shape[1] - 0.5), ylim=(-0.5, small.data.shape[0] - 0.5))
        sky.bar(figure, shown, axis, "lowered by the despiker [DN]")
    sky.limb(axis, small)
    axis.set_title(f"{spikes.shape[1]} spikes")
    return figure
