"""A picture of any product: its images, each above its standard deviation where the file has one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from helioreduce.aia.figures import sky
from helioreduce.api.products import Array
from helioreduce.errors import InputError, counted
from helioreduce.io import origin, provenance

#: Fewest pixels along a side of an image, except of the sky; matrices and lists have fewer.
_SIDE = 8
#: Most images of a picture, and of one with the standard deviations below them; images in one row.
_MOST, _MOST_WITH_SIGMA, _COLUMNS = 36, 4, 6
#: Largest side of what is drawn, pixels; larger images are binned by averaging.
_PIXELS = 1024
#: Size of one image, inches.
_WIDTH, _HEIGHT = 3.4, 3.0
#: Units of values that are about zero, drawn from blue to red.
_SIGNED = ("km/s", "km / s")


class Panel(NamedTuple):
    """One image of a product: (y, x), its standard deviation, name and unit, and height over width of a pixel."""

    title: str
    values: np.ndarray
    sigma: np.ndarray | None
    unit: str
    aspect: float | str


def draw(arrays: Sequence[Array], title: str) -> Figure:
    """Draw the images of a product: those with a standard deviation where there are any, else all.

    A spectrum is averaged over its wavelengths; of several times the middle one is drawn; cameras and parameters stand side by
    side. What is simulated, or in doubt, is written below.

    Raises
    ------
    InputError
        If it holds no image.
    """
    found = [panel for array in arrays for panel in panels(array)]
    found = [panel for panel in found if panel.sigma is not None] or found
    if not found:
        raise InputError("holds no image to draw", cure="`helioreduce info` says what it holds")
    shown, with_sigma = found[:_MOST], found[0].sigma is not None and len(found) <= _MOST_WITH_SIGMA
    columns = min(len(shown), _COLUMNS)
    rows = 2 if with_sigma else -(-len(shown) // columns)
    figure = Figure(figsize=(max(_WIDTH * columns, 5), _HEIGHT * rows + 0.6), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    for axis in axes.flat[len(shown) * (1 + with_sigma) :]:
        axis.set_axis_off()
    for axis, panel in zip(axes.flat, shown, strict=False):
        _image(axis, panel)
    if with_sigma:
        for axis, panel in zip(axes[1], shown, strict=True):
            _image(axis, panel._replace(title="1 σ", values=np.asarray(panel.sigma)), signed=False)
    figure.suptitle(title + (f" ({counted(len(found) - len(shown), 'more image')})" if len(found) > len(shown) else ""))
    headers = [array.plane.header for array in arrays]
    said = [origin.WORDS] if any(map(provenance.is_simulated, headers)) else []
    said += dict.fromkeys(text for header in headers for text in provenance.caveats(header))
    figure.supxlabel("\n".join(said), fontsize="medium", color="C3")
    return figure


def panels(array: Array) -> Iterator[Panel]:
    """Yield the images of an array, by its axes: wavelengths averaged, the middle time, all others one by one."""
    header, name = array.plane.header, array.name
    values = array.plane.array if array.mask is None else np.where(array.mask, np.nan, array.plane.array)
    axes = [str(header.get(f"CTYPE{values.ndim - axis}", "")) for axis in range(values.ndim)]
    if values.ndim < 2 or values.dtype.kind not in "fiub":
        return
    planes = [values] if array.sigma is None else [values, np.where(np.isnan(values), np.nan, array.sigma)]
    in_time = False
    for kind in ("WAVE", "UTC"):
        for axis in [axis for axis, found in enumerate(axes[:-2]) if found.startswith(kind)]:
            in_time = kind == "UTC" and planes[0].shape[axis] >= _SIDE > planes[0].shape[-1] == 1
            planes = [
                _without(plane, axis, mean=kind == "WAVE", in_time=in_time, error=k == 1) for k, plane in enumerate(planes)
            ]
            del axes[axis]
    shape = planes[0].shape
    narrow = min(shape[-2:]) < _SIDE
    if narrow and not axes[-1].startswith("HPLN"):
        return
    aspect = _aspect(header, in_time or narrow)
    labels = [str(header[key]) for key in header if key.startswith("PNAME")]
    for number, index in enumerate(np.ndindex(shape[:-2])):
        kind = axes[0].lower() or "plane"
        label = "" if len(shape) == 2 else labels[number] if number < len(labels) else f"{kind} {index[-1] + 1}"
        own = [plane[index] for plane in planes]
        yield Panel(f"{name} {label}".strip(), own[0], own[1] if own[1:] else None, str(header.get("BUNIT") or ""), aspect)


def _aspect(header: Mapping[str, Any], fills: bool) -> float | str:
    """Return height over width of a pixel on the Sun, or that the image fills its frame."""
    wide, high = (abs(float(header.get(f"CDELT{axis}") or 0)) for axis in (1, 2))
    return high / wide if wide and high and not fills else "auto"


def _without(plane: np.ndarray, axis: int, *, mean: bool, in_time: bool, error: bool) -> np.ndarray:
    """Return an array without one of its axes: averaged, as the horizontal axis of the image, or its middle."""
    if in_time:
        return np.moveaxis(plane[..., 0], axis, -1)
    if not mean:
        return plane.take(plane.shape[axis] // 2, axis)
    finite = np.isfinite(plane)
    count = np.maximum(finite.sum(axis), 1)
    total = np.where(finite, plane**2 if error else plane, 0).sum(axis, dtype=float)
    return np.where(finite.any(axis), (np.sqrt(total) if error else total) / count, np.nan)


def _image(axis: Axes, panel: Panel, *, signed: bool = True) -> None:
    """Draw one image; missing pixels are grey."""
    step = min(max(1, -(-max(panel.values.shape) // _PIXELS)), *panel.values.shape)
    values = sky.block_mean(np.asarray(panel.values, float), step)
    finite = values[np.isfinite(values)]
    low, high = np.percentile(finite, [1, 99.5]) if finite.size else (0.0, 1.0)
    colours = "cividis"
    if signed and panel.unit in _SIGNED:
        high = max(abs(low), abs(high))
        low, colours = -high, "RdBu_r"
    limits = {"vmin": low, "vmax": high if high > low else low + 1}
    extent = (-0.5, values.shape[1] * step - 0.5, -0.5, values.shape[0] * step - 0.5)
    shown = {"aspect": panel.aspect, "cmap": colours, "interpolation": "nearest"}
    drawn = axis.imshow(values, origin="lower", extent=extent, **shown, **limits)  # type: ignore[arg-type]
    axis.set_facecolor("0.6")
    axis.get_figure().colorbar(drawn, ax=axis, label=panel.unit)  # type: ignore[union-attr]
    axis.set_title(panel.title, fontsize="small", loc="left")
    axis.tick_params(labelsize="x-small")
    if not finite.size:
        axis.text(0.5, 0.5, "no pixel has data", transform=axis.transAxes, ha="center", va="center")
