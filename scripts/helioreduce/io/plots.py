"""One look for all figures, and files whose bytes repeat."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from helioreduce.io.atomic import replaced

#: Width of a figure over one and two columns of a journal, inches.
COLUMN, PAGE = 3.5, 7.1
#: Okabe & Ito's palette: distinct to all common kinds of colour vision.
BLACK, ORANGE, SKY, GREEN, BLUE, VERMILION, PURPLE = "#000000", "#E69F00", "#56B4E9", "#009E73", "#0072B2", "#D55E00", "#CC79A7"
GREY = "#767676"
#: Colour and line of each channel; the line tells them apart in grey print.
CHANNELS: dict[int, dict[str, object]] = {
    94: {"color": GREEN, "ls": "-"},
    131: {"color": SKY, "ls": (0, (5, 1))},
    171: {"color": ORANGE, "ls": "-"},
    193: {"color": VERMILION, "ls": (0, (5, 1))},
    211: {"color": PURPLE, "ls": "-"},
    304: {"color": BLACK, "ls": (0, (3, 1, 1, 1))},
    335: {"color": BLUE, "ls": "-"},
    1600: {"color": GREY, "ls": (0, (1, 1))},
    1700: {"color": GREEN, "ls": (0, (1, 1))},
    4500: {"color": BLUE, "ls": (0, (1, 1))},
}
_RC = {
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
#: What matplotlib would write into a file by itself: dates and versions, which change from run to run.
_NO_METADATA = {
    ".pdf": {"CreationDate": None, "ModDate": None, "Creator": None, "Producer": None},
    ".png": {"Software": None},
}


def look() -> AbstractContextManager[None]:
    """Matplotlib's defaults with this look, whatever the user's own settings are; for drawing and for saving."""
    return mpl.rc_context({**mpl.rcParamsDefault, "backend": "agg", **_RC})


def new(width: float = PAGE, height: float = 3.2) -> Figure:
    """An empty figure of ``width`` × ``height`` inches."""
    return Figure(figsize=(width, height), layout="constrained")


def write(paths: Iterable[str | Path], draw: Callable[..., Figure], *values: object) -> None:
    """Draw a figure and write it as PDF and PNG, by suffix: the same bytes for the same values."""
    with look():
        figure = draw(*values)
        for path in map(Path, paths):
            with replaced(path) as temporary:
                figure.savefig(temporary, format=path.suffix[1:], metadata=_NO_METADATA[path.suffix])


def reason(text: str) -> Figure:
    """In place of a figure that cannot be drawn: why."""
    figure = new(PAGE * 0.72, 1.2)
    figure.text(0.5, 0.5, text, ha="center", va="center", wrap=True, color=GREY)
    return figure
