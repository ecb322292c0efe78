"""The value that flows through every step: data, sigma, flags and header."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntFlag
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from helioreduce.errors import InputError

if TYPE_CHECKING:
    from astropy.io.fits import Header


class Flag(IntFlag):
    """Bits of the plane of flags (uint8); 0 is a pixel of which there is nothing to say."""

    BAD_PIXEL = 1
    SATURATED = 2  # the value is a lower limit
    SPIKE = 4  # put back, or changed by one that was
    COSMIC_RAY = 8
    OUTSIDE = 16  # not seen by the detector
    NO_DATA = 32
    EDGE = 64  # within the reach of the PSF from the edge of a cut-out
    NEAR_SATURATED = 128  # changed by saturated pixels

    @classmethod
    def named(cls, *names: str) -> Flag:
        """Return the bits of some flags, by their names in upper or lower case.

        Raises
        ------
        InputError
            If there is no flag of a name.
        """
        unknown = [name for name in names if name.upper() not in cls.__members__]
        if unknown:
            raise InputError(f"no flag is called {unknown[0]!r}", cure=f"Flags: {', '.join(cls.__members__).lower()}")
        return reduce(or_, (cls[name.upper()] for name in names), cls(0))


#: Flags of pixels whose value says nothing about the scene, or only a lower limit.
UNKNOWN = Flag.BAD_PIXEL | Flag.SATURATED | Flag.OUTSIDE | Flag.NO_DATA
#: Flags of pixels that a mean should leave out: what MASK holds. The other flags are advice.
MASKED = UNKNOWN | Flag.COSMIC_RAY


class Changes(NamedTuple):
    """By how much some pixels have been changed: rows and columns (N,), from 0, and the changes (N,), in main memory."""

    y: np.ndarray
    x: np.ndarray
    value: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Image:
    """An image with its error plane, flags and header.

    Parameters
    ----------
    data
        Array (ny, nx), float32; missing pixels are NaN and carry a bit in ``flags``.
    header
        FITS header with the unit of ``data`` in BUNIT.
    sigma
        Standard deviation of ``data``, same shape and unit; None before the error step. Infinite where the value is a lower
        limit (saturated pixels, from level 1.5 on).
    flags
        uint8 array (ny, nx) of :class:`Flag` bits. Default: NO_DATA where ``data`` is not finite.
    changes
        What respiking has changed, followed through the steps as long as the flags depend on it; None where nothing is known.

    Raises
    ------
    InputError
        If the planes are not two-dimensional arrays of one shape.
    """

    data: np.ndarray
    header: Header
    sigma: np.ndarray | None = None
    flags: np.ndarray = None  # type: ignore[assignment]  # filled in by __post_init__
    changes: Changes | None = None

    def __post_init__(self) -> None:
        if self.flags is None:
            missing = np.where(np.isfinite(self.data), np.uint8(0), np.uint8(Flag.NO_DATA))
            object.__setattr__(self, "flags", missing)
        if self.data.ndim != 2:
            raise InputError(f"the image has shape {self.data.shape}", cure="Give a two-dimensional image")
        for name in ("sigma", "flags"):
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

    def flagged(self, *flags: Flag | str) -> np.ndarray:
        """Return a boolean array (ny, nx): True where any of the flags is set, given as bits or by their names."""
        bits = reduce(or_, (Flag.named(flag) if isinstance(flag, str) else flag for flag in flags), Flag(0))
        return (self.flags & np.uint8(bits)) != 0

    @property
    def mask(self) -> np.ndarray:
        """Boolean array (ny, nx): True where a mean should leave the pixel out, see :data:`MASKED`."""
        return self.flagged(MASKED)
