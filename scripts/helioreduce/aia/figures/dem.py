"""Figures of a DEM: emission measure in bands, temperature, how well it fits, and what to believe of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from astropy.table import Table
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from helioreduce.aia.dem.inversion import CHANNELS, Inversion, interpolate, with_relative
from helioreduce.aia.dem.product import DEM, Maps
from helioreduce.aia.dem.status import Status
from helioreduce.aia.figures import colours, sky, style
from helioreduce.io import plots

#: Share of a DEM's peak above which a temperature counts.
_BRIGHT = 0.05
#: Plasmas that are put in and looked for: centre and width in log T, one pixel each; draws of each.
_TRUTHS = tuple((centre, width) for width in (0.05, 0.15) for centre in (5.9, 6.2, 6.5, 6.8, 7.0))
_DRAWS, _FINE = 200, 0.005
_COLUMNS = 3
_COLOURS = (plots.BLACK, plots.ORANGE, plots.BLUE, plots.GREEN, plots.VERMILION)


def dem_inputs(dem: Maps) -> Figure:
    """Draw the six channels that a DEM is made from, DN/s, each on its own scale, and how many pixels lack one."""
    figure = plots.new(plots.PAGE, 4.8, f"SDO/AIA, {_label(dem)}")
    axes, extent, status = figure.subplots(2, _COLUMNS, sharex=True, sharey=True), _extent(dem), dem.images["STATUS"]
    for axis, channel, counts in zip(axes.ravel(), CHANNELS, dem.images["OBSERVED"], strict=True):
        shown = axis.imshow(counts, norm=sky.stretch(counts), extent=extent, cmap=colours.table(channel))
        sky.bar(figure, shown, axis, "DN/s")
        axis.set_title(f"{channel} Å")
    saturated, lost = ((status & int(bit) != 0).mean() for bit in (Status.SATURATED, Status.NO_SOLUTION | Status.SKIPPED))
    text = f"a channel saturated in {saturated:.1%} of the pixels, no DEM in {lost:.1%}"
    axes[-1][_COLUMNS // 2].set_xlabel(f"{sky.LONGITUDE}\n{text}", fontsize=8)
    figure.supylabel(sky.LATITUDE, fontsize=8)
    return figure


def dem_maps(dem: Maps) -> Figure:
    """Draw the emission measure of each band on one scale, and the EM-weighted log T, its σ and χ²."""
    bands, em = dem.tables["BANDS"], dem.images["EM"]
    rows = -(-len(em) // _COLUMNS) + 1
    figure = plots.new(plots.PAGE, 2.2 * rows, f"SDO/AIA, {_label(dem)}")
    axes = figure.subplots(rows, _COLUMNS, sharex=True, sharey=True)
    lit = em[np.isfinite(em) & (em > 0)]
    top = float(np.percentile(lit, 99.8)) if lit.size else 1.0
    extent, scale, upper = _extent(dem), LogNorm(top * 1e-3, top), axes[:-1].ravel()
    for axis, low, high, values in zip(upper, bands["LOWER"], bands["UPPER"], em, strict=False):
        axis.imshow(np.clip(values, top * 1e-3, None), norm=scale, extent=extent, cmap="inferno")
        axis.set_title(f"log T {low:g} to {high:g}")
    for axis in upper[len(em) :]:
        axis.remove()
    figure.colorbar(ScalarMappable(scale, "inferno"), ax=list(upper[: len(em)]), label="emission measure [cm⁻⁵]", shrink=0.8)
    more = (
        ("LOGT", "EM-weighted log T", "viridis", _span(dem.images["LOGT"])),
        ("LOGTERR", "its σ", "cividis", (0.0, 0.3)),
        ("CHI2", "χ² per channel", "magma", (0.0, 4.0)),
    )
    for axis, (name, title, palette, limits) in zip(axes[-1], more, strict=True):
        shown = axis.imshow(dem.images[name], extent=extent, cmap=palette, vmin=limits[0], vmax=limits[1])
        figure.colorbar(shown, ax=axis, location="bottom", shrink=0.8)
        axis.set_title(title)
    axes[-1][_COLUMNS // 2].set_xlabel(sky.LONGITUDE, fontsize=8)
    figure.supylabel(sky.LATITUDE, fontsize=8)
    return figure


def dem_fit(dem: Maps) -> Figure:
    """Draw the distribution of χ² with that of six independent channels, model over data, and σ(ln DEM) against temperature."""
    from scipy.stats import chi2 as chi2_distribution  # half a second that the maps do without

    figure = plots.new(plots.PAGE, 2.7, f"SDO/AIA, {_label(dem)}")
    left, middle, right = figure.subplots(1, 3)
    chi2 = dem.images["CHI2"][np.isfinite(dem.images["CHI2"])]
    edges = np.linspace(0, 5, 51)
    left.hist(np.clip(chi2, 0, 5), edges, density=True, color=plots.SKY, label="pixels")
    left.plot(
        edges, len(CHANNELS) * chi2_distribution.pdf(len(CHANNELS) * edges, len(CHANNELS)), color=plots.BLACK, label="χ² of 6"
    )
    text = f"median {np.median(chi2):.2f}, above 3: {np.mean(chi2 > 3):.1%}" if chi2.size else "no pixel"
    left.set(xlabel="χ² per channel", ylabel="density", title=text)
    left.legend()
    for channel, model, observed in zip(CHANNELS, dem.images["MODEL"], dem.images["OBSERVED"], strict=True):
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio = np.where(observed > 1, model / observed, np.nan)
        middle.hist(
            ratio.ravel(), np.linspace(0.5, 1.5, 81), histtype="step", density=True, label=f"{channel} Å", **_line(channel)
        )
    middle.set(xlabel="model / observed, above 1 DN/s", title="channels", ylim=(0, 1.3 * middle.get_ylim()[1]))
    middle.legend(ncols=3, fontsize=6, loc="upper center")
    centres, error = dem.tables["TEMPERATURES"]["CENTRE"], _log_error(dem)
    spread = np.nanpercentile(error.reshape(centres.size, -1), (16, 50, 84), axis=1)
    right.fill_between(centres, spread[0], spread[2], color=plots.SKY, alpha=0.4, lw=0, label="68 % of the pixels")
    right.plot(centres, spread[1], color=plots.BLUE, label="median")
    right.axhline(1, color=plots.VERMILION, ls=(0, (4, 1)), label="above: not known")
    right.set(xlabel="log₁₀ T", ylabel="σ(ln DEM)", ylim=(0, 3), title="what is known")
    right.legend()
    return figure


def dem_curves(dem: Maps) -> Figure:
    """Draw the DEM of five points with its σ, and the emission measure that one temperature would need in each channel."""
    inversion, figure = dem.inversion, plots.new(plots.PAGE, 4.6, f"SDO/AIA, {_label(dem)}")
    axes = figure.subplots(2, 3).ravel()
    place, total = axes[5], np.nansum(dem.images["EM"], axis=0)
    place.imshow(np.log10(np.where(total > 0, total, np.nan)), cmap="Greys")
    for axis, (name, y, x), colour in zip(axes, _points(dem), _COLOURS, strict=False):
        _curve(axis, dem, inversion, y, x)
        axis.set_title(name, color=colour)
        place.plot(x, y, "+", color=colour, ms=8, mew=1.8)
    place.set(xticks=[], yticks=[], title="where, on log EM")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=8, fontsize=6)
    for axis in axes[2:5]:
        axis.set_xlabel("log₁₀ T")
    figure.supylabel("emission measure per 0.1 dex; of one temperature (lines) [cm⁻⁵]", fontsize=8)
    return figure


def dem_recovery(dem: Maps) -> Figure:
    """Draw what the method makes of plasmas of known temperature, with this response and errors of 10 %."""
    inversion, figure = dem.inversion, plots.new(plots.PAGE, 3.6, f"SDO/AIA, {_label(dem)}")
    axes = figure.subplots(2, 5, sharex=True, sharey="row").ravel()
    random = np.random.default_rng(1)
    for axis, (centre, width) in zip(axes, _TRUTHS, strict=True):
        truth, found = _recovered(inversion, centre, width, random)
        low, middle, high = np.percentile(found, (16, 50, 84), axis=0)
        axis.fill_between(inversion.logt, low, high, color=plots.SKY, alpha=0.5, lw=0, label="68 % of the draws")
        axis.plot(inversion.logt, middle, color=plots.BLUE, label="median")
        axis.plot(inversion.logt, truth, color=plots.BLACK, ls=(0, (4, 1)), label="put in")
        share = (found @ inversion.measure(*inversion.span)).mean() / (truth @ inversion.measure(*inversion.span))
        axis.set_title(f"{centre:g}, σ {width:g}: EM {share:.2f}", fontsize=7)
        axis.set_ylim(0, 0.6 / width)
    figure.legend(handles=axes[0].get_legend_handles_labels()[0], loc="outside lower center", ncols=3)
    for axis in axes[5:]:
        axis.set_xlabel("log₁₀ T")
    figure.supylabel("DEM per dex, whole EM = 1", fontsize=8)
    return figure


def dem_dated(dem: Maps, response: Table) -> Figure:
    """Draw the DEM of the image's mean with the response that belongs to the data, and with the other one.

    ``response`` is the table of :func:`helioreduce.aia.response.tables.of_temperature`.
    """
    inversion, figure = dem.inversion, plots.new(plots.PAGE * 0.7, 3.0, f"SDO/AIA, {_label(dem)}")
    axis = figure.subplots()
    data = np.nanmean(dem.images["OBSERVED"].reshape(len(CHANNELS), -1), axis=1, dtype=float)[None]
    sigma = with_relative(np.zeros_like(data), data, 0.1)
    right = str(dem.header["DEMRESP"])
    at = np.log10(np.asarray(response["temperature"], float))
    for column, label in (("at_launch", "response at launch"), ("at_date", "response at the date")):
        values = np.array([interpolate(at, np.asarray(response[f"{column}_{c}"], float), inversion.logt) for c in CHANNELS])
        found = Inversion(values, inversion.edges, inversion.method, bands=inversion.bands).invert(data, sigma)
        fits = f"EM-weighted log T {found.logt[0, 0]:.2f}, χ² {found.chi2[0]:.1f}"
        text = f"{label}: {'right' if column == right else 'wrong'} here, {fits}"
        axis.plot(inversion.logt, found.dem[0] * inversion.per_kelvin, label=text, ls="-" if column == right else (0, (4, 1)))
    axis.set(yscale="log", xlabel="log₁₀ T", ylabel="DEM [cm⁻⁵ per dex]", title="mean of the image")
    figure.legend(loc="outside lower center")
    return figure


def _recovered(inversion: Inversion, centre: float, width: float, random: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return a Gaussian per dex and what draws of its counts become, (draws, temperatures), its emission measure as unit."""
    fine = np.arange(inversion.edges[0], inversion.edges[-1], _FINE)
    response = np.array([interpolate(inversion.logt, row, fine.clip(*inversion.logt[[0, -1]])) for row in inversion.response])
    shape = np.exp(-0.5 * ((fine - centre) / width) ** 2) / (width * np.sqrt(2 * np.pi))
    counts = response @ shape * _FINE
    em = 1000 / counts.max()  # the brightest channel: 1000 DN/s
    data = counts * em
    sigma = np.broadcast_to(np.sqrt(data + 1 + (0.1 * data) ** 2), (_DRAWS, data.size))
    found = inversion.invert(data + random.normal(size=sigma.shape) * sigma, sigma)
    return np.interp(inversion.logt, fine, shape), np.nan_to_num(found.dem * inversion.per_kelvin / em)


