"""Figures of pointing and registration: the WCS before and after, the limb, the pointing table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

import numpy as np
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure

from helioreduce.aia.figures import sky
from helioreduce.image import Image
from helioreduce.io import plots

#: Entries of the pointing table: what they are, and their unit.
_ENTRIES = {
    "X0": "x of the Sun [pixel]",
    "Y0": "y of the Sun [pixel]",
    "IMSCALE": "scale [arcsec/pixel]",
    "INSTROT": "roll [deg]",
}


class Fit(Protocol):
    """A circle through the limb: see ``aia.qa.limb.Limb``."""

    angle: np.ndarray
    radius: np.ndarray
    kept: np.ndarray
    dx: float
    dy: float
    mean_radius: float
    rms: float


class Series(NamedTuple):
    """A channel's entries in the pointing table: T_START (n,), and by name (X0, Y0, IMSCALE, INSTROT) arrays (n,)."""

    times: Sequence[datetime]
    values: Mapping[str, np.ndarray]


def wcs(before: Image, after: Image) -> Figure:
    """Where registration moves the pixels, and reference pixel, scale and rotation matrix before and after."""
    figure = plots.new(plots.PAGE, 3.4)
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.3))
    side = np.array(before.data.shape[::-1])
    x, y = (plane.ravel() for plane in np.meshgrid(*(np.linspace(0.04, 0.96, 13) * (n - 1) for n in side)))
    moved = np.stack(sky.wcs(after).wcs_world2pix(*sky.wcs(before).wcs_pix2world(x, y, 0), 0)) - np.stack([x, y])
    longest = float(np.hypot(*moved).max())
    scale, key = longest / (side.max() / 14), round(longest, 1) or 1.0
    arrows = left.quiver(x, y, *moved, color=plots.BLUE, angles="xy", scale_units="xy", scale=scale, width=0.004)
    left.quiverkey(arrows, 0.78, 1.04, key, f"{key:g} pixel", labelpos="E", fontproperties={"size": 7})
    left.set(xlabel="x on the detector [pixel]", ylabel="y on the detector [pixel]", aspect="equal")
    left.set(xlim=(0, side[0]), ylim=(0, side[1]))
    left.set_title("shift of pixels")
    _numbers(right, before, after)
    return figure


def _numbers(axis: object, before: Image, after: Image) -> None:
    """The WCS cards as a table."""
    rows = []
    for card, unit in (("CRPIX1", "pixel"), ("CRPIX2", "pixel"), ("CDELT1", "arcsec/pixel"), ("CDELT2", "arcsec/pixel")):
        rows.append((f"{card} [{unit}]", *(f"{float(image.header[card]):.6f}" for image in (before, after))))
    matrices = [sky.wcs(image).wcs.get_pc() for image in (before, after)]
    rows += [(f"PC{i + 1}_{j + 1}", *(f"{matrix[i, j] + 0.0:.8f}" for matrix in matrices)) for i in (0, 1) for j in (0, 1)]
    rows.append(("roll [deg]", *(f"{np.rad2deg(np.arctan2(matrix[1, 0], matrix[0, 0])):.6f}" for matrix in matrices)))
    axis.set_axis_off()  # type: ignore[attr-defined]
    table = axis.table(rows, colLabels=("", "level 1", "level 1.5"), loc="center", edges="horizontal", cellLoc="right")  # type: ignore[attr-defined]
    table.auto_set_font_size(False)
    table.set_fontsize(7.5)
    table.scale(1, 1.35)
    axis.set_title(f"{after.header['WAVELNTH']} Å, {str(after.header['T_OBS'])[:19]}")  # type: ignore[attr-defined]


def limb(before: Fit, after: Fit, channel: int) -> Figure:
    """Radius of the limb against position angle, minus its mean, before and after; with the fitted offsets."""
    figure = plots.new(plots.PAGE, 3.2)
    axes = figure.subplots(1, 2, sharey=True)
    for axis, fit, title in zip(axes, (before, after), ("level 1, header's centre", "level 1.5"), strict=True):
        degrees = np.rad2deg(fit.angle)
        residual = fit.radius - fit.mean_radius
        axis.plot(degrees[~fit.kept], residual[~fit.kept], ".", ms=2.5, color="#c8c8c8", label="left out")
        axis.plot(degrees[fit.kept], residual[fit.kept], ".", ms=2.5, color=plots.BLUE, label="limb")
        circle = fit.dx * np.cos(fit.angle) + fit.dy * np.sin(fit.angle)
        axis.plot(degrees, circle, color=plots.VERMILION, label="fitted circle")
        axis.set_title(f"{channel} Å, {title}")
        axis.text(
            0.03, 0.04, f"centre off by ({fit.dx:+.2f}, {fit.dy:+.2f})″\nradius {fit.mean_radius:.2f}″, scatter {fit.rms:.2f}″",
            transform=axis.transAxes, fontsize=7,
        )  # fmt: skip
        axis.set(xlabel="position angle from +x [deg]", xlim=(0, 360), xticks=range(0, 361, 90))
    reach = max(3.0, 4 * max(before.rms, after.rms), 1.3 * np.hypot(before.dx, before.dy))
    axes[0].set(ylabel="radius minus mean [arcsec]", ylim=(-reach, reach))
    axes[1].legend(loc="upper right", markerscale=2)
    return figure


def pointing(series: Series, chosen: Sequence[datetime], channel: int) -> Figure:
    """The pointing table of a day: centre, scale and roll; rows that images took are filled."""
    figure = plots.new(plots.PAGE, 3.8)
    axes = figure.subplots(2, 2, sharex=True)
    picked = np.isin(np.array([time.timestamp() for time in series.times]), [time.timestamp() for time in chosen])
    for axis, (name, label) in zip(axes.ravel(), _ENTRIES.items(), strict=True):
        values = np.nan_to_num(series.values[name])
        axis.step(series.times, values, where="post", color=plots.GREY, lw=0.8)
        axis.plot(series.times, values, "o", ms=4, mfc="white", mec=plots.BLUE, label="row")
        axis.plot(np.array(series.times)[picked], values[picked], "o", ms=5, color=plots.VERMILION, label="taken by an image")
        axis.set_ylabel(label)
        middle, reach = (values.max() + values.min()) / 2, max(0.7 * np.ptp(values), 1e-4 * abs(values).max())
        axis.set_ylim(middle - reach, middle + reach)
        axis.ticklabel_format(axis="y", useOffset=False)
        axis.xaxis.set_major_formatter(ConciseDateFormatter(AutoDateLocator()))
    for axis in axes[1]:
        axis.set_xlabel("T_START (UTC)")
    axes[0, 0].set_title(f"{channel} Å: master pointing table")
    axes[0, 1].legend()
    return figure
