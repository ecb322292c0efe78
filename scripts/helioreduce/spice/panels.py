"""Rows of maps under their colour bars, placed in inches: nothing moves, nothing overlaps, no layout has to be searched for.

A map is drawn where its pixels are on the Sun, by the whole matrix of its coordinates: a rolled slit is aslant. Pixels without
a value are grey, and those of a fit that ended at a bound have a colour of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, ListedColormap, LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator
from matplotlib.transforms import Affine2D

#: Width of a figure of the page, inches.
PAGE = 9.0
#: Colour of pixels without a value.
MISSING = "0.80"
#: Colour of pixels where a parameter of the line ended at a bound.
AT_BOUND = "#C9A0A0"
_LEFT, _RIGHT, _TOP, _BOTTOM, _GAP = 0.62, 0.12, 0.52, 0.62, 0.20
#: Colour bar: its height, and the distance to its map.
_BAR, _ABOVE = 0.09, 0.05
#: Highest and flattest panel; beyond, a raster is not drawn to scale.
_TALLEST, _FLATTEST = 2.0, 0.4
_ON_THE_SUN = "solar X [arcsec]"


class Scale(NamedTuple):
    """Values at the ends of a colour bar; ``open`` shows that there are values beyond them."""

    low: float
    high: float
    logarithmic: bool = False
    open: bool = True


class Frame(NamedTuple):
    """Matrix (3, 3) from pixels to the plane of a drawing, its limits along both axes, and what the horizontal one is."""

    matrix: np.ndarray
    x: tuple[float, float]
    y: tuple[float, float]
    horizontal: str


@dataclass(frozen=True, slots=True)
class Row:
    """A figure with a row of panels, and a header with the coordinates of its maps."""

    figure: Figure
    axes: tuple[Axes, ...]
    header: Mapping[str, Any]

    def draw(
        self, number: int, cube: np.ndarray, title: str, cmap: str | Colormap, scale: Scale, bound: np.ndarray | None = None
    ) -> Axes:
        """Draw a map in a panel, under its colour bar and title, and return the bar's axes.

        Parameters
        ----------
        number
            Of the panel.
        cube
            Values (t, y, x), NaN where there is none.
        title, cmap, scale
            Title, colours and ends of the bar.
        bound
            Where (t, y, x) a fit ended at a bound.
        """
        axis, height = self.axes[number], self.figure.get_figheight()
        frame = geometry(self.header, cube.shape)
        norm = LogNorm(scale.low, scale.high) if scale.logarithmic else Normalize(scale.low, scale.high)
        image = self._show(axis, flat(cube), frame, cmap=cmap, norm=norm)
        if bound is not None and bound.any():
            marked = np.where(flat(bound.astype(float)) == 1, 1.0, np.nan)
            self._show(axis, marked, frame, cmap=ListedColormap([AT_BOUND]), norm=Normalize(0, 1))
        axis.set(xlim=frame.x, ylim=frame.y)
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
        self.figure.text(box.x0, box.y1 + (_TOP - 0.14) / height, title, va="baseline", weight="bold")
        return bar

    def _show(self, axis: Axes, image: np.ndarray, frame: Frame, **options: Any) -> AxesImage:
        """Draw an image whose pixels lie where the frame's matrix puts them."""
        axis.set_facecolor(MISSING)
        y, x = image.shape
        shown = axis.imshow(
            image, origin="lower", extent=(-0.5, x - 0.5, -0.5, y - 0.5), aspect="auto", interpolation="nearest", **options
        )
        shown.set_transform(Affine2D(frame.matrix) + axis.transData)
        return shown


