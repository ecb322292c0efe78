"""What a job's files are made of: everything made from simulated frames or stand-in tables says so.

A job is one process. What its inputs say (:mod:`helioreduce.io.inputs`) is said by every writer of files and pictures, so
that no step can forget it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from helioreduce.io.provenance import SIMULATE, is_simulated

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: What is said of everything that is made from simulated frames.
WORDS = "SIMULATED by helioreduce: not an observation"
#: Where a table says so.
KEY = SIMULATE.lower()
#: What is said of the files of this process.
_said: list[str] = []


@contextmanager
def saying(texts: Iterable[str]) -> Iterator[None]:
    """Have every file that is written in this block say these texts."""
    before = list(_said)
    _said[:] = dict.fromkeys(texts)
    try:
        yield
    finally:
        _said[:] = before


def cards(header: Mapping[str, object]) -> dict[str, tuple[str, str]]:
    """Return the cards that a file with this header gets: that its frames are simulated, if so."""
    return {SIMULATE: (WORDS, "synthetic data")} if WORDS in _said or is_simulated(header) else {}


def meta() -> dict[str, str]:
    """Return the same for the meta data of a table."""
    return {KEY: WORDS} if WORDS in _said else {}


def said() -> list[str]:
    """Return what pictures and pages say; simulated frames have simulated tables."""
    return [WORDS] if WORDS in _said else list(_said)


def stamp(figure: Figure) -> None:
    """Write below a figure what is said of the files that it is made from; the line belongs to such words, not to an axis."""
    texts = said()
    lines = [line for line in figure.get_supxlabel().splitlines() if line not in texts]
    if texts:
        figure.supxlabel("\n".join([*lines, *texts]), fontsize="medium", color="C3", fontweight="bold")
        _lift(figure, len([*lines, *texts]))


def _lift(figure: Figure, lines: int) -> None:
    """Make room for lines at the bottom below the legends of a figure, which its layout would put there too."""
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    below = [legend for legend in figure.legends if getattr(legend, "_outside_loc", None) == "lower"]
    engine = figure.get_layout_engine()
    if below and isinstance(engine, ConstrainedLayoutEngine):
        points = 14.0 * lines + 6
        for legend in below:
            legend.borderaxespad = points / float(legend.get_texts()[0].get_fontsize())
        height = points / 72 / figure.get_figheight()
        engine.set(rect=(0, height, 1, 1 - height))
