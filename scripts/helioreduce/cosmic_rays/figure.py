"""Figures of cosmic rays: snippets of single hits, and comparison of thresholds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from helioreduce.cosmic_rays.sources import EXTENDED, Box, Sources

#: Rows and columns of a snippet, pixels: hits longer than that are cut.
SNIPPET = (20, 64)
#: Width of a page, inches.
WIDTH = 7.1
#: Hits drawn on one page.
MOST = 30
#: Rows of snippets in a column, and the gap between them, pixels.
PER_COLUMN, GAP = 10, 3


def snippets(planes: Mapping[str, np.ndarray], boxes: Sequence[Box], title: str = "") -> Figure:
    """Draw snippets around hits, one row each, one column for each plane.

    All snippets of a plane are one picture, so that thirty hits are drawn as fast as one. Pictures other than masks are scaled
    hit by hit (square root), from the snippet's dark level to the hit's brightest pixel in the first picture.

    Parameters
    ----------
    planes
        Title and array (ny, nx) of each column; boolean arrays are masks.
    boxes
        Bounding boxes of the hits.
    """
    groups = [boxes[k : k + PER_COLUMN] for k in range(0, len(boxes), PER_COLUMN)] or [[]]
    rows = max(map(len, groups))
    size = (WIDTH, 0.31 * rows + 0.5) if len(groups) > 1 else (WIDTH / 2, 0.5 * rows + 0.6)
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(1, len(planes) * len(groups), squeeze=False)[0]
    for g, group in enumerate(groups):
        for a, (name, plane) in enumerate(planes.items()):
            axis = axes[g * len(planes) + a]
            axis.set_title(name, loc="center")
            axis.set(xticks=[], yticks=[])
            axis.set_frame_on(False)
            if group:
                picture = _mosaic(plane, _limits(planes, group), group)
                colours, darkest = ("Greys", -0.3) if plane.dtype == bool else ("magma", 0)
                axis.imshow(picture, origin="lower", cmap=colours, vmin=darkest, vmax=1, aspect="auto")
    if not boxes:
        figure.text(0.5, 0.4, "no cosmic rays", ha="center")
    figure.suptitle(title, fontsize=8)
    return figure


def thresholds(image: np.ndarray, found: Mapping[str, Sources], labels: Mapping[str, str], unit: str) -> Figure:
    """Draw a frame, what each threshold finds on it, and the cumulative number of pixels by size of hit.

    Parameters
    ----------
    image
        Array (ny, nx), unit ``unit``.
    found
        Sources of each threshold, by its name; two of them are drawn on the frame.
    labels
        Scores of each threshold, by its name.
    """
    figure = Figure(figsize=(WIDTH, 5.0), layout="constrained")
    axes = figure.subplot_mosaic([["frame", "marked"], ["counts", "counts"]], height_ratios=(1, 0.7))
    frame, marked, counts = (axes[name] for name in ("frame", "marked", "counts"))
    low, high = np.nanpercentile(image, (1, 99.5))
    drawn = frame.imshow(image, origin="lower", cmap="magma", vmin=low, vmax=high)
    figure.colorbar(drawn, ax=frame, label=unit, shrink=0.8)
    frame.set(title="frame", xlabel="x [pixel]", ylabel="y [pixel]")
    marked.imshow(np.where(np.isfinite(image), 1.0, np.nan), origin="lower", cmap="Greys", vmin=0.9, vmax=8)
    marked.set(xlabel="x [pixel]")
    for k, (name, sources) in enumerate(found.items()):
        y, x = np.nonzero(sources.labels)
        colour = f"C{k}"
        marked.scatter(x, y, s=(5, 0.8, 0.3)[min(k, 2)], color=colour, linewidths=0, label=name)
        size = np.arange(1, sources.areas.max(initial=1) + 1)
        at_least = [sources.areas[sources.areas >= s].sum() for s in size]
        counts.step(size, at_least, where="mid", color=colour, label=f"{name}: {labels[name]}")
    marked.legend(loc="lower center", bbox_to_anchor=(0.5, 0.99), ncols=len(found), frameon=False, markerscale=2)
    counts.axvline(EXTENDED - 0.5, color="0.6", linewidth=0.8, linestyle=":")
    counts.text(EXTENDED - 0.4, 0.97, "extended →", transform=counts.get_xaxis_transform(), color="0.4", fontsize=6.5, va="top")
    counts.set(xscale="log", yscale="log", xlabel="least size of a hit [pixel]", ylabel="pixels in hits of that size or more")
    counts.set_ylim(1, 3 * max([s.areas.sum() for s in found.values()] + [1]))
    counts.legend(loc="lower left")
    return figure


def _limits(planes: Mapping[str, np.ndarray], boxes: Sequence[Box]) -> list[tuple[float, float]]:
    """Return the darkest and brightest level of each snippet, from the first plane that is no mask."""
    picture = next((plane for plane in planes.values() if plane.dtype != bool), None)
    if picture is None:
        return [(0.0, 1.0)] * len(boxes)
    limits = [(np.nanpercentile(_cut(picture, box), 1), np.nanmax(picture[box])) for box in boxes]
    return [(float(low), float(high)) for low, high in limits]


def _mosaic(plane: np.ndarray, limits: Sequence[tuple[float, float]], boxes: Sequence[Box]) -> np.ndarray:
    """Return the snippets below each other, the first on top, each scaled to 0–1; NaN in the gaps."""
    rows = []
    for (low, high), box in zip(limits, boxes, strict=True):
        cut = _cut(plane, box)
        rows.append(cut if plane.dtype == bool else np.sqrt(np.clip((cut - low) / max(high - low, 1e-30), 0, 1)))
        rows.append(np.full((GAP, SNIPPET[1]), np.nan))
    return np.concatenate(rows[-2::-1])


def _cut(plane: np.ndarray, box: Box) -> np.ndarray:
    """Return a snippet centred on a box, NaN beyond the edge of the plane."""
    cut = np.full(SNIPPET, np.nan)
    first = [(part.start + part.stop - size) // 2 for part, size in zip(box, SNIPPET, strict=True)]
    inside = [slice(max(f, 0), max(min(f + size, side), 0)) for f, size, side in zip(first, SNIPPET, plane.shape, strict=True)]
    there = tuple(slice(part.start - f, part.stop - f) for part, f in zip(inside, first, strict=True))
    cut[there] = plane[tuple(inside)]
    return cut
