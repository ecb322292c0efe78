"""The quick view of a raster: what level 2 holds, and from where each fit would start, before anything is fitted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from helioreduce import __version__
from helioreduce.io import pages
from helioreduce.spice import view_figures
from helioreduce.spice.catalogue import Catalogue
from helioreduce.spice.group import Group
from helioreduce.spice.level2 import Window, quality
from helioreduce.spice.maps import FWHM, label
from helioreduce.spice.model import Start
from helioreduce.spice.report import Table, picture, quality_table


class Begun(NamedTuple):
    """A prepared group of windows, and what its fit would start from."""

    group: Group
    start: Start


def page(
    name: str,
    windows: Sequence[Window],
    begun: Sequence[Begun],
    catalogue: Catalogue,
    notes: Sequence[str] = (),
) -> str:
    """Return the quick view of one raster as HTML.

    Parameters
    ----------
    name
        Name of the level-2 file.
    windows
        Its windows that can be reduced.
    begun
        The fits that would be made of them.
    catalogue
        Lines that are marked.
    notes
        What does not apply to this raster, and which windows are refused.
    """
    header: Mapping[str, Any] = windows[0].header if windows else {}
    return pages.render(
        "helioreduce.spice",
        "view.html",
        name=name,
        date=header.get("DATE-BEG") or "",
        study=header.get("STUDY") or "",
        exposure_s=header.get("XPOSURE"),
        version=__version__,
        notes=notes,
        quality=quality_table([quality(window) for window in windows]),
        windows=[_window(window, catalogue) for window in windows],
        fits=[_fit(own) for own in begun],
    )


def _window(window: Window, catalogue: Catalogue) -> dict[str, Any]:
    """Return what the page shows of a window."""
    return {
        "title": window.name,
        "image": picture(view_figures.images(window), f"images of {window.name}"),
        "spectrum": picture(view_figures.spectrum(window, catalogue), f"spectra of {window.name}"),
    }


def _fit(own: Begun) -> dict[str, Any]:
    """Return what the page shows of a fit before it is made."""
    return {
        "title": own.group.name,
        "notes": own.start.notes,
        "spectrum": picture(view_figures.start(own.group, own.start), f"start of {own.group.name}"),
        "values": _values(own.start),
    }


def _values(start: Start) -> Table:
    """Return the start values of every line, and the names under which they are changed."""
    rows = []
    for g, line in enumerate(start.model.lines):
        peak, centre, width = start.q[3 * g : 3 * g + 3]
        text = "its width is at a limit" if line.name in start.marked else ""
        place = f"{centre:.3f} ({centre - line.wavelength:+.3f})"
        rows.append((label(line.name), f"{peak:.4g}", place, f"{width:.3f}", f"{FWHM * width:.3f}", f"{line.name} x", text))
    heads = ("line", "peak, W/m²/sr/nm", "centre, Å (from rest)", "σ, Å", "FWHM, Å", "key of spice.model.start", "")
    return Table(heads, rows)
