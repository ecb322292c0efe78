"""Where arrays live: in main memory (NumPy) or on the GPU (CuPy). The one place that knows."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np

from helioreduce.errors import InputError
from helioreduce.image import Image
from helioreduce.log import logger


def on_host(x: Any) -> bool:
    """Whether an array lives in main memory, where compiled loops reach it."""
    return isinstance(x, np.ndarray)


def module_of(x: Any) -> ModuleType:
    """NumPy or CuPy, whichever the array belongs to."""
    if on_host(x):
        return np
    import cupy

    return cupy


def device(choice: str) -> ModuleType:
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

        cupy.cuda.runtime.getDeviceCount()
    except Exception as error:  # a missing package, driver or device each raise their own
        if choice == "gpu":
            logger.warning("device gpu cannot be used (%s): going on with the CPU", error)
        return np
    return cupy


def moved(image: Image, module: ModuleType) -> Image:
    """The image with its planes on the device of ``module``."""
    move = to_host if module is np else module.asarray
    planes = {"data": image.data, "sigma": image.sigma, "mask": image.mask}
    return image.with_(**{name: None if plane is None else move(plane) for name, plane in planes.items()})


def to_host(x: Any) -> np.ndarray:
    """The array in main memory."""
    return x if isinstance(x, np.ndarray) else x.get()
