"""The process that runs a script: the cores it may use, and what becomes of memory that it has freed."""

from __future__ import annotations

import ctypes

import numba

from helioreduce import fft


def use(threads: int) -> None:
    """Let transforms and compiled loops use this many threads: the ``threads`` of the rule. Results do not depend on it."""
    fft.set_threads(threads)
    numba.set_num_threads(max(1, min(threads, numba.config.NUMBA_NUM_THREADS)))


def keep_memory() -> None:
    """Keep freed arrays for the next ones, in glibc; elsewhere nothing happens.

    Otherwise every plane of every image is handed back to the system and comes again as fresh pages, which it fills with
    zeros first.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    for option, value in _MALLOPT.items():
        mallopt(option, value)


#: Options of mallopt(3): M_ARENA_MAX, one heap for all threads; M_MMAP_MAX, no mapping for a single array;
#: M_TRIM_THRESHOLD, bytes at the end of the heap that are kept.
_MALLOPT = {-8: 1, -4: 0, -1: 2**31 - 1}
