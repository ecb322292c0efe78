"""Rows of maps under their colour bars, placed in inches: nothing moves, nothing overlaps, no layout has to be searched for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

#: Width of a figure of the page, inches.
PAGE = 9.0
#: Colour of pixels without a value.
MISSING = "0.80"
_LEFT, _RIGHT, _TOP, _BOTTOM, _GAP = 0.62, 0.12, 0.52, 0.46, 0.20
#: Colour bar: its height, and the distance to its map.
_BAR, _ABOVE = 0.09, 0.05
#: Highest and flattest panel; beyond, a raster is not drawn to scale.
_TALLEST, _FLATTEST = 2.0, 0.4


class Scale(NamedTuple):
    """Values at the ends of a colour bar; ``open`` shows that there are values beyond them."""

    low: float
    high: float
    logarithmic: bool = False
    open: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """A figure with a row of panels, and a header with the coordinates of its maps."""

    figure: Figure
    axes: tuple[Axes, ...]
    header: Mapping[str, Any]

    def draw(self, number: int, cube: np.ndarray, title: str, cmap: str | Colormap, scale: Scale) -> Axes:
        """Draw a map in a panel, under its colour bar and title, and return the bar's axes.

        Pixels without a value are grey.
        """
        axis, height = self.axes[number], self.figure.get_figheight()
        left, right, low, high, horizontal = geometry(self.header, cube.shape)
        norm = LogNorm(scale.low, scale.high) if scale.logarithmic else Normalize(scale.low, scale.high)
        axis.set_facecolor(MISSING)
        image = axis.imshow(
            flat(cube),
            origin="lower",
            extent=(left, right, low, high),
            aspect="auto",
            interpolation="nearest",
            cmap=cmap,
            norm=norm,
        )
        axis.set_xlabel(horizontal)
        axis.xaxis.set_major_locator(MaxNLocator(4))
        box = axis.get_position()
        bar = self.figure.add_axes((box.x0, box.y1 + _ABOVE / height, box.width, _BAR / height))
        extend = "both" if scale.open else "neither"
        colours = self.figure.colorbar(image, cax=bar, orientation="horizontal", extend=extend, extendfrac=0.03)
        colours.outline.set_linewidth(0.5)
        bar.xaxis.set_ticks_position("top")
        if scale.logarithmic:
            marks = _marks(scale.low, scale.high)
            colours.set_ticks(marks, labels=[f"{mark:g}" for mark in marks])
            colours.ax.xaxis.set_minor_locator(NullLocator())
        else:
            colours.locator = MaxNLocator(4)
            colours.update_ticks()
        bar.tick_params(labelsize=6.5, pad=1, length=2)
        self.figure.text(box.x0, 1 - 0.14 / height, title, va="baseline", weight="bold")
        return bar


def row(header: Mapping[str, Any], shape: tuple[int, ...], number: int, width: float = PAGE) -> Row:
    """Return a figure with ``number`` empty panels of the proportions that a map (t, y, x) has on the Sun."""
    panel = (width - _LEFT - _RIGHT - (number - 1) * _GAP) / number
    left, right, low, high, _ = geometry(header, shape)
    ratio = 0.8 if _in_time(shape) else np.clip((high - low) / (right - left), _FLATTEST, _TALLEST)
    height = panel * float(ratio)
    total = height + _TOP + _BOTTOM
    figure = Figure(figsize=(width, total))
    axes: list[Axes] = []
    for i in range(number):
        place = ((_LEFT + i * (panel + _GAP)) / width, _BOTTOM / total, panel / width, height / total)
        axes.append(figure.add_axes(place))
        axes[-1].tick_params(labelleft=i == 0)
    axes[0].set_ylabel("solar Y [arcsec]")
    return Row(figure, tuple(axes), header)


def _in_time(shape: tuple[int, ...]) -> bool:
    t, _, x = shape
    return x == 1 and t > 1


def geometry(header: Mapping[str, Any], shape: tuple[int, ...]) -> tuple[float, float, float, float, str]:
    """Return the edges of a map (left, right, low, high), arcsec or minutes, and what its horizontal axis is."""
    t, y, x = shape

    def edges(axis: int, size: int) -> tuple[float, float]:
        """Return the world coordinates of an axis' two ends."""
        value, pixel, step = (float(header[f"{key}{axis}"]) for key in ("CRVAL", "CRPIX", "CDELT"))
        return value + (0.5 - pixel) * step, value + (size + 0.5 - pixel) * step

    if _in_time(shape):
        return 0.0, t * float(header.get("XPOSURE", 60)) / 60, *edges(2, y), "time [min]"
    return *edges(1, x), *edges(2, y), "solar X [arcsec]"


def flat(cube: np.ndarray) -> np.ndarray:
    """Return the image of a map (t, y, x): y against t for one column, else the mean over time."""
    if cube.shape[2] == 1:
        return cube[:, :, 0].T
    if cube.shape[0] == 1:
        return cube[0]
    finite = np.isfinite(cube)
    with np.errstate(invalid="ignore"):
        return np.where(finite, cube, 0).sum(axis=0) / np.where(finite.any(axis=0), finite.sum(axis=0), np.nan)


def _marks(low: float, high: float) -> list[float]:
    """Return 1, 2, 5 of every decade within the limits, or 1 alone where they span many."""
    steps = (1.0, 2.0, 5.0) if high < 150 * low else (1.0,)
    return [mark for mark in LogLocator(subs=steps).tick_values(low, high) if low <= mark <= high]


def name_levels(bar: Axes, names: Sequence[str]) -> None:
    """Write names at 0, 1, 2, … of a bar."""
    bar.set_xticks(range(len(names)), names)