def _points(dem: Maps) -> Iterator[tuple[str, int, int]]:
    """Yield name, row and column of five points of an image."""
    total, logt = np.nansum(dem.images["EM"], axis=0), dem.images["LOGT"]
    good = np.isfinite(logt) & (total > 0) & (dem.images["CHI2"] < 3)
    if not good.any():
        return
    bright = good & (total >= np.percentile(total[good], 50))
    wanted = (
        ("most emission", good, -total),
        ("hottest", bright, -logt),
        ("coolest", bright, logt),
        ("median", good, np.abs(np.log(np.where(good, total, 1)) - np.log(np.median(total[good])))),
        ("least emission", good, total),
    )
    for name, among, order in wanted:
        y, x = np.unravel_index(int(np.where(among, order, np.inf).argmin()), logt.shape)
        yield name, int(y), int(x)


def _curve(axis: Axes, dem: Maps, inversion: Inversion, y: int, x: int) -> None:
    """Draw one DEM with its σ of the logarithm, and the loci."""
    scale = inversion.per_kelvin * 0.1
    values, sigma = dem.images[DEM][:, y, x] * scale, dem.images["UNCERT"][:, y, x] * scale
    spread = np.exp(np.minimum(sigma / np.maximum(np.abs(values), 1e-300), 5))
    axis.fill_between(inversion.logt, values / spread, values * spread, color=plots.GREY, alpha=0.35, lw=0, label="σ")
    axis.plot(inversion.logt, values, color=plots.BLACK, label="DEM")
    for channel, row, counts in zip(CHANNELS, inversion.response, dem.images["OBSERVED"][:, y, x], strict=True):
        if counts > 0:
            axis.plot(inversion.logt, counts / row, lw=0.8, label=f"{channel} Å", **_line(channel))
    top = np.nanmax(values)
    axis.set(yscale="log", ylim=(top * 1e-4, top * 1e2), xlim=inversion.span)


