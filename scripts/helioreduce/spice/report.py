"""The page of a raster: one HTML file with its figures inside, readable without a network."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from helioreduce import __version__
from helioreduce.constants import SPEED_OF_LIGHT_KM_S
from helioreduce.io.fits import Plane
from helioreduce.spice import figures
from helioreduce.spice.fit import CONVERGED, STATUS
from helioreduce.spice.level3 import Fitted
from helioreduce.spice.maps import label

#: Pixels per inch; a figure of 9 inches fills the page.
_DPI = 130
_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:1200px;margin:2rem auto;padding:0 1rem;color:#1b1b1b;background:#fff}
h1{font-size:1.5rem;margin-bottom:.2rem}
h3{font-size:1rem;margin:1.4rem 0 0}
h2{font-size:1.15rem;margin-top:2.2rem;border-bottom:1px solid #ccc;padding-bottom:.2rem}
table{border-collapse:collapse;margin:.6rem 0;font-size:.92rem}
td,th{padding:.18rem .7rem;text-align:right;border-bottom:1px solid #e5e5e5}
td:first-child,th:first-child{text-align:left}th{font-weight:600}img{max-width:100%}.note{color:#555;font-size:.9rem}
p:has(img){margin:.4rem 0}
"""


_SMOOTHED = "<p class=note>Smoothed with wavelets before the fit: errors are upper limits, χ² means nothing.</p>"


def page(
    name: str,
    groups: Sequence[Fitted],
    radiances: Sequence[Plane],
    velocities: Sequence[Plane],
    compositions: Sequence[Plane],
    checks: Sequence[Mapping[str, object]],
) -> str:
    """The report of one raster as HTML.

    Parameters
    ----------
    name
        Name of the level-2 file.
    groups, radiances, velocities, compositions
        Products of the steps; no compositions, no section.
    checks
        What :func:`helioreduce.spice.level2.quality` said of each window.
    """
    header = groups[0].windows[0].header
    parts = [
        f"<h1>{html.escape(name)}</h1>",
        f"<p class=note>{html.escape(str(header.get('DATE-BEG', '')))} · {html.escape(str(header.get('STUDY', '')))} · "
        f"exposure {header.get('XPOSURE')} s · helioreduce {__version__}</p>",
        _SMOOTHED if header.get("DENOISED") else "",
        "<h2>Windows</h2>", _windows(checks), "<h2>Lines</h2>", _lines(groups, radiances, velocities),
    ]  # fmt: skip
    for fitted in groups:
        parts += [f"<h2>{html.escape(' + '.join(w.name for w in fitted.windows))}</h2>", _counts(fitted)]
        parts += [
            _image(figures.spectra(fitted), "mean spectra and models"),
            _image(figures.quality(fitted), "quality of the fits"),
        ]
        widths = {line.name: _width(fitted, g) for g, line in enumerate(fitted.fit.model.lines)}
        for line in widths:
            maps = figures.line_maps(radiances, velocities, widths, line)
            parts += [f"<h3>{label(line)}</h3>", _image(maps, f"maps of {label(line)}")]
        parts += ["<h3>Largest χ²</h3>", _image(figures.worst(fitted), "spectra with the largest χ²")]
    if compositions:
        parts += [
            "<h2>Composition</h2>",
            _ratio(compositions[0]),
            _image(figures.composition(compositions), "FIP bias and errors"),
        ]
    body = "\n".join(parts)
    head = f"<meta charset=utf-8><title>{html.escape(name)}</title><style>{_STYLE}</style>"
    return f"<!doctype html><html lang=en>{head}<body>\n{body}\n</body></html>\n"


def _image(figure: Figure, text: str) -> str:
    buffer = io.BytesIO()
    engine = figure.get_layout_engine()
    if engine is not None:  # once is enough: saving would lay out again and draw twice
        engine.execute(figure)
        figure.set_layout_engine("none")
    figure.savefig(buffer, format="png", dpi=_DPI, metadata={"Software": None})
    return f'<p><img alt="{html.escape(text)}" src="data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"></p>'


