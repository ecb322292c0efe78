"""Figures of a co-alignment: cameras beside the target, correlations, masks, differences, vignetting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from helioreduce.esis import camera as cam
from helioreduce.esis.drift import LIMIT
from helioreduce.esis.values import Drift
from helioreduce.io import plots

_PAIRS = ("1–2", "1–3", "1–4", "2–3", "2–4", "3–4")
#: Steps of a movie's colours: a picture of few compresses well.
_DIPOLES = mpl.colormaps["RdBu_r"].resampled(33)
_SHOWN = 2  # every second pixel is enough for a picture


def coalignment(images: np.ndarray, target: np.ndarray, names: str) -> Figure:
    """Draw the four cameras on the level-3 grid, and the target to which they were registered, if there is one.

    Parameters
    ----------
    images
        (4, ny, nx), photons.
    target
        (ny, nx); all NaN without one.
    names
        Line and time, for the title.
    """
    shown = [(f"camera {number}", image) for number, image in zip(cam.CAMERAS, images, strict=True)]
    if np.isfinite(target).any():
        shown.append(("target", target))
    figure = Figure(figsize=(2.3 * len(shown), 2.5), layout="constrained")
    for axis, (title, image) in zip(figure.subplots(1, len(shown), sharey=True), shown, strict=True):
        top = _top(image)
        drawn = _picture(axis, image, title, cmap="inferno", vmin=0, vmax=top)
        plots.bar(figure, drawn, axis, "photon" if title != "target" else "DN")
    figure.suptitle(f"ESIS, {names}")
    return figure


def correlation(internal: np.ndarray, aim: np.ndarray, exposures: Sequence[int]) -> Figure:
    """Draw the zero-lag correlation of every pair, quadratic over linear, and with the target.

    Parameters
    ----------
    internal
        (n_sequences, 2 stages, 2 areas, 6 pairs).
    aim
        (n_sequences, 2 stages, 4): with the target; NaN without one.
    exposures
        Numbers of the sequences.
    """
    figure = Figure(figsize=(8.6, 3.6), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    for area, name, style in ((0, "full frame", "o-"), (1, "inside the field stops", "s--")):
        for stage, kind, colour in ((0, "linear", "tab:grey"), (1, "quadratic", "tab:blue")):
            label = f"{kind}, {name}"
            left.plot(exposures, internal[:, stage, area].mean(axis=1), style, color=colour, label=label, ms=4)
    left.set(ylabel="mean correlation of the pairs")
    ratio = internal[:, 1, 0] / internal[:, 0, 0]
    for pair, name in enumerate(_PAIRS):
        middle.plot(exposures, ratio[:, pair], "o-", label=name, ms=4)
    middle.axhline(1, color="k", lw=0.8)
    middle.set(ylabel="correlation: quadratic / linear")
    if np.isfinite(aim).any():
        for index, number in enumerate(cam.CAMERAS):
            right.plot(exposures, aim[:, 1, index], "o-", label=f"camera {number}", ms=4)
        right.set(ylabel="correlation with the target")
    else:
        right.text(0.5, 0.5, "no target:\naligned among the cameras", ha="center", va="center", transform=right.transAxes)
        right.set_axis_off()
    for axis in (left, middle, right):
        axis.set(xlabel="exposure number")
        axis.xaxis.get_major_locator().set_params(integer=True)
        if axis.get_legend_handles_labels()[0]:
            axis.legend(fontsize=6, ncols=2, loc="upper center", bbox_to_anchor=(0.5, -0.18))
    return figure


def masks(images: np.ndarray, outlines: Sequence[np.ndarray], names: str) -> Figure:
    """Draw the outlines of the part free of Mg X over each camera, on the level-3 grid.

    Parameters
    ----------
    outlines
        Level-3 vertices (n, 2) of each camera.
    """
    figure = Figure(figsize=(9, 2.8), layout="constrained")
    for axis, number, image, outline in zip(figure.subplots(1, 4, sharey=True), cam.CAMERAS, images, outlines, strict=True):
        _picture(axis, image, f"camera {number}", cmap="gray", vmin=0, vmax=_top(image))
        closed = _arcsec(np.vstack([outline, outline[:1]]))
        axis.plot(*closed.T, color="tab:cyan", lw=1.2)
    figure.suptitle(f"ESIS, {names}: free of Mg X inside the line")
    return figure


def differences(linear: np.ndarray, quadratic: np.ndarray, corrected: np.ndarray) -> Figure:
    """Draw the difference of two cameras, each over its mean: after the linear and the quadratic step, and without vignetting.

    They are the first and the last that see the Sun.

    Parameters
    ----------
    linear, quadratic, corrected
        Stacks (4, ny, nx).
    """
    there = np.flatnonzero(np.isfinite(corrected).any(axis=(1, 2)))
    pair = (int(there[0]), int(there[-1]))
    figure = Figure(figsize=(8.6, 3.2), layout="constrained")
    titles = ("linear", "quadratic", "quadratic, vignetting removed")
    for axis, title, stack in zip(figure.subplots(1, 3, sharey=True), titles, (linear, quadratic, corrected), strict=True):
        seen = np.isfinite(corrected[there]).all(axis=0)
        a, b = (np.where(seen, stack[k], np.nan) / np.nanmean(stack[k][seen]) for k in pair)
        drawn = _picture(axis, a - b, f"{title}: rms {np.nanstd(a - b):.3f}", cmap="RdBu_r", vmin=-1.5, vmax=1.5)
    plots.bar(figure, drawn, axis, "difference / mean", extend="both")
    figure.suptitle(f"ESIS, camera {cam.CAMERAS[pair[0]]} − camera {cam.CAMERAS[pair[1]]}")
    return figure


def vignetting(fields: np.ndarray, slopes: np.ndarray, single: np.ndarray) -> Figure:
    """Draw the vignetting fields, and the slopes of single sequences about those of all.

    Parameters
    ----------
    fields
        V (4, ny, nx), NaN outside the field stop.
    slopes
        (2, 4): slopes and their errors.
    single
        (n_sequences, 4).
    """
    figure = Figure(figsize=(11, 2.5), layout="constrained")
    axes = figure.subplots(1, 5)
    for axis, number, field in zip(axes, cam.CAMERAS, fields, strict=False):
        drawn = _picture(axis, field, f"camera {number}", cmap="viridis", vmin=1, vmax=1.6)
    plots.bar(figure, drawn, axes[3], "V", extend="both")
    figure.suptitle("ESIS: vignetting V of each camera")
    for index, number in enumerate(cam.CAMERAS):
        axes[4].plot(np.full(len(single), number), single[:, index], ".", color="0.6")
    axes[4].errorbar(cam.CAMERAS, slopes[0], slopes[1], fmt="o", color="tab:blue", capsize=4)
    axes[4].set(xlabel="camera", ylabel="slope s of V = 1 + s f", xticks=cam.CAMERAS, title="dots: single sequences")
    return figure


def drift(found: Drift) -> Figure:
    """Draw where the Sun lies on the field stop in each sequence, the curve through it, and the distance from the curve."""
    figure = Figure(figsize=(8.6, 2.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    for axis, name, colour in ((0, "longitude", "tab:blue"), (1, "latitude", "tab:orange")):
        left.plot(found.exposures, found.measured[:, axis], "o", color=colour, ms=4, label=name)
        left.plot(found.exposures, found.fitted[:, axis], "-", color=colour, lw=1)
        right.plot(found.exposures, found.measured[:, axis] - found.fitted[:, axis], "o-", color=colour, ms=4, label=name)
    right.axhspan(-LIMIT, LIMIT, color="0.9", zorder=0)
    left.set(ylabel="drift of the Sun [pixel of level 3]", title="dots: measured, lines: fitted")
    right.set(ylabel="measured − fitted [pixel]", title=f"shaded: the curve is followed (±{LIMIT:g})")
    for axis in (left, right):
        axis.set(xlabel="exposure number")
        axis.xaxis.get_major_locator().set_params(integer=True)
        axis.legend(fontsize=7)
    return figure


def disagreement(figure: Figure, frame: tuple[np.ndarray, Sequence[Mapping[str, Any]], str]) -> None:
    """Draw into ``figure`` the difference of each camera and the mean of all, over its error; a Doppler shift is a dipole.

    Parameters
    ----------
    frame
        Significance (4, ny, nx), the sequence's events, and the title.
    """
    significance, events, title = frame
    rows, columns = (np.flatnonzero(np.isfinite(significance).any(axis=(0, axis))) for axis in (2, 1))
    places = np.array([(row["x_arcsec"], row["y_arcsec"]) for row in events]).reshape(-1, 2)
    style = {"cmap": _DIPOLES, "vmin": -5, "vmax": 5, "interpolation": "antialiased", "interpolation_stage": "data"}
    axes = figure.subplots(2, 2, sharex=True, sharey=True).flat
    for axis, number, image in zip(axes, cam.CAMERAS, significance, strict=True):
        drawn = _picture(axis, image, f"camera {number}", every=1, **style)
        axis.plot(*places.T, "o", ms=12, mfc="none", mec="k", mew=0.8)
    if len(rows):
        edges = _arcsec(np.array([[columns[0], rows[0]], [columns[-1], rows[-1]]]))
        axis.set(xlim=edges[:, 0], ylim=edges[:, 1])
    figure.colorbar(drawn, ax=figure.axes, shrink=0.6, label="difference to the mean of the cameras / error")
    figure.suptitle(f"ESIS, {title}")


def coordinates(header: Mapping[str, Any]) -> str:
    """Return in a few words what the coordinates of an aligned sequence rest on, and how well they are known."""
    kind = "" if "TARGET" in header else "relative "
    return f"{kind}coordinates ± {header['CSYER1']:g}″" if "CSYER1" in header else ""


def _picture(axis: Axes, image: np.ndarray, title: str, *, every: int = _SHOWN, **style: Any) -> AxesImage:
    """Draw an image on the level-3 grid, ``every`` so many pixels, in helioprojective arcsec."""
    corners = _arcsec(np.array([[-0.5, -0.5], [n - 0.5 for n in image.shape[::-1]]]))
    drawn = axis.imshow(image[::every, ::every], origin="lower", extent=(*corners[:, 0], *corners[:, 1]), **style)
    axis.set(title=title, xlabel="longitude [arcsec]")
    place = axis.get_subplotspec()
    if place is not None and place.is_first_col():
        axis.set(ylabel="latitude [arcsec]")
    return drawn


def _top(image: np.ndarray) -> float:
    """Return the brightness of the top of a picture: exceeded by half a per cent of the pixels; 1 without any light."""
    return float(np.nanpercentile(image, 99.5)) if np.isfinite(image).any() else 1.0


def _arcsec(pixels: np.ndarray) -> np.ndarray:
    """Return pixels (n, 2) of the level-3 grid in arcsec from the centre of the disc."""
    return (pixels + 1 - np.array(cam.GRID_CRPIX)) * cam.GRID_SCALE_ARCSEC
