"""Windows that are fitted together: their samples joined into one spectrum per pixel, with the noise of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from helioreduce.errors import InputError
from helioreduce.image import Flag
from helioreduce.spice import noise
from helioreduce.spice.level2 import Window, number
from helioreduce.spice.noise import Noise
from helioreduce.spice.rotation import corrected


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Windows of one shape (t, y, x), and the noise of one sample in each; ``name`` is that of their fit."""

    name: str
    windows: tuple[Window, ...]
    noise: tuple[Noise, ...]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of times, rows and columns."""
        return self.windows[0].shape

    @property
    def spectra(self) -> np.ndarray:
        """Joined spectra (N, n), in the order t, y, x."""
        return np.concatenate([window.spectra for window in self.windows], axis=1)

    @property
    def cube(self) -> np.ndarray:
        """Joined spectra (t, y, x, n)."""
        return self.spectra.reshape(*self.shape, -1)

    @property
    def variance(self) -> tuple[np.ndarray, np.ndarray]:
        """Constant and proportional part of the variance, (n,) each."""
        sizes = [window.wavelength.size for window in self.windows]
        return np.repeat([own.a for own in self.noise], sizes), np.repeat([own.b for own in self.noise], sizes)

    def with_mask(self, bad: np.ndarray, bit: Flag) -> Group:
        """Return the group with samples (t, y, x, n) taken out and flagged."""
        windows, first = [], 0
        for window in self.windows:
            own = np.moveaxis(bad[..., first : first + window.wavelength.size], -1, 1)
            first += window.wavelength.size
            mask = window.mask | np.where(own, np.uint8(bit), np.uint8(0))
            windows.append(replace(window, data=np.where(own, np.float32(np.nan), window.data), mask=mask))
        return replace(self, windows=tuple(windows))


def join(
    name: str,
    windows: Sequence[Window],
    *,
    frames: int = 2,
    factor: float = 1.0,
    area: Sequence[Sequence[int | None]] = (),
    trim: Mapping[str, Sequence[float]] | None = None,
    rotation: str = "none",
) -> Group:
    """Join windows to a group with their noise.

    Parameters
    ----------
    name
        Of the group.
    windows
        One or more, of one shape (t, y, x).
    frames, factor
        See :func:`helioreduce.spice.noise.of`.
    area
        ``[[y0, y1], [x0, x1]]`` or ``[[y0, y1], [x0, x1], [t0, t1]]``: first pixel and end along the axes, counted from 0,
        null for the end; the rest is left out and the reference pixels follow.
    trim
        First and last wavelength (Å) that is kept, by name of the window.
    rotation
        Law of rotation that is taken out of the coordinates (:func:`helioreduce.spice.rotation.corrected`), or none.

    Raises
    ------
    InputError
        If the windows differ in times, rows or columns, or nothing is left of one.
    """
    if len({window.shape for window in windows}) > 1:
        shapes = ", ".join(f"{window.name}: {window.shape}" for window in windows)
        raise InputError(f"windows of one group differ in shape (t, y, x): {shapes}", cure="Fit them in groups of their own")
    chosen = [_trimmed(window, *(trim or {}).get(window.name, ())) for window in windows]
    chosen = [_cut(window, area) if area else window for window in chosen]
    if rotation != "none":
        chosen = [corrected(window, rotation) for window in chosen]
    return Group(name, tuple(chosen), tuple(noise.of(window.header, frames=frames, factor=factor) for window in chosen))


def _trimmed(window: Window, low: float = -np.inf, high: float = np.inf) -> Window:
    """Return a window between two wavelengths, Å."""
    kept = np.flatnonzero((window.wavelength >= low) & (window.wavelength <= high))
    if kept.size == window.wavelength.size:
        return window
    if not kept.size:
        reach = f"{window.wavelength[0]:.2f} to {window.wavelength[-1]:.2f} Å"
        cure = "Widen spice.windows.trim"
        raise InputError(f"between {low:g} and {high:g} Å nothing is left of {window.name!r}, {reach}", cure=cure)
    part, header = slice(kept[0], kept[-1] + 1), window.header.copy()
    header["CRPIX3"] -= int(kept[0])
    data, mask = window.data[:, part], window.mask[:, part]
    return replace(window, data=data, wavelength=window.wavelength[part], mask=mask, header=header)


def _cut(window: Window, area: Sequence[Sequence[int | None]]) -> Window:
    """Return part of a window in y, x and t."""
    rows, columns, times = (slice(*limits) for limits in (*area, *[(None, None)] * (3 - len(area))))
    data, mask = window.data[times, :, rows, columns], window.mask[times, :, rows, columns]
    if not data.size:
        raise InputError(f"spice.area {area} leaves nothing of {window.name!r}, {window.shape} pixels (t, y, x)")
    header = window.header.copy()
    for axis, part, size in ((1, columns, window.shape[2]), (2, rows, window.shape[1]), (4, times, window.shape[0])):
        if f"CRPIX{axis}" in header or axis < 4:
            header[f"CRPIX{axis}"] = number(header, f"CRPIX{axis}") - part.indices(size)[0]
    return replace(window, data=data, mask=mask, header=header, time=window.time[times, columns])
