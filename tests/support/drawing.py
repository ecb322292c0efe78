"""What a figure shows: artists by label, and the colour of a place, rendered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from helioreduce.io import plots

#: Place (x, y) of the bright square in the frames of AIA's figures, pixels.
SPOT = (100, 30)


def drawn(draw: Callable[..., Figure], *values: Any, style: dict[str, Any] = plots.STYLE, **options: Any) -> Figure:
    """A figure in the style of the project or another, laid out."""
    with plots.look(style):
        figure = draw(*values, **options)
        FigureCanvasAgg(figure).draw()
    return figure


def line(axis: Any, label: str) -> tuple[np.ndarray, np.ndarray]:
    """x and y of the line of this label."""
    (found,) = (line for line in axis.lines if line.get_label() == label)
    return np.asarray(found.get_xdata()), np.asarray(found.get_ydata())


def labels(axis: Any) -> list[str]:
    """Labels of the legend's entries."""
    return list(axis.get_legend_handles_labels()[1])


def bar(axis: Any) -> Any:
    """The colour bar beside an image."""
    (found,) = axis.child_axes
    return found


def beside(axis: Any) -> bool:
    """Whether the colour bar of an image is right of it and, with its pointed ends of 5 %, as tall."""
    image, scale = (part.get_window_extent() for part in (axis, bar(axis)))
    label = bar(axis).yaxis.label.get_window_extent()
    return bool(
        label.x1 <= axis.figure.bbox.x1
        and image.y0 - 1 < scale.y0
        and scale.y1 < image.y1 + 1
        and scale.height > 0.89 * image.height
        and scale.x0 > image.x1
    )


def pixel_at(axis: Any, x: float, y: float, transform: Any = None) -> np.ndarray:
    """RGB, 0 to 1, of the rendered figure at data coordinates of an axis, or at those of another transform."""
    canvas = FigureCanvasAgg(axis.figure)
    with plots.look():
        canvas.draw()
    rendered = np.asarray(canvas.buffer_rgba())[::-1]  # row 0 at the bottom, as display coordinates count
    column, row = (transform or axis.transData).transform((x, y))
    return rendered[int(row), int(column), :3] / 255


def shows(axis: Any, image: Any, x: float, y: float, value: float, transform: Any = None) -> bool:
    """Whether the rendered figure has the colour of ``value``, by an image's colour map and norm, at a place."""
    expected = to_rgb(image.cmap(image.norm(value)))
    return bool(np.abs(pixel_at(axis, x, y, transform) - expected).max() < 0.02)
