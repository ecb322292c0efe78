"""A SPICE level-2 file: its spectral windows, their wavelengths, and what its header says of the exposure.

Source: SPICE data product description (release 3 and later) and headers of files from 2020 and 2022.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from helioreduce.constants import ANGSTROM_PER_UNIT
from helioreduce.errors import InputError
from helioreduce.spice import pixel_lists

if TYPE_CHECKING:
    from astropy.io.fits import Header

    from helioreduce.io.fits import Plane, Table

#: Values (W/m²/sr/nm) that no line reaches, and that noise does not: saturation and faults.
PLAUSIBLE = (-10.0, 490.0)


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """One spectral window.

    ``data`` (t, λ, y, x) float32, W/m²/sr/nm, NaN where nothing was measured; ``wavelength`` (λ,) Å; ``mask`` (t, λ, y, x)
    of :class:`helioreduce.image.Mask` bits.
    """

    name: str
    data: np.ndarray
    wavelength: np.ndarray
    header: Header
    mask: np.ndarray

    @property
    def spectra(self) -> np.ndarray:
        """The data as (N, λ), spectra in the order t, y, x."""
        return np.ascontiguousarray(np.moveaxis(self.data, 1, -1).reshape(-1, self.wavelength.size))

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of times, rows and columns."""
        t, _, y, x = self.data.shape
        return t, y, x

    def with_(self, **planes: object) -> Window:
        """A new window with some fields replaced."""
        return replace(self, **planes)  # type: ignore[arg-type]


def value(header: Header, key: str, default: object = None) -> object:
    """A card's value; ``MISSING (…)`` and blank, as commissioning files have them, count as absent."""
    found = header.get(key, default)
    if isinstance(found, str):
        found = found.strip()
        return default if not found or found.startswith("MISSING") else found
    return found


def number(header: Header, key: str, default: float | None = None) -> float:
    """A card's value as a number.

    Raises
    ------
    InputError
        If it is absent, without default, or no number.
    """
    found = value(header, key, default)
    try:
        return float(found)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise InputError(f"the keyword {key} is {found!r}, not a number", cure="Use a calibrated level-2 file") from None


def unique(names: Iterable[str]) -> list[str]:
    """Return the names of windows, in order, with a number behind those that occur before: ``Ne VIII 770 (2)``."""
    result: list[str] = []
    for name in names:
        candidate, number = name, 1
        while candidate in result:
            number += 1
            candidate = f"{name} ({number})"
        result.append(candidate)
    return result


def is_spectral(header: Header) -> bool:
    """Whether an HDU is a spectral window of the narrow or wide slit: no dumbbell, no integrated window, no bookkeeping."""
    name = str(header.get("EXTNAME", ""))
    bookkeeping = ("VARIABLE_KEYWORDS", "WCSDVARR", "SATPIXLIST", "SPIKPIXLIST")
    if any(word in name for word in bookkeeping) or header.get("CTYPE3") != "WAVE" or header.get("INSTRUME") != "SPICE":
        return False
    return not value(header, "DUMBBELL", 0) and "Intensity" not in str(header.get("WIN_TYPE", ""))


def wavelengths(header: Header, samples: int) -> np.ndarray:
    """Wavelength (λ,) of every sample at the reference position, Å, of the linear axis 3."""
    scale = ANGSTROM_PER_UNIT.get(str(value(header, "CUNIT3", "m")).lower())
    if scale is None:
        raise InputError(f"CUNIT3 is {header['CUNIT3']!r}", cure=f"Known units: {', '.join(ANGSTROM_PER_UNIT)}")
    crval, crpix, cdelt = (number(header, f"{key}3") for key in ("CRVAL", "CRPIX", "CDELT"))
    return (crval + (np.arange(1, samples + 1) - crpix) * cdelt * number(header, "PC3_3", 1.0)) * scale


def windows(planes: Iterable[Plane], tables: Iterable[Table] = ()) -> list[Window]:
    """The spectral windows of a level-2 file, implausible values and those of its pixel lists out.

    Parameters
    ----------
    planes, tables
        Images and tables of the file; see :mod:`helioreduce.spice.pixel_lists`.

    Raises
    ------
    InputError
        If there is none, a window has not the axes (x, y, λ, t), or its unit is unknown.
    """
    tables = list(tables)
    found = [_window(plane, tables) for plane in planes if is_spectral(plane.header) and plane.data is not None]
    if not found:
        raise InputError("holds no spectral window of SPICE", cure="Give a SPICE level-2 file (solo_L2_spice-…fits)")
    return found


def _window(plane: Plane, tables: list[Table]) -> Window:
    from helioreduce.image import Mask

    header = plane.header.copy()
    if plane.data.ndim != 4:
        raise InputError(
            f"the window {plane.name!r} has shape {plane.data.shape}, not (t, λ, y, x)", cure="Give a level-2 file"
        )
    unit = str(value(header, "BUNIT", ""))
    if unit not in ("W/m2/sr/nm", "adu"):
        raise InputError(f"BUNIT is {unit!r} in {plane.name!r}", cure="Known units: W/m2/sr/nm and adu")
    data = np.asarray(plane.data, np.float32).copy()
    mask = np.where(np.isfinite(data), np.uint8(0), np.uint8(Mask.NO_DATA)) | pixel_lists.bits(header, data.shape, tables)
    if unit != "adu":
        with np.errstate(invalid="ignore"):
            mask[data > PLAUSIBLE[1]] |= np.uint8(Mask.SATURATED)
            mask[data < PLAUSIBLE[0]] |= np.uint8(Mask.BAD_PIXEL)
    data[mask != 0] = np.nan
    for key in ("PIXLISTS", "VAR_KEYS"):  # they point to tables that do not travel with the window
        header.remove(key, ignore_missing=True)
    return Window(str(header.get("EXTNAME", plane.name)), data, wavelengths(header, data.shape[1]), header, mask)


def quality(window: Window) -> dict[str, object]:
    """What a reader wants to know of a window before it is fitted."""
    from helioreduce.image import Mask

    finite = np.isfinite(window.data)
    usable = finite.sum(axis=1) > window.wavelength.size // 2
    return {
        "window": window.name,
        "unit": str(value(window.header, "BUNIT")),
        "wavelength_angstrom": [round(float(window.wavelength[0]), 3), round(float(window.wavelength[-1]), 3)],
        "shape_t_lambda_y_x": list(window.data.shape),
        "spectra_usable": int(usable.sum()),
        "spectra": int(usable.size),
        "samples_missing": round(1 - float(finite.mean()), 4),
        "samples_saturated": int(((window.mask & Mask.SATURATED) != 0).sum()),
        "samples_implausible": int(((window.mask & Mask.BAD_PIXEL) != 0).sum()),
        "planes_lost": int((~finite.any(axis=(1, 2))).sum()),
        "pixels_lost_by_telemetry": int(number(window.header, "NLOSTPIX", 0)),
        "exposure_s": number(window.header, "XPOSURE"),
        "median_radiance": float(np.nanmedian(window.data)) if finite.any() else None,
    }
