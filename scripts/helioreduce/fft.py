"""Two-dimensional real Fourier transforms: the one place that chooses the library.

Intel's MKL where it is installed (x86), otherwise ``scipy.fft``, and CuPy for arrays that live on the GPU. Each of them
repeats its result to the last bit from run to run, whatever the number of threads; between libraries results differ by
rounding.
"""

from __future__ import annotations

import os
from types import ModuleType
from typing import Any

import numpy as np
import scipy.fft

try:
    import mkl
    from mkl_fft.interfaces import scipy_fft as mkl_fft
except ImportError:
    mkl = mkl_fft = None

#: Library for arrays in main memory; products name it, since it decides the last bits.
CPU_LIBRARY = "mkl" if mkl_fft else "scipy"
_threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def set_threads(number: int) -> None:
    """Threads that a transform may use (default: all cores of this process)."""
    global _threads  # noqa: PLW0603
    _threads = number
    if mkl:
        mkl.domain_set_num_threads(number, domain="fft")


def rfft2(x: Any, *, library: str | None = None) -> Any:
    """Half-plane transform (ny, nx//2+1) of a real array (ny, nx), in the precision of the array."""
    return _module(x, library).rfft2(x, **_options(x, library))


def irfft2(spectrum: Any, shape: tuple[int, int], *, library: str | None = None) -> Any:
    """Inverse of :func:`rfft2`, real, of the given shape (ny, nx); ``spectrum`` may be overwritten."""
    return _module(spectrum, library).irfft2(spectrum, s=shape, overwrite_x=True, **_options(spectrum, library))


def fast_length(length: int) -> int:
    """The smallest even length ≥ ``length`` that transforms quickly (factors 2, 3, 5, 7)."""
    return 2 * scipy.fft.next_fast_len((length + 1) // 2, real=True)


def _module(x: Any, library: str | None) -> ModuleType:
    if not isinstance(x, np.ndarray):
        import cupyx.scipy.fft  # noqa: PLC0415

        return cupyx.scipy.fft
    return mkl_fft if (library or CPU_LIBRARY) == "mkl" else scipy.fft


def _options(x: Any, library: str | None) -> dict[str, int]:
    """SciPy takes its threads per call; MKL and CuPy keep their own."""
    return {"workers": _threads} if _module(x, library) is scipy.fft else {}
