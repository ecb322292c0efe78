"""The page of a raster: one HTML file with its figures inside, readable without a network."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

from helioreduce import __version__
from helioreduce.io import origin, pages
from helioreduce.spice import figures, maps
from helioreduce.spice.fit import CONVERGED, STATUS
from helioreduce.spice.fitted import Fitted
from helioreduce.spice.maps import FipBias, LineMap, Radiances, label

#: Pixels per inch; a figure of 9 inches fills the page.
_DPI = 130


class Table(NamedTuple):
    """A table of the page."""

    heads: Sequence[str]
    rows: Sequence[Sequence[Any]]


class Picture(NamedTuple):
    """A figure as PNG, and what it shows in words."""

    png: bytes
    text: str


class Line(NamedTuple):
    """A fitted line: its number in the group, and its maps."""

    number: int
    radiance: LineMap
    velocity: LineMap


class Section(NamedTuple):
    """The fits of a group, and its lines."""

    fitted: Fitted
    lines: Sequence[Line]


def page(
    name: str,
    groups: Sequence[Fitted],
    radiances: Sequence[Radiances],
    velocities: Sequence[LineMap],
    composition: FipBias | None,
    checks: Sequence[Mapping[str, Any]],
    notes: Sequence[str] = (),
) -> str:
    """Return the report of one raster as HTML.

    Parameters
    ----------
    name
        Name of the level-2 file.
    groups, radiances, velocities
        Products of the steps, in the same order of groups and lines.
    composition
        The composition, or None.
    checks
        :func:`helioreduce.spice.level2.quality` of each window.
    notes
        What does not apply to this raster, and which windows were refused.
    """
    header = groups[0].group.windows[0].header
    sections = _sections(groups, radiances, velocities)
    return pages.render(
        "helioreduce.spice",
        "report.html",
        name=name,
        date=header.get("DATE-BEG") or "",
        study=header.get("STUDY") or "",
        exposure_s=header.get("XPOSURE"),
        version=__version__,
        denoised=bool(header.get("DENOISED")),
        notes=notes,
        windows=quality_table(checks),
        lines=_lines(sections),
        groups=[_group(section) for section in sections],
        composition=None if composition is None else _composition(composition),
    )


def _sections(groups: Sequence[Fitted], radiances: Sequence[Radiances], velocities: Sequence[LineMap]) -> list[Section]:
    """Return fits and maps put together, in their common order."""
    sections, first = [], 0
    for fitted, own in zip(groups, radiances, strict=True):
        moving = velocities[first : first + len(own.maps)]
        first += len(own.maps)
        pairs = zip(own.maps, moving, strict=True)
        sections.append(Section(fitted, [Line(g, radiance, velocity) for g, (radiance, velocity) in enumerate(pairs)]))
    return sections


def _group(section: Section) -> dict[str, Any]:
    """Return what the page shows of a group."""
    fitted = section.fitted
    return {
        "title": " + ".join(window.name for window in fitted.group.windows),
        "fit": fitted.group.name,
        "notes": fitted.notes,
        "counts": _counts(fitted),
        "spectra": picture(figures.spectra(fitted), "mean spectra and models"),
        "quality": picture(figures.quality(fitted), "quality of the fits"),
        "lines": [{"title": label(line.radiance.line), "maps": _maps(fitted, line)} for line in section.lines],
        "worst": picture(figures.worst(fitted), "spectra with the largest χ²"),
    }


def _composition(own: FipBias) -> dict[str, Any]:
    """Return what the page shows of the composition."""
    if "SKIPPED" in own.header:
        return {"skipped": own.header["SKIPPED"]}
    shown = {"skipped": "", "ratio": _ratio(own.header), "maps": picture(figures.composition(own), "FIP bias and errors")}
    return {**shown, "graph": picture(figures.ratio(own.graph), "linear combination ratio") if own.graph else None}


def _maps(fitted: Fitted, line: Line) -> Picture:
    """Return the maps of a line."""
    width = maps.width(fitted, line.number)
    bound = fitted.map(fitted.at_bound(line.number))
    return picture(figures.line_maps(line.radiance, line.velocity, width, bound), f"maps of {label(line.radiance.line)}")


def picture(figure: Figure, text: str) -> Picture:
    """Return a figure as PNG, with what its files are made of."""
    buffer = io.BytesIO()
    origin.stamp(figure)
    engine = figure.get_layout_engine()
    if engine is not None:  # once is enough: saving would lay out again and draw twice
        engine.execute(figure)
        figure.set_layout_engine("none")
    figure.savefig(buffer, format="png", dpi=_DPI, metadata={"Software": None})
    return Picture(buffer.getvalue(), text)


def quality_table(checks: Sequence[Mapping[str, Any]]) -> Table:
    """Return extent and quality of the windows."""
    rows = []
    for check in checks:
        low, high = check["wavelength_angstrom"]
        usable = f"{check['spectra_usable']} of {check['spectra']}"
        missing = f"{100 * check['samples_missing']:.1f} %"
        rows.append(
            (check["window"], f"{low:.2f}–{high:.2f}", usable, missing, check["samples_saturated"], check["planes_lost"])
        )
    return Table(("window", "Å", "usable spectra", "samples missing", "saturated", "exposures lost"), rows)


def _counts(fitted: Fitted) -> Table:
    """Return how every pixel ended; the numbers add up to all pixels."""
    fit = fitted.fit
    rows: list[tuple[str, Any]] = [(text, int((fit.status == code).sum())) for code, text in STATUS.items()]
    at_bound = (fit.status == CONVERGED) & fit.at_bound.any(axis=1)
    rows.append(("  converged, a parameter at a bound", int(at_bound.sum())))
    for g, line in enumerate(fit.model.lines):
        rows.append((f"    of {label(line.name)}, left out of its maps", int(fitted.at_bound(g).sum())))
    rows.append(("pixels", fit.status.size))
    rows.append(("median reduced χ²", f"{_median(fit.reduced_chi2):.3f}"))
    rows.append(("noise over the noise model, unbinned pixels", _noise_factor(fitted)))
    if len(fitted.boxes) > 1:
        rows += [(f"bin {box.label}", int((fitted.level == i).sum())) for i, box in enumerate(fitted.boxes)]
        rows.append(("thresholds not met in any bin", int((~fitted.met & (fitted.level >= 0)).sum())))
    return Table(("fits", "spectra"), rows)


def _noise_factor(fitted: Fitted) -> str:
    """Return the root of the median reduced χ² over that of its distribution, (1 − 2/9ν)³ (Wilson & Hilferty 1931)."""
    fit, used = fitted.fit, (fitted.fit.status == CONVERGED) & (fitted.level == 0)
    if not used.any():
        return "–"
    degrees = np.median(fit.samples[used]) - fit.model.free
    return f"{np.sqrt(np.median(fit.reduced_chi2[used]) / (1 - 2 / (9 * degrees)) ** 3):.3f}"


def _lines(sections: Sequence[Section]) -> Table:
    """Return the medians of every line."""
    heads = ("line", "fit", "median radiance, mW/m²/sr", "median error", "zero of v, Å", "error of v, km/s", "FWHM, Å")
    return Table(heads, [_medians(section.fitted, line) for section in sections for line in section.lines])


def _medians(fitted: Fitted, line: Line) -> tuple[str, ...]:
    """Return the row of a line."""
    radiance, error = line.radiance.data, line.radiance.sigma
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = 100 * _median(error / radiance)
    width = maps.FWHM * _median(fitted.found(line.number, fitted.fit.q[:, 3 * line.number + 2]))
    zero = line.velocity.header["VZERO"]
    return (
        label(line.radiance.line) + (" (width at a limit)" if line.radiance.line in fitted.marked else ""),
        fitted.group.name,
        f"{1e3 * _median(radiance):.4g}",
        f"{relative:.1f} %",
        f"{zero:.3f}" if zero > 0 else "–",
        f"{_median(line.velocity.sigma):.1f}",
        f"{width:.3f}",
    )


def _median(values: np.ndarray) -> float:
    """Return the median of the values there are; NaN for none."""
    known = values[~np.isnan(values)]
    return float(np.median(known)) if known.size else np.nan


def _ratio(cards: Mapping[str, Any]) -> Table:
    """Return coefficients and quality of the linear combination ratio."""
    sides = {"low FIP": r"LOW\d+", "high FIP": r"HIGH\d+"}
    rows = [(side, cards[key]) for side, form in sides.items() for key in cards if re.fullmatch(form, key)]
    rows += [("log density", cards["LOGN"]), ("residual over the reference DEMs", f"{cards['LCRPHI']:.2g}")]
    rows += [("relative error over other DEMs, rms", f"{100 * cards['LCRDEM']:.0f} %")]
    last = max((int(key[5:]) for key in cards if key.startswith("PRREF")), default=0)
    source, _, digest = str(cards.get(f"PRREF{last}", "")).partition("; ")
    rows += [("contribution functions", source), ("of them", digest[:19] + "…" if digest else "–")]
    return Table(("linear combination ratio", ""), rows)
