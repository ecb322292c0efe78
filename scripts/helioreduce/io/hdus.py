"""FITS files as lists of HDUs: opened with every fault named, written as a whole with checksums.

The only module that opens a FITS file.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import re
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.utils.exceptions import AstropyUserWarning

from helioreduce import __version__, times
from helioreduce.errors import InputError, InputWarning, unwritable
from helioreduce.io import origin
from helioreduce.io.atomic import replaced
from helioreduce.io.provenance import ascii_only

#: Cards of an HDU's own storage; they never travel with the image.
STRUCTURAL = ("BSCALE", "BZERO", "BLANK", "EXTNAME", "EXTVER", "CHECKSUM", "DATASUM", "ZHECKSUM", "ZDATASUM")
#: Cards of a file itself, not of its image; each file gets its own.
OWN = ("FILENAME", "DATE", "CREATOR", "VERS_SW")
#: The program that a product names as the one that wrote it.
CREATOR = "helioreduce"
#: In Astropy's words for a checksum that is wrong.
_SUM = "[Cc]hecksum|[Dd]atasum"
#: Columns of tiles in gzip's form: those that another form could not hold, and all where ZCMPTYPE says so.
_GZIPPED, _TILES = "GZIP_COMPRESSED_DATA", "COMPRESSED_DATA"


@contextlib.contextmanager
def opened(
    path: str | Path, *, checksum: bool = True, raw: bool = False, edited: bool = False, scaled: bool = True
) -> Iterator[fits.HDUList]:
    """Open a FITS file for reading.

    Parameters
    ----------
    checksum
        Read the whole file and verify its checksums.
    raw
        Do not decompress: a compressed image is the binary table that it is stored in.
    edited
        A wrong checksum is only a warning, as it is of a product that another program has rewritten: SunPy and Astropy keep the
        old checksums beside new pixels.
    scaled
        Apply BSCALE and BZERO.

    Raises
    ------
    InputError
        Not FITS, truncated, corrupt, or used as something that it is not; the error names the file.
    """
    try:
        with warnings.catch_warnings():
            # Astropy only warns of truncation and checksum mismatch; both mean that the pixels cannot be trusted.
            faults = f".*(truncated|{_SUM}).*"
            warnings.filterwarnings("error", category=AstropyUserWarning, message=faults)
            warnings.filterwarnings("ignore", category=fits.verify.VerifyWarning)
            options = {"memmap": False, "checksum": checksum, "lazy_load_hdus": not checksum}
            with _open(path, edited, disable_image_compression=raw, do_not_scale_image_data=not scaled, **options) as hdus:
                yield hdus
    except InputError as error:
        raise error.at(path) from None
    except FileNotFoundError:
        raise InputError("there is no such file", where=path) from None
    except Exception as error:  # Astropy and its decoders raise whatever a damaged byte leads to
        cure = "It is truncated, corrupt or not FITS: fetch it again, or delete it if it is a result of yours"
        raise InputError(f"cannot be read as FITS ({' '.join(str(error).split())})", cure=cure, where=path) from error


def _open(path: str | Path, edited: bool, **options: Any) -> fits.HDUList:
    """Open a file as :func:`astropy.io.fits.open`, for :func:`opened`."""
    try:
        return fits.open(path, **options)
    except AstropyUserWarning as error:
        if not re.search(_SUM, str(error)) or not (edited or _is_rewritten(path)):
            raise
    doubt = "the checksums do not match the content, as after another program has rewritten the file; not verified"
    warnings.warn(InputWarning(f"{path}: {doubt}"), stacklevel=2)
    return fits.open(path, **options | {"checksum": False})


def _is_rewritten(path: str | Path) -> bool:
    """Return whether another program has written what is marked as a product: those have several HDUs, each with a checksum."""
    with fits.open(path, disable_image_compression=True) as found:
        sums = ["CHECKSUM" in hdu.header for hdu in found]
        return found[0].header.get("CREATOR") == CREATOR and (len(sums) == 1 or not all(sums))


def write(path: str | Path, hdus: fits.HDUList, *, signed: bool = True) -> None:
    """Write with checksums, to a temporary name and then renamed; packed where the name ends in ``.gz``.

    Parameters
    ----------
    signed
        Whether the file gets cards of its own: FILENAME, DATE, CREATOR and VERS_SW. Files in JSOC's own form do not.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    try:
        with replaced(path) as temporary, warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=fits.verify.VerifyWarning, message=".*keyword name.*greater.*")
            sign(hdus, Path(path).name if signed else "")
            checked = _with_checksums(_as_stored(hdus))
            if Path(path).suffix == ".gz":
                checked.writeto(stored := io.BytesIO(), output_verify="silentfix")
                temporary.write_bytes(gzip.compress(stored.getbuffer(), compresslevel=1, mtime=0))
            else:
                checked.writeto(temporary, overwrite=True, output_verify="silentfix")
    except OSError as error:
        raise unwritable(error, path) from None


def sign(hdus: fits.HDUList, name: str) -> None:
    """Say in the first header what the file is, and there and beside the first image whether it is simulated."""
    if name:
        values = (
            ascii_only(name),
            (date(), "[UTC] when this file was made"),
            CREATOR,
            (__version__, "version of CREATOR"),
        )
        hdus[0].header.update(dict(zip(OWN, values, strict=True)))
    for hdu in (*hdus[:2], *[hdu for hdu in hdus if is_image(hdu)][:1]):
        hdu.header.update(origin.cards(hdu.header))


def date() -> str:
    """Return the time of now, or that of SOURCE_DATE_EPOCH in the environment: with it the same run gives the same bytes."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    return times.iso(datetime.fromtimestamp(int(epoch), UTC) if epoch else times.now().replace(microsecond=0))


def is_image(hdu: fits.PrimaryHDU) -> bool:
    """Return whether an HDU is declared to hold an image of two or more dimensions; its data are not read."""
    return hdu.is_image and hdu.header.get("NAXIS", 0) >= 2


def _as_stored(hdus: fits.HDUList) -> fits.HDUList:
    """Return compressed images as the tables that hold them: only these can be given checksums."""
    return fits.HDUList([_compressed(hdu) if isinstance(hdu, fits.CompImageHDU) else hdu for hdu in hdus])


def _compressed(hdu: fits.CompImageHDU) -> fits.BinTableHDU:
    """Return the table that holds a compressed image; tiles in gzip's form do not say when they were written."""
    stored = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(stored, output_verify="silentfix")
    stored.seek(0)
    table = fits.open(stored, disable_image_compression=True, lazy_load_hdus=False)[1]
    in_gzip = {_GZIPPED} | ({_TILES} if str(table.header["ZCMPTYPE"]).startswith("GZIP") else set())
    if names := in_gzip.intersection(table.columns.names):
        rows = table.data.view(np.ndarray)
        heap = table.fileinfo()["datLoc"] + rows.nbytes
        for length, start in (tile for name in names for tile in rows[name].tolist()):
            if length:  # RFC 1952: bytes 4 to 7 are the time; 0 is none
                stored.getbuffer()[heap + start + 4 : heap + start + 8] = bytes(4)
        stored.seek(0)
        table = fits.open(stored, disable_image_compression=True, lazy_load_hdus=False)[1]
    return table


def _with_checksums(hdus: fits.HDUList) -> fits.HDUList:
    """Add checksums whose comments have no date: equal products are equal to the last byte."""
    hdus.verify("silentfix")
    hdus.update_extend()
    for hdu in hdus:
        hdu.add_datasum(when="data unit checksum updated when written")
        hdu.add_checksum(when="HDU checksum updated when written", override_datasum=True)
    return hdus
