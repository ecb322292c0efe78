"""The style of all figures, and figure files with reproducible bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.transforms import Bbox

from helioreduce.io import origin
from helioreduce.io.atomic import replaced

#: Width of a figure of one and of two columns of a journal, inches.
COLUMN, PAGE = 3.5, 7.1
#: Least width of a colour bar that can be read, inches; its height beside an image that is lower than the last number.
_BAR, _LOW = (0.08, 1.6), 0.6
#: Colours of Okabe & Ito (2008), which colour-blind readers can tell apart.
BLACK, ORANGE, SKY, GREEN, BLUE, VERMILION, PURPLE = "#000000", "#E69F00", "#56B4E9", "#009E73", "#0072B2", "#D55E00", "#CC79A7"
GREY = "#767676"
#: Matplotlib's settings for the figures of a paper; the rest are its defaults.
STYLE: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "axes.titlesize": 8.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.linewidth": 0.6,
    "axes.grid": False,
    "grid.color": "#d9d9d9",
    "grid.linewidth": 0.5,
    "legend.frameon": False,
    "legend.fontsize": 7,
    "lines.linewidth": 1.2,
    "xtick.direction": "in",
    "ytick.direction": "in",
    "xtick.top": True,
    "ytick.right": True,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "image.origin": "lower",
    "image.interpolation": "nearest",
    "image.cmap": "cividis",
    "figure.dpi": 100,
    "savefig.dpi": 220,
    "pdf.fonttype": 42,
    "pdf.compression": 6,
    "svg.hashsalt": "helioreduce",
}
#: Without the metadata that matplotlib would add by itself: dates and versions, which change from run to run. Noise compresses
#: badly: a PNG of level 1 has a sixth more bytes than one of level 6, in a quarter of the time.
#: A JPEG has a tenth of its bytes, and is sharp enough for a picture with words.
_SAVED: dict[str, dict[str, Any]] = {
    ".jpg": {"pil_kwargs": {"quality": 75, "subsampling": 0}},
    ".pdf": {"metadata": {"CreationDate": None, "ModDate": None, "Creator": None, "Producer": None}},
    ".png": {"metadata": {"Software": None}, "pil_kwargs": {"compress_level": 1}},
}


def look(style: Mapping[str, Any] = STYLE) -> AbstractContextManager[None]:
    """Return a context with matplotlib's defaults and ``style``, whatever the user's own settings; for drawing and saving."""
    settings: dict[Any, Any] = {**mpl.rcParamsDefault, "backend": "agg", **style}
    return mpl.rc_context(settings)


def new(width: float = PAGE, height: float = 3.2, title: str = "") -> Figure:
    """Return an empty figure of ``width`` × ``height`` inches, with a line above that says what all of it shows."""
    figure = Figure(figsize=(width, height), layout=ConstrainedLayoutEngine(h_pad=0.08))  # titles keep apart
    if title:
        figure.suptitle(title, fontsize="medium")
    return figure


def write(
    paths: Iterable[str | Path], draw: Callable[..., Figure], *values: Any, style: Mapping[str, Any] = STYLE, **options: Any
) -> None:
    """Draw a figure and write it as PDF, PNG or JPEG, by suffix: the same values give the same bytes.

    What the job's files are made of is written below it, see :mod:`helioreduce.io.origin`.

    Parameters
    ----------
    paths
        Files to write.
    draw
        Called with ``values`` and ``options``; returns the figure.
    style
        Matplotlib's settings, on top of its defaults.
    """
    with look(style):
        figure = draw(*values, **options)
        origin.stamp(figure)
        for path in map(Path, paths):
            with replaced(path) as temporary:
                figure.savefig(temporary, format=path.suffix[1:], **_SAVED[path.suffix])


def write_movie(
    path: str | Path, draw: Callable[[Figure, Any], None], frames: Iterable[Any], size: tuple[float, float], *, fps: int = 3
) -> None:
    """Draw one picture of each frame and write them as a movie: the same values give the same bytes.

    Parameters
    ----------
    path
        File to write: an animated GIF, or, by the suffix, WebP, which has a quarter of its bytes.
    draw
        Called with an empty figure and each frame.
    size
        Width and height of the figure, inches.
    fps
        Frames per second.
    """
    from matplotlib.animation import PillowWriter  # takes a quarter of a second

    writer = PillowWriter(fps=fps)
    with look(), replaced(path) as temporary:
        figure, picture = Figure(figsize=size, layout="constrained"), temporary.with_suffix(Path(path).suffix)
        writer.setup(figure, picture, dpi=100)
        for frame in frames:
            figure.clear()
            draw(figure, frame)
            origin.stamp(figure)
            writer.grab_frame()
        writer.finish()  # not where a frame fails, as `saving` would: its own error would hide the true one
        picture.replace(temporary)


def bar(figure: Figure, shown: Any, axis: Any, label: str, **options: Any) -> Any:
    """Add a colour bar right of an image, as tall as it where that is tall enough to be read; return it."""
    beside = axis.inset_axes((1.03, 0.0, 0.045, 1.0))
    beside.set_axes_locator(lambda *_: _beside(axis))
    return figure.colorbar(shown, cax=beside, label=label, **options)


def _beside(axis: Any) -> Bbox:
    """Return the place of a colour bar right of an axis, in parts of the figure."""
    box, (width, height) = axis.get_position(), axis.figure.get_size_inches()
    wide, tall = max(0.045 * box.width, _BAR[0] / width), _BAR[1] / height if box.height * height < _LOW else box.height
    return Bbox.from_bounds(box.x1 + wide / 1.5, (box.y0 + box.y1 - tall) / 2, wide, tall)


def reason(text: str) -> Figure:
    """Return a figure that says why there is nothing to draw."""
    figure = new(PAGE * 0.72, 1.2)
    figure.text(0.5, 0.5, text, ha="center", va="center", wrap=True, color=GREY)
    return figure
