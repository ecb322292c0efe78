"""The device that a script computes on, and the transfers to it and back."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from types import ModuleType
from typing import Any, TypeVar

import numpy as np

from helioreduce.errors import InputError
from helioreduce.image import Image
from helioreduce.numerics.backend import Array, page_locked, to_host
from helioreduce.runtime.log import report

#: Bytes of GPU memory that one process may take. A full frame needs about forty planes of 64 MiB while it is registered.
GPU_MEMORY = 6 * 2**30

Result = TypeVar("Result")


def module_for(choice: str) -> ModuleType:
    """Return NumPy or CuPy for ``auto`` (the GPU if there is one), ``cpu`` or ``gpu`` (with a warning if there is none).

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

        cupy.zeros(1)  # needs the driver, the device and its memory
    except Exception as error:  # a missing package, driver or device each raise their own
        if choice == "gpu":
            report(f"device gpu cannot be used ({error}): going on with the CPU", logging.WARNING)
        return np
    return cupy


class Device:
    """A device to compute on, and the transfers to it and back.

    Transfers have a stream of their own beside the one that computes, and go through page-locked memory: one image is
    uploaded and another downloaded while a third is computed. On the CPU nothing is copied.

    Parameters
    ----------
    choice
        See :func:`module_for`.
    """

    def __init__(self, choice: str) -> None:
        self.module = module_for(choice)
        self._transfers: AbstractContextManager[Any] = nullcontext()
        self._computing: AbstractContextManager[Any] = nullcontext()
        if self.module is not np:
            self.module.get_default_memory_pool().set_limit(size=GPU_MEMORY)
            self._transfers, self._computing = (self.module.cuda.Stream(non_blocking=True) for _ in range(2))

    def upload(self, image: Image) -> Image:
        """Return the image on the device; the transfer has ended."""
        return image if self.module is np else self._moved(image, self._to_device)

    def run(self, function: Callable[..., Result], *arguments: Any, **named: Any) -> Result:
        """Return the function's result, finished: until then no argument on the device is released to another stream."""
        with self._computing as stream:
            result = function(*arguments, **named)
            if stream:
                stream.synchronize()
        return result

    def download(self, image: Image) -> Image:
        """Return the image in main memory."""
        return image if self.module is np else self._moved(image, to_host)

    def _moved(self, image: Image, move: Callable[[Array], Array]) -> Image:
        planes = {"data": image.data, "sigma": image.sigma, "flags": image.flags}
        with self._transfers:
            return image.with_(**{name: None if plane is None else move(plane) for name, plane in planes.items()})

    def _to_device(self, plane: np.ndarray) -> Array:
        locked = page_locked(plane)
        locked[...] = plane
        result = self.module.empty(plane.shape, plane.dtype)
        result.set(locked)
        self.module.cuda.get_current_stream().synchronize()
        return result
