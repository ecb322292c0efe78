"""Images as the classes of other packages, and back: SunPy's Map, Astropy's CCDData, NDCube.

The packages are imported when a conversion is asked for.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from astropy.io.fits import Header

from helioreduce.errors import InputError
from helioreduce.image import Flag, Image
from helioreduce.io.fits import STATISTICS
from helioreduce.io.hdus import OWN, STRUCTURAL

#: Units of headers that Astropy's FITS standard does not know.
_UNITS = {"DN/s": "DN / s", "": "dimensionless_unscaled"}


def from_map(smap: Any) -> Image:
    """Return the image of a SunPy Map; see :meth:`helioreduce.Image.from_map`."""
    return _from_planes(smap.data, smap.fits_header, smap.uncertainty, smap.mask)


def from_nddata(found: Any) -> Image:
    """Return the image of a CCDData, an NDCube or an NDData; ``meta`` is the header, completed by ``wcs`` and ``unit``."""
    meta = found.meta if isinstance(found.meta, Header) else Header(dict(found.meta or {}))
    header = meta.copy()
    if getattr(found, "unit", None) is not None:
        header.setdefault("BUNIT", str(found.unit))
    if getattr(found, "wcs", None) is not None and hasattr(found.wcs, "to_header") and "CTYPE1" not in header:
        header.update(found.wcs.to_header())
    image = _from_planes(found.data, header, found.uncertainty, found.mask)
    flags = getattr(found, "flags", None)
    return image.with_(flags=np.array(flags)) if getattr(flags, "dtype", None) == np.uint8 else image


def _from_planes(data: np.ndarray, header: Header, uncertainty: Any, mask: Any) -> Image:
    """Return an image of the planes that NDData has."""
    header = header.copy()
    for key in (*STRUCTURAL, *OWN, *STATISTICS):  # as of an image that is read
        header.remove(key, ignore_missing=True, remove_all=True)
    data = np.array(data, np.float32)
    flags = np.where(np.isfinite(data), np.uint8(0), np.uint8(Flag.NO_DATA))
    if mask is not None:
        flags |= np.where(np.broadcast_to(mask, data.shape) & (flags == 0), np.uint8(Flag.BAD_PIXEL), np.uint8(0))
    return Image(data, header, _sigma(uncertainty), flags)


def _sigma(uncertainty: Any) -> np.ndarray | None:
    """Return standard deviations, whatever kind the uncertainty is; None without one."""
    from astropy.nddata import StdDevUncertainty, UnknownUncertainty

    if uncertainty is None:
        return None
    if isinstance(uncertainty, UnknownUncertainty):
        problem = "the uncertainty does not say whether it is a standard deviation"
        raise InputError(problem, cure="Give a StdDevUncertainty or a VarianceUncertainty")
    return np.asarray(uncertainty.represent_as(StdDevUncertainty).array, np.float32)


def to_map(image: Image) -> Any:
    """Return an image as a SunPy Map; see :meth:`helioreduce.Image.to_map`."""
    import sunpy.map

    return sunpy.map.Map(image.data, image.header, uncertainty=_uncertainty(image.sigma), mask=image.mask)


def to_ccddata(image: Image) -> Any:
    """Return an image as a CCDData; see :meth:`helioreduce.Image.to_ccddata`."""
    from astropy.nddata import CCDData

    planes = {"uncertainty": _uncertainty(image.sigma), "mask": image.mask, "flags": image.flags}
    return CCDData(image.data, meta=image.header.copy(), wcs=wcs(image.header), unit=unit(image.header), **planes)


def to_ndcube(image: Image) -> Any:
    """Return an image as an NDCube; see :meth:`helioreduce.Image.to_ndcube`."""
    return cube(image.data, image.header, image.sigma, image.mask)


def cube(data: np.ndarray, header: Header, sigma: np.ndarray | None = None, mask: np.ndarray | None = None) -> Any:
    """Return planes of any dimension as an NDCube.

    Raises
    ------
    InputError
        If the package ndcube is not installed.
    """
    try:
        from ndcube import NDCube
    except ImportError:
        raise InputError("the package ndcube is not installed", cure="pip install ndcube") from None
    planes = {"uncertainty": _uncertainty(sigma), "mask": mask}
    return NDCube(data, wcs=wcs(header, data.ndim), meta=header.copy(), unit=unit(header), **planes)


def wcs(header: Header, naxis: int = 2) -> Any:
    """Return the world coordinates of the first axes of a header."""
    from astropy.wcs import WCS, FITSFixedWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FITSFixedWarning)
        return WCS(header, naxis=naxis)


def unit(header: Header) -> Any:
    """Return BUNIT, or JSOC's PIXLUNIT, as a unit; without one, or where it is none that Astropy knows, dimensionless."""
    from astropy import units as u

    text = str(header.get("BUNIT") or header.get("PIXLUNIT") or "").strip()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", u.UnitsWarning)  # "W/m2/sr" has two slashes
            return u.Unit(_UNITS.get(text, text))
    except ValueError:
        return u.dimensionless_unscaled


def _uncertainty(sigma: np.ndarray | None) -> Any:
    """Return standard deviations as Astropy has them."""
    from astropy.nddata import StdDevUncertainty

    return None if sigma is None else StdDevUncertainty(sigma)
