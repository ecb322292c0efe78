"""Images, arrays, planes and tables in FITS files.

Products have Astropy's CCDData layout: the science image uncompressed in the primary HDU, ``UNCERT`` (standard deviation)
and ``MASK`` (what a mean should leave out) as image extensions that repeat the WCS cards. Those of an :class:`Image` have all
its flags besides, compressed, in ``FLAGS``. CHECKSUM and DATASUM everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from astropy.io import fits

from helioreduce.errors import InputError
from helioreduce.image import MASKED, Changes, Image
from helioreduce.io import compression, masks, uncertainty
from helioreduce.io import hdus as files
from helioreduce.io.hdus import OWN, STRUCTURAL, is_image, opened

#: Cards of an image that are computed when it is written.
STATISTICS = ("DATAMIN", "DATAMAX", "DATAMEAN")
#: Extensions that belong to an image, and cards of the form of an HDU.
_COMPANIONS = ("UNCERT", "MASK", "FLAGS", "CHANGES", "SHARES")
_FORM = ("SIMPLE", "BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "EXTEND", "COMMENT", "HISTORY", "", *STRUCTURAL)
_WORLD = re.compile(r"WCSAXES|C(TYPE|UNIT|RPIX|RVAL|DELT)\d|CROTA2|PC\d_\d|TIMESYS|DATEREF")


class Plane(NamedTuple):
    """One image HDU as it is stored: EXTNAME, array (None if it holds only a header) and header."""

    name: str
    data: np.ndarray | None
    header: fits.Header

    @property
    def array(self) -> np.ndarray:
        """The data, where there must be some."""
        if self.data is None:
            raise InputError(f"the HDU {self.name!r} holds no data", cure="Make the file again")
        return self.data


class Table(NamedTuple):
    """A table of a file: EXTNAME, columns by name in this machine's byte order, and header."""

    name: str
    columns: dict[str, np.ndarray]
    header: fits.Header


def cards(**values: object) -> fits.Header:
    """Return a header with these cards."""
    return fits.Header(values)


# Images


def read(path: str | Path, extension: int | str | None = None) -> Image:
    """Return the first image of a FITS file, with its extensions ``UNCERT``, ``MASK`` and ``FLAGS`` where present.

    Parameters
    ----------
    extension
        Number or EXTNAME of another image; the cards of the primary header that it does not have are added to its own.

    Returns
    -------
    Image
        Data in float32, scaled, NaN where they are BLANK; sigma as standard deviation, whatever UTYPE has; the flags of both
        extensions.

    Raises
    ------
    InputError
        Not FITS, truncated, corrupt (checksum), without an image, or with an error plane of unknown type or unit.
    """
    with opened(path) as hdus:
        science = _chosen(hdus, extension)
        header, data = science.header.copy(), numbers(science.data, science.header)
        if extension is not None and science is not hdus[0]:
            header.extend((card for card in hdus[0].header.cards if card.keyword not in _FORM), unique=True, strip=True)
        for key in (*STRUCTURAL, *OWN, *STATISTICS):
            header.remove(key, ignore_missing=True, remove_all=True)
        planes: dict[str, Any] = {}
        if "UNCERT" in hdus:
            error = hdus["UNCERT"]
            planes["sigma"] = uncertainty.standard_deviation(error.data, error.header, header.get("BUNIT"))
        if flags := [masks.bits(hdus[name].data) for name in ("MASK", "FLAGS") if name in hdus]:
            planes["flags"] = flags[0] if len(flags) == 1 else flags[0] | flags[1]
        if "CHANGES" in hdus:
            planes["changes"] = _changes(hdus["CHANGES"].data)
        if "SHARES" in hdus:
            planes["shares"] = np.asarray(hdus["SHARES"].data, np.float32)
        return Image(data, header, **planes)


def numbers(stored: np.ndarray, header: Mapping[str, Any]) -> np.ndarray:
    """Return pixels as they are stored, or scaled, in float32, NaN where they are BLANK."""
    data = np.asarray(stored, np.float32)
    # FITS defines BLANK for integers only; where integers became floats it has stayed behind, with its pixels.
    if stored.dtype.kind == "f" and header["BITPIX"] < 0 and isinstance(blank := header.get("BLANK"), int):
        data = np.where(stored == blank, np.float32(np.nan), data)
    return data


def _chosen(hdus: fits.HDUList, extension: int | str | None) -> Any:
    """Return the image HDU that is asked for; the first with data by default."""
    images = {n: hdu for n, hdu in enumerate(hdus) if is_image(hdu) and hdu.data is not None}
    if not images:
        raise InputError("holds no image HDU", cure="Give a FITS file with an image")
    if extension is None:
        return next(iter(images.values()))
    for n, hdu in images.items():
        if extension in (n, hdu.name) or str(extension).upper() == hdu.name:
            return hdu
    raise InputError(f"has no image {extension!r}", cure=f"Its images: {_listed(images)}")


