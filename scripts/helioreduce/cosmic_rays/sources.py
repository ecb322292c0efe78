"""Single hits on a cosmic-ray mask: pixels that touch, by a side or a corner."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

#: Pixels touch by sides and corners.
EIGHT = np.ones((3, 3), bool)
#: Minimum size of an extended hit (a track, not a point), pixels.
EXTENDED = 3

COLUMNS = ("source", "y", "x", "height", "width", "n_pixels", "charge", "peak")
Box = tuple[slice, slice]


@dataclass(frozen=True)
class Sources:
    """Connected sets of pixels, in the order of their first pixel.

    ``labels`` (ny, nx): number of each pixel's source from 1, 0 for none; ``areas`` (n,) pixels; ``boxes`` n bounding boxes.
    """

    labels: np.ndarray
    areas: np.ndarray
    boxes: tuple[Box, ...]

    def __len__(self) -> int:
        return len(self.areas)


def find(mask: np.ndarray, least: int = 1) -> Sources:
    """Return the sources of at least ``least`` pixels on a boolean mask (ny, nx); there may be none."""
    labels, n = ndimage.label(mask, structure=EIGHT)
    areas = np.bincount(labels.ravel(), minlength=n + 1)[1:]
    kept = areas >= least
    if not kept.all():
        number = np.concatenate([[0], np.where(kept, np.cumsum(kept), 0)])
        labels = number[labels]
    boxes = tuple(ndimage.find_objects(labels)) if kept.any() else ()
    return Sources(labels, areas[kept], boxes)


def statistics(sources: Sources, extended: int = EXTENDED) -> dict[str, float]:
    """Return the numbers of sources and pixels, and the fractions in extended sources, which are 0 without any."""
    areas = sources.areas
    large = areas >= extended
    return {
        "n_sources": len(areas),
        "n_pixels": int(areas.sum()),
        "n_extended": int(large.sum()),
        "fraction_extended_sources": float(large.mean()) if len(areas) else 0.0,
        "fraction_extended_pixels": float(areas[large].sum() / areas.sum()) if len(areas) else 0.0,
        "largest": int(areas.max(initial=0)),
    }


def describe(numbers: dict[str, float], extended: int = EXTENDED) -> str:
    """Return the statistics in one line."""
    share = f"{100 * numbers['fraction_extended_pixels']:.0f} %"
    return f"{numbers['n_sources']} hits, {numbers['n_pixels']} pixels, {share} of them in hits of {extended} pixels or more"


def table(sources: Sources, excess: np.ndarray) -> list[dict[str, object]]:
    """Return one row of :data:`COLUMNS` for each source.

    ``y, x`` are its first row and column (from 0), ``charge`` the sum and ``peak`` the largest of ``excess`` (ny, nx): the
    image minus the cleaned image, in its unit.
    """
    number = np.arange(1, len(sources) + 1)
    charge = ndimage.sum_labels(excess, sources.labels, number)
    peak = ndimage.maximum(excess, sources.labels, number) if len(sources) else []
    corners = [(y.start, x.start, y.stop - y.start, x.stop - x.start) for y, x in sources.boxes]
    values = zip(number.tolist(), corners, sources.areas.tolist(), map(float, charge), map(float, peak), strict=True)
    return [dict(zip(COLUMNS, (n, *corner, *rest), strict=True)) for n, corner, *rest in values]


def largest(sources: Sources, n: int) -> list[Box]:
    """Return the bounding boxes of the ``n`` largest sources, largest first."""
    return [sources.boxes[k] for k in np.argsort(-sources.areas, kind="stable")[:n]]
