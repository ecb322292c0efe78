"""A SPICE level-2 file: its spectral windows, their wavelengths, and what its header says of the exposure.

Source: SPICE data product description (release 3 and later) and headers of files from 2020 and 2022.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from helioreduce.constants import ANGSTROM_PER_UNIT
from helioreduce.errors import InputError
from helioreduce.image import Flag, shapes
from helioreduce.spice import exposures, pixel_lists
from helioreduce.spice.naming import Seen, unique

if TYPE_CHECKING:
    from astropy.io.fits import Header

    from helioreduce.io.fits import Plane, Table

#: The unit of all radiances here.
UNIT = "W/m2/sr/nm"
#: Values (W/m²/sr/nm) that no line reaches, and that noise does not: saturation and faults.
PLAUSIBLE = (-10.0, 490.0)
#: Cards of an HDU's own storage.
_STORAGE = ("SIMPLE", "XTENSION", "EXTEND", "BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "NAXIS3", "NAXIS4", "PCOUNT", "GCOUNT")
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
    time
        (t, x), middle of each exposure, seconds since DATEREF.
    """

    name: str
    data: np.ndarray
    wavelength: np.ndarray
    header: Header
    mask: np.ndarray
    time: np.ndarray

    __repr__ = shapes

    @property
    def low(self) -> float:
        """The first wavelength, Å."""
        return float(self.wavelength[0])

    @property
    def high(self) -> float:
        """The last wavelength, Å."""
        return float(self.wavelength[-1])

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


def is_image(header: Header) -> bool:
    """Return whether an HDU is an image of SPICE: a spectral window, a dumbbell or an integrated window; no table."""
    name = str(header.get("EXTNAME", ""))
    others = ("VARIABLE_KEYWORDS", "WCSDVARR", "SATPIXLIST", "SPIKPIXLIST")
    return not any(word in name for word in others) and header.get("CTYPE3") == "WAVE" and header.get("INSTRUME") == "SPICE"


def is_spectral(header: Header) -> bool:
    """Return whether an HDU is a spectral window of the narrow or wide slit: no dumbbell, no integrated window, no table."""
    if not is_image(header):
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
    """Return a window's header without the wavelength axis: axes x, y, t with their full matrix; copied cards still describe
    the observation.
    """
    result = header.copy()
    for key in (*_NOT_COPIED, *_STORAGE):
        result.remove(key, ignore_missing=True, remove_all=True)
    for key in ("CTYPE", "CUNIT", "CRVAL", "CRPIX", "CDELT", "CNAME", "CRDER", "CWERR", "CWDIS"):
        result.remove(f"{key}3", ignore_missing=True)
        if f"{key}4" in result:
            result[f"{key}3"] = result.pop(f"{key}4")
    moved = {1: 1, 2: 2, 4: 3}
    matrix = {(i, j): result.pop(f"PC{i}_{j}") for i in range(1, 5) for j in range(1, 5) if f"PC{i}_{j}" in result}
    for (i, j), element in matrix.items():
        if 3 not in (i, j):
            result[f"PC{moved[i]}_{moved[j]}"] = element
    result["WCSAXES"] = 3
    return result


def check(header: Header) -> None:
    """Refuse a window that is not of level 2, or whose unit is no spectral radiance.

    Raises
    ------
    InputError
        With the card, and the cure.
    """
    level = value(header, "LEVEL", "")
    if level != "L2":
        raise InputError(f"LEVEL is {level!r}, not 'L2'", cure="Fetch the level-2 file (solo_L2_spice-…fits)")
    to_radiance(header)


def to_radiance(header: Mapping[str, Any]) -> float:
    """Return the factor from a window's unit to W/m²/sr/nm.

    Raises
    ------
    InputError
        If BUNIT is missing, unknown, or not a spectral radiance: counts are not calibrated.
    """
    from astropy import units

    text = str(value(header, "BUNIT", ""))
    cure = "Give calibrated level 2: a spectral radiance such as W/m2/sr/nm"
    if text == UNIT:
        return 1.0
    try:
        return float(units.Unit(text).to(units.Unit("W / (m2 sr nm)")))
    except (ValueError, TypeError, units.UnitConversionError):
        raise InputError(f"BUNIT is {text!r}", cure=cure) from None


