"""Spectra of real images, kept in blocks, for convolutions with one real, symmetric kernel.

The rows of the image are transformed into the spectrum and back, a block of them at a time; a block of columns finishes the
transform, is multiplied by the OTF and goes back. Both kinds of block fit in a core's cache, so that a convolution passes
through memory twice, where ``irfft2(otf * rfft2(x))`` passes six times.
"""

from __future__ import annotations

import math
import operator
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numba
import numpy as np

from helioreduce.numerics import backend, radix8

#: Rows and columns per block. Measured at 4096² on two cores: 9 % faster than blocks of 32, slower again above.
_ROWS, _COLUMNS = 96, 48


class Library:
    """By a library's transforms of one axis: any even length, any precision, any array library.

    Parameters
    ----------
    otf
        Real transform (ny, nx//2+1) of the kernel, nx even.
    fft
        Module with the functions of ``scipy.fft``.
    """

    def __init__(self, otf: Any, fft: ModuleType) -> None:
        self.shape, self._fft = (otf.shape[0], 2 * (otf.shape[1] - 1)), fft
        self._spectrum = backend.module_of(otf).empty(otf.shape, np.result_type(otf.dtype, np.complex64))
        self._multiply: Callable[..., Any] = _scale if backend.on_host(otf) else operator.imul
        rows, columns = (_ROWS, _COLUMNS) if backend.on_host(otf) else otf.shape
        self.row_blocks = blocks(otf.shape[0], rows)
        self.column_blocks = [(block, otf[:, block].copy()) for block in blocks(otf.shape[1], columns)]

    def forward(self, rows: slice, values: Any) -> None:
        """Transform rows of a real array into the spectrum."""
        self._spectrum[rows] = self._fft.rfft(values, axis=1)

    def backward(self, rows: slice) -> Any:
        """Rows of the real array that belongs to the spectrum."""
        return self._fft.irfft(self._spectrum[rows], n=self.shape[1], axis=1)

    def filter(self, block: tuple[slice, Any]) -> None:
        """Multiply one block of columns by its OTF."""
        columns, otf = block
        part = self._fft.fft(self._spectrum[:, columns], axis=0)
        self._multiply(part, otf)
        self._spectrum[:, columns] = self._fft.ifft(part, axis=0, overwrite_x=True)


class Eights:
    r"""By :mod:`helioreduce.numerics.radix8`: float32 images whose sides are powers of eight, from 64; four times faster.

    Thirty-two rows a, b are transformed as 16 complex ones z = a + ib and taken apart by A(k) = [Z(k) + Z*(−k)]/2 and
    B(k) = [Z(k) − Z*(−k)]/2i. The spectrum is an array (block of 16 kx, ny, real or imaginary, 16), so that rows write it and
    columns read it in long runs; the OTF is (block, ny, 16), digit-reversed in y, and has every constant factor in it.

    Parameters
    ----------
    otf
        Real transform (ny, nx//2+1) of the kernel.
    """

    def __init__(self, otf: np.ndarray) -> None:
        self.shape = ny, nx = (otf.shape[0], 2 * (otf.shape[1] - 1))
        number = nx // 2 // radix8.LANES + 1
        self._spectrum, self._otf = radix8.aligned((number, ny, 2, radix8.LANES)), radix8.aligned((number, ny, radix8.LANES))
        self._spectrum[-1], self._otf[-1] = 0, 0
        order = digits_reversed(ny)
        for part, columns in zip(self._otf, blocks(otf.shape[1], radix8.LANES), strict=True):
            part[order, : columns.stop - columns.start] = otf[:, columns] * np.float32(0.5 / (nx * ny))
        self._along_x, self._order, self._along_y = factors(nx), digits_reversed(nx), factors(ny)
        self.row_blocks, self.column_blocks = blocks(ny, radix8.ROWS), blocks(number, 8)
        self._of_thread = threading.local()

    @staticmethod
    def fits(otf: Any) -> bool:
        """Whether this is for such an OTF."""
        shape = otf.shape[0], 2 * (otf.shape[1] - 1)
        return backend.on_host(otf) and otf.dtype == np.float32 and all(n >= 64 and math.log2(n) % 3 == 0 for n in shape)

    def forward(self, rows: slice, values: np.ndarray) -> None:
        """Transform rows of a real array into the spectrum."""
        work, _ = self._buffers()
        radix8.forward(np.ascontiguousarray(values, np.float32), self._spectrum, rows.start, self._along_x, self._order, work)

    def backward(self, rows: slice) -> np.ndarray:
        """Rows of the real array that belongs to the spectrum; the same thread's next call overwrites them."""
        work, values = self._buffers()
        radix8.backward(self._spectrum, rows.start, self._along_x, self._order, work, values)
        return values

    def filter(self, part: slice) -> None:
        """Multiply some columns by their OTF."""
        radix8.columns(self._spectrum[part], self._otf[part], self._along_y)

    def _buffers(self) -> tuple[np.ndarray, np.ndarray]:
        """What a thread works in: one block of rows transposed, and as they are."""
        if not hasattr(self._of_thread, "buffers"):
            nx = self.shape[1]
            self._of_thread.buffers = radix8.aligned((nx, 2, radix8.LANES)), radix8.aligned((radix8.ROWS, nx))
        return self._of_thread.buffers


def digits_reversed(n: int) -> np.ndarray:
    """Where each frequency 0…n−1 lies after a forward transform."""
    left, result = np.arange(n), np.zeros(n, np.int64)
    while n > 1:
        left, digit = np.divmod(left, 8)
        result, n = 8 * result + digit, n // 8
    return result


def factors(n: int) -> np.ndarray:
    """exp(−2πijk/8m) of all passes m = 1, 8, …, n/8 as (m + j, k, real or imaginary), j < m."""
    result, m = np.zeros((n // 4, 8, 2), np.float32), 1
    while m < n:
        angle = -2 * np.pi / (8 * m) * np.arange(m)[:, None] * np.arange(8)
        result[m : 2 * m], m = np.stack([np.cos(angle), np.sin(angle)], axis=-1), 8 * m
    return result


def blocks(length: int, size: int) -> list[slice]:
    """Slices of at most ``size`` that cover ``length``."""
    return [slice(start, min(start + size, length)) for start in range(0, length, size)]


@numba.njit(cache=True, nogil=True)
def _scale(block, factor):  # type: ignore[no-untyped-def]
    """A complex block times a real one, in place."""
    for y in range(block.shape[0]):
        for x in range(block.shape[1]):
            block[y, x] *= factor[y, x]
