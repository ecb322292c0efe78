"""One self-contained page of all figures, with before/after sliders: opens from a disk, asks nothing of a network."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.image import imsave

from helioreduce import times
from helioreduce.aia.figures import sky
from helioreduce.image import Image
from helioreduce.io import plots

_TEMPLATE = Path(__file__).with_name("gallery.html")


class Shown(NamedTuple):
    """A figure on the page: group, title, what it is of, caption, PNG bytes."""

    group: str
    title: str
    of: str
    caption: str
    png: bytes


class Slider(NamedTuple):
    """Two pictures of one field, one over the other."""

    title: str
    caption: str
    before: bytes
    after: bytes


def picture(image: Image, like: Image) -> bytes:
    """PNG of an image without axes, in the channel's colours, on the stretch of ``like``; north up."""
    norm, colours = sky.stretch(like.data, bright=99.95), sky.colours(int(image.header["WAVELNTH"]))
    buffer = io.BytesIO()
    with plots.look():
        painted = (colours(np.ma.masked_invalid(norm(image.data))) * 255).round().astype(np.uint8)
        imsave(buffer, painted[::-1], format="png", metadata={"Software": None})
    return buffer.getvalue()


def slider(before: Image, after: Image, side: int, caption: str) -> Slider:
    """A cut-out of ``side`` pixels with much structure, before and after a step, on one stretch."""
    centre = sky.liveliest(before, side)
    first, second = sky.cut(before, centre, side), sky.cut(after, centre, side)
    title = f"{after.header['WAVELNTH']} Å, {str(after.header['T_OBS'])[:19]}"
    return Slider(title, caption, *(picture(image, second) for image in (first, second)))


def title(name: str) -> str:
    """A figure's name as a heading."""
    return name.replace("_", " ").capitalize().replace("Psf", "PSF")


def of(parts: Iterable[str]) -> str:
    """Channel and time, as in the names of files, as they are read."""
    return ", ".join(times.iso(times.from_compact(part)) if "T" in part else f"{part} Å" for part in parts)


def page(figures: Sequence[Shown], sliders: Sequence[Slider], facts: Mapping[str, str]) -> str:
    """The page's HTML, pictures inside."""
    groups = list(dict.fromkeys(figure.group for figure in figures))
    sections = [_section(group, [figure for figure in figures if figure.group == group]) for group in groups]
    links = [("sliders", "Before and after"), *((_anchor(group), group) for group in groups)] if sliders else []
    links = links or [(_anchor(group), group) for group in groups]
    parts = {
        "@NAVIGATION@": "".join(f'<a href="#{anchor}">{html.escape(text)}</a>' for anchor, text in links),
        "@FACTS@": "".join(f"<div><dt>{html.escape(k)}</dt><dd>{html.escape(v)}</dd></div>" for k, v in facts.items()),
        "@SLIDERS@": "".join(map(_stage, sliders)),
        "@FIGURES@": "".join(sections),
    }
    text = _TEMPLATE.read_text(encoding="utf-8")
    for mark, value in parts.items():
        text = text.replace(mark, value)
    return text


def _section(group: str, figures: Sequence[Shown]) -> str:
    """A group of figures under one heading."""
    cards = "".join(
        f'<figure class="card"><a class="zoom" href="#" aria-label="enlarge"><img loading="eager" src="{_data(figure.png)}" '
        f'alt="{html.escape(f"{figure.title}, {figure.of}")}"></a><figcaption><b>{html.escape(figure.title)}</b> '
        f'<span class="of">{html.escape(figure.of)}</span><p>{html.escape(figure.caption)}</p></figcaption></figure>'
        for figure in figures
    )
    return f'<section id="{_anchor(group)}"><h2>{html.escape(group)}</h2><div class="cards">{cards}</div></section>'


def _stage(slider: Slider) -> str:
    """Two pictures and a handle between them."""
    return (
        f'<figure class="slider"><div class="stage" style="--cut:50%"><img src="{_data(slider.after)}" alt="after">'
        f'<img class="over" src="{_data(slider.before)}" alt="before"><span class="tag left">before</span>'
        '<span class="tag right">after</span><i class="handle"></i>'
        f'<input type="range" min="0" max="100" value="50" step="0.1" '
        f'aria-label="{html.escape(slider.title)}: before and after"></div>'
        f"<figcaption><b>{html.escape(slider.title)}</b><p>{html.escape(slider.caption)}</p></figcaption></figure>"
    )


def _data(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode()


def _anchor(group: str) -> str:
    return group.lower().replace(" ", "-")
