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


def spike_cutouts(level1: Image, respiked: Image, spikes: np.ndarray, side: int) -> Figure:
    """Draw the cut-out of ``side`` pixels with most spikes, as delivered and respiked, every spike circled.

    ``spikes`` is the list of the frame, (3, N): index, value before despiking, value after (DN).
    """
    x, y, inside = lists.positions(level1, spikes)
    x, y = x[inside], y[inside]
    centre = _densest(x, y, level1.data.shape, side)
    first, second = sky.cut(level1, centre, side), sky.cut(respiked, centre, side)
    left, bottom = (float(level1.header[key]) - float(first.header[key]) for key in ("CRPIX1", "CRPIX2"))
    figure = plots.new(plots.PAGE, 4.0)
    norm = sky.stretch(first.data, bright=99.95)
    pair = [sky.axes(figure, first, 121), sky.axes(figure, second, 122, ylabel=False)]
    for axis, image, title in zip(pair, (first, second), ("as delivered: despiked", "respiked"), strict=True):
        shown = sky.draw(axis, image, norm=norm, title=f"{image.header['WAVELNTH']} Å, {title}")
        axis.scatter(x - left, y - bottom, s=44, facecolors="none", edgecolors=plots.SKY, linewidths=0.6)
        axis.set(xlim=(-0.5, image.data.shape[1] - 0.5), ylim=(-0.5, image.data.shape[0] - 0.5))
    sky.bar(figure, shown, pair, f"[{second.header['BUNIT']}]", extend="max")
    return figure


def _densest(x: np.ndarray, y: np.ndarray, shape: tuple[int, ...], side: int) -> tuple[int, int]:
    """Return the centre (x, y) of the square of ``side`` pixels, of those that tile the image, with most points."""
    counts, rows, columns = np.histogram2d(y, x, [np.arange(0, n + side, side) for n in shape])
    row, column = np.unravel_index(int(counts.argmax()), counts.shape)
    return int(columns[column]) + side // 2, int(rows[row]) + side // 2


def spike_histogram(spikes: Sequence[np.ndarray], channels: Sequence[int]) -> Figure:
    """Draw histograms of the replaced pixels before and after despiking, one panel per channel.

    ``spikes`` holds one list (3, N) per channel: index, value before despiking, value after (DN).
    """
    rows = -(-len(channels) // 2)
    figure = plots.new(plots.PAGE, 0.6 + 2.3 * rows)
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
    figure = plots.new(plots.PAGE * 0.72, 4.6)
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
        figure.colorbar(shown, ax=axis, label="lowered by the despiker [DN]", fraction=0.046, pad=0.02)
    sky.limb(axis, small)
    axis.set_title(f"{spikes.shape[1]} spikes, {level1.header['WAVELNTH']} Å, T_OBS {str(level1.header['T_OBS'])[:19]}")
    return figure
