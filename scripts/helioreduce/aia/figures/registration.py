"""Figures of pointing and registration: the WCS before and after, the limb, the pointing table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure

from helioreduce import times
from helioreduce.aia import pointing as master
from helioreduce.aia.figures import sky
from helioreduce.aia.qa import limb as edge
from helioreduce.errors import InputError
from helioreduce.image import Image
from helioreduce.io import plots

#: Entries of the pointing table: quantity and unit.
_ENTRIES = {
    "X0": "x of the Sun [pixel]",
    "Y0": "y of the Sun [pixel]",
    "IMSCALE": "scale [arcsec/pixel]",
    "INSTROT": "roll [deg]",
}


def registration(level1: Image, registered: Image) -> Figure:
    """Draw the shift of pixels by registration, and list reference pixel, scale and rotation matrix before and after."""
    figure = plots.new(plots.PAGE, 3.6, sky.name(level1, 19))
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.5))
    side = np.array(level1.data.shape[::-1])
    x, y = (plane.ravel() for plane in np.meshgrid(*(np.linspace(0.04, 0.96, 13) * (n - 1) for n in side)))
    there = np.stack(sky.wcs(registered).wcs_world2pix(*sky.wcs(level1).wcs_pix2world(x, y, 0), 0))
    finer = round(sky.wcs(level1).wcs.cdelt[1] / sky.wcs(registered).wcs.cdelt[1])  # 1, or that of a small simulated frame
    moved = (there + 0.5) / finer - 0.5 - np.stack([x, y])
    longest = float(np.hypot(*moved).max())
    scale, key = longest / (side.max() / 14), round(longest, 1) or 1.0
    arrows = left.quiver(x, y, *moved, color=plots.BLUE, angles="xy", scale_units="xy", scale=scale, width=0.004)
    left.quiverkey(arrows, 0.78, 1.04, key, f"{key:g} pixel", labelpos="E", fontproperties={"size": 7})
    left.set(xlabel="x on the detector [pixel]", ylabel="y on the detector [pixel]", aspect="equal")
    left.set(xlim=(0, side[0]), ylim=(0, side[1]))
    left.set_title("shift of pixels")
    _numbers(right, level1, registered)
    return figure


def _numbers(axis: Any, before: Image, after: Image) -> None:
    """List the WCS cards of both images."""
    rows = []
    for card, unit in (("CRPIX1", "pixel"), ("CRPIX2", "pixel"), ("CDELT1", "arcsec/pixel"), ("CDELT2", "arcsec/pixel")):
        rows.append((f"{card} [{unit}]", *(f"{float(image.header[card]):.6f}" for image in (before, after))))
    matrices = [sky.wcs(image).wcs.get_pc() for image in (before, after)]
    rows += [(f"PC{i + 1}_{j + 1}", *(f"{matrix[i, j] + 0.0:.8f}" for matrix in matrices)) for i in (0, 1) for j in (0, 1)]
    rows.append(("roll [deg]", *(f"{np.rad2deg(np.arctan2(matrix[1, 0], matrix[0, 0])):.6f}" for matrix in matrices)))
    axis.set_axis_off()
    head = {"colLabels": ("", "level 1", "level 1.5"), "colWidths": (0.42, 0.29, 0.29)}
    table = axis.table(rows, loc="center", edges="horizontal", cellLoc="right", **head)
    table.auto_set_font_size(False)
    table.set_fontsize(7.5)
    table.scale(1, 1.35)
    axis.set_title("coordinates in the header")


def limb(level1: Image, registered: Image) -> Figure:
    """Draw the radius of the limb minus its mean against position angle, before and after registration, and the fitted circle.

    A cut-out without a limb gets the reason instead.
    """
    try:
        limbs = edge.fit(level1), edge.fit(registered)
    except InputError as error:
        return plots.reason(str(error))
    figure = plots.new(plots.PAGE, 3.6, sky.name(level1))
    axes = figure.subplots(1, 2, sharey=True)
    for axis, fit, title in zip(axes, limbs, ("level 1, header's centre", "level 1.5"), strict=True):
        degrees = np.rad2deg(fit.angle)
        residual = fit.radius - fit.mean_radius
        axis.plot(degrees[~fit.kept], residual[~fit.kept], ".", ms=2.5, color="#c8c8c8", label="left out")
        axis.plot(degrees[fit.kept], residual[fit.kept], ".", ms=2.5, color=plots.BLUE, label="limb")
        circle = fit.dx * np.cos(fit.angle) + fit.dy * np.sin(fit.angle)
        axis.plot(degrees, circle, color=plots.VERMILION, label="fitted circle")
        axis.set_title(title)
        found = f"centre off by ({fit.dx:+.2f}, {fit.dy:+.2f})″, radius {fit.mean_radius:.2f}″, scatter {fit.rms:.2f}″"
        axis.set(xlabel=f"position angle from +x [deg]\n{found}", xlim=(0, 360), xticks=range(0, 361, 90))
    reach = max(3.0, *(max(4 * fit.rms, 1.3 * np.hypot(fit.dx, fit.dy)) for fit in limbs))
    axes[0].set(ylabel="radius minus mean [arcsec]", ylim=(-reach, reach))
    figure.legend(*axes[1].get_legend_handles_labels(), loc="outside lower center", ncols=3, markerscale=2)
    return figure


def pointing(table: Sequence[Mapping[str, object]], images: Sequence[Mapping[str, Any]], channel: int) -> Figure:
    """Draw a day of the master pointing table: Sun centre, scale and roll; the rows that images took are filled.

    Without a table, or without entries of the channel, the reason is given instead.

    Parameters
    ----------
    table
        Rows of the pointing table.
    images
        Headers of the channel's level-1 frames of that day.
    """
    if not table:
        return plots.reason("There is no pointing table: the headers' pointing was kept.")
    entries = [master.entries(row, channel) for row in table]
    if not any(entries):
        return plots.reason(f"The pointing table has no entries of {channel} Å: the headers' pointing was kept.")
    starts = np.array([times.parse(str(row["T_START"])) for row in table])
    rows = [master.select(table, times.parse(header["T_OBS"])) for header in images]
    taken = np.isin([str(row["T_START"]) for row in table], [str(row["T_START"]) for row in rows])
    day = str(images[0]["T_OBS"])[:10] if images else f"{starts[0]:%Y-%m-%d}"
    figure = plots.new(plots.PAGE, 4.0, f"SDO/AIA {channel} Å, {day}")
    axes = figure.subplots(2, 2, sharex=True)
    for axis, (name, label) in zip(axes.ravel(), _ENTRIES.items(), strict=True):
        values = np.array([entry.get(name, np.nan) for entry in entries])
        axis.step(starts, values, where="post", color=plots.GREY, lw=0.8)
        axis.plot(starts, values, "o", ms=4, mfc="white", mec=plots.BLUE, label="row")
        axis.plot(starts[taken], values[taken], "o", ms=5, color=plots.VERMILION, label="taken by an image")
        axis.set_ylabel(label)
        if np.isfinite(values).any():
            low, high = np.nanmin(values), np.nanmax(values)
            reach = max(0.7 * (high - low), 1e-4 * max(abs(low), abs(high)))
            axis.set_ylim((low + high) / 2 - reach, (low + high) / 2 + reach)
        axis.ticklabel_format(axis="y", useOffset=False)
        axis.xaxis.set_major_locator(AutoDateLocator(maxticks=6))
        axis.xaxis.set_major_formatter(ConciseDateFormatter(axis.xaxis.get_major_locator()))
    for axis in axes[1]:
        axis.set_xlabel("T_START (UTC)")
    axes[0, 0].set_title("master pointing table")
    figure.legend(*axes[0, 1].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure
