"""Spectra of real images, kept in blocks, for convolutions with one real, symmetric kernel.

The rows of the image are transformed into the spectrum and back, a block of them at a time; a block of columns finishes the
transform, is multiplied by the OTF and goes back. Both kinds of block fit in a core's cache, so that a convolution passes
through memory twice, where ``irfft2(otf * rfft2(x))`` passes six times.
"""

from __future__ import annotations

import operator
import threading
from types import ModuleType
from typing import Any

import numba
import numpy as np

from helioreduce.numerics import backend, radix8, vectors

#: Rows and columns per block. Measured at 4096² on two cores: 9 % faster than blocks of 32, slower again above.
ROWS, COLUMNS = 96, 48


class Library:
    """Blocked convolution using a library's 1-D FFTs: any even length, any precision, any array library.

    Parameters
    ----------
    otf
        Real transform (ny, nx//2+1) of the kernel, nx even.
    fft
        Module with the functions of ``scipy.fft``.
    """

    def __init__(self, otf: backend.Array, fft: ModuleType) -> None:
        self.shape, self._fft = (otf.shape[0], 2 * (otf.shape[1] - 1)), fft
        self._spectrum = backend.module_of(otf).empty(otf.shape, np.result_type(otf.dtype, np.complex64))
        self._multiply = _scale if backend.on_host(otf) else operator.imul
        rows, columns = (ROWS, COLUMNS) if backend.on_host(otf) else otf.shape
        self.row_blocks = blocks(otf.shape[0], rows)
        self.column_blocks = [(block, otf[:, block].copy()) for block in blocks(otf.shape[1], columns)]

    def forward(self, rows: slice, values: backend.Array) -> None:
        """Transform rows of a real array into the spectrum."""
        self._spectrum[rows] = self._fft.rfft(values, axis=1)

    def clear(self, rows: slice) -> None:
        """Set rows of the spectrum to 0."""
        self._spectrum[rows] = 0

    def backward(self, rows: slice) -> backend.Array:
        """Return the rows of the real array that belongs to the spectrum."""
        return self._fft.irfft(self._spectrum[rows], n=self.shape[1], axis=1)

    def filter(self, block: tuple[slice, backend.Array]) -> None:
        """Multiply one block of columns by its OTF."""
        columns, otf = block
        part = self._fft.fft(self._spectrum[:, columns], axis=0)
        self._multiply(part, otf)
        self._spectrum[:, columns] = self._fft.ifft(part, axis=0, overwrite_x=True)


class Radix8:
    r"""Blocked convolution using :mod:`helioreduce.numerics.radix8`: sides of 2ᵏ or 3 · 2ᵏ, from 64.

    Of each block of rows one half, a, and the other, b, are transformed together as z = a + ib and taken apart by
    A(k) = [Z(k) + Z*(−k)]/2 and B(k) = [Z(k) − Z*(−k)]/2i, as many of them side by side as a vector has lanes. The spectrum
    is an array (block of kx, ny, real or imaginary, lanes), so that rows write it and columns read it in long runs; the OTF
    is (block, ny, lanes), in the order of the transforms in y, and has every constant factor in it.

    Parameters
    ----------
    otf
        Real transform (ny, nx//2+1) of the kernel, float32 or float64.
    """

    def __init__(self, otf: np.ndarray) -> None:
        self.shape = ny, nx = (otf.shape[0], 2 * (otf.shape[1] - 1))
        self.dtype, lanes = otf.dtype, vectors.lanes(otf.dtype)
        number = nx // 2 // lanes + 1
        self._spectrum = vectors.aligned((number, ny, 2, lanes), self.dtype)
        self._otf = vectors.aligned((number, ny, lanes), self.dtype)
        self._spectrum[-1], self._otf[-1] = 0, 0
        at, whole = np.argsort(radix8.positions(ny)), nx // 2 // lanes * lanes  # the last block is not full
        scaled = otf[at] * self.dtype.type(0.5 / (nx * ny))
        self._otf[:-1] = scaled[:, :whole].reshape(ny, number - 1, lanes).transpose(1, 0, 2)
        self._otf[-1, :, : otf.shape[1] - whole] = scaled[:, whole:]
        self._along_x = radix8.factors(nx, self.dtype), radix8.first_radix(nx), radix8.positions(nx)
        self._along_y = radix8.factors(ny, self.dtype), radix8.first_radix(ny)
        self.row_blocks, self.column_blocks = blocks(ny, 2 * lanes), blocks(number, 8)
        self._of_thread = threading.local()

    @staticmethod
    def supports(otf: backend.Array) -> bool:
        """Return whether an OTF has the size, precision and memory that these transforms work on."""
        fits = all(radix8.is_length(n) for n in (otf.shape[0], 2 * (otf.shape[1] - 1)))
        return fits and backend.on_host(otf) and otf.dtype in (np.float32, np.float64)

    def forward(self, rows: slice, values: np.ndarray) -> None:
        """Transform rows of a real array into the spectrum."""
        work, _ = self._buffers()
        radix8.forward(np.ascontiguousarray(values, self.dtype), self._spectrum, rows.start, *self._along_x, work)

    def clear(self, rows: slice) -> None:
        """Set rows of the spectrum to 0."""
        self._spectrum[:, rows] = 0

    def backward(self, rows: slice) -> np.ndarray:
        """Return rows of the real array that belongs to the spectrum; the same thread's next call overwrites them."""
        work, values = self._buffers()
        radix8.backward(self._spectrum, rows.start, *self._along_x, work, values)
        return values

    def filter(self, part: slice) -> None:
        """Multiply some columns by their OTF."""
        radix8.columns(self._spectrum[part], self._otf[part], *self._along_y)

    def _buffers(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the work buffers of this thread: one block of rows transposed, and as they are."""
        if not hasattr(self._of_thread, "buffers"):
            nx, lanes = self.shape[1], vectors.lanes(self.dtype)
            shapes = (nx, 2, lanes), (2 * lanes, nx)
            self._of_thread.buffers = tuple(vectors.aligned(shape, self.dtype) for shape in shapes)
        return self._of_thread.buffers


def blocks(length: int, size: int) -> list[slice]:
    """Return slices of at most ``size`` that cover ``length``."""
    return [slice(start, min(start + size, length)) for start in range(0, length, size)]


@numba.njit(cache=True, nogil=True)
def _scale(block: Any, factor: Any) -> None:
    """Multiply a complex block by a real one, in place."""
    for y in range(block.shape[0]):
        for x in range(block.shape[1]):
            block[y, x] *= factor[y, x]
