"""FITS files as an archive stores them: compressed images, lists of spikes, headers merged without touching the data."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
from astropy.io import fits

from helioreduce.errors import InputError
from helioreduce.io import hdus as files
from helioreduce.io.hdus import STRUCTURAL, is_image, opened
from helioreduce.series import Window

#: Cards that describe how data are stored: size, compression, scaling.
_STORAGE = re.compile(
    r"SIMPLE|XTENSION|BITPIX|NAXIS\d*|EXTEND|PCOUNT|GCOUNT|TFIELDS|THEAP|(TTYPE|TFORM|TUNIT|TSCAL|TZERO|TNULL|TDIM)\d+"
    r"|Z(IMAGE|TENSION|SIMPLE|EXTEND|BITPIX|NAXIS\d*|PCOUNT|GCOUNT|TILE\d+|CMPTYPE|NAME\d+|VAL\d+|SCALE|ZERO|BLANK|QUANTIZ|DITHER0)"
    r"|BSCALE|BZERO|BLANK|EXTNAME|EXTVER"
)

#: Cards of a whole image that say nothing of a part.
_OF_THE_WHOLE = (
    *("DATAMIN", "DATAMAX", "DATAMEDN", "DATAMEAN", "DATARMS", "DATASKEW", "DATAKURT", "DATAVALS", "MISSVALS", "TOTVALS"),
    *("PERCENTD", "NSATPIX", *(f"DATAP{percent:02d}" for percent in (1, 10, 25, 75, 90, 95, 98, 99))),
)
#: Returns the window of a file, from the header of the whole image, the file's own and its shape (ny, nx).
Locate = Callable[[fits.Header, fits.Header, tuple[int, int]], Window]

#: How the name of a FITS file ends.
ENDING = re.compile(r"\.(fits|fit|fts)(\.(gz|bz2|fz))?$", re.IGNORECASE)


def spikes_names(image: str) -> list[str]:
    """Return what a file of spikes may be called, by the name of its image, both without ending: as JSOC exports them first."""
    exported = [image.replace(word, "spikes") for word in ("image_lev1", "image") if word in image]
    return [*exported, f"{image}.spikes", f"{image}_spikes"]


def read_spikes(path: str | Path) -> tuple[np.ndarray, fits.Header]:
    """Return the spikes of one frame and the header.

    Returns
    -------
    tuple
        Array (3, N) of integers: index, value before and value after. N may be 0.

    Raises
    ------
    InputError
        If the file holds another array.
    """
    with opened(path) as hdus:
        hdu = next((hdu for hdu in hdus if hdu.is_image and hdu.data is not None), None)
        header = (hdu or hdus[-1]).header.copy()
        spikes = np.empty((3, 0), np.int64) if hdu is None else np.asarray(hdu.data)
        if spikes.ndim != 2 or spikes.shape[0] != 3:
            raise InputError(f"has shape {spikes.shape}, not (3, N)", cure="Give the `spikes` segment of the frame's record")
        return spikes.astype(np.int64), header


def read_counts(path: str | Path) -> tuple[np.ndarray, fits.Header]:
    """Return the first image as it is stored, before BSCALE and BZERO, with its header.

    Raises
    ------
    InputError
        If the file cannot be read, or holds no image.
    """
    with opened(path, scaled=False) as hdus:
        hdu = next((hdu for hdu in hdus if hdu.is_image and hdu.data is not None), None)
        if hdu is None:
            raise InputError("holds no image", cure="Give a FITS file with an image")
        return np.asarray(hdu.data, hdu.data.dtype.newbyteorder("=")), hdu.header.copy()


def write_compressed(
    path: str | Path,
    array: np.ndarray,
    header: fits.Header | None = None,
    *,
    quarters: bool = False,
    like: fits.Header | None = None,
) -> None:
    """Write one integer array as JSOC stores level 1: RICE-compressed, in HDU 1; 16-bit images with BLANK = −32768.

    Parameters
    ----------
    array
        Integers; without elements the HDU has no data.
    quarters
        The stored numbers count quarters, with BSCALE 0.25 and BZERO 8183.75, as in some 94 Å files of JSOC.
    like
        Header of the file that ``array`` comes from as it was stored: its BSCALE and BZERO go on with it.
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
    if like is not None and "BSCALE" in like:
        hdu.header.update(BSCALE=like["BSCALE"], BZERO=like.get("BZERO", 0.0))
    files.write(path, fits.HDUList([fits.PrimaryHDU(), hdu]), signed=False)


def rewrite(source: str | Path, target: str | Path, header: fits.Header) -> None:
    """Copy a file with the cards of its image replaced by ``header``; the stored data bytes stay as they are.

    The cards that describe the storage (size, compression, scaling) are kept, checksums are new.

    Raises
    ------
    InputError
        If the file cannot be read, or holds no image.
    """
    with opened(source, raw=True) as hdus:
        image = next((hdu for hdu in hdus if hdu.header.get("ZIMAGE") or is_image(hdu)), None)
        if image is None:
            raise InputError("holds no image HDU", cure="Give a FITS file with an image")
        kept = [card for card in image.header.cards if _STORAGE.fullmatch(card.keyword)]
        new = [card for card in header.cards if not _STORAGE.fullmatch(card.keyword) and card.keyword not in STRUCTURAL]
        image.header.clear()
        image.header.extend([*kept, *new], strip=False, end=True)
        files.write(target, hdus, signed=False)


def cut(source: str | Path, target: str | Path, merged: fits.Header, locate: Locate) -> None:
    """Write a part of an image: its pixels untouched, CRPIX that of the part."""
    counts, stored = read_counts(source)
    window = locate(merged, stored, (counts.shape[0], counts.shape[1]))
    is_cut = counts.shape == (window.ny, window.nx)
    part = counts if is_cut else counts[window.y : window.y + window.ny, window.x : window.x + window.nx]
    for axis, first in ((1, window.x), (2, window.y)):
        merged[f"CRPIX{axis}"] -= first
    for name in _OF_THE_WHOLE:
        merged.remove(name, ignore_missing=True)
    write_compressed(target, part, merged, like=stored)


def check(path: str | Path, *, max_pixels: int = 2**28) -> list[fits.Header]:
    """Check a file as it is stored, without decompressing: structure, length and checksums.

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
    with opened(path, checksum=False, raw=True) as hdus:
        headers = [hdu.header.copy() for hdu in hdus]
        end = max(hdu.fileinfo()["datLoc"] + hdu.fileinfo()["datSpan"] for hdu in hdus)
        for header in headers:
            _check_size(header, max_pixels)
        if end != size:
            raise InputError(f"has {size} bytes where its headers announce {end}", cure="Fetch the file again")
    with opened(path, raw=True):
        return headers


def _check_size(header: fits.Header, max_pixels: int) -> None:
    """Refuse a header that declares too large an image, stored or decompressed."""
    for prefix in ("", "Z"):
        axes = [header.get(f"{prefix}NAXIS{i}", 1) for i in range(1, header.get(f"{prefix}NAXIS", 0) + 1)]
        if min(axes, default=0) < 0 or math.prod(axes) > max_pixels:
            raise InputError(f"declares an image of {axes} pixels", cure=f"At most {max_pixels} are accepted")
