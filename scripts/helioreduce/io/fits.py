"""The only module that opens a FITS file.

Products have Astropy's CCDData layout: the science image uncompressed in the primary HDU, ``UNCERT`` (standard deviation)
and ``MASK`` as image extensions that repeat the WCS cards. CHECKSUM and DATASUM everywhere.
"""

from __future__ import annotations

import contextlib
import math
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from astropy.io import fits
from astropy.utils.exceptions import AstropyUserWarning

from helioreduce.errors import InputError, unwritable
from helioreduce.image import Image
from helioreduce.io import uncertainty
from helioreduce.io.atomic import replaced

# Astropy dates the comments of CHECKSUM and DATASUM; without the date, equal products are equal to the last byte.
fits.hdu.base._ValidHDU._get_timestamp = lambda _: "when written"

#: Cards of an HDU's own storage; they never travel with the image.
STRUCTURAL = ("BSCALE", "BZERO", "BLANK", "EXTNAME", "EXTVER", "CHECKSUM", "DATASUM", "ZHECKSUM", "ZDATASUM")
_STORAGE = re.compile(
    r"SIMPLE|XTENSION|BITPIX|NAXIS\d*|EXTEND|PCOUNT|GCOUNT|TFIELDS|THEAP|(TTYPE|TFORM|TUNIT|TSCAL|TZERO|TNULL|TDIM)\d+"
    r"|Z(IMAGE|TENSION|SIMPLE|EXTEND|BITPIX|NAXIS\d*|PCOUNT|GCOUNT|TILE\d+|CMPTYPE|NAME\d+|VAL\d+|SCALE|ZERO|BLANK|QUANTIZ|DITHER0)"
    r"|BSCALE|BZERO|BLANK|EXTNAME|EXTVER"
)
_WORLD = re.compile(r"WCSAXES|C(TYPE|UNIT|RPIX|RVAL|DELT)\d|CROTA2|PC\d_\d|TIMESYS|DATEREF")


def read(path: str | Path) -> Image:
    """The first image of a FITS file, with its ``UNCERT`` and ``MASK`` extensions where present.

    Returns
    -------
    Image
        Data in float32, scaled, NaN where they are BLANK; sigma as standard deviation, whatever UTYPE has.

    Raises
    ------
    InputError
        Not FITS, truncated, corrupt (checksum), without an image, or with an error plane of unknown type or unit.
    """
    with _open(path) as hdus:
        images = (hdu for hdu in hdus if hdu.is_image and hdu.header.get("NAXIS", 0) >= 2)
        science = next((hdu for hdu in images if hdu.data is not None), None)
        if science is None:
            raise InputError("holds no image HDU", cure="Give a FITS file with an image")
        header, data = science.header.copy(), np.asarray(science.data, np.float32)
        # FITS defines BLANK for integers only; where integers became floats it has stayed behind, with its pixels.
        if science.data.dtype.kind == "f" and isinstance(blank := header.get("BLANK"), int):
            data = np.where(science.data == blank, np.float32(np.nan), data)
        for key in STRUCTURAL:
            header.remove(key, ignore_missing=True, remove_all=True)
        sigma = mask = None
        if "UNCERT" in hdus:
            sigma = uncertainty.standard_deviation(hdus["UNCERT"].data, hdus["UNCERT"].header, header.get("BUNIT"))
        if "MASK" in hdus:
            mask = np.asarray(hdus["MASK"].data, np.uint8)
        return Image(data, header, sigma, mask)


def read_header(path: str | Path) -> fits.Header:
    """Header of the first image HDU, without touching the pixels."""
    with _open(path, checksum=False) as hdus:
        for hdu in hdus:
            if hdu.is_image and hdu.header.get("NAXIS", 0) >= 2:
                return hdu.header.copy()
    raise InputError("holds no image HDU", cure="Give a FITS file with an image", where=path)


