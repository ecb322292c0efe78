"""Solar images in figures: helioprojective axes with roll, the channel's colours, cut-outs, binning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.colors import AsinhNorm, ListedColormap, Normalize
from matplotlib.figure import Figure

from helioreduce.aia import cards
from helioreduce.aia import wcs as coordinates
from helioreduce.aia.figures import colours
from helioreduce.errors import InputError
from helioreduce.image import Flag, Image
from helioreduce.io import plots

if TYPE_CHECKING:
    from astropy.wcs import WCS

LONGITUDE, LATITUDE = "helioprojective longitude [arcsec]", "helioprojective latitude [arcsec]"
#: Width of a panel, inches, below which five numbers side by side, such as −1100, would touch.
_NARROW = 2.0
#: Colour of saturated pixels.
SATURATED = "#ff2d95"


def wcs(image: Image) -> WCS:
    """Return the helioprojective WCS of an image, from CRPIX, CRVAL and any of the forms of scale and roll."""
    from astropy.wcs import WCS  # takes half a second

    header = image.header.copy()
    coordinates.normalise(header)
    found = WCS(naxis=2)
    found.wcs.ctype, found.wcs.cunit = ("HPLN-TAN", "HPLT-TAN"), ("arcsec", "arcsec")
    found.wcs.crpix = [cards.required(header, key) for key in ("CRPIX1", "CRPIX2")]
    found.wcs.cdelt = [cards.required(header, key) for key in ("CDELT1", "CDELT2")]
    found.wcs.crval = [cards.number(header, key) or 0.0 for key in ("CRVAL1", "CRVAL2")]
    found.wcs.pc = coordinates.rotation(header, found.wcs.cdelt)
    found.wcs.set()
    return found


def arcsec(image: Image, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return helioprojective longitude and latitude, arcsec, of pixel positions counted from 0."""
    longitude, latitude = (np.asarray(value) * 3600 for value in wcs(image).wcs_pix2world(x, y, 0))
    return (longitude + 648000) % 1296000 - 648000, latitude


