"""The process that runs a script: the cores it may use, and what becomes of memory that it has freed."""

from __future__ import annotations

import contextlib
import ctypes

import numba

from helioreduce import fft


def use(threads: int) -> None:
    """Let transforms and compiled loops use this many threads: the ``threads`` of the rule. Results do not depend on it."""
    fft.set_threads(threads)
    numba.set_num_threads(max(1, min(threads, numba.config.NUMBA_NUM_THREADS)))


def keep_memory() -> None:
    """Let all threads take from one heap, in glibc, so that they reuse what another has freed; elsewhere nothing happens."""
    with contextlib.suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)


#: Option of mallopt(3).
_ARENA_MAX = -8
