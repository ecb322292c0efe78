"""The value that flows through every step: data, sigma, mask and header."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntFlag
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from helioreduce.errors import InputError

if TYPE_CHECKING:
    from astropy.io.fits import Header


class Mask(IntFlag):
    """Bits of the mask plane (uint8); 0 is a good pixel."""

    BAD_PIXEL = 1
    SATURATED = 2
    SPIKE = 4
    COSMIC_RAY = 8
    OUTSIDE = 16  # not seen by the detector
    NO_DATA = 32
    EDGE = 64  # within the reach of the PSF from the edge of a cut-out


class Changes(NamedTuple):
    """By how much some pixels have been changed: rows and columns (N,), from 0, and the changes (N,), in main memory."""

    y: np.ndarray
    x: np.ndarray
    value: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Image:
    """An image with its error plane, mask and header.

    Parameters
    ----------
    data
        Array (ny, nx), float32; missing pixels are NaN and carry a bit in ``mask``.
    header
        FITS header with the unit of ``data`` in BUNIT.
    sigma
        Standard deviation of ``data``, same shape and unit; None before the error step.
    mask
        uint8 array (ny, nx) of :class:`Mask` bits. Default: NO_DATA where ``data`` is not finite.
    changes
        What respiking has changed, followed through the steps as long as the mask depends on it; None where nothing is known.

    Raises
    ------
    InputError
        If the planes are not two-dimensional arrays of one shape.
    """

    data: np.ndarray
    header: Header
    sigma: np.ndarray | None = None
    mask: np.ndarray = None  # type: ignore[assignment]  # filled in by __post_init__
    changes: Changes | None = None

    def __post_init__(self) -> None:
        if self.mask is None:
            missing = np.where(np.isfinite(self.data), np.uint8(0), np.uint8(Mask.NO_DATA))
            object.__setattr__(self, "mask", missing)
        if self.data.ndim != 2:
            raise InputError(f"the image has shape {self.data.shape}", cure="Give a two-dimensional image")
        for name in ("sigma", "mask"):
            plane = getattr(self, name)
            if plane is not None and plane.shape != self.data.shape:
                raise InputError(f"{name} has shape {plane.shape}, the image {self.data.shape}")

    def with_(self, **planes: Any) -> Image:
        """Return a new image with some of its fields replaced; the header is copied, never shared."""
        planes.setdefault("header", self.header.copy())
        return replace(self, **planes)

    def __truediv__(self, factor: float) -> Image:
        """Divide data, sigma and changes by one number: scaling leaves the relative error unchanged."""
        single = np.float32(factor)
        sigma = None if self.sigma is None else self.sigma / single
        changes = None if self.changes is None else self.changes._replace(value=self.changes.value / single)
        return self.with_(data=self.data / single, sigma=sigma, changes=changes)

    def flagged(self, bits: Mask) -> np.ndarray:
        """Return a boolean array (ny, nx): True where any of ``bits`` is set."""
        return (self.mask & np.uint8(bits)) != 0