def _table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    def row(cells: Sequence[object], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{html.escape(str(cell))}</{tag}>" for cell in cells) + "</tr>"

    return "<table>" + row(heads, "th") + "".join(row(cells, "td") for cells in rows) + "</table>"


def _windows(checks: Sequence[Mapping[str, object]]) -> str:
    rows = []
    for c in checks:
        low, high = c["wavelength_angstrom"]  # type: ignore[misc]
        share = f"{c['spectra_usable']} of {c['spectra']}"
        rows.append((c["window"], f"{low:.2f}–{high:.2f}", share, f"{100 * float(c['samples_missing']):.1f} %",  # type: ignore[arg-type]
                     c["samples_saturated"], c["planes_lost"]))  # fmt: skip
    return _table(("window", "Å", "usable spectra", "samples missing", "saturated", "exposures lost"), rows)


def _counts(fitted: Fitted) -> str:
    """How every pixel ended; the numbers add up to all pixels."""
    fit = fitted.fit
    rows = [(text, int((fit.status == code).sum())) for code, text in STATUS.items()]
    rows += [("  converged, a parameter at a bound", int(((fit.status == CONVERGED) & fit.at_bound.any(axis=1)).sum()))]
    rows += [("pixels", fit.status.size), ("median reduced χ²", f"{np.nanmedian(fit.reduced_chi2):.3f}")]
    rows += [("noise over the noise model, unbinned pixels", _noise_factor(fitted))]
    if len(fitted.boxes) > 1:
        rows += [(f"bin {'×'.join(map(str, box))}", int((fitted.level == i).sum())) for i, box in enumerate(fitted.boxes)]
        rows += [("thresholds not met in any bin", int((~fitted.met & (fitted.level >= 0)).sum()))]
    return _table(("fits", "spectra"), rows)


def _noise_factor(fitted: Fitted) -> str:
    """Root of the median reduced χ² over that of its distribution, (1 − 2/9ν)³ (Wilson & Hilferty 1931)."""
    fit, used = fitted.fit, (fitted.fit.status == CONVERGED) & (fitted.level.ravel() == 0)
    if not used.any():
        return "–"
    degrees = np.median(fit.samples[used]) - fit.model.free
    return f"{np.sqrt(np.median(fit.reduced_chi2[used]) / (1 - 2 / (9 * degrees)) ** 3):.3f}"


def _width(fitted: Fitted, line: int) -> np.ndarray:
    width = np.where(fitted.fit.status == CONVERGED, fitted.fit.q[:, 3 * line + 2], np.nan)
    return width.reshape(fitted.shape)


def _lines(groups: Sequence[Fitted], radiances: Sequence[Plane], velocities: Sequence[Plane]) -> str:
    values = {plane.name.lower(): plane.data for plane in radiances}
    zeros = {plane.name.lower(): plane.header.get("VZERO") for plane in velocities}
    rows = []
    for fitted in groups:
        for g, line in enumerate(fitted.fit.model.lines):
            radiance, error = values[line.name], values[f"{line.name} sigma"]
            q, sigma = fitted.fit.q, fitted.fit.sigma()
            with np.errstate(divide="ignore", invalid="ignore"):
                relative = 100 * float(np.nanmedian(error / radiance)) if np.isfinite(error).any() else np.nan
            speed = float(np.nanmedian(sigma[:, 3 * g + 1])) / line.wavelength * SPEED_OF_LIGHT_KM_S
            width = figures.FWHM * np.nanmedian(q[:, 3 * g + 2])
            cells = (f"{1e3 * np.nanmedian(radiance):.4g}", f"{relative:.1f} %", f"{zeros[line.name]:.3f}")
            rows.append((label(line.name), *cells, f"{speed:.1f}", f"{width:.3f}"))
    heads = ("line", "median radiance, mW/m²/sr", "median error", "zero of v, Å", "error of v, km/s", "FWHM, Å")
    return _table(heads, rows)


def _ratio(plane: Plane) -> str:
    cards = plane.header
    rows = [("low FIP", cards[f"LOW{i}"]) for i in range(1, 9) if f"LOW{i}" in cards]
    rows += [("high FIP", cards[f"HIGH{i}"]) for i in range(1, 9) if f"HIGH{i}" in cards]
    rows += [("log density", cards["LOGN"]), ("residual over the reference DEMs", f"{cards['LCRPHI']:.2g}")]
    rows += [("relative error over other DEMs, rms", f"{100 * cards['LCRDEM']:.0f} %")]
    last = max((int(key[5:]) for key in cards if key.startswith("PRREF")), default=0)
    source, _, digest = str(cards.get(f"PRREF{last}", "")).partition("; ")
    rows += [("contribution functions", source), ("of them", digest[:19] + "…" if digest else "–")]
    return _table(("linear combination ratio", ""), rows)
