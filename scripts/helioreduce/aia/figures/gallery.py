"""One self-contained page of all figures, with before/after sliders; it opens without a network."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
from matplotlib.image import imsave

from helioreduce import times
from helioreduce.aia.figures import colours, sky
from helioreduce.image import Image
from helioreduce.io import origin, pages, plots
from helioreduce.io.provenance import is_simulated

#: Matplotlib's own name and version are left out: they change with its version.
_NO_SOFTWARE: dict[str, Any] = {"Software": None}


class Shown(NamedTuple):
    """A figure on the page: group, title, channel and time, caption, PNG bytes."""

    group: str
    title: str
    of: str
    caption: str
    png: bytes


class Slider(NamedTuple):
    """Two pictures of one field, PNG bytes, one over the other."""

    title: str
    caption: str
    before: bytes
    after: bytes


def picture(image: Image, like: Image) -> bytes:
    """Return a PNG of an image without axes, row 0 at the bottom, in the channel's colours and on the stretch of ``like``."""
    norm, shades = sky.stretch(like.data, bright=99.95), colours.table(int(image.header["WAVELNTH"]))
    buffer = io.BytesIO()
    painted = (shades(np.ma.masked_invalid(norm(image.data))) * 255).round().astype(np.uint8)
    with plots.look():
        imsave(buffer, painted, format="png", origin="lower", metadata=_NO_SOFTWARE)
    return buffer.getvalue()


def slider(before: Image, after: Image, side: int, caption: str) -> Slider:
    """Return a cut-out of ``side`` pixels with much structure, before and after a step, on one stretch."""
    centre = sky.liveliest(before, side)
    first, second = sky.cut(before, centre, side), sky.cut(after, centre, side)
    title = sky.name(after, 19)
    if is_simulated(after.header):
        caption = f"{caption} {origin.WORDS}."
    return Slider(title, caption, picture(first, second), picture(second, second))


def title(name: str) -> str:
    """Return a figure's name as a heading."""
    return name.replace("_", " ").capitalize().replace("Psf", "PSF")


def of(parts: Iterable[str]) -> str:
    """Return channel and time, as in file names, for readers."""
    return ", ".join(times.iso(times.from_compact(part)) if "T" in part else f"{part} Å" for part in parts)


def page(figures: Sequence[Shown], sliders: Sequence[Slider], facts: Mapping[str, str]) -> str:
    """Return the page's HTML with the pictures inside.

    Parameters
    ----------
    figures
        In order; those of a group follow each other.
    sliders
        Shown above the figures.
    facts
        What the page says of the run, by name.
    """
    groups = [(group, list(shown)) for group, shown in groupby(figures, key=lambda figure: figure.group)]
    return pages.render(__package__, "gallery.html", groups=groups, sliders=sliders, facts=facts)