def _listed(images: Mapping[int, Any]) -> str:
    """Return the numbers of some HDUs, with their names, as text."""
    return ", ".join(f"{n} ({hdu.name})" if hdu.name else str(n) for n, hdu in images.items())


def one_image(path: str | Path, extension: int | str | None) -> int | str:
    """Return which image of a file is meant: the one that is asked for, or the only one beside its error plane and masks.

    Raises
    ------
    InputError
        If there are several and none is asked for, or there is none.
    """
    with opened(path, checksum=False) as hdus:
        if extension is not None:
            _chosen(hdus, extension)
            return extension
        images = {n: hdu for n, hdu in enumerate(hdus) if is_image(hdu) and hdu.name not in _COMPANIONS}
        if len(images) > 1:
            cure = f"Set extension to one of them: {_listed(images)}"
            raise InputError(f"holds {len(images)} images, and none is chosen", cure=cure)
        if not images:
            raise InputError("holds no image HDU", cure="Give a FITS file with an image")
        return next(iter(images))


def _changes(rows: np.ndarray | None) -> Changes:
    """Return changes from an extension (3, N) of rows, columns and values; without an array there are none."""
    y, x, value = np.zeros((3, 0), np.float32) if rows is None else np.asarray(rows, np.float32)
    return Changes(y.astype(np.int32), x.astype(np.int32), value)


def read_header(path: str | Path, extension: int | str | None = None) -> fits.Header:
    """Return the header of an image HDU, without reading the pixels; a file that is too short for them is refused."""
    with opened(path, checksum=False) as hdus:
        for hdu in hdus if extension is None else [_chosen(hdus, extension)]:
            if is_image(hdu):
                len(hdus)  # goes to the end of the file
                return hdu.header.copy()
    raise InputError("holds no image HDU", cure="Give a FITS file with an image", where=path)


def read_headers(path: str | Path) -> list[fits.Header]:
    """Return the headers of every image HDU, without reading the pixels."""
    with opened(path, checksum=False) as hdus:
        return [hdu.header.copy() for hdu in hdus if hdu.is_image]


def write(path: str | Path, image: Image, *, compressed: bool = False, archived: bool = False) -> None:
    """Write an image in the CCDData layout with its statistics, to a temporary name and then renamed.

    Parameters
    ----------
    compressed
        Compress ``UNCERT`` and ``MASK`` too, sigma in steps that its header names (SIGSTEP): for finished images, of which
        nothing else is computed. Both open as they do uncompressed.
    archived
        Compress the image as well, after an empty first HDU.
    """
    changes = {} if image.changes is None else {"CHANGES": np.stack(image.changes).astype(np.float32)}
    header = image.header.copy()
    header.update(_statistics(image.data))
    hdus = _layout(image.data, image.sigma, image.flags & np.uint8(MASKED), header)
    if compressed or archived:
        hdus = compression.finished(hdus, image.sigma, archived=archived)
    flags = compression.tiled(fits.ImageHDU(image.flags, _world(image.header), name="FLAGS"))
    shares = {} if image.shares is None else {"SHARES": image.shares}
    small = [compression.lossless(hdu) for hdu in _extensions(shares)]
    files.write(path, fits.HDUList([*hdus, flags, *_extensions(changes), *small]))


def _statistics(data: np.ndarray) -> dict[str, tuple[float, str]]:
    """Return smallest, largest and mean value of the finite pixels as cards; none where no pixel is finite."""
    finite = np.isfinite(data)
    if not (number := int(finite.sum())):
        return {}
    low, high = (float(extreme(data, where=finite, initial=start)) for extreme, start in ((np.min, np.inf), (np.max, -np.inf)))
    mean = float(np.sum(data, where=finite, dtype=float)) / number
    return dict(zip(STATISTICS, ((low, "of the finite pixels"), (high, ""), (mean, "")), strict=True))


def write_cube(
    path: str | Path,
    data: np.ndarray,
    sigma: np.ndarray | None,
    mask: np.ndarray,
    header: fits.Header,
    arrays: Mapping[str, np.ndarray] | None = None,
    units: Mapping[str, str] | None = None,
) -> None:
    """Write data of any dimension in the CCDData layout, and further named arrays, with their units, in extensions after it.

    All but the data, which other programs read first, are compressed without loss.
    """
    science, *planes = _layout(data, sigma, mask, header)
    small = [compression.lossless(hdu) for hdu in (*planes, *_extensions(arrays or {}, units))]
    files.write(path, fits.HDUList([science, *small]))