class Found(NamedTuple):
    """The windows of a file that can be reduced, the reason for each, by name, that cannot, and tables of pointing jitter."""

    windows: list[Window]
    refused: dict[str, str]
    jitter: list[Plane]


def windows(planes: Iterable[Plane], tables: Iterable[Table] = ()) -> list[Window]:
    """Return the spectral windows of a level-2 file, with implausible and listed pixels masked.

    Parameters
    ----------
    planes, tables
        Images and tables of the file; see :mod:`helioreduce.spice.pixel_lists`.

    Raises
    ------
    InputError
        If there is none, or one cannot be reduced (:func:`sorted_out`).
    """
    found = sorted_out(planes, tables)
    for name, reason in found.refused.items():
        raise InputError(f"the window {name!r}: {reason}")
    return found.windows


def sorted_out(planes: Iterable[Plane], tables: Iterable[Table] = (), only: Collection[str] | None = None) -> Found:
    """Return the windows of a level-2 file that can be reduced, and why others cannot.

    Parameters
    ----------
    planes, tables
        Images and tables of the file.
    only
        Names of the windows that are wanted; None: all.

    Raises
    ------
    InputError
        If there is no spectral window at all.
    """
    planes, tables = list(planes), list(tables)
    spectral = [plane for plane in planes if is_spectral(plane.header) and plane.data is not None]
    if not spectral:
        raise InputError("holds no spectral window of SPICE", cure="Give a SPICE level-2 file (solo_L2_spice-…fits)")
    jitter = [plane for plane in planes if plane.name == "WCSDVARR" and plane.data is not None]
    found, refused = [], {}
    for name, plane in zip(_names([plane.header for plane in spectral]), spectral, strict=True):
        if only is None or name in only:
            try:
                found.append(_window(name, plane.array, plane.header, tables, jitter=bool(jitter)))
            except InputError as error:
                refused[name] = str(error)
    return Found(found, refused, jitter)


def seen(headers: Sequence[Header]) -> list[Seen]:
    """Return what the headers of a file's spectral windows say of them."""
    result = []
    for name, header in zip(_names(headers), headers, strict=True):
        places = _range(header)
        t, y, x = (int(header.get(f"NAXIS{axis}", 1)) for axis in (4, 2, 1))
        result.append(Seen(name, *places, (t, y, x)))
    return result


def _names(headers: Sequence[Header]) -> list[str]:
    """Return the unique names of a file's windows, whatever their order."""
    return unique([str(header.get("EXTNAME", "")) for header in headers], [_range(header)[0] for header in headers])


def _range(header: Header) -> tuple[float, float]:
    """Return the first and last wavelength of a window, Å; (0, 0) where its header does not say: reading it does."""
    try:
        wavelength = wavelengths(header, max(int(header.get("NAXIS3", 1)), 1))
    except InputError:
        return 0.0, 0.0
    return float(wavelength.min()), float(wavelength.max())


def _window(name: str, stored: np.ndarray, header: Header, tables: Sequence[Table], *, jitter: bool) -> Window:
    header = header.copy()
    check(header)
    if stored.ndim != 4:
        raise InputError(f"its shape is {stored.shape}, not (t, λ, y, x)", cure="Give a level-2 file")
    for key in ("CDELT1", "CDELT2"):
        number(header, key)
    factor = to_radiance(header)
    data = np.array(stored, np.float32) if factor == 1 else (stored * factor).astype(np.float32)
    header["BUNIT"] = UNIT
    mask = np.where(np.isfinite(data), np.uint8(0), np.uint8(Flag.NO_DATA)) | pixel_lists.bits(header, data.shape, tables)
    with np.errstate(invalid="ignore"):
        mask[data > PLAUSIBLE[1]] |= np.uint8(Flag.SATURATED)
        mask[data < PLAUSIBLE[0]] |= np.uint8(Flag.BAD_PIXEL)
    data[mask != 0] = np.nan
    if not np.isfinite(data).any():
        raise InputError("no sample is finite", cure="Fetch the file again, or leave the window out: spice.windows.exclude")
    found = exposures.times(header, (data.shape[0], data.shape[3]), tables)
    for key in ("PIXLISTS", "VAR_KEYS"):  # they point to tables that do not travel with the window
        header.remove(key, ignore_missing=True)
    exposures.describe(header, found, jitter=jitter)
    return Window(name, data, wavelengths(header, data.shape[1]), header, mask, found.middle)


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
