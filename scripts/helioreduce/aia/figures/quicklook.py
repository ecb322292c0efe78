"""Quick look at a solar image: intensity and relative error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from helioreduce.aia import cards
from helioreduce.aia.figures import colours, sky
from helioreduce.image import Image
from helioreduce.io import provenance

if TYPE_CHECKING:
    from astropy.io.fits import Header

Extent = tuple[float, float, float, float]

#: Matplotlib's settings, on top of its defaults.
STYLE = {"savefig.dpi": 120}
#: Width of a panel, largest side of its image, and room left of, below and above the image, inches: fixed, as a layout engine
#: would draw everything once more to find them.
_PANEL, _SIDE, _LEFT, _BELOW, _ABOVE = 7.2, 5.2, 0.9, 1.0, 0.6
#: Height of a line of the words below, inches; images that are so many times taller than wide have upright labels.
_LINE, _NARROW = 0.2, 4


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
    caveats = provenance.caveats(image.header)
    figure, axes = _panels(planes, lines=len(caveats))
    extent = _extent(image.header, data.shape, step)
    _draw_intensity(figure, axes[0], image.header, data, extent)
    if len(planes) == 2:
        _draw_error(figure, axes[1], sky.relative_error(*planes), extent)
    for axis in axes:
        sky.saturation(axis, image, step, extent=extent)
        if not np.isfinite(data).any():
            axis.text(0.5, 0.5, "no pixel has data", transform=axis.transAxes, ha="center", va="center")
        axis.set(xlabel=sky.LONGITUDE, ylabel=sky.LATITUDE)
        axis.tick_params("x", labelrotation=90 if data.shape[0] > _NARROW * data.shape[1] else 0)
        _limb(axis, image.header)
    if caveats:
        figure.supxlabel("\n".join(caveats), fontsize="medium", color="C3")
    return figure


def _panels(planes: Sequence[np.ndarray], lines: int) -> tuple[Figure, list[Axes]]:
    """Return a figure with a panel for each plane, side by side, and room for so many lines of words below."""
    rows, columns = planes[0].shape
    tall, below = _SIDE * min(1.0, max(rows / columns, 0.3)), _BELOW + _LINE * lines
    width, height = _PANEL * len(planes), below + tall + _ABOVE
    figure = Figure(figsize=(width, height))
    lefts = [_PANEL * index + _LEFT for index in range(len(planes))]
    return figure, [figure.add_axes((x / width, below / height, _SIDE / width, tall / height)) for x in lefts]


def _draw_intensity(figure: Figure, axis: Axes, header: Header, data: np.ndarray, extent: Extent) -> None:
    channel, finite = header["WAVELNTH"], data[np.isfinite(data)]
    top = float(np.percentile(finite, 99.9)) if finite.size else 1.0
    scale = max(top / 50, 1e-6)
    stretched = np.arcsinh(np.clip(data, 0, None) / scale)
    bright = float(np.nanmax(stretched)) if finite.size else 1.0
    drawn = axis.imshow(
        stretched, cmap=colours.table(channel, "0.5"), origin="lower", extent=extent, vmin=0, vmax=max(bright, 1e-6)
    )
    bar = sky.bar(figure, drawn, axis, header.get("BUNIT", ""))
    values = [
        v
        for v in (0, 1, 3, 10, 30, 100, 300, 1000, 3000, 10000, 30000, 100000, 300000)
        if v == 0 or top / 300 <= v <= top * 1.2
    ]
    ticks = sky.apart(Normalize(0, max(bright, 1e-6)), [float(np.arcsinh(v / scale)) for v in values])
    bar.set_ticks(ticks, labels=[f"{np.sinh(tick) * scale:g}" for tick in ticks])
    axis.set_title(f"SDO/AIA {channel} Å   T_OBS {header['T_OBS']}\n{_what(header)}")


def _what(header: Header) -> str:
    """Return the level and the exposure time."""
    level, exposure = header.get("LVL_NUM"), header.get("EXPUSED") or header.get("EXPTIME")
    words = (f"level {level:g}" if level else "", f"exposure {exposure:.3f} s" if exposure else "")
    return ", ".join(filter(None, words))


def _limb(axis: Axes, header: Header) -> None:
    """Draw the photospheric limb, RSUN_OBS arcsec, as far as it is in the image."""
    if radius := cards.number(header, "RSUN_OBS"):
        low, high = axis.get_xlim(), axis.get_ylim()
        axis.add_patch(Circle((0, 0), radius, fill=False, ec="white", lw=0.6, ls=(0, (4, 3)), alpha=0.8))
        axis.set(xlim=low, ylim=high)


def _draw_error(figure: Figure, axis: Axes, relative: np.ndarray, extent: Extent) -> None:
    drawn = axis.imshow(relative, cmap="cividis", origin="lower", extent=extent, norm=LogNorm(1, 100))
    bar = sky.bar(figure, drawn, axis, "error of one pixel [%]", extend="both")
    bar.set_ticks([1, 3, 10, 30, 100], labels=["1", "3", "10", "30", "100"])
    axis.set_title("relative error, 1 σ\n")


def _extent(header: Header, shape: tuple[int, ...], step: int) -> Extent:
    """Return left, right, bottom and top edge, arcsec, of an array of blocks of step × step pixels."""
    edges = []
    for axis, side in ((1, shape[1]), (2, shape[0])):
        reference, scale = (cards.required(header, f"{key}{axis}") for key in ("CRPIX", "CDELT"))
        value = cards.number(header, f"CRVAL{axis}") or 0.0
        edges += [value + (pixel - reference) * scale for pixel in (0.5, side * step + 0.5)]
    return edges[0], edges[1], edges[2], edges[3]
