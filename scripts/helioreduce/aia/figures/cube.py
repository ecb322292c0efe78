"""Pictures of one channel of a tracked cube: running difference, time–distance diagram, movie."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
from matplotlib.figure import Figure

from helioreduce import times
from helioreduce.aia.figures import colours, sky
from helioreduce.errors import InputError
from helioreduce.image import Image
from helioreduce.io import plots

if TYPE_CHECKING:
    from matplotlib.colors import Normalize

#: Most panels of running differences; pixels a side of a frame of the movie; its size, inches.
_PANELS, _SIDE, SIZE = 6, 512, (6.0, 5.6)
#: Most frames of a film of a day, and frames per second.
MOST, FPS = 288, 12


def difference(images: Sequence[Image]) -> Figure:
    """Draw images minus those before them, on one scale: at most six, spread evenly over the time.

    Parameters
    ----------
    images
        Of one channel on one grid, in order of time; those that are missing have no finite pixel.
    """
    pairs = [(before, after) for before, after in pairwise(images) if _seen(before) and _seen(after)]
    if not pairs:
        return plots.reason("No two images of the cube follow each other.")
    chosen = [pairs[i] for i in np.unique(np.linspace(0, len(pairs) - 1, _PANELS).round().astype(int))]
    changes = [after.with_(data=after.data - before.data, sigma=None) for before, after in chosen]
    limit = float(np.nanpercentile(np.abs([change.data for change in changes]), 99.5)) or 1.0
    columns = min(3, len(chosen))
    rows = -(-len(chosen) // columns)
    header = images[0].header
    title = f"SDO/AIA {header['WAVELNTH']} Å, {str(header['T_OBS'])[:10]}: each image minus the one before it"
    figure = plots.new(plots.PAGE, rows * sky.height(images[0], plots.PAGE / columns - 0.5, 0.35) + 0.7, title)
    grid = figure.add_gridspec(rows, columns)
    for index, (change, (before, after)) in enumerate(zip(changes, chosen, strict=True)):
        row, column = divmod(index, columns)
        axis = sky.axes(figure, change, grid[row, column], ylabel=column == 0, xlabel=index >= len(chosen) - columns)
        for coordinate, label, place in zip(
            axis.coords, ("x [arcsec]", "y [arcsec]"), (row == rows - 1, column == 0), strict=True
        ):
            coordinate.set_ticks(number=3)
            coordinate.set_axislabel(label if place else " ")
        shown = axis.imshow(change.data, cmap=colours.table(0), vmin=-limit, vmax=limit, origin="lower")
        axis.set_title(f"{_clock(after)} − {_clock(before)}")
    figure.colorbar(shown, ax=figure.axes, label=f"difference [{header['BUNIT']}]", extend="both", shrink=0.8, pad=0.02)
    return figure


def distance_time(images: Sequence[Image], line: Sequence[Sequence[float]] | None) -> Figure:
    """Draw the intensity along a line in the course of time, and the line on the image in the middle.

    Parameters
    ----------
    images
        Of one channel on one grid, in order of time.
    line
        Its two ends, arcsec; None is the middle of the images from left to right.
    """
    seen = [image for image in images if _seen(image)]
    if len(seen) < 2:
        return plots.reason("The cube has fewer than two images.")
    (x, y), length = along(seen[0], line)
    profiles = np.ma.masked_invalid([profile(image, x, y) for image in images])
    middle = seen[len(seen) // 2]
    norm = sky.stretch(middle.data)
    figure = plots.new(plots.PAGE, 3.4, f"SDO/AIA {middle.header['WAVELNTH']} Å, {str(middle.header['T_OBS'])[:10]}")
    grid = figure.add_gridspec(1, 2, width_ratios=(1, 1.35))
    axis = sky.axes(figure, middle, grid[0])
    sky.draw(axis, middle, norm=norm, title=_clock(middle), share=False)
    axis.plot(x, y, "-", color="white", lw=2.2)
    axis.plot(x, y, "-", color=plots.VERMILION, lw=1.2)
    axis.text(x[0], y[0], " 0″", color="white", ha="left", va="bottom", fontsize=7)
    below = figure.add_subplot(grid[1])
    shown = below.pcolormesh(
        _edges(np.array([date2num(_time(image)) for image in images])), _edges(np.linspace(0, length, x.size)), profiles.T,
        norm=norm, cmap=colours.table(int(middle.header["WAVELNTH"])), rasterized=True,
    )  # fmt: skip
    below.set(ylabel="distance along the line [arcsec]", title="time–distance")
    locator = AutoDateLocator()
    below.xaxis.set_major_locator(locator)
    below.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    sky.bar(figure, shown, below, f"intensity [{middle.header['BUNIT']}]", extend="both")
    return figure


def along(image: Image, line: Sequence[Sequence[float]] | None) -> tuple[tuple[np.ndarray, np.ndarray], float]:
    """Return the pixels x and y, one a pixel apart, of a line between two places in arcsec, and its length in arcsec.

    Raises
    ------
    InputError
        If it is not within the image.
    """
    ny, nx = image.data.shape
    ends = np.array([[0, nx - 1], [(ny - 1) / 2] * 2])
    if line is not None:
        ends = np.array(sky.wcs(image).wcs_world2pix(*np.array(line, float).T / 3600, 0))
    if (ends < -0.5).any() or (ends.max(axis=1) > (nx - 0.5, ny - 0.5)).any():
        raise InputError(f"aia.cube.line = {line} leaves the cube", cure="Give two places in it, arcsec")
    pixels = float(np.hypot(*(ends[:, 1] - ends[:, 0])))
    x, y = np.linspace(ends[:, 0], ends[:, 1], max(2, round(pixels) + 1)).T
    return (x, y), pixels * abs(float(image.header["CDELT2"]))


def profile(image: Image, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return an image at places between its pixels, by linear interpolation; NaN where a neighbour is."""
    from scipy.ndimage import map_coordinates

    found: np.ndarray = map_coordinates(image.data.astype(float), (y, x), order=1, mode="nearest")
    return found