def cut(image: Image, centre: tuple[int, int], side: int) -> Image:
    """Return the cut-out of ``side`` pixels around ``centre`` (x, y), shifted to stay inside; planes and CRPIX follow."""
    x0, y0 = (int(np.clip(c - side // 2, 0, max(n - side, 0))) for c, n in zip(centre, image.data.shape[::-1], strict=True))
    window = (slice(y0, y0 + side), slice(x0, x0 + side))
    header = image.header.copy()
    header["CRPIX1"], header["CRPIX2"] = float(header["CRPIX1"]) - x0, float(header["CRPIX2"]) - y0
    sigma = None if image.sigma is None else image.sigma[window]
    return Image(image.data[window], header, sigma, image.flags[window])


def within(image: Image, box: Sequence[float]) -> Image:
    """Return the smallest cut-out that holds a box: left, bottom, right, top in helioprojective arcsec.

    Raises
    ------
    InputError
        If the image has no pixel in the box.
    """
    left, bottom, right, top = box
    corners = np.array([(left, bottom), (right, bottom), (left, top), (right, top)]) / 3600
    x, y = wcs(image).wcs_world2pix(*corners.T, 0)
    (x0, x1), (y0, y1) = (
        (max(int(np.floor(v.min())), 0), min(int(np.ceil(v.max())) + 1, n))
        for v, n in zip((x, y), image.data.shape[::-1], strict=True)
    )
    if x1 - x0 < 2 or y1 - y0 < 2:
        raise InputError(f"aia.figures.box = {list(box)} holds no pixel of the image", cure="Give arcsec within it, or null")
    header = image.header.copy()
    header["CRPIX1"], header["CRPIX2"] = float(header["CRPIX1"]) - x0, float(header["CRPIX2"]) - y0
    window = (slice(y0, y1), slice(x0, x1))
    return Image(image.data[window], header, None if image.sigma is None else image.sigma[window], image.flags[window])


def block_mean(plane: np.ndarray, step: int) -> np.ndarray:
    """Return the mean of blocks of step × step pixels, NaN ignored; an incomplete block at an edge is left out."""
    rows, columns = (side // step * step for side in plane.shape)
    whole = plane[:rows, :columns]
    finite = np.isfinite(whole)
    if finite.all():
        return _block_sum(whole, step) / step**2
    count = _block_sum(finite, step)
    return _block_sum(np.where(finite, whole, whole.dtype.type(0)), step) / np.where(count, count, np.nan)


def _block_sum(plane: np.ndarray, step: int) -> np.ndarray:
    """Return the sum of blocks of step × step pixels: whole rows first, which are added at the speed of memory."""
    rows = plane.reshape(-1, step, plane.shape[1]).sum(axis=1, dtype=float)
    total: np.ndarray = sum(rows[:, column::step] for column in range(step))
    return total


def binned(image: Image, pixels: int) -> Image:
    """Return the image binned to at most ``pixels`` a side, for drawing: means of data and of sigma, of finite pixels.

    A bin is SATURATED where one of its pixels is.
    """
    step = max(1, -(-max(image.data.shape) // pixels))
    if step == 1:
        return image
    header = image.header.copy()
    for axis in (1, 2):
        header[f"CRPIX{axis}"] = (float(header[f"CRPIX{axis}"]) - 0.5) / step + 0.5
        header[f"CDELT{axis}"] = float(header[f"CDELT{axis}"]) * step
    sigma = None if image.sigma is None else block_mean(image.sigma, step)
    data, saturated = block_mean(image.data, step), block_mean(image.flagged(Flag.SATURATED), step) > 0
    flags = saturated * np.uint8(Flag.SATURATED) | ~np.isfinite(data) * np.uint8(Flag.NO_DATA)
    return Image(data, header, sigma, flags)


def relative_error(data: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """Return 100 σ / I in per cent: infinite where I is 0, NaN where it is negative."""
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = 100 * sigma / data
    relative[~(relative > 0)] = np.nan
    return relative


def height(image: Image, wide: float, around: float) -> float:
    """Return the height, inches, of a figure of panels of this image ``wide`` inches wide, with so much around them."""
    rows, columns = image.data.shape
    return around + wide * float(np.clip(rows / columns, 0.3, 1.6))


def liveliest(image: Image, side: int) -> tuple[int, int]:
    """Return the pixel (x, y) around which a cut-out of ``side`` pixels shows most fine structure.

    Loops rather than a flat limb: it maximises, over the cut-out, the mean of (√I₄ − √⟨I₄⟩)², where I₄ is the mean intensity of
    blocks of 4 pixels and ⟨I₄⟩ its mean over 9 × 9 blocks.
    """
    from scipy.ndimage import uniform_filter

    blocks = np.nan_to_num(block_mean(image.data, 4))
    detail = np.square(np.sqrt(np.clip(blocks, 0, None)) - np.sqrt(np.clip(uniform_filter(blocks, 9), 0, None)))
    width = max(1, min(side // 4, *blocks.shape))
    half = min(width // 2, (min(blocks.shape) - 1) // 2)
    score = uniform_filter(detail, width)[half : blocks.shape[0] - half or None, half : blocks.shape[1] - half or None]
    row, column = np.unravel_index(int(score.argmax()), score.shape)
    return int(column + half) * 4 + 2, int(row + half) * 4 + 2


def stretch(data: np.ndarray, *, dark: float = 1.0, bright: float = 99.9) -> Normalize:
    """Return an asinh stretch between two percentiles of the data: quiet Sun and bright loops on one scale."""
    finite = data[np.isfinite(data)]
    low, high = (float(value) for value in np.percentile(finite, (dark, bright))) if finite.size else (0.0, 1.0)
    low, high = (min(low, 0.0) if low < 0.02 * high else low), max(high, low + 1e-6)
    return AsinhNorm(linear_width=(high - low) / 20, vmin=low, vmax=high)


def name(image: Image | Mapping[str, Any], digits: int = 22) -> str:
    """Return instrument, channel and time of an image, or of its header, as a title; the time with so many characters."""
    header = image.header if isinstance(image, Image) else image
    return f"SDO/AIA {header['WAVELNTH']} Å, {str(header['T_OBS'])[:digits]}"


def axes(figure: Figure, image: Image, place: Any, *, ylabel: bool = True, xlabel: bool = True) -> Any:
    """Return axes with the image's helioprojective coordinates, ticks in arcsec."""
    from astropy import units as u

    axis = figure.add_subplot(place, projection=wcs(image))
    is_narrow = axis.get_position().width * figure.get_figwidth() < _NARROW
    for coordinate, label, ticks in zip(axis.coords, (LONGITUDE, LATITUDE), (3 if is_narrow else 5, 5), strict=True):
        coordinate.set_coord_type("longitude", 180 * u.deg)
        coordinate.set_format_unit(u.arcsec, decimal=True, show_decimal_unit=False)
        coordinate.set_axislabel(label)
        coordinate.set_ticks(number=ticks)
        coordinate.set_ticklabel(exclude_overlapping=True)
    for coordinate, labelled in zip(axis.coords, (xlabel, ylabel), strict=True):
        if not labelled:
            coordinate.set_axislabel(" ")
            coordinate.set_ticklabel_visible(False)
    return axis


def draw(axis: Any, image: Image, *, norm: Normalize | None = None, title: str = "", share: bool = True) -> Any:
    """Draw an image on its axes; return matplotlib's image, for a colour bar."""
    colormap = colours.table(int(image.header["WAVELNTH"]))
    shown = axis.imshow(image.data, norm=norm or stretch(image.data), cmap=colormap, origin="lower")
    saturation(axis, image, share=share)
    axis.set_title(title)
    return shown


def saturation(axis: Any, image: Image, step: int = 1, *, share: bool = True, **options: Any) -> None:
    """Paint the saturated pixels, by blocks of step × step, and by default give their share below the axis."""
    saturated = image.flagged(Flag.SATURATED)
    if not saturated.any():
        return
    found = block_mean(saturated, step) > 0
    painted = np.ma.masked_where(~found, np.ones(found.shape))
    axis.imshow(painted, cmap=ListedColormap([SATURATED]), origin="lower", **options)
    if not share:
        return
    text = f"■ {100 * saturated.mean():.3g} % saturated: lower limits"
    below = {"xycoords": "axes fraction", "textcoords": "offset fontsize", "ha": "center", "va": "top", "fontsize": "small"}
    axis.annotate(text, (0.5, 0), (0, -4), color=SATURATED, **below)


def limb(axis: Any, image: Image) -> None:
    """Draw the photospheric limb, RSUN_OBS arcsec, as a thin line."""
    radius = float(image.header.get("RSUN_OBS", 0.0))
    if radius:
        angle = np.linspace(0, 2 * np.pi, 361)
        line = np.array([radius * np.cos(angle), radius * np.sin(angle)]) / 3600
        low, high = axis.get_xlim(), axis.get_ylim()
        axis.plot(*line, transform=axis.get_transform("world"), color="white", lw=0.5, ls=(0, (4, 3)), alpha=0.8)
        axis.set(xlim=low, ylim=high)


def bar(figure: Figure, shown: Any, axis: Any, label: str, **options: Any) -> Any:
    """Add a colour bar right of an image and as tall as it, with round numbers where the stretch is asinh; return it."""
    scale = plots.bar(figure, shown, axis, label, **options)
    if isinstance(shown.norm, AsinhNorm):
        ticks = round_steps(shown.norm)
        scale.set_ticks(ticks, labels=[f"{value:g}" for value in ticks])
        scale.minorticks_off()
    return scale


def round_steps(norm: Normalize) -> list[float]:
    """Return round numbers within a stretch, at least 9 % of the colour bar apart: 1, 2, 5, … or, in a narrow range, evenly."""
    from matplotlib.ticker import MaxNLocator

    decades = [0.0, *(step * 10.0**power for power in range(-3, 6) for step in (1, 2, 5))]
    kept = apart(norm, decades)
    return kept if len(kept) > 2 else apart(norm, MaxNLocator(5).tick_values(float(norm.vmin or 0), float(norm.vmax or 1)))


def apart(norm: Normalize, values: Iterable[float]) -> list[float]:
    """Return those of rising values that are within a stretch and at least 9 % of the colour bar apart."""
    kept: list[float] = []
    for value in map(float, values):
        if 0 <= norm(value) <= 1 and (not kept or norm(value) - norm(kept[-1]) > 0.09):
            kept.append(value)
    return kept
