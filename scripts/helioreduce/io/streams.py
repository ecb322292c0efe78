"""FITS files larger than memory: images of which rows are written as they come, with checksums at the end."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from astropy.io import fits

from helioreduce.errors import unwritable
from helioreduce.io import hdus as files
from helioreduce.io.atomic import replaced

_BLOCK = 2880
#: Bytes that are summed at a time.
_PIECE = _BLOCK * 4096
_BITPIX = {"f4": -32, "f8": -64, "u1": 8}
_COMMENT = "HDU checksum updated when written", "data unit checksum updated when written"


class Plane(NamedTuple):
    """An image HDU to be: EXTNAME (empty for the first), shape, type (``f4``, ``f8``, ``u1``) and header."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    header: fits.Header


class Stream:
    """Images of an open file, by name; rows are the last axis but one."""

    def __init__(self, file: BinaryIO, planes: Sequence[Plane]) -> None:
        self._file, self._planes = file, {plane.name: plane for plane in planes}
        self._starts: dict[str, tuple[int, int]] = {}
        for number, plane in enumerate(planes):
            start = file.tell()
            file.write(_header(plane, number == 0).tostring().encode("ascii"))
            self._starts[plane.name] = start, file.tell()
            file.seek(_padded(self._size(plane)), 1)
            file.truncate()

    @staticmethod
    def _size(plane: Plane) -> int:
        return int(np.prod(plane.shape)) * np.dtype(plane.dtype).itemsize

    def write(self, name: str, row: int, values: np.ndarray) -> None:
        """Write rows (..., rows, columns) of an image from ``row`` on."""
        plane = self._planes[name]
        stored = np.ascontiguousarray(values, np.dtype(plane.dtype).newbyteorder(">"))
        stored = stored.reshape(-1, *stored.shape[-2:])
        ny, width = plane.shape[-2], plane.shape[-1] * stored.itemsize
        for index, part in enumerate(stored):
            self._file.seek(self._starts[name][1] + (index * ny + row) * width)
            self._file.write(part.tobytes())

    def finish(self, tables: Sequence[fits.BinTableHDU]) -> None:
        """Write the checksums, and the tables at the end of the file."""
        end = 0
        for number, plane in enumerate(self._planes.values()):
            start, data = self._starts[plane.name]
            end = data + _padded(self._size(plane))
            header = _header(plane, number == 0)
            total = self._sum(data, end)
            header["DATASUM"] = (str(total), _COMMENT[1])
            header["CHECKSUM"] = (_encoded(ones_complement(header.tostring().encode("ascii"), total)), _COMMENT[0])
            self._file.seek(start)
            self._file.write(header.tostring().encode("ascii"))
        self._file.seek(end)
        for table in tables:
            self._file.write(_stored(table))

    def _sum(self, start: int, end: int) -> int:
        self._file.seek(start)
        total = 0
        for at in range(start, end, _PIECE):
            total = ones_complement(self._file.read(min(_PIECE, end - at)), total)
        return total


@contextlib.contextmanager
def writing(path: str | Path, planes: Sequence[Plane], tables: Sequence[fits.BinTableHDU] = ()) -> Iterator[Stream]:
    """Open a file for images that are written row by row; it appears under its name when all has been written.

    Parameters
    ----------
    planes
        The images, in order; the first becomes the primary HDU.
    tables
        What follows them.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    head = fits.HDUList([fits.PrimaryHDU(header=planes[0].header)])
    files.sign(head, Path(path).name)
    signed = [planes[0]._replace(header=head[0].header), *planes[1:]]
    try:
        with replaced(path) as temporary, open(temporary, "w+b") as file:
            stream = Stream(file, signed)
            yield stream
            stream.finish(tables)
    except OSError as error:
        raise unwritable(error, path) from None


def rows(path: str | Path, names: Sequence[str | int], size: int) -> Iterator[tuple[int, list[np.ndarray]]]:
    """Yield the first row and some rows of several images (..., rows, columns) of a file, one block after another."""
    with files.opened(path, checksum=False) as hdus:
        images = [hdus[name] for name in names]
        for row in range(0, images[0].shape[-2], size):
            parts = [np.asarray(image.section[..., row : row + size, :]) for image in images]
            yield row, [part.astype(part.dtype.newbyteorder("=")) for part in parts]


def ones_complement(content: bytes, total: int = 0) -> int:
    """Return the 32-bit ones'-complement sum of big-endian words (FITS standard 4.0, appendix J), added to ``total``."""
    value = total + int(np.frombuffer(content, ">u4").sum(dtype=np.uint64))
    while value >> 32:
        value = (value & 0xFFFFFFFF) + (value >> 32)
    return value


def _encoded(total: int) -> str:
    """Return the complement of a sum in 16 letters and digits (FITS standard 4.0, appendix J)."""
    value, text = 0xFFFFFFFF - total, bytearray(16)
    for i in range(4):
        byte = value >> (24 - 8 * i) & 0xFF
        parts = [byte // 4 + 48] * 4
        parts[0] += byte % 4
        while any(not chr(part).isalnum() for part in parts):
            for j in (0, 2):
                if not (chr(parts[j]).isalnum() and chr(parts[j + 1]).isalnum()):
                    parts[j], parts[j + 1] = parts[j] + 1, parts[j + 1] - 1
        for j in range(4):
            text[4 * j + i] = parts[j]
    return (text[-1:] + text[:-1]).decode("ascii")


def _padded(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK


def _header(plane: Plane, first: bool) -> fits.Header:
    """Return the whole header of an image, with room for its checksums."""
    shape = {f"NAXIS{n}": side for n, side in enumerate(reversed(plane.shape), start=1)}
    kind: Mapping[str, object] = {"SIMPLE": True} if first else {"XTENSION": "IMAGE"}
    end: Mapping[str, object] = {"EXTEND": True} if first else {"PCOUNT": 0, "GCOUNT": 1, "EXTNAME": plane.name}
    header = fits.Header([*{**kind, "BITPIX": _BITPIX[plane.dtype], "NAXIS": len(plane.shape), **shape, **end}.items()])
    own = plane.header.copy(strip=True)
    header.extend(own.cards, unique=True, strip=False)
    header["CHECKSUM"], header["DATASUM"] = ("0" * 16, _COMMENT[0]), ("0", _COMMENT[1])
    return header


def _stored(table: fits.BinTableHDU) -> bytes:
    """Return a table as it is stored, with checksums."""
    table.add_checksum(when=_COMMENT[0])
    whole, alone = io.BytesIO(), io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(whole)
    fits.HDUList([fits.PrimaryHDU()]).writeto(alone)
    return whole.getvalue()[alone.tell() :]


def sampled(path: str | Path, most: int) -> tuple[dict[str, np.ndarray], int]:
    """Return the image HDUs of a file by name, of each row and column every n-th, and n: at most ``most`` pixels a side."""
    found: dict[str, np.ndarray] = {}
    with files.opened(path, checksum=False) as hdus:
        images = [hdu for hdu in hdus if files.is_image(hdu)]
        step = max(1, -(-max(images[0].shape[-2:]) // most))
        for image in images:
            parts = [image.section[k] for k in range(image.shape[0])] if len(image.shape) == 3 else [image.section[:]]
            stack = np.stack([np.asarray(part[::step, ::step]) for part in parts])
            name = "" if image is images[0] else image.name
            found[name] = stack.astype(stack.dtype.newbyteorder("=")) if len(image.shape) == 3 else stack[0]
    return found, step
