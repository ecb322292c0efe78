"""The process that runs a script: the cores it may use, and what becomes of memory that it has freed."""

from __future__ import annotations

import contextlib
import ctypes
import sys


def use(threads: int) -> None:
    """Let transforms and compiled loops use this many threads; results do not depend on it.

    What the process has not imported is left alone: a light script does not pay for the import of a compiler.
    """
    if fft := sys.modules.get("helioreduce.numerics.fft"):
        fft.set_threads(threads)
    if numba := sys.modules.get("numba"):
        numba.set_num_threads(max(1, min(threads, numba.config.NUMBA_NUM_THREADS)))


def keep_memory() -> None:
    """Let all threads take from one heap, in glibc, which keeps what they have freed; elsewhere nothing happens.

    By default every plane freed goes back to the system, which clears each of its pages again: a fifth of a batch's time.
    """
    for option, value in ((_ARENA_MAX, 1), (_MMAP_MAX, 0), (_TRIM_THRESHOLD, 2**31 - 1)):
        _glibc("mallopt", option, value)


def trim_memory() -> None:
    """Give back what is free now: between two steps, so that the heap's gaps do not add up."""
    _glibc("malloc_trim", 0)


def _glibc(function: str, *arguments: int) -> None:
    with contextlib.suppress(AttributeError, OSError, TypeError):
        getattr(ctypes.CDLL(None), function)(*arguments)


#: Options of mallopt(3).
_TRIM_THRESHOLD, _MMAP_MAX, _ARENA_MAX = -1, -4, -8