def write(path: str | Path, image: Image) -> None:
    """Write an image in the CCDData layout, to a temporary name and then renamed."""
    write_cube(path, image.data, image.sigma, image.mask, image.header)


def read_array(path: str | Path, name: str | int = 0) -> tuple[np.ndarray, fits.Header]:
    """One image HDU as it is stored (scaled, in this machine's byte order), with its header.

    ``name`` is an EXTNAME or a number; 0 means the first HDU that holds data.
    """
    with _open(path) as hdus:
        hdu = next((h for h in hdus if h.is_image and h.data is not None), None) if name == 0 else hdus[name]
        if hdu is None or hdu.data is None:
            raise InputError(f"holds no array {name!r}")
        return np.asarray(hdu.data, hdu.data.dtype.newbyteorder("=")), hdu.header.copy()


def read_counts(path: str | Path) -> tuple[np.ndarray, fits.Header]:
    """Return the first image as it is stored, before BSCALE and BZERO, with its header."""
    with _open(path, scaled=False) as hdus:
        hdu = next((h for h in hdus if h.is_image and h.data is not None), None)
        if hdu is None:
            raise InputError("holds no image", cure="Give a FITS file with an image")
        return np.asarray(hdu.data, hdu.data.dtype.newbyteorder("=")), hdu.header.copy()


def read_rows(path: str | Path, rows: slice) -> np.ndarray:
    """Some rows of the first image HDU, float32, scaled; only they are read where the file is not compressed as a whole."""
    with _open(path, checksum=False) as hdus:
        for hdu in hdus:
            if hdu.is_image and hdu.header.get("NAXIS", 0) == 2:
                return np.asarray(hdu.section[rows.start : rows.stop, :], np.float32)
    raise InputError("holds no two-dimensional image", cure="Give a FITS file with an image", where=path)


def read_spikes(path: str | Path) -> tuple[np.ndarray, fits.Header]:
    """Spikes of one frame, array (3, N) of integers (index, value before, value after), and the header; N may be 0."""
    with _open(path) as hdus:
        hdu = next((hdu for hdu in hdus if hdu.is_image and hdu.data is not None), None)
        header = (hdu or hdus[-1]).header.copy()
        listed = np.empty((3, 0), np.int64) if hdu is None else np.asarray(hdu.data)
        if listed.ndim != 2 or listed.shape[0] != 3:
            raise InputError(f"has shape {listed.shape}, not (3, N)", cure="Give the `spikes` segment of the frame's record")
        return listed.astype(np.int64), header


def cards(**values: object) -> fits.Header:
    """A header with these cards."""
    return fits.Header(values)


def write_arrays(path: str | Path, arrays: Mapping[str, np.ndarray], header: fits.Header | None = None) -> None:
    """Write named arrays as image extensions; ``header`` goes to the primary HDU."""
    extensions = [fits.ImageHDU(array, name=name) for name, array in arrays.items()]
    _write(path, fits.HDUList([fits.PrimaryHDU(header=header), *extensions]))


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


def read_planes(path: str | Path, *, edited: bool = False) -> list[Plane]:
    """Every image HDU of a file, in order; tables are passed over. ``edited``: a wrong checksum is only a warning."""
    with _open(path, edited=edited) as hdus:
        images = [(hdu.header.copy(), hdu.data) for hdu in hdus if hdu.is_image]
        return [Plane(str(h.get("EXTNAME", "")), None if data is None else np.asarray(data), h) for h, data in images]


class Table(NamedTuple):
    """A table of a file: EXTNAME, columns by name in this machine's byte order, and header."""

    name: str
    columns: dict[str, np.ndarray]
    header: fits.Header


