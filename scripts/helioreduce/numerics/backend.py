"""Where arrays live: in main memory (NumPy) or on the GPU (CuPy). The one place that knows."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import nullcontext
from types import ModuleType
from typing import Any

import numpy as np

from helioreduce.errors import InputError
from helioreduce.image import Image
from helioreduce.runtime.log import report

#: Bytes of GPU memory that one process may take. A full frame needs about forty planes of 64 MiB while it is registered.
GPU_MEMORY = 6 * 2**30


def on_host(x: Any) -> bool:
    """Whether an array lives in main memory, where compiled loops reach it."""
    return isinstance(x, np.ndarray)


def module_of(x: Any) -> ModuleType:
    """NumPy or CuPy, whichever the array belongs to."""
    if on_host(x):
        return np
    import cupy

    return cupy


def name(x: Any) -> str:
    """``cpu`` or ``gpu``: where an array lives."""
    return "cpu" if on_host(x) else "gpu"


def module_for(choice: str) -> ModuleType:
    """NumPy or CuPy for ``auto`` (the GPU if there is one), ``cpu`` or ``gpu`` (with a warning if there is none).

    Raises
    ------
    InputError
        If the choice is none of them.
    """
    if choice not in ("auto", "cpu", "gpu"):
        raise InputError(f"there is no device {choice!r}", cure="Choose auto, cpu or gpu")
    if choice == "cpu":
        return np
    try:
        import cupy

        cupy.zeros(1)  # asks the driver, the device and its memory
    except Exception as error:  # a missing package, driver or device each raise their own
        if choice == "gpu":
            report(f"device gpu cannot be used ({error}): going on with the CPU", logging.WARNING)
        return np
    return cupy


class Device:
    """Where a script computes, and the ways there and back.

    Transfers have a stream of their own beside the one that computes, and go through page-locked memory: an image comes and
    another one goes while a third is computed. On the CPU nothing is moved.

    Parameters
    ----------
    choice
        See :func:`module_for`.
    """

    def __init__(self, choice: str) -> None:
        self.module = module_for(choice)
        self._transfers = self._computing = nullcontext()
        if self.module is not np:
            self.module.get_default_memory_pool().set_limit(size=GPU_MEMORY)
            self._transfers, self._computing = (self.module.cuda.Stream(non_blocking=True) for _ in range(2))

    def upload(self, image: Image) -> Image:
        """The image on the device; it is there when this returns."""
        return image if self.module is np else self._moved(image, self._to_device)

    def run(self, function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """The function's result, finished: until then no argument on the device is given up to another stream."""
        with self._computing as stream:
            result = function(*arguments, **named)
            if stream:
                stream.synchronize()
        return result

    def download(self, image: Image) -> Image:
        """The image in main memory."""
        return image if self.module is np else self._moved(image, to_host)

    def _moved(self, image: Image, move: Callable[[Any], Any]) -> Image:
        planes = {"data": image.data, "sigma": image.sigma, "mask": image.mask}
        with self._transfers:
            return image.with_(**{name: None if plane is None else move(plane) for name, plane in planes.items()})

    def _to_device(self, plane: np.ndarray) -> Any:
        locked = _page_locked(plane)
        locked[...] = plane
        result = self.module.empty(plane.shape, plane.dtype)
        result.set(locked)
        self.module.cuda.get_current_stream().synchronize()
        return result


def to_host(x: Any) -> np.ndarray:
    """The array in main memory."""
    return x if isinstance(x, np.ndarray) else x.get(out=_page_locked(x))


def _page_locked(like: Any) -> np.ndarray:
    """An empty array in memory that the GPU reads and writes by itself; CuPy keeps it for the next one of its size."""
    import cupyx

    return cupyx.empty_pinned(like.shape, like.dtype)
