"""The value that flows through every step: data, sigma, flags and header."""

from __future__ import annotations

import reprlib
from dataclasses import dataclass, fields, replace
from enum import IntFlag
from functools import reduce
from importlib import import_module
from operator import or_
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from helioreduce.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

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
        Array (ny, nx), float32; missing pixels are NaN and carry a bit in ``flags``. Of a masked array, masked pixels get the
        flag BAD_PIXEL.
    header
        FITS header with the unit of ``data`` in BUNIT.
    sigma
        Standard deviation of ``data``, same shape and unit; None before the error step. Infinite where the value is a lower
        limit (saturated pixels, from level 1.5 on).
    flags
        Array (ny, nx), uint8, of :class:`Flag` bits. Default: NO_DATA where ``data`` is not finite.
    changes
        What respiking has changed, followed through the steps as long as the flags depend on it; None where nothing is known.
    shares
        Of a binned image, the part of a bin's pixels that have each flag, (8, ny, nx), float32, in the order of :class:`Flag`.

    Raises
    ------
    InputError
        If the planes are not two-dimensional arrays of one shape, or have a unit of their own, or ``flags`` are no bits.

    Examples
    --------
    >>> import numpy as np
    >>> from astropy.io.fits import Header
    >>> image = Image(np.array([[1, np.nan]], np.float32), Header({"BUNIT": "DN"}), sigma=np.ones((1, 2), np.float32))
    >>> image.flagged("no_data"), (image / 2).sigma
    (array([[False,  True]]), array([[0.5, 0.5]], dtype=float32))
    """

    data: np.ndarray
    header: Header
    sigma: np.ndarray | None = None
    flags: np.ndarray = None  # type: ignore[assignment]  # filled in by __post_init__
    changes: Changes | None = None
    shares: np.ndarray | None = None

    def __post_init__(self) -> None:
        planes: dict[str, Any] = {name: getattr(self, name) for name in ("data", "sigma", "flags")}
        masked = np.ma.getmask(planes["data"]) | np.ma.getmask(planes["sigma"])
        for name, plane in planes.items():
            if hasattr(plane, "unit"):
                raise InputError(
                    f"{name} has the unit {plane.unit}", cure="Give its value, and the unit as BUNIT in the header"
                )
            if np.ma.isMaskedArray(plane):
                object.__setattr__(self, name, np.ma.getdata(plane))
        for name in ("data", "sigma"):  # integers would cut off what is computed from them; FITS has the other byte order
            plane = getattr(self, name)
            if plane is not None and not (plane.dtype.kind == "f" and plane.dtype.isnative):
                object.__setattr__(self, name, plane.astype(np.float32))
        if self.flags is None:
            missing = np.where(np.isfinite(self.data), np.uint8(0), np.uint8(Flag.NO_DATA))
            object.__setattr__(self, "flags", missing)
        if self.flags.dtype != np.uint8:  # of a mask, True is BAD_PIXEL
            if not np.array_equal(bits := self.flags.astype(np.uint8), self.flags):
                raise InputError("flags holds other values than the bits of Flag", cure="Give an array of uint8")
            object.__setattr__(self, "flags", bits)
        if self.data.ndim != 2 or not self.data.size:
            raise InputError(f"the image has shape {self.data.shape}", cure="Give a two-dimensional image with pixels")
        for name in ("sigma", "flags"):
            plane = getattr(self, name)
            if plane is not None and plane.shape != self.data.shape:
                raise InputError(f"{name} has shape {plane.shape}, the image {self.data.shape}")
        if masked.any():
            marked = self.flags | np.where(masked & ~self.mask, np.uint8(Flag.BAD_PIXEL), np.uint8(0))
            object.__setattr__(self, "flags", marked)

    def __repr__(self) -> str:
        """Return one line: shape, instrument, channel, time, unit, and the steps that were taken."""
        keys = (("TELESCOP",), ("WAVELNTH",), ("T_OBS", "DATE-OBS"), ("BUNIT", "PIXLUNIT"))
        found = [next((str(self.header[key]) for key in several if self.header.get(key)), "") for several in keys]
        facts = [f"{self.data.shape[0]} × {self.data.shape[1]}", *filter(None, found)]
        history = import_module("helioreduce.io.provenance").history(self.header)
        taken = [entry["step"] for entry in history if entry["status"] == "COMPLETE"]
        facts += ["with sigma"] * (self.sigma is not None) + [f"after {', '.join(taken)}"] * bool(taken)
        return f"<Image {', '.join(facts)}>"

    def with_(self, **planes: Any) -> Image:
        """Return a new image with some of its fields replaced; the header is copied, never shared."""
        planes.setdefault("header", self.header.copy())
        return replace(self, **planes)

    def __truediv__(self, factor: float) -> Image:
        """Divide data, sigma and changes by one number: scaling leaves the relative error unchanged."""
        single = np.float32(_number(factor))
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

    # From and to files and other packages; what does it is loaded then, and is no part of the code behind a rule.

    @classmethod
    def read(cls, path: str | Path) -> Image:
        """Read the first image of a FITS file, with its error plane and flags where it has them.

        Parameters
        ----------
        path
            FITS file: level 1 of JSOC or VSO, compressed or not; a product of this package; a CCDData that was written.

        Returns
        -------
        Image
            Data in float32, NaN where pixels are missing; sigma None where the file has no error plane.

        Raises
        ------
        InputError
            If the file is missing, truncated, corrupt or no image.

        Examples
        --------
        >>> image = Image.read("aia_171.fits")  # doctest: +SKIP
        >>> image.data.shape, image.header["BUNIT"]  # doctest: +SKIP
        ((4096, 4096), 'DN')
        """
        image: Image = import_module("helioreduce.io.fits").read(path)
        return image

    def write(self, path: str | Path) -> None:
        """Write the image: data in the primary HDU, sigma in UNCERT, mask in MASK, flags in FLAGS, checksums everywhere.

        Parameters
        ----------
        path
            FITS file, packed if it ends in ``.gz``; one that exists is replaced, as a whole or not at all.

        Raises
        ------
        InputError
            If the file cannot be written.

        Examples
        --------
        >>> image.write("corrected.fits")  # doctest: +SKIP
        """
        import_module("helioreduce.io.fits").write(path, self)

    @classmethod
    def from_map(cls, smap: Any) -> Image:
        """Return a SunPy Map as an image.

        Parameters
        ----------
        smap
            :class:`sunpy.map.GenericMap` (ny, nx). Its uncertainty becomes sigma; masked pixels get the flag BAD_PIXEL, and
            NO_DATA where they are not finite.

        Returns
        -------
        Image
            Data in float32, the Map's header with its comments.

        Raises
        ------
        InputError
            If the uncertainty does not say what it is.

        Examples
        --------
        >>> import sunpy.map
        >>> header = {"cunit1": "arcsec", "cunit2": "arcsec", "cdelt1": 0.6, "cdelt2": 0.6, "ctype1": "HPLN-TAN",
        ...     "ctype2": "HPLT-TAN", "bunit": "DN", "date-obs": "2014-01-01"}
        >>> image = Image.from_map(sunpy.map.Map(np.ones((8, 8)), header))
        >>> image.header["CDELT1"], image.sigma is None
        (0.6, True)
        """
        image: Image = import_module("helioreduce.interop").from_map(smap)
        return image

    def to_map(self) -> Any:
        """Return the image as a SunPy Map with its error plane and mask.

        SunPy drops both in ``rotate``, ``submap`` and arithmetic: convert last.

        Returns
        -------
        sunpy.map.GenericMap
            Of the class that SunPy has for the instrument; ``mask`` is True where a mean should leave the pixel out.

        Examples
        --------
        >>> image.to_map().peek()  # doctest: +SKIP
        """
        return import_module("helioreduce.interop").to_map(self)

    def to_ccddata(self) -> Any:
        """Return the image as a CCDData with its error plane, mask, flags, unit and world coordinates.

        Returns
        -------
        astropy.nddata.CCDData
            The header is its ``meta``.

        Examples
        --------
        >>> import numpy as np
        >>> from astropy.io.fits import Header
        >>> image = Image(np.ones((4, 4), np.float32), Header({"BUNIT": "DN"}), sigma=np.full((4, 4), 2, np.float32))
        >>> ccd = image.to_ccddata()
        >>> float(ccd.uncertainty.array[0, 0]), ccd.unit.to_string()
        (2.0, 'DN')
        """
        return import_module("helioreduce.interop").to_ccddata(self)

    def to_ndcube(self) -> Any:
        """Return the image as an NDCube with its error plane, mask, unit and world coordinates.

        Returns
        -------
        ndcube.NDCube
            The header is its ``meta``.

        Raises
        ------
        InputError
            If the package ndcube is not installed.

        Examples
        --------
        >>> image.to_ndcube()[100:200, 300:400]  # doctest: +SKIP
        """
        return import_module("helioreduce.interop").to_ndcube(self)


def _number(factor: Any) -> Any:
    """Return what an image is divided by as a plain number."""
    if not hasattr(factor, "unit"):
        return factor
    try:
        return factor.to_value("")
    except ValueError:
        problem = f"an image is divided by numbers, not by what is in {factor.unit}"
        raise InputError(problem, cure="For DN/s, call normalise_exposure") from None


def shapes(value: Any) -> str:
    """Return a dataclass in one line, as its ``__repr__``: arrays by their shapes, and no header."""
    facts = {field.name: getattr(value, field.name) for field in fields(value) if field.name != "header"}
    shown = {name: getattr(fact, "shape", None) or reprlib.repr(fact) for name, fact in facts.items()}
    return f"<{type(value).__name__} {', '.join(f'{name}: {text}' for name, text in shown.items())}>"