def read_tables(path: str | Path) -> list[Table]:
    """Every binary table of a file, in order; checksums are those that :func:`read_planes` looks at."""
    with _open(path, checksum=False) as hdus:
        found = [hdu for hdu in hdus if isinstance(hdu, fits.BinTableHDU) and not isinstance(hdu, fits.CompImageHDU)]
        rows = [{} if hdu.data is None else {name: np.array(hdu.data[name]) for name in hdu.columns.names} for hdu in found]
        return [Table(str(h.header.get("EXTNAME", "")), row, h.header.copy()) for h, row in zip(found, rows, strict=True)]


def read_headers(path: str | Path) -> list[fits.Header]:
    """Headers of every image HDU, without touching the pixels."""
    with _open(path, checksum=False) as hdus:
        return [hdu.header.copy() for hdu in hdus if hdu.is_image]


def write_planes(path: str | Path, planes: Sequence[Plane]) -> None:
    """Write arrays with a header each; the first becomes the primary HDU."""
    hdus = [fits.PrimaryHDU(planes[0].data, planes[0].header), *(fits.ImageHDU(p.data, p.header) for p in planes[1:])]
    for plane, hdu in zip(planes, hdus, strict=True):
        if plane.name:
            hdu.header["EXTNAME"] = plane.name
    _write(path, fits.HDUList(hdus))


def read_arrays(path: str | Path, *names: str) -> tuple[tuple[np.ndarray, ...], fits.Header]:
    """Several named image extensions of a file, opened once, and the primary header."""
    with _open(path) as hdus:
        return tuple(np.asarray(hdus[name].data) for name in names), hdus[0].header.copy()


def write_cube(
    path: str | Path,
    data: np.ndarray,
    sigma: np.ndarray | None,
    mask: np.ndarray,
    header: fits.Header,
    arrays: Mapping[str, np.ndarray] | None = None,
) -> None:
    """Write data of any dimension in the CCDData layout, the WCS cards repeated, and further named arrays behind."""
    wcs = [card for card in header.cards if _WORLD.fullmatch(card.keyword)]
    hdus = [fits.PrimaryHDU(data, header)]
    if sigma is not None:
        error = [("BUNIT", header.get("BUNIT", "")), ("UTYPE", "StdDevUncertainty", "standard deviation")]
        hdus.append(fits.ImageHDU(sigma, fits.Header([*error, *wcs]), name="UNCERT"))
    hdus.append(fits.ImageHDU(mask, fits.Header(wcs), name="MASK"))
    _write(path, fits.HDUList([*hdus, *(fits.ImageHDU(array, name=name) for name, array in (arrays or {}).items())]))


def write_compressed(path: str | Path, array: np.ndarray, header: fits.Header | None = None, *, quarters: bool = False) -> None:
    """Write one integer array as JSOC stores level 1: RICE-compressed, in HDU 1; 16-bit images with BLANK = −32768.

    ``quarters``: the numbers of the file count quarters, with BSCALE 0.25 and BZERO 8183.75, as in some 94 Å files of JSOC.
    An array without elements leaves an HDU without data.
    """
    header = fits.Header() if header is None else header.copy()
    if array.dtype == np.int16:
        header["BLANK"] = -32768
    if quarters:
        array = np.where(array == -32768, array, 4 * array.astype(np.int32) - 32735).astype(np.int16)
    kind, options = (fits.CompImageHDU, {"compression_type": "RICE_1"}) if array.size else (fits.ImageHDU, {})
    hdu = kind(array if array.size else None, header, name="COMPRESSED_IMAGE", **options)
    if quarters:
        hdu.header.update(BSCALE=0.25, BZERO=8183.75)
    _write(path, fits.HDUList([fits.PrimaryHDU(), hdu]))


