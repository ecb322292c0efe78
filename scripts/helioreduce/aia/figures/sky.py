"""Solar images: true helioprojective axes (roll included), the channel's own colours, cut-outs."""

from __future__ import annotations

from typing import Any

import numpy as np
from astropy.wcs import WCS
from matplotlib.colors import AsinhNorm, Colormap, Normalize
from matplotlib.figure import Figure

from helioreduce.aia.figures.quicklook import block_mean
from helioreduce.image import Image

LONGITUDE, LATITUDE = "helioprojective longitude [arcsec]", "helioprojective latitude [arcsec]"
MISSING = "#9a9a9a"


def wcs(image: Image) -> WCS:
    """Helioprojective coordinates of an image, from CRPIX, CDELT, CRVAL and CROTA2 or PCi_j."""
    header, found = image.header, WCS(naxis=2)
    found.wcs.ctype, found.wcs.cunit = ("HPLN-TAN", "HPLT-TAN"), ("arcsec", "arcsec")
    for name in ("crpix", "cdelt", "crval"):
        default = 0.0 if name == "crval" else 1.0
        setattr(found.wcs, name, [float(header.get(f"{name.upper()}{axis}", default)) for axis in (1, 2)])
    roll = np.deg2rad(float(header.get("CROTA2", 0.0)))
    aspect = found.wcs.cdelt[1] / found.wcs.cdelt[0]
    turned = ((np.cos(roll), -np.sin(roll) * aspect), (np.sin(roll) / aspect, np.cos(roll)))
    found.wcs.pc = [[float(header.get(f"PC{i}_{j}", turned[i - 1][j - 1])) for j in (1, 2)] for i in (1, 2)]
    found.wcs.set()
    return found