def row(header: Mapping[str, Any], shape: tuple[int, ...], number: int, width: float = PAGE, rows: int = 1) -> Row:
    """Return a figure with ``rows`` of ``number`` empty panels, of the proportions that a map (t, y, x) has on the Sun."""
    panel = (width - _LEFT - _RIGHT - (number - 1) * _GAP) / number
    frame = geometry(header, shape)
    true = (frame.y[1] - frame.y[0]) / (frame.x[1] - frame.x[0])
    is_map = frame.horizontal == _ON_THE_SUN
    ratio = 0.8 if not is_map else float(np.clip(true, _FLATTEST, _TALLEST))
    height = panel * ratio
    strip = height + _TOP + _BOTTOM
    total = rows * strip
    figure = Figure(figsize=(width, total))
    factor = max(true / ratio, ratio / true)
    stretched = "" if not is_map or factor < 1.05 else f", not to scale: {factor:.1f} ×"
    turned = f" at {str(header['ROTREF'])[:19]}" if "ROTATION" in header else ""
    axes: list[Axes] = []
    for i in range(rows * number):
        line, column = divmod(i, number)
        bottom = total - (line + 1) * strip + _BOTTOM
        place = ((_LEFT + column * (panel + _GAP)) / width, bottom / total, panel / width, height / total)
        axes.append(figure.add_axes(place))
        axes[-1].tick_params(labelleft=column == 0)
        axes[-1].set_xlabel(frame.horizontal + {0: stretched, min(2, number - 1): turned}.get(column, ""), fontsize=7)
        if column == 0:
            axes[-1].set_ylabel("solar Y [arcsec]")
    return Row(figure, tuple(axes), header)


def _in_time(shape: tuple[int, ...]) -> bool:
    t, _, x = shape
    return x == 1 and t > 1


def geometry(header: Mapping[str, Any], shape: tuple[int, ...]) -> Frame:
    """Return where the pixels of a map (t, y, x) are drawn, arcsec; of one column in time, minutes and arcsec.

    Where the slit stands still (CDELT1 0) and there is no series in time, columns are numbered.

    Pixel (i, j), columns and rows from 0, is at CRVAL + CDELT · PC · (i + 1 − CRPIX1, j + 1 − CRPIX2): the plane of the TAN
    projection, in which a raster stays within 0.01″ of its place on the sky.
    """
    t, y, x = shape
    size = np.array([[float(header[f"CDELT{axis}"])] for axis in (1, 2)])
    turn = np.array([[float(header.get(f"PC{i}_{j}", float(i == j))) for j in (1, 2)] for i in (1, 2)])
    first = np.array([1 - float(header[f"CRPIX{axis}"]) for axis in (1, 2)])
    linear = size * turn
    origin = np.array([float(header[f"CRVAL{axis}"]) for axis in (1, 2)]) + linear @ first
    matrix = np.eye(3)
    horizontal, columns = _ON_THE_SUN, x
    if _in_time(shape):
        step = float(header.get("CADENCE", header.get("CDELT3", 60.0))) / 60
        linear, origin = np.array([[step, 0.0], [0.0, linear[1, 1]]]), np.array([0.5 * step, origin[1]])
        horizontal, columns = "time [min]", t
    elif not linear[:, 0].any():  # columns without a step have no width on the Sun
        linear, origin = np.array([[1.0, 0.0], [0.0, linear[1, 1]]]), np.array([1.0, origin[1]])
        horizontal = "column; the slit stands still"
    matrix[:2, :2], matrix[:2, 2] = linear, origin
    corners = np.array([(i - 0.5, j - 0.5, 1) for i in (0, columns) for j in (0, y)]) @ matrix.T
    low, high = corners.min(axis=0), corners.max(axis=0)
    return Frame(matrix, (float(low[0]), float(high[0])), (float(low[1]), float(high[1])), horizontal)


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


def mark(axis: Axes, wavelength: float, name: str, colour: str) -> None:
    """Draw a dotted line with a name at a wavelength of a spectrum."""
    axis.axvline(wavelength, color=colour, lw=0.8, ls=":")
    axis.annotate(name, (wavelength, 1), xycoords=("data", "axes fraction"), xytext=(2, -3), textcoords="offset points",
                  rotation=90, va="top", fontsize=6.5, color=colour)  # fmt: skip
