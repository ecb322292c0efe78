"""Windows that are fitted together: their samples joined into one spectrum per pixel, with the noise of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from astropy.io.fits import Header

from helioreduce.errors import InputError
from helioreduce.image import Mask
from helioreduce.io.fits import Plane
from helioreduce.spice import noise
from helioreduce.spice.level2 import Window, wavelengths
from helioreduce.spice.noise import Noise


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Windows of one shape (t, y, x), and the noise of one sample in each."""

    windows: tuple[Window, ...]
    noise: tuple[Noise, ...]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of times, rows and columns."""
        return self.windows[0].shape

    @property
    def cube(self) -> np.ndarray:
        """Joined spectra (t, y, x, n)."""
        return np.concatenate([window.spectra for window in self.windows], axis=1).reshape(*self.shape, -1)

    @property
    def variance(self) -> tuple[np.ndarray, np.ndarray]:
        """Constant and proportional part of the variance, (n,) each."""
        sizes = [window.wavelength.size for window in self.windows]
        return np.repeat([n.a for n in self.noise], sizes), np.repeat([n.b for n in self.noise], sizes)

    def with_mask(self, bad: np.ndarray, bit: Mask) -> Group:
        """The group with samples (t, y, x, n) taken out and flagged."""
        windows, first = [], 0
        for window in self.windows:
            own = np.moveaxis(bad[..., first : first + window.wavelength.size], -1, 1)
            first += window.wavelength.size
            mask = window.mask | np.where(own, np.uint8(bit), np.uint8(0))
            windows.append(window.with_(data=np.where(own, np.float32(np.nan), window.data), mask=mask))
        return Group(tuple(windows), self.noise)


def join(
    windows: Sequence[Window], *, frames: int = 2, factor: float = 1.0, area: Sequence[Sequence[int | None]] = ()
) -> Group:
    """A group of windows with their noise (see :mod:`helioreduce.spice.noise`).

    Parameters
    ----------
    area
        ``[[y0, y1], [x0, x1]]``: first pixel and end along both axes, counted from 0, null for the end; the rest is left out
        and the reference pixels follow.

    Raises
    ------
    InputError
        If the windows differ in times, rows or columns, or the area is empty.
    """
    if len({window.shape for window in windows}) > 1:
        shapes = ", ".join(f"{window.name}: {window.shape}" for window in windows)
        raise InputError(f"windows of one group differ in shape (t, y, x): {shapes}", cure="Fit them in groups of their own")
    cut = [_cut(window, area) if area else window for window in windows]
    return Group(tuple(cut), tuple(noise.of(window.header, frames=frames, factor=factor) for window in cut))


def _cut(window: Window, area: Sequence[Sequence[int | None]]) -> Window:
    rows, columns = (slice(*limits) for limits in area)
    data, mask = window.data[:, :, rows, columns], window.mask[:, :, rows, columns]
    if not data.size:
        raise InputError(f"spice.area {area} leaves nothing of {window.name!r}, {window.shape[1:]} pixels")
    header = window.header.copy()
    header["CRPIX1"] -= columns.indices(window.shape[2])[0]
    header["CRPIX2"] -= rows.indices(window.shape[1])[0]
    return window.with_(data=data, mask=mask, header=header)


def to_planes(group: Group) -> list[Plane]:
    """Arrays to be written: per window its data, with the noise in NOISE_A and NOISE_B, and its mask."""
    planes = []
    for number, (window, own) in enumerate(zip(group.windows, group.noise, strict=True)):
        header = window.header.copy()
        header["ORNAME"] = window.name
        header["NOISE_A"] = (own.a, "variance = A + B max(radiance, 0)")
        header["NOISE_B"] = (own.b, "in the square of BUNIT, and BUNIT")
        planes.append(Plane(f"DATA{number}", window.data, header))
        planes.append(Plane(f"MASK{number}", window.mask, Header()))
    return planes


def from_planes(planes: Sequence[Plane]) -> Group:
    """Inverse of :func:`to_planes`; other arrays of the file are passed over."""
    stored = {plane.name: plane for plane in planes}
    windows, noises = [], []
    while (plane := stored.get(f"DATA{len(windows)}")) is not None:
        mask = stored[f"MASK{len(windows)}"].data
        header = plane.header
        data = np.asarray(plane.data, np.float32)
        windows.append(Window(str(header["ORNAME"]), data, wavelengths(header, data.shape[1]), header, mask))
        noises.append(Noise(float(header["NOISE_A"]), float(header["NOISE_B"])))
    if not windows:
        raise InputError("holds no prepared window", cure="Make it with the rule spice_prepare")
    return Group(tuple(windows), tuple(noises))
