"""Figures of the degradation: the curves of several versions, and an image before and after its correction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure

from helioreduce.plotting import style

_VERSIONS = {8: (style.SKY, (0, (4, 1))), 9: (style.PURPLE, (0, (3, 1, 1, 1))), 10: (style.BLUE, "-")}


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
    figure = style.new(style.PAGE, 3.8)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    for curve in curves:
        colour, line = _VERSIONS.get(curve.version, (style.GREY, ":"))
        upper.plot(curve.times, curve.factor, color=colour, ls=line, label=f"V{curve.version}")
    own = next(curve for curve in curves if curve.version == version)
    for start in own.starts[1:]:
        upper.axvline(start, color=style.GREY, lw=0.5, ls=(0, (1, 2)))
    if own.frozen_from and own.frozen_from < until:
        for axis in (upper, lower):
            axis.axvspan(own.frozen_from, until, color="#eeeeee", zorder=0)
        upper.text(own.frozen_from, 0.985, "  frozen: no trend in the table", va="top", transform=upper.get_xaxis_transform())
    upper.plot(*zip(*frames, strict=True), "o", ms=5, color=style.VERMILION, label="images", zorder=5)
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
    axis.axhline(0, color=style.GREY, lw=0.5)
    if curve.jumps.size:
        axis.vlines(curve.starts[1:], 0, 100 * curve.jumps, color=_VERSIONS.get(curve.version, (style.GREY,))[0], lw=2)
        largest = int(np.abs(curve.jumps).argmax())
        where, size = curve.starts[largest + 1], 100 * curve.jumps[largest]
        axis.annotate(f" {size:+.1f} % on {where:%Y-%m-%d}", (where, size), fontsize=7, va="top" if size > 0 else "bottom")
    axis.margins(y=0.25)