def arcsec(image: Image, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Helioprojective longitude and latitude, arcsec, of pixels (from 0)."""
    longitude, latitude = (np.asarray(value) * 3600 for value in wcs(image).wcs_pix2world(x, y, 0))
    return (longitude + 648000) % 1296000 - 648000, latitude


def cut(image: Image, centre: tuple[int, int], side: int) -> Image:
    """Cut-out of ``side`` pixels around ``centre`` (x, y), shifted to stay inside; all planes and CRPIX go with it."""
    x0, y0 = (int(np.clip(c - side // 2, 0, max(n - side, 0))) for c, n in zip(centre, image.data.shape[::-1], strict=True))
    window = (slice(y0, y0 + side), slice(x0, x0 + side))
    header = image.header.copy()
    header["CRPIX1"], header["CRPIX2"] = float(header["CRPIX1"]) - x0, float(header["CRPIX2"]) - y0
    sigma = None if image.sigma is None else image.sigma[window]
    return Image(image.data[window], header, sigma, image.mask[window])


def binned(image: Image, pixels: int) -> Image:
    """The image in blocks, at most ``pixels`` a side: data averaged without NaN, sigma likewise; for drawing only."""
    step = max(1, -(-max(image.data.shape) // pixels))
    if step == 1:
        return image
    header = image.header.copy()
    for axis in (1, 2):
        header[f"CRPIX{axis}"] = (float(header[f"CRPIX{axis}"]) - 0.5) / step + 0.5
        header[f"CDELT{axis}"] = float(header[f"CDELT{axis}"]) * step
    sigma = None if image.sigma is None else block_mean(image.sigma, step)
    return Image(block_mean(image.data, step), header, sigma)


def liveliest(image: Image, side: int) -> tuple[int, int]:
    """Pixel (x, y) around which a cut-out of ``side`` pixels shows most fine structure: loops rather than a flat limb.

    Where the mean square of the intensity, in blocks of 4 pixels and less its mean over 9 blocks, is largest over the cut-out.
    """
    from scipy.ndimage import uniform_filter

    blocks = np.nan_to_num(block_mean(image.data, 4))
    detail = np.square(np.sqrt(np.clip(blocks, 0, None)) - np.sqrt(np.clip(uniform_filter(blocks, 9), 0, None)))
    width = max(1, min(side // 4, *blocks.shape))
    half = min(width // 2, (min(blocks.shape) - 1) // 2)
    score = uniform_filter(detail, width)[half : blocks.shape[0] - half or None, half : blocks.shape[1] - half or None]
    row, column = np.unravel_index(int(score.argmax()), score.shape)
    return int(column + half) * 4 + 2, int(row + half) * 4 + 2


def colours(channel: int) -> Colormap:
    """SunPy's colour table of the channel; missing pixels grey."""
    from matplotlib import colormaps
    from sunpy.visualization.colormaps import cmlist

    return (cmlist.get(f"sdoaia{channel}") or colormaps["gray"]).with_extremes(bad=MISSING)


def stretch(data: np.ndarray, *, dark: float = 1.0, bright: float = 99.9) -> Normalize:
    """An asinh stretch that shows quiet Sun and bright loops at once: percentiles ``dark`` to ``bright`` of the data."""
    finite = data[np.isfinite(data)]
    low, high = (float(value) for value in np.percentile(finite, (dark, bright)))
    low, high = (min(low, 0.0) if low < 0.02 * high else low), max(high, low + 1e-6)
    return AsinhNorm(linear_width=(high - low) / 20, vmin=low, vmax=high)


def axes(figure: Figure, image: Image, place: Any, *, ylabel: bool = True) -> Any:
    """Axes with the image's helioprojective coordinates, ticks in arcsec."""
    from astropy import units as u

    axis = figure.add_subplot(place, projection=wcs(image))
    for coordinate, label in zip(axis.coords, (LONGITUDE, LATITUDE), strict=True):
        coordinate.set_coord_type("longitude", 180 * u.deg)
        coordinate.set_format_unit(u.arcsec, decimal=True, show_decimal_unit=False)
        coordinate.set_axislabel(label)
        coordinate.set_ticks(number=5)
    if not ylabel:
        axis.coords[1].set_axislabel(" ")
        axis.coords[1].set_ticklabel_visible(False)
    return axis


def draw(axis: Any, image: Image, *, norm: Normalize | None = None, cmap: Any = None, title: str = "") -> Any:
    """An image on its axes; returns the drawn picture, for a colour bar."""
    shown = axis.imshow(
        image.data, norm=norm or stretch(image.data), cmap=cmap or colours(int(image.header["WAVELNTH"])), origin="lower"
    )
    axis.set_title(title)
    return shown


def limb(axis: Any, image: Image) -> None:
    """The Sun's edge, RSUN_OBS arcsec, as a thin line."""
    radius = float(image.header.get("RSUN_OBS", 0.0))
    if radius:
        angle = np.linspace(0, 2 * np.pi, 361)
        line = np.array([radius * np.cos(angle), radius * np.sin(angle)]) / 3600
        low, high = axis.get_xlim(), axis.get_ylim()
        axis.plot(*line, transform=axis.get_transform("world"), color="white", lw=0.5, ls=(0, (4, 3)), alpha=0.8)
        axis.set(xlim=low, ylim=high)


def bar(figure: Figure, shown: Any, axes_: Any, label: str, **options: Any) -> None:
    """A colour bar as tall as its image, with plain round numbers where the stretch is asinh."""
    scale = figure.colorbar(shown, ax=axes_, label=label, **{"fraction": 0.046, "pad": 0.02, **options})
    if isinstance(shown.norm, AsinhNorm):
        ticks = round_steps(shown.norm)
        scale.set_ticks(ticks, labels=[f"{value:g}" for value in ticks])
        scale.minorticks_off()


def round_steps(norm: Normalize) -> list[float]:
    """Round numbers within a stretch that lie at least 9 % of the bar apart."""
    decades = [step * 10.0**power for power in range(-3, 6) for step in (1, 2, 5)]
    kept: list[float] = []
    for value in (0.0, *decades):
        if norm.vmin <= value <= norm.vmax and (not kept or norm(value) - norm(kept[-1]) > 0.09):
            kept.append(value)
    return kept
