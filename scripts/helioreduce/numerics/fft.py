"""Two-dimensional real Fourier transforms and convolutions: the one place that chooses who computes them.

Convolutions of full frames in float32 have transforms of their own (:mod:`helioreduce.numerics.radix8`). Otherwise Intel's
MKL where it is installed (x86), else ``scipy.fft``, and CuPy for arrays that live on the GPU. Each of them repeats its result
to the last bit from run to run, whatever the number of threads; between them results differ by rounding.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import scipy.fft

from helioreduce.numerics import backend, blocks

try:
    import mkl
    from mkl_fft.interfaces import scipy_fft as mkl_fft
except ImportError:
    mkl = mkl_fft = None

#: Library for arrays in main memory; products name it, since it decides the last bits.
CPU_LIBRARY = "mkl" if mkl_fft else "scipy"

_threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def set_threads(number: int) -> None:
    """Threads that a transform may use (default: every core open to this process)."""
    global _threads  # noqa: PLW0603
    _threads = number
    if mkl:
        mkl.domain_set_num_threads(number, domain="fft")


def library(otf: Any) -> str:
    """Name of what :class:`Filter` transforms with."""
    if blocks.Eights.fits(otf):
        return "radix8"
    return CPU_LIBRARY if backend.on_host(otf) else "cupy"


def rfft2(x: Any) -> Any:
    """Half-plane transform (ny, nx//2+1) of a real array (ny, nx), in the precision of the array."""
    return _library(x).rfft2(x, **_options(x))


def irfft2(spectrum: Any, shape: tuple[int, int]) -> Any:
    """Inverse of :func:`rfft2`, real, of the given shape (ny, nx); ``spectrum`` may be overwritten."""
    return _library(spectrum).irfft2(spectrum, s=shape, overwrite_x=True, **_options(spectrum))


def fast_length(length: int) -> int:
    """The smallest even length ≥ ``length`` that transforms quickly."""
    return 2 * scipy.fft.next_fast_len((length + 1) // 2, real=True)


class Filter:
    """Periodic convolutions with one real, symmetric kernel, block by block.

    What happens between two convolutions is done by :meth:`rows`, row block by row block, while they are in cache.

    Parameters
    ----------
    otf
        Real transform (ny, nx//2+1) of the kernel, nx even, in the precision in which to work; a CuPy array on the GPU.
    """

    def __init__(self, otf: Any) -> None:
        self._spectrum = blocks.Eights(otf) if blocks.Eights.fits(otf) else blocks.Library(otf, _library(otf))
        self.forward, self.backward = self._spectrum.forward, self._spectrum.backward
        self._on_host = backend.on_host(otf)
        self._map: Callable[..., Any] = map

    @contextmanager
    def threads(self) -> Iterator[Filter]:
        """Share the blocks among threads. Each block is one thread's, so their number does not touch the result.

        On the GPU there is one block, and the caller's thread keeps its stream.
        """
        if not self._on_host:
            yield self
            return
        with ThreadPoolExecutor(_threads, initializer=_single_threaded) as pool:
            self._map = pool.map
            try:
                yield self
            finally:
                self._map = map

    def rows(self, step: Callable[[slice], Any]) -> list[Any]:
        """Call ``step`` on each block of rows; its results, in the order of the rows."""
        return list(self._map(step, self._spectrum.row_blocks))

    def columns(self) -> None:
        """Multiply the spectrum by the OTF."""
        list(self._map(self._spectrum.filter, self._spectrum.column_blocks))

    def __call__(self, x: Any, *, overwrite_x: bool = False) -> Any:
        """The convolution of one array (ny, nx); with ``overwrite_x`` it takes the place of ``x``."""
        result = x if overwrite_x else backend.module_of(x).empty_like(x)

        def back(rows: slice) -> None:
            result[rows] = self.backward(rows)

        self.rows(lambda rows: self.forward(rows, x[rows]))
        self.columns()
        self.rows(back)
        return result


def _single_threaded() -> None:
    """One thread of a pool is one thread of MKL."""
    if mkl:
        mkl.set_num_threads_local(1)


def _library(x: Any) -> ModuleType:
    if backend.on_host(x):
        return mkl_fft if CPU_LIBRARY == "mkl" else scipy.fft
    import cupyx.scipy.fft

    return cupyx.scipy.fft


def _options(x: Any) -> dict[str, int]:
    """SciPy takes its threads per call; MKL and CuPy keep their own."""
    return {"workers": _threads} if _library(x) is scipy.fft else {}
