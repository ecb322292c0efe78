"""Quick look at a solar image: intensity and relative error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.patches import Circle

from helioreduce.aia.figures import sky
from helioreduce.image import Image
from helioreduce.io import provenance

if TYPE_CHECKING:
    from astropy.io.fits import Header

Extent = tuple[float, float, float, float]

#: Matplotlib's settings, on top of its defaults.
STYLE = {"savefig.dpi": 150}


def draw(image: Image, *, pixels: int = 1024) -> Figure:
    """Draw an image (asinh stretch, the channel's colours) beside its relative error, in helioprojective arcsec.

    Parameters
    ----------
    image
        An image with roll 0; missing pixels stay grey, saturated ones have a colour of their own. Its caveats stand below.
    pixels
        Largest side of the drawn arrays; larger images are binned by averaging.
    """
    step = max(1, -(-max(image.data.shape) // pixels))
    data = sky.block_mean(image.data, step)
    planes = [data] if image.sigma is None else [data, sky.block_mean(image.sigma, step)]
    figure = Figure(figsize=(7.2 * len(planes), 6.4), layout=ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.06))
    axes = figure.subplots(1, len(planes), squeeze=False)[0]
    extent = _extent(image.header, data.shape, step)
    _draw_intensity(figure, axes[0], image.header, data, extent)
    if len(planes) == 2:
        _draw_error(figure, axes[1], sky.relative_error(*planes), extent)
    for axis in axes:
        sky.saturation(axis, image, step, extent=extent)
        if not np.isfinite(data).any():
            axis.text(0.5, 0.5, "no pixel has data", transform=axis.transAxes, ha="center", va="center")
        axis.set(xlabel=sky.LONGITUDE, ylabel=sky.LATITUDE)
        _limb(axis, image.header)
    if found := provenance.caveats(image.header):
        figure.supxlabel("\n".join(found), fontsize="medium", color="C3")
    return figure


def _draw_intensity(figure: Figure, axis: Axes, header: Header, data: np.ndarray, extent: Extent) -> None:
    channel, finite = header["WAVELNTH"], data[np.isfinite(data)]
    top = float(np.percentile(finite, 99.9)) if finite.size else 1.0
    scale = max(top / 50, 1e-6)
    stretched = np.arcsinh(np.clip(data, 0, None) / scale)
    colours, bright = sky.colours(channel, missing="0.5"), float(np.nanmax(stretched)) if finite.size else 1.0
    drawn = axis.imshow(stretched, cmap=colours, origin="lower", extent=extent, vmin=0, vmax=max(bright, 1e-6))
    bar = sky.bar(figure, drawn, axis, header.get("BUNIT", ""))
    values = [
        v
        for v in (0, 1, 3, 10, 30, 100, 300, 1000, 3000, 10000, 30000, 100000, 300000)
        if v == 0 or top / 300 <= v <= top * 1.2
    ]
    values = [v for v in values if np.arcsinh(v / scale) <= drawn.norm.vmax]
    bar.set_ticks([float(np.arcsinh(v / scale)) for v in values], labels=[f"{v:g}" for v in values])
    axis.set_title(f"SDO/AIA {channel} Å   T_OBS {header['T_OBS']}\n{_what(header)}")


def _what(header: Header) -> str:
    """Return the level and the exposure time."""
    level, exposure = header.get("LVL_NUM"), header.get("EXPUSED") or header.get("EXPTIME")
    return ", ".join([f"level {level:g}"] * bool(level) + [f"exposure {exposure:.3f} s"] * bool(exposure))


def _limb(axis: Axes, header: Header) -> None:
    """Draw the photospheric limb, RSUN_OBS arcsec, as far as it is in the image."""
    if radius := float(header.get("RSUN_OBS", 0)):
        low, high = axis.get_xlim(), axis.get_ylim()
        axis.add_patch(Circle((0, 0), radius, fill=False, ec="white", lw=0.6, ls=(0, (4, 3)), alpha=0.8))
        axis.set(xlim=low, ylim=high)


def _draw_error(figure: Figure, axis: Axes, relative: np.ndarray, extent: Extent) -> None:
    drawn = axis.imshow(relative, cmap="cividis", origin="lower", extent=extent, norm=LogNorm(1, 100))
    sky.bar(figure, drawn, axis, "error of one pixel [%]", extend="both")
    axis.set_title("relative error, 1 σ\n")


def _extent(header: Header, shape: tuple[int, ...], step: int) -> Extent:
    """Return left, right, bottom and top edge, arcsec, of an array of blocks of step × step pixels."""
    edges = []
    for axis, side in ((1, shape[1]), (2, shape[0])):
        reference, value, scale = (float(header[f"{key}{axis}"]) for key in ("CRPIX", "CRVAL", "CDELT"))
        edges += [value + (pixel - reference) * scale for pixel in (0.5, side * step + 0.5)]
    return edges[0], edges[1], edges[2], edges[3]
