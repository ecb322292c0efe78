"""The embedded Sun's emission measure beside the one that is found in its images."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from helioreduce.aia.dem.layers import Layers
from helioreduce.aia.dem.product import Maps
from helioreduce.io import plots

#: Found over true: limits of the drawing.
_RATIO = (0.03, 30.0)
#: Width of the bins of the true value, dex.
_BIN = 0.2


def dem_truth(dem: Maps, truth: Layers) -> Figure:
    """Draw the emission measure of each band as it is and as it is found, and found over true against the true one.

    The squares are medians in bins of a fifth of a dex; their bars hold 68 % of the pixels.
    """
    bands, found = dem.tables["BANDS"], dem.images["EM"]
    known = truth.at(dem.header, found.shape[1:], dem.step)
    figure = plots.new(plots.PAGE, 4.4, f"SDO/AIA, {str(dem.header.get('T_OBS', ''))[:19]}, DEM by {dem.header['DEMMETH']}")
    axes = figure.subplots(3, len(found), sharex="row", sharey="row", squeeze=False)
    true = [known.band(low, high) for low, high in zip(bands["LOWER"], bands["UPPER"], strict=True)]
    top = float(np.percentile(np.stack(true), 99.8))
    scale = LogNorm(top * 1e-4, top)
    for column, low, high, one, other in zip(axes.T, bands["LOWER"], bands["UPPER"], true, found, strict=True):
        for axis, values in zip(column[:2], (one, other), strict=True):
            axis.imshow(np.clip(values, top * 1e-4, None), norm=scale, cmap="inferno")
            axis.set(xticks=[], yticks=[])
        column[0].set_title(f"log T {low:g} to {high:g}", fontsize=7)
        _ratios(column[2], one, other, top)
    for axis, label in zip(axes[:, 0], ("true", "found", "found / true"), strict=True):
        axis.set_ylabel(label)
    axes[2, len(found) // 2].set_xlabel("true emission measure [cm⁻⁵]; squares: medians, bars: 68 % of the pixels")
    figure.colorbar(ScalarMappable(scale, "inferno"), ax=axes[:2], label="emission measure [cm⁻⁵]", shrink=0.8)
    return figure


def _ratios(axis: Axes, true: np.ndarray, found: np.ndarray, top: float) -> None:
    """Draw found over true: every pixel as density, medians and 68 % in bins of the true value."""
    good = np.isfinite(found) & (found > 0) & (true > top * 1e-4)
    x, y = np.log10(true[good]), np.log10(found[good] / true[good])
    edges = np.arange(np.log10(top) - 4, np.log10(top) + _BIN, _BIN)
    axis.hist2d(10**x, 10**y, bins=(np.geomspace(top * 1e-4, top, 41), np.geomspace(*_RATIO, 61)), cmap="Greys", norm=LogNorm())
    place = np.digitize(x, edges)
    for number in np.unique(place):
        here = y[place == number]
        if here.size >= 50:
            low, middle, high = 10 ** np.percentile(here, (16, 50, 84))
            at = 10 ** (edges[min(number, edges.size - 1)] - _BIN / 2)
            axis.errorbar(at, middle, [[middle - low], [high - middle]], fmt="s", ms=2, lw=0.8, color=plots.BLUE)
    axis.axhline(1, color=plots.VERMILION, ls=(0, (4, 1)), lw=0.8)
    axis.set(xscale="log", yscale="log", ylim=_RATIO)
