"""Array backend: NumPy on the host, CuPy on the GPU."""

from __future__ import annotations

from types import ModuleType
from typing import TypeAlias

import numpy as np

#: A NumPy array, or a CuPy array, which has the same interface.
Array: TypeAlias = np.ndarray


def on_host(x: Array) -> bool:
    """Return whether an array is in main memory, where compiled loops reach it."""
    return isinstance(x, np.ndarray)


def module_of(x: Array) -> ModuleType:
    """Return NumPy or CuPy, whichever the array belongs to."""
    if on_host(x):
        return np
    import cupy

    return cupy


def name(x: Array) -> str:
    """Return ``cpu`` or ``gpu``: where an array is."""
    return "cpu" if on_host(x) else "gpu"


def to_host(x: Array) -> np.ndarray:
    """Return the array in main memory."""
    return x if isinstance(x, np.ndarray) else x.get(out=page_locked(x))


def page_locked(like: Array) -> np.ndarray:
    """Return an empty array in memory that the GPU reads and writes directly; CuPy keeps it for the next one of its size."""
    import cupyx

    return cupyx.empty_pinned(like.shape, like.dtype)
