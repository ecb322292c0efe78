"""Figures of the respike step: what the ground pipeline had replaced."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from helioreduce.aia.figures import sky
from helioreduce.image import Image
from helioreduce.io import plots


def cutouts(despiked: Image, respiked: Image, x: np.ndarray, y: np.ndarray) -> Figure:
    """A cut-out before and after respiking, every spike in it circled; ``x``, ``y`` are its pixels (from 0)."""
    figure = plots.new(plots.PAGE, 4.0)
    norm = sky.stretch(despiked.data, bright=99.95)
    pair = [sky.axes(figure, despiked, 121), sky.axes(figure, respiked, 122, ylabel=False)]
    for axis, image, title in zip(pair, (despiked, respiked), ("as delivered: despiked", "respiked"), strict=True):
        shown = sky.draw(axis, image, norm=norm, title=f"{image.header['WAVELNTH']} Å, {title}")
        axis.scatter(x, y, s=44, facecolors="none", edgecolors=plots.SKY, linewidths=0.6)
        axis.set(xlim=(-0.5, image.data.shape[1] - 0.5), ylim=(-0.5, image.data.shape[0] - 0.5))
    sky.bar(figure, shown, pair, f"[{despiked.header['BUNIT']}]", extend="max")
    return figure


def histogram(lists: Mapping[int, np.ndarray]) -> Figure:
    """Values of the pixels before despiking and after, per channel, and the difference's sum.

    ``lists`` holds by channel arrays (3, N): index, value before despiking, value after (DN).
    """
    figure = plots.new(plots.PAGE, 0.6 + 2.3 * -(-len(lists) // 2))
    axes = figure.subplots(-(-len(lists) // 2), 2, squeeze=False)
    for axis, (channel, spikes) in zip(axes.ravel(), lists.items(), strict=False):
        edges = np.unique(np.round(np.geomspace(1, 16384, 57))) - 0.5  # counts are whole numbers
        before, after = (np.clip(spikes[row], 1, None) for row in (1, 2))
        axis.hist(before, edges, histtype="step", color=plots.VERMILION, lw=1.3, label="spike (before despiking)")
        axis.hist(after, edges, histtype="stepfilled", color=plots.SKY, alpha=0.5, label="replaced by (level 1)")
        axis.set(xscale="log", yscale="log", ylim=(0.7, None), xlabel="counts [DN]", ylabel="pixels")
        axis.set_title(f"{channel} Å: {spikes.shape[1]} spikes")
        axis.text(
            0.97, 0.93, f"median {np.median(spikes[1]):.0f} → {np.median(spikes[2]):.0f} DN" if spikes.size else "none",
            transform=axis.transAxes, ha="right", va="top", fontsize=7,
        )  # fmt: skip
    for axis in axes.ravel()[len(lists) :]:
        axis.set_axis_off()
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2)
    return figure


def positions(image: Image, spikes: np.ndarray, longitude: np.ndarray, latitude: np.ndarray) -> Figure:
    """Where on the Sun the spikes are: the image, and on it each spike coloured by how much it was lowered.

    ``spikes`` (3, N) as delivered; ``longitude``, ``latitude`` (N,) arcsec.
    """
    figure = plots.new(plots.PAGE * 0.72, 4.6)
    small = sky.binned(image, 1024)
    axis = sky.axes(figure, small, 111)
    grey = sky.stretch(small.data, bright=99.8)
    axis.imshow(small.data, norm=grey, cmap="gray", origin="lower", alpha=0.75)
    lowered = np.maximum(spikes[1] - spikes[2], 1)
    order = np.argsort(lowered)
    shown = axis.scatter(
        longitude[order] / 3600, latitude[order] / 3600, c=lowered[order], s=3, norm="log", cmap="plasma", linewidths=0,
        transform=axis.get_transform("world"),
    )  # fmt: skip
    axis.set(xlim=(-0.5, small.data.shape[1] - 0.5), ylim=(-0.5, small.data.shape[0] - 0.5))
    figure.colorbar(shown, ax=axis, label="lowered by the despiker [DN]", fraction=0.046, pad=0.02)
    sky.limb(axis, small)
    axis.set_title(f"{spikes.shape[1]} spikes, {image.header['WAVELNTH']} Å, {str(image.header['T_OBS'])[:19]}")
    return figure
