"""Two-dimensional real Fourier transforms and convolutions: the one place that chooses who computes them.

Convolutions on grids with sides of 2ᵏ or 3 · 2ᵏ, full frames among them, have transforms of their own
(:mod:`helioreduce.numerics.radix8`). All others are SciPy's, and CuPy's for arrays on the GPU. Each of them repeats its
result to the last bit from run to run, whatever the number of threads; between them results differ by rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import chain
from types import ModuleType
from typing import Any, TypeVar

import numba
import numpy as np
import scipy.fft

from helioreduce.numerics import backend, blocks, radix8
from helioreduce.numerics.backend import Array

Result = TypeVar("Result")


def library(otf: Array) -> str:
    """Return the name of what :class:`Filter` transforms with; it decides the last bits, so products record it."""
    if blocks.Radix8.supports(otf):
        return "radix8"
    return "scipy" if backend.on_host(otf) else "cupy"


def rfft2(x: Array) -> Array:
    """Return the half-plane transform (ny, nx//2+1) of a real array (ny, nx), in the precision of the array."""
    if not backend.on_host(x):
        return _on_card().rfft2(x)
    spectrum = np.empty((x.shape[0], x.shape[1] // 2 + 1), np.complex64 if x.dtype == np.float32 else np.complex128)

    def along(rows: slice) -> None:
        """Transform rows."""
        spectrum[rows] = scipy.fft.rfft(x[rows], axis=1)

    def across(columns: slice) -> None:
        """Transform columns."""
        spectrum[:, columns] = scipy.fft.fft(spectrum[:, columns], axis=0)

    _share(along, blocks.blocks(x.shape[0], blocks.ROWS))
    _share(across, blocks.blocks(spectrum.shape[1], blocks.COLUMNS))
    return spectrum


def irfft2(spectrum: Array, shape: tuple[int, int]) -> Array:
    """Invert :func:`rfft2`: return a real array of the given shape (ny, nx); ``spectrum`` may be overwritten."""
    if not backend.on_host(spectrum):
        return _on_card().irfft2(spectrum, s=shape, overwrite_x=True)
    x = np.empty(shape, np.float32 if spectrum.dtype == np.complex64 else np.float64)

    def across(columns: slice) -> None:
        """Transform columns back."""
        spectrum[:, columns] = scipy.fft.ifft(spectrum[:, columns], axis=0)

    def along(rows: slice) -> None:
        """Transform rows back."""
        x[rows] = scipy.fft.irfft(spectrum[rows], n=shape[1], axis=1)

    _share(across, blocks.blocks(spectrum.shape[1], blocks.COLUMNS))
    _share(along, blocks.blocks(shape[0], blocks.ROWS))
    return x


def fast_shape(least: tuple[int, int]) -> tuple[int, int]:
    """Return the grid (ny, nx) with sides of at least ``least`` on which :class:`Filter` is fastest; both are even.

    Transforms of this project's own take 0.43 of the time of SciPy's for a point, so that their grid may have twice the points.
    """
    own = radix8.length(least[0]), radix8.length(least[1])
    other = _fast_length(least[0]), _fast_length(least[1])
    return own if own[0] * own[1] <= 2 * other[0] * other[1] else other


def squared_kernel(otf: Array) -> Array:
    """Return the transform of K², where ``otf`` is that of a real, symmetric kernel K; the same half-plane, real."""
    spectrum = otf.astype(np.result_type(otf.dtype, np.complex64))
    kernel = irfft2(spectrum, (otf.shape[0], 2 * (otf.shape[1] - 1)))
    return rfft2(kernel * kernel).real.copy()


class Filter:
    """Periodic convolutions with one real, symmetric kernel, block by block.

    What happens between two convolutions is done by :meth:`rows`, row block by row block, while they are in cache.

    Parameters
    ----------
    otf
        Real transform (ny, nx//2+1) of the kernel, nx even, in the precision in which to work; a CuPy array on the GPU.
    """

    def __init__(self, otf: Array) -> None:
        supported = blocks.Radix8.supports(otf)
        self._spectrum: blocks.Radix8 | blocks.Library = blocks.Radix8(otf) if supported else blocks.Library(otf, _library(otf))
        self.forward, self.backward = self._spectrum.forward, self._spectrum.backward
        self._on_host = backend.on_host(otf)
        self._map: Callable[..., Iterator[Any]] = map

    @contextmanager
    def threads(self) -> Iterator[Filter]:
        """Share the blocks among as many threads as Numba has; their number does not change the result.

        On the GPU there is one block, and the caller's thread keeps its stream.
        """
        if not self._on_host or (number := numba.get_num_threads()) == 1:
            yield self
            return
        with ThreadPoolExecutor(number) as pool:
            self._map = partial(_in_groups, pool, 4 * number)
            try:
                yield self
            finally:
                self._map = map

    def rows(self, step: Callable[[slice], Result]) -> list[Result]:
        """Call ``step`` on each block of rows; return its results, in the order of the rows."""
        return list(self._map(step, self._spectrum.row_blocks))

    def clear(self, rows: slice) -> None:
        """Set rows of the spectrum to what :meth:`forward` makes of zeros."""
        self._spectrum.clear(rows)

    def columns(self) -> None:
        """Multiply the spectrum by the OTF."""
        list(self._map(self._spectrum.filter, self._spectrum.column_blocks))

    def __call__(self, x: Array, *, overwrite_x: bool = False) -> Array:
        """Return the convolution of one array (ny, nx); with ``overwrite_x`` it takes the place of ``x``."""
        result = x if overwrite_x else backend.module_of(x).empty_like(x)

        def back(rows: slice) -> None:
            """Transform rows back into the result."""
            result[rows] = self.backward(rows)

        self.rows(lambda rows: self.forward(rows, x[rows]))
        self.columns()
        self.rows(back)
        return result


def _fast_length(least: int) -> int:
    """Return the smallest even length ≥ ``least`` that SciPy transforms quickly."""
    return 2 * scipy.fft.next_fast_len((least + 1) // 2, real=True)


def _library(x: Array) -> ModuleType:
    """Return the library that transforms an array in one dimension."""
    return scipy.fft if backend.on_host(x) else _on_card()


def _on_card() -> ModuleType:
    """Return CuPy's transforms."""
    import cupyx.scipy.fft

    return cupyx.scipy.fft


def _in_groups(pool: ThreadPoolExecutor, number: int, step: Callable[[Any], Result], parts: Sequence[Any]) -> Iterator[Result]:
    """Call ``step`` on each part, in order; the pool gets ``number`` groups of them, for each task has a price of its own."""
    groups = [parts[group] for group in blocks.blocks(len(parts), -(-len(parts) // number))]
    return chain.from_iterable(pool.map(lambda group: [step(part) for part in group], groups))


def _share(step: Callable[[slice], None], parts: Sequence[slice]) -> None:
    """Call ``step`` on each block, in as many threads as Numba has.

    The blocks do not depend on the threads: the last bits of a transform may depend on how many lie side by side (SciPy 1.18).
    """
    with ThreadPoolExecutor(numba.get_num_threads()) as pool:
        list(pool.map(step, parts))
