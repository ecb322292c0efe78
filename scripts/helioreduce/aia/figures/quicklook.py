"""A quick look at a solar image: the picture, and how well it is known."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from helioreduce.image import Image


def draw(image: Image, *, pixels: int = 1024) -> Figure:
    """The image (asinh stretch, the channel's own colours) beside its relative error, in helioprojective arcsec.

    Parameters
    ----------
    image
        An image with roll 0; flagged and missing pixels stay blank.
    pixels
        Largest side of the drawn arrays; larger images are binned by averaging.
    """
    step = max(1, -(-max(image.data.shape) // pixels))
    data = block_mean(image.data, step)
    columns = 1 if image.sigma is None else 2
    figure = Figure(figsize=(7.2 * columns, 6.4), layout="constrained")
    axes = figure.subplots(1, columns, squeeze=False)[0]
    unit = image.header.get("BUNIT", "")
    top = np.nanpercentile(data, 99.9)
    stretched = np.arcsinh(np.clip(data, 0, None) / max(top / 50, 1e-6))
    drawn = axes[0].imshow(stretched, cmap=_colours(image), origin="lower", extent=_extent(image), vmax=np.nanmax(stretched))
    bar = figure.colorbar(drawn, ax=axes[0], label=unit, shrink=0.85)
    values = np.array([v for v in (0, 1, 3, 10, 30, 100, 300, 1000, 3000, 10000) if v == 0 or top / 300 <= v <= top * 1.2])
    bar.set_ticks(list(np.arcsinh(values / max(top / 50, 1e-6))), labels=[f"{v:g}" for v in values])
    axes[0].set_title(f"AIA {image.header['WAVELNTH']} Å   {image.header['T_OBS']}")
    if image.sigma is not None:
        _draw_error(figure, axes[1], image, data, step)
    for axis in axes:
        axis.set(xlabel="helioprojective longitude [arcsec]", ylabel="helioprojective latitude [arcsec]")
    return figure


def _draw_error(figure: Figure, axis: Axes, image: Image, data: np.ndarray, step: int) -> None:
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = 100 * block_mean(image.sigma, step) / data
    relative[~(relative > 0)] = np.nan
    drawn = axis.imshow(relative, cmap="cividis", origin="lower", extent=_extent(image), norm=LogNorm(1, 100))
    figure.colorbar(drawn, ax=axis, label="error of one pixel [%]", shrink=0.85, extend="both")
    axis.set_title("relative error, 1 σ")


def block_mean(plane: np.ndarray, step: int) -> np.ndarray:
    """Mean over blocks of step × step pixels, NaN ignored; the rest of a side that does not divide is left out."""
    rows, columns = (side // step * step for side in plane.shape)
    blocks = plane[:rows, :columns].reshape(rows // step, step, columns // step, step)
    finite = np.isfinite(blocks)
    count = finite.sum(axis=(1, 3))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(finite, blocks, 0).sum(axis=(1, 3), dtype=float) / np.where(count, count, np.nan)


def _extent(image: Image) -> tuple[float, float, float, float]:
    """Left, right, bottom, top edges in arcsec."""
    edges = []
    for axis, side in ((1, image.data.shape[1]), (2, image.data.shape[0])):
        cards = [float(image.header[f"{key}{axis}"]) for key in ("CRPIX", "CRVAL", "CDELT")]
        edges += [cards[1] + (pixel - cards[0]) * cards[2] for pixel in (0.5, side + 0.5)]
    return edges[0], edges[1], edges[2], edges[3]


def _colours(image: Image) -> object:
    """SunPy's colour table of the channel, white-on-black grey for others."""
    from sunpy.visualization.colormaps import cmlist

    colours = cmlist.get(f"sdoaia{image.header['WAVELNTH']}")
    if colours is None:
        return "gray"
    colours = colours.copy()
    colours.set_bad("0.5")
    return colours
