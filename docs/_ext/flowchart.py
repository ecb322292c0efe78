"""Flow charts drawn when the site is built: a fence ``mermaid``, which code hosts draw too, becomes an inline SVG.

Read is what the pages use: ``flowchart LR``, boxes ``name[label]``, chains ``a & b --> c --> d``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from itertools import pairwise

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

BOX = re.compile(r"(\w+)(?:[\[(/]+\"?(.*?)\"?[\])/]+)?$")
HIGH, GAP, STEP, LETTER = 26, 46, 40, 7.2  # of a box, between columns, between rows, of a letter; px


class Flowchart(SphinxDirective):
    """A flow chart, in columns from left to right."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the chart as an inline SVG."""
        return [nodes.raw("", drawn(*parsed(list(self.content))), format="html")]


def parsed(lines: list[str]) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Return the label of each box and the arrows between them."""
    labels: dict[str, str] = {}
    arrows = []
    for line in lines[1:]:
        chain = [[_box(text, labels) for text in stage.split("&")] for stage in line.split("-->") if stage.strip()]
        arrows += [(a, b) for before, after in pairwise(chain) for a in before for b in after]
    return labels, arrows


def _box(text: str, labels: dict[str, str]) -> str:
    """Return the name of a box; note its label."""
    found = BOX.match(text.strip())
    assert found, text
    if found[2] or found[1] not in labels:
        labels[found[1]] = found[2] or found[1]
    return found[1]


def columns(names: Mapping[str, str], arrows: list[tuple[str, str]]) -> dict[str, int]:
    """Return the column of each box: right of all that it comes from, as near as can be to what comes from it."""
    column = dict.fromkeys(names, 0)
    for _ in names:
        for a, b in arrows:
            column[b] = max(column[b], column[a] + 1)
    for _ in names:
        for name in names:
            if after := [column[b] for a, b in arrows if a == name]:
                column[name] = min(after) - 1
    return column


def placed(names: Mapping[str, str], arrows: list[tuple[str, str]]) -> dict[str, tuple[int, float]]:
    """Return column and row of each box; rows follow those of the boxes around."""
    column = columns(names, arrows)
    members = [[name for name in names if column[name] == i] for i in range(max(column.values()) + 1)]
    row = {name: i - (len(group) - 1) / 2 for group in members for i, name in enumerate(group)}
    for _ in range(8):
        for group in members:
            near = {name: [row[b if a == name else a] for a, b in arrows if name in (a, b)] for name in group}
            group.sort(key=lambda name: sum(near[name]) / max(1, len(near[name])))
            row |= {name: i - (len(group) - 1) / 2 for i, name in enumerate(group)}
    return {name: (column[name], row[name]) for name in names}


def drawn(labels: Mapping[str, str], arrows: list[tuple[str, str]]) -> str:
    """Return the chart as SVG, in the colour of the text."""
    place = placed(labels, arrows)
    wide = [
        max(len(labels[n]) for n, (c, _) in place.items() if c == i) * LETTER + 16
        for i in range(1 + max(c for c, _ in place.values()))
    ]
    left = [sum(wide[:i]) + GAP * i + 2 for i in range(len(wide))]
    top = min(row for _, row in place.values())
    middle = {name: (row - top) * STEP + HIGH / 2 + 2 for name, (_, row) in place.items()}
    size = (left[-1] + wide[-1] + 2, max(middle.values()) + HIGH / 2 + 2)
    parts = [_arrow(left[place[a][0]] + wide[place[a][0]], middle[a], left[place[b][0]], middle[b]) for a, b in arrows]
    for name, (c, _) in place.items():
        x, y = left[c] + wide[c] / 2, middle[name]
        parts.append(f'<rect x="{left[c]}" y="{y - HIGH / 2}" width="{wide[c]}" height="{HIGH}" rx="4"/>')
        parts.append(f'<text x="{x}" y="{y + 4}">{escape(labels[name])}</text>')
    return (
        f'<div class="flowchart"><svg role="img" aria-label="flow chart" width="{size[0]:.0f}" height="{size[1]:.0f}">'
        + "".join(parts)
        + "</svg></div>"
    )


def _arrow(x0: float, y0: float, x1: float, y1: float) -> str:
    half = max(GAP / 2, (x1 - x0) / 2)
    return (
        f'<path d="M{x0},{y0} C{x0 + half},{y0} {x1 - half},{y1} {x1 - 5},{y1}"/>'
        f'<path class="head" d="M{x1},{y1} l-7,-4 v8 z"/>'
    )


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("mermaid", Flowchart)
    return {"parallel_read_safe": True}