def scale(images: Sequence[Image]) -> Normalize:
    """Return one stretch for all frames of a movie."""
    seen = [image.data[:: max(1, len(images) // 8)] for image in images if _seen(image)]
    return sky.stretch(np.concatenate([plane.ravel() for plane in seen]) if seen else np.zeros(1), bright=99.95)


def small(image: Image) -> Image:
    """Return an image as large as a frame of a film shows it."""
    return sky.binned(image, _SIDE).with_(sigma=None)


def spread(images: Sequence[Any]) -> list[Any]:
    """Return the images of a day's film: all, or :data:`MOST` spread evenly."""
    places = np.linspace(0, len(images) - 1, min(MOST, len(images))).round()
    return [images[int(place)] for place in places]


def frame(figure: Figure, shown: tuple[Image, Normalize]) -> None:
    """Draw one frame of the movie; one that is missing is grey, and says so."""
    image, norm = shown
    small = sky.binned(image, _SIDE)
    axis = sky.axes(figure, small, 111)
    title = sky.name(image, 19) + ("" if _seen(image) else ": no image")
    sky.bar(
        figure, sky.draw(axis, small, norm=norm, title=title, share=False), axis, f"[{image.header['BUNIT']}]", extend="both"
    )


def _seen(image: Image) -> bool:
    return bool(np.isfinite(image.data).any())


def _clock(image: Image) -> str:
    return str(image.header["T_OBS"])[11:19]


def _time(image: Image) -> datetime:
    return times.parse(str(image.header["T_OBS"])).astimezone(UTC)


def _edges(centres: np.ndarray) -> np.ndarray:
    """Return the edges of cells about these places: half-way between neighbours."""
    inner = (centres[1:] + centres[:-1]) / 2
    edges: np.ndarray = np.concatenate([[2 * centres[0] - inner[0]], inner, [2 * centres[-1] - inner[-1]]])
    return edges
