"""A SPICE level-2 file: its spectral windows, their wavelengths, and what its header says of the exposure.

Source: SPICE data product description (release 3 and later) and headers of files from 2020 and 2022.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from helioreduce.constants import ANGSTROM_PER_UNIT
from helioreduce.errors import InputError
from helioreduce.image import Flag
from helioreduce.spice import pixel_lists

if TYPE_CHECKING:
    from astropy.io.fits import Header

    from helioreduce.io.fits import Plane, Table

#: Values (W/m²/sr/nm) that no line reaches, and that noise does not: saturation and faults.
PLAUSIBLE = (-10.0, 490.0)
#: Cards of a window that do not describe a map made of it.
_NOT_COPIED = ("EXTNAME", "CHECKSUM", "DATASUM", "DATAMIN", "DATAMAX", "BTYPE", "BUNIT", "UCD", "OBS_HDU", "SOLARNET")


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """One spectral window.

    Attributes
    ----------
    name
        Unique in its file (:func:`unique`).
    data
        (t, λ, y, x) float32, W/m²/sr/nm, NaN where nothing was measured.
    wavelength
        (λ,), Å.
    header
        Cards of its HDU.
    mask
        (t, λ, y, x) of :class:`helioreduce.image.Flag` bits.
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


def value(header: Mapping[str, Any], key: str, default: Any = None) -> Any:
    """Return a card's value; ``MISSING (…)`` and blank, as commissioning files have them, count as absent."""
    found = header.get(key, default)
    if isinstance(found, str):
        found = found.strip()
        return default if not found or found.startswith("MISSING") else found
    return found


def number(header: Mapping[str, Any], key: str, default: float | None = None) -> float:
    """Return a card's value as a number.

    Raises
    ------
    InputError
        If it is absent, without default, or no number.
    """
    found = value(header, key, default)
    try:
        return float(found)
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
    """Return whether an HDU is a spectral window of the narrow or wide slit: no dumbbell, no integrated window, no table."""
    name = str(header.get("EXTNAME", ""))
    others = ("VARIABLE_KEYWORDS", "WCSDVARR", "SATPIXLIST", "SPIKPIXLIST")
    if any(word in name for word in others) or header.get("CTYPE3") != "WAVE" or header.get("INSTRUME") != "SPICE":
        return False
    return not value(header, "DUMBBELL", 0) and "Intensity" not in str(header.get("WIN_TYPE", ""))


def wavelengths(header: Header, samples: int) -> np.ndarray:
    """Return the wavelength (λ,) of every sample at the reference position, Å, from the linear axis 3."""
    scale = ANGSTROM_PER_UNIT.get(str(value(header, "CUNIT3", "m")).lower())
    if scale is None:
        raise InputError(f"CUNIT3 is {header['CUNIT3']!r}", cure=f"Known units: {', '.join(ANGSTROM_PER_UNIT)}")
    crval, crpix, cdelt = (number(header, f"{key}3") for key in ("CRVAL", "CRPIX", "CDELT"))
    return (crval + (np.arange(1, samples + 1) - crpix) * cdelt * number(header, "PC3_3", 1.0)) * scale


def spatial_header(header: Header) -> Header:
    """Return a window's header without the wavelength axis: axes x, y, t; copied cards still describe the observation."""
    result = header.copy()
    for key in _NOT_COPIED:
        result.remove(key, ignore_missing=True, remove_all=True)
    for key in ("CTYPE", "CUNIT", "CRVAL", "CRPIX", "CDELT", "CNAME", "CRDER", "CWERR", "CWDIS"):
        result.remove(f"{key}3", ignore_missing=True)
        if f"{key}4" in result:
            result[f"{key}3"] = result.pop(f"{key}4")
    result.remove("PC3_3", ignore_missing=True)
    for before, after in (("PC4_1", "PC3_1"), ("PC4_4", "PC3_3")):
        if before in result:
            result[after] = result.pop(before)
    if "CWDIS1" in result:  # lookup distortions are in extensions of the level-2 file and have been applied there
        for key in ("CWDIS1", "CWDIS2", "DW1", "DW2"):
            result.remove(key, ignore_missing=True, remove_all=True)
    return result


def windows(planes: Iterable[Plane], tables: Iterable[Table] = ()) -> list[Window]:
    """Return the spectral windows of a level-2 file, with implausible and listed pixels masked.

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
    spectral = [(plane.header, plane.data) for plane in planes if is_spectral(plane.header) and plane.data is not None]
    if not spectral:
        raise InputError("holds no spectral window of SPICE", cure="Give a SPICE level-2 file (solo_L2_spice-…fits)")
    names = unique(str(header.get("EXTNAME", "")) for header, _ in spectral)
    return [_window(name, data, header, tables) for name, (header, data) in zip(names, spectral, strict=True)]


def _window(name: str, stored: np.ndarray, header: Header, tables: Sequence[Table]) -> Window:
    header = header.copy()
    if stored.ndim != 4:
        raise InputError(f"the window {name!r} has shape {stored.shape}, not (t, λ, y, x)", cure="Give a level-2 file")
    unit = str(value(header, "BUNIT", ""))
    if unit not in ("W/m2/sr/nm", "adu"):
        raise InputError(f"BUNIT is {unit!r} in {name!r}", cure="Known units: W/m2/sr/nm and adu")
    data = np.asarray(stored, np.float32).copy()
    mask = np.where(np.isfinite(data), np.uint8(0), np.uint8(Flag.NO_DATA)) | pixel_lists.bits(header, data.shape, tables)
    if unit != "adu":
        with np.errstate(invalid="ignore"):
            mask[data > PLAUSIBLE[1]] |= np.uint8(Flag.SATURATED)
            mask[data < PLAUSIBLE[0]] |= np.uint8(Flag.BAD_PIXEL)
    data[mask != 0] = np.nan
    for key in ("PIXLISTS", "VAR_KEYS"):  # they point to tables that do not travel with the window
        header.remove(key, ignore_missing=True)
    return Window(name, data, wavelengths(header, data.shape[1]), header, mask)


def quality(window: Window) -> dict[str, Any]:
    """Return the extent and quality of a window before it is fitted."""
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
        "samples_saturated": int(((window.mask & Flag.SATURATED) != 0).sum()),
        "samples_implausible": int(((window.mask & Flag.BAD_PIXEL) != 0).sum()),
        "planes_lost": int((~finite.any(axis=(1, 2))).sum()),
        "pixels_lost_by_telemetry": int(number(window.header, "NLOSTPIX", 0)),
        "exposure_s": number(window.header, "XPOSURE"),
        "median_radiance": float(np.nanmedian(window.data)) if finite.any() else None,
    }
