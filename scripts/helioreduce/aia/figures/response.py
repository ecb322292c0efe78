"""Figures of the response: components of a channel, what the date does to it, all channels against temperature."""

from __future__ import annotations

from typing import Any

import numpy as np
from astropy.table import Table
from matplotlib.figure import Figure

from helioreduce.aia.figures import style
from helioreduce.io import plots

#: Column of each component, its label, colour and line.
_PARTS: tuple[tuple[str, str, str, Any], ...] = (
    ("primary", "primary mirror", plots.BLUE, "-"),
    ("secondary", "secondary mirror", plots.SKY, (0, (4, 1))),
    ("entrance_filter", "entrance filter", plots.ORANGE, "-"),
    ("focal_plane_filter", "focal-plane filter", plots.VERMILION, (0, (4, 1))),
    ("contamination", "contamination", plots.GREY, (0, (1, 1))),
    ("quantum_efficiency", "quantum efficiency", plots.GREEN, (0, (3, 1, 1, 1))),
)


def response_components(response: Table) -> Figure:
    """Draw the efficiencies of a channel's components; effective area, crosstalk and gain.

    ``response`` is the table of :func:`helioreduce.aia.response.tables.of_wavelength`.
    """
    wave, channel = np.asarray(response["wavelength"]), int(response.meta["channel"])
    figure = plots.new(plots.PAGE, 3.6, f"SDO/AIA {channel} Å")
    left, right = figure.subplots(1, 2)
    for name, label, colour, line in _PARTS:
        left.plot(wave, response[name], label=label, color=colour, ls=line)
    left.set(yscale="log", ylim=(1e-4, 1.4), xlabel="wavelength [Å]", ylabel="reflectance, transmission, efficiency")
    left.set_title("components")
    area, crosstalk = np.asarray(response["effective_area"]), np.asarray(response["crosstalk"])
    right.plot(wave, area, color=plots.BLACK, label="effective area")
    if crosstalk.any():
        right.plot(wave, crosstalk, color=plots.VERMILION, ls=(0, (4, 1)), label="crosstalk")
    peak = max(area.max(), crosstalk.max())
    right.set(yscale="log", ylim=(peak * 1e-6, peak * 3), xlabel="wavelength [Å]", ylabel="effective area at launch [cm²]")
    gain = right.twinx()
    gain.plot(wave, response["gain"], color=plots.BLUE, ls=(0, (1, 1)))
    gain.set_ylabel("gain [DN / photon]", color=plots.BLUE)
    right.set_title("effective area, crosstalk, gain")
    for axis in (left, right):
        axis.set_xlim(*_span(wave, area))
    handles = [*left.lines, *right.lines]
    source = _label(response.meta.get("instrument", ""))
    figure.legend(handles=handles, loc="outside lower center", ncols=4, title=source, title_fontsize=6.5)
    return figure


def response_variants(response: Table) -> Figure:
    """Draw a channel's wavelength response at launch and degraded, with and without EVE correction and crosstalk.

    ``response`` is the table of :func:`helioreduce.aia.response.tables.of_wavelength`.
    """
    wave, meta = np.asarray(response["wavelength"]), response.meta
    gain, area = np.asarray(response["gain"]), np.asarray(response["effective_area"])
    plain, blended = area * gain, (area + np.asarray(response["crosstalk"])) * gain
    eve, degraded = meta["eve"], meta["degradation"]
    curves: list[tuple[str, np.ndarray, str, Any]] = [("components, at launch", plain, plots.BLACK, "-")]
    if np.any(blended != plain):
        curves.append(("with crosstalk", blended, plots.PURPLE, (0, (1, 1))))
    curves.append((f"× degradation {degraded:.4f}", blended * degraded, plots.ORANGE, (0, (4, 1))))
    if eve is not None:
        curves.append((f"× EVE {eve:.4f}", blended * eve, plots.BLUE, (0, (3, 1, 1, 1))))
        curves.append(("× degradation × EVE", blended * degraded * eve, plots.VERMILION, "-"))
    figure = plots.new(plots.PAGE, 3.2, f"SDO/AIA {meta['channel']} Å")
    axes = figure.subplots(1, 2)
    for axis, (low, high) in zip(axes, (_band(wave, area, meta["channel"]), _span(wave, area)), strict=True):
        for label, values, colour, line in curves:
            axis.plot(wave, values, label=label, color=colour, ls=line)
        axis.set(xlim=(low, high), xlabel="wavelength [Å]", ylabel="response [cm² DN / photon]")
    axes[1].set(yscale="log", ylim=(blended.max() * 1e-7, blended.max() * 3))
    inside = (wave >= axes[0].get_xlim()[0]) & (wave <= axes[0].get_xlim()[1])
    axes[0].set_ylim(0, 1.08 * max(values[inside].max() for _, values, _, _ in curves))
    figure.legend(handles=axes[0].lines, loc="outside lower center", ncols=len(curves))
    axes[0].set_title(f"{meta['channel']} Å on {meta['time'][:10]}")
    axes[1].set_title("the whole range")
    return figure


def temperature_response(response: Table) -> Figure:
    """Draw the temperature response of the channels at launch (thick) and at the date of the images (thin).

    ``response`` is the table of :func:`helioreduce.aia.response.tables.of_temperature`.
    """
    log_t, channels = np.log10(np.asarray(response["temperature"])), sorted(map(int, response.meta["factors"]))
    figure = plots.new(plots.PAGE, 3.8, "SDO/AIA")
    axis = figure.subplots()
    for channel in channels:
        look = style.CHANNELS[channel]
        axis.plot(log_t, response[f"at_launch_{channel}"], label=f"{channel} Å", **look)
        axis.plot(log_t, response[f"at_date_{channel}"], color=look["color"], lw=0.7, alpha=0.6)
    peak = max(np.max(response[f"at_launch_{channel}"]) for channel in channels)
    axis.set(yscale="log", ylim=(peak * 3e-6, peak * 3), xlim=(4.3, 8.0), xlabel="log₁₀ (temperature [K])")
    axis.set_ylabel("response [DN cm⁵ s⁻¹ pixel⁻¹]")
    axis.grid(True)
    axis.legend(ncols=2, title="at launch;  thin: " + str(response.meta["time"])[:10], title_fontsize=7)
    axis.set_title(_label(response.meta["instrument"]), fontsize=7)
    return figure


def _span(wave: np.ndarray, area: np.ndarray) -> tuple[float, float]:
    """Return the range of wavelengths in which the area is above 1e-7 of its peak."""
    matters = wave[area > 1e-7 * area.max()]
    return float(matters.min()), float(matters.max())


def _band(wave: np.ndarray, area: np.ndarray, channel: int) -> tuple[float, float]:
    """Return the band at the channel's nominal wavelength: from its peak down to 1 % on either side."""
    near = np.abs(wave - channel) < 0.06 * channel
    peak = int(np.where(near, area, -1.0).argmax())
    faint = area < 0.01 * area[peak]
    low = int(np.flatnonzero(faint[:peak])[-1]) if faint[:peak].any() else 0
    high = peak + int(np.flatnonzero(faint[peak:])[0]) if faint[peak:].any() else wave.size - 1
    return float(wave[low]), float(wave[high])


def _label(origin: object) -> str:
    """Return the origin of the numbers without digests."""
    return "; ".join(part.split(", sha256")[0] for part in str(origin).split("; "))