def _log_error(dem: Maps) -> np.ndarray:
    """Return σ(ln DEM), NaN where the DEM is not positive."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(dem.images[DEM] > 0, dem.images["UNCERT"] / dem.images[DEM], np.nan)


def _label(dem: Maps) -> str:
    """Return time and method."""
    return f"{str(dem.header.get('T_OBS', ''))[:19]}, DEM by {dem.header['DEMMETH']}"


def _line(channel: int) -> dict[str, Any]:
    return style.CHANNELS[channel]


def _span(values: np.ndarray) -> tuple[float, float]:
    """Return the limits of a map of log T."""
    known = values[np.isfinite(values)]
    return (float(np.percentile(known, 1)), float(np.percentile(known, 99))) if known.size else (5.5, 7.5)


def _extent(dem: Maps) -> tuple[float, float, float, float]:
    """Return left, right, bottom and top, arcsec."""
    found, (ny, nx) = [], dem.images["CHI2"].shape
    for axis, number in (("1", nx), ("2", ny)):
        scale, pixel = float(dem.header[f"CDELT{axis}"]), float(dem.header[f"CRPIX{axis}"])
        first = float(dem.header.get(f"CRVAL{axis}", 0.0)) + (0.5 - pixel) * scale
        found += [first, first + number * dem.step * scale]
    return found[0], found[1], found[2], found[3]