def _layout(data: np.ndarray, sigma: np.ndarray | None, mask: np.ndarray, header: fits.Header) -> list[Any]:
    """Return the HDUs of the CCDData layout."""
    hdus, wcs = [fits.PrimaryHDU(data, header)], _world(header)
    if sigma is not None:
        error = [("BUNIT", header.get("BUNIT", "")), ("UTYPE", "StdDevUncertainty", "standard deviation")]
        hdus.append(fits.ImageHDU(sigma, fits.Header([*error, *wcs.cards]), name="UNCERT"))
    return [*hdus, fits.ImageHDU(mask, wcs, name="MASK")]


def _world(header: fits.Header) -> fits.Header:
    """Return the WCS cards of a header."""
    return fits.Header([card for card in header.cards if _WORLD.fullmatch(card.keyword)])


# Named arrays


def read_array(path: str | Path, name: str | int = 0) -> tuple[np.ndarray, fits.Header]:
    """Return one image HDU as it is stored (scaled, in this machine's byte order), with its header.

    ``name`` is an EXTNAME or a number; 0 means the first HDU that holds data.
    """
    with opened(path) as hdus:
        hdu = next((h for h in hdus if h.is_image and h.data is not None), None) if name == 0 else hdus[name]
        if hdu is None or hdu.data is None:
            raise InputError(f"holds no array {name!r}")
        return np.asarray(hdu.data, hdu.data.dtype.newbyteorder("=")), hdu.header.copy()


def read_arrays(path: str | Path, *names: str) -> tuple[tuple[np.ndarray, ...], fits.Header]:
    """Return several named image extensions of a file, opened once, and the primary header."""
    with opened(path) as hdus:
        return tuple(np.asarray(hdus[name].data) for name in names), hdus[0].header.copy()


def write_arrays(
    path: str | Path,
    arrays: Mapping[str, np.ndarray],
    header: fits.Header | None = None,
    units: Mapping[str, str] | None = None,
    in_steps: Mapping[str, float] | None = None,
) -> None:
    """Write named arrays as image extensions.

    Parameters
    ----------
    header
        Of the primary HDU.
    units
        BUNIT of arrays, where it is given.
    in_steps
        Arrays that are compressed (Rice), with the step of their values, a power of two; integers are as they were.
    """
    steps = in_steps or {}
    hdus = _extensions(arrays, units)
    stored = [compression.tiled(hdu, quantize_level=-steps[hdu.name]) if hdu.name in steps else hdu for hdu in hdus]
    files.write(path, fits.HDUList([fits.PrimaryHDU(header=header), *stored]))


def _extensions(arrays: Mapping[str, np.ndarray], units: Mapping[str, str] | None = None) -> list[fits.ImageHDU]:
    """Return named arrays as image extensions."""
    known = {name: fits.Header([("BUNIT", unit)]) for name, unit in (units or {}).items()}
    return [fits.ImageHDU(array, known.get(name), name=name) for name, array in arrays.items()]


# Planes and tables of a file with many HDUs


def read_planes(path: str | Path, *, edited: bool = False) -> list[Plane]:
    """Return every image HDU of a file, in order; tables are skipped. ``edited``: a wrong checksum is only a warning."""
    with opened(path, edited=edited) as hdus:
        images = [(hdu.header.copy(), hdu.data) for hdu in hdus if hdu.is_image]
        return [Plane(str(h.get("EXTNAME", "")), None if data is None else np.asarray(data), h) for h, data in images]


def write_planes(path: str | Path, planes: Sequence[Plane]) -> None:
    """Write arrays with a header each; the first becomes the primary HDU."""
    hdus = [fits.PrimaryHDU(planes[0].data, planes[0].header), *(fits.ImageHDU(p.data, p.header) for p in planes[1:])]
    for plane, hdu in zip(planes, hdus, strict=True):
        if plane.name:
            hdu.header["EXTNAME"] = plane.name
    files.write(path, fits.HDUList(hdus))


def read_tables(path: str | Path) -> list[Table]:
    """Return every binary table of a file, in order; :func:`read_planes` verifies the checksums of the file."""
    with opened(path, checksum=False) as hdus:
        found = [hdu for hdu in hdus if isinstance(hdu, fits.BinTableHDU) and not isinstance(hdu, fits.CompImageHDU)]
        return [Table(str(hdu.header.get("EXTNAME", "")), _columns(hdu), hdu.header.copy()) for hdu in found]


def _columns(hdu: fits.BinTableHDU) -> dict[str, np.ndarray]:
    """Return the columns of a table by name, in this machine's byte order."""
    columns = {} if hdu.data is None else {name: np.asarray(hdu.data[name]) for name in hdu.columns.names}
    return {name: column.astype(column.dtype.newbyteorder("=")) for name, column in columns.items()}