def rewrite(source: str | Path, target: str | Path, header: fits.Header) -> None:
    """Copy a file with the cards of its image replaced by ``header``; the stored data bytes stay as they are.

    The cards that describe the storage (size, compression, scaling) are kept, checksums are new.
    """
    with _open(source, raw=True) as hdus:
        # Opened raw, a compressed image is a table with ZIMAGE.
        image = next((hdu for hdu in hdus if hdu.header.get("ZIMAGE") or (hdu.is_image and hdu.header["NAXIS"] >= 2)), None)
        if image is None:
            raise InputError("holds no image HDU", cure="Give a FITS file with an image")
        kept = [card for card in image.header.cards if _STORAGE.fullmatch(card.keyword)]
        new = [card for card in header.cards if not _STORAGE.fullmatch(card.keyword) and card.keyword not in STRUCTURAL]
        image.header.clear()
        image.header.extend([*kept, *new], strip=False, end=True)
        _write(target, hdus)


def check(path: str | Path, *, max_pixels: int = 2**28) -> list[fits.Header]:
    """Check a file as it lies on disk, without decompressing: structure, length and checksums.

    Parameters
    ----------
    max_pixels
        Largest image that is accepted, declared in the headers: a small file may unpack to one that fills the memory.

    Returns
    -------
    list
        The header of every HDU, as stored.

    Raises
    ------
    InputError
        Not FITS, a length that is no multiple of 2880 bytes or not what the headers say, checksums that do not hold, or an
        image beyond ``max_pixels``.
    """
    size = Path(path).stat().st_size
    with open(path, "rb") as file:
        if file.read(9) != b"SIMPLE  =" or size % 2880:
            raise InputError("is not FITS, or cut off", cure="Fetch the file again", where=path)
    with _open(path, checksum=False, raw=True) as hdus:
        headers = [hdu.header.copy() for hdu in hdus]
        end = max(hdu.fileinfo()["datLoc"] + hdu.fileinfo()["datSpan"] for hdu in hdus)
        for header in headers:
            for prefix in ("", "Z"):
                axes = [header.get(f"{prefix}NAXIS{i}", 1) for i in range(1, header.get(f"{prefix}NAXIS", 0) + 1)]
                if min(axes, default=0) < 0 or math.prod(axes) > max_pixels:
                    raise InputError(f"declares an image of {axes} pixels", cure=f"At most {max_pixels} are accepted")
        if end != size:
            raise InputError(f"has {size} bytes where its headers announce {end}", cure="Fetch the file again")
    with _open(path, raw=True):
        return headers


@contextlib.contextmanager
def _open(
    path: str | Path, *, checksum: bool = True, raw: bool = False, edited: bool = False, scaled: bool = True
) -> Iterator[fits.HDUList]:
    """Open a FITS file for reading; every fault becomes an InputError that names the file. ``raw`` does not decompress."""
    try:
        with warnings.catch_warnings():
            # Astropy only warns of truncation and checksum mismatch; both mean that the pixels cannot be trusted.
            faults = "truncated" if edited else "(truncated|[Cc]hecksum|[Dd]atasum)"
            warnings.filterwarnings("error", category=AstropyUserWarning, message=f".*{faults}.*")
            warnings.filterwarnings("ignore", category=fits.verify.VerifyWarning)
            options = {"memmap": False, "checksum": checksum, "lazy_load_hdus": not checksum}
            with fits.open(path, disable_image_compression=raw, do_not_scale_image_data=not scaled, **options) as hdus:
                yield hdus
    except InputError as error:
        raise error.at(path) from None
    except FileNotFoundError:
        raise InputError("there is no such file", where=path) from None
    except Exception as error:  # Astropy and its decoders raise whatever a damaged byte leads to
        cure = "Fetch the file again: it is truncated, corrupt or not FITS"
        raise InputError(f"cannot be read as FITS ({error})", cure=cure, where=path) from error


def _write(path: str | Path, hdus: fits.HDUList) -> None:
    """Write with checksums, as a whole: a killed job leaves no half file."""
    try:
        with replaced(path) as temporary, warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=fits.verify.VerifyWarning, message=".*keyword name.*greater.*")
            hdus.writeto(temporary, overwrite=True, checksum=True, output_verify="silentfix")
    except OSError as error:
        raise unwritable(error, path) from None
