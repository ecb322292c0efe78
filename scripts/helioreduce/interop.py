"""Images as the classes of other packages, and back: SunPy's Map, Astropy's CCDData, NDCube.

The packages are imported when a conversion is asked for.
"""

from __future__ import annotations

import warnings
from math import prod
from typing import Any

import numpy as np
from astropy.io.fits import Header

from helioreduce.errors import InputError
from helioreduce.image import Image
from helioreduce.io.fits import STATISTICS
from helioreduce.io.hdus import OWN, STRUCTURAL

#: Units of headers that Astropy's FITS standard does not know.
_UNITS = {"DN/s": "DN / s", "": "dimensionless_unscaled"}
#: Elements of the matrices PC and CD.
_MATRIX = ("1_1", "1_2", "2_1", "2_2")


def from_map(smap: Any) -> Image:
    """Return the image of a SunPy Map; see :meth:`helioreduce.Image.from_map`."""
    return _from_planes(smap.data, smap.fits_header, smap.uncertainty, smap.mask)


def from_nddata(found: Any) -> Image:
    """Return the image of a CCDData, an NDCube or an NDData: ``meta`` is the header, of which ``wcs`` and ``unit`` know more.

    A slice has its own place in ``wcs`` and the whole's in ``meta``; what was divided or converted has its own ``unit``.

    Raises
    ------
    InputError
        If the coordinates are none that FITS has, or the unit is neither that of the header nor DN or DN/s.
    """
    meta = found.meta if isinstance(found.meta, Header) else Header(dict(found.meta or {}))
    header = meta.copy()
    if getattr(found, "wcs", None) is not None and np.ndim(found.data) == 2:
        _place(header, _fits_wcs(found.wcs.low_level_wcs), found.data.shape)
    own, flags = getattr(found, "unit", None), getattr(found, "flags", None)
    known = np.array(flags) if getattr(flags, "dtype", None) == np.uint8 else None
    image = _from_planes(found.data, header, found.uncertainty, found.mask, own, known)
    return image if own is None else _in_known_unit(image, own)


def _fits_wcs(own: Any) -> Any:
    """Return the coordinates (low-level WCS) of an image as FITS has them, those of a slice too."""
    from astropy.wcs import WCS
    from astropy.wcs.wcsapi import SlicedLowLevelWCS

    if isinstance(own, SlicedLowLevelWCS) and isinstance(own._wcs, WCS):
        parts = own._slices_array
        kept = [len(parts) - axis for axis, part in enumerate(parts) if isinstance(part, slice)]  # 1 is the last of an array
        own = own._wcs.sub(kept[::-1])[tuple(part for part in parts if isinstance(part, slice))]
    if not isinstance(own, WCS):
        problem = f"the coordinates of the image ({type(own).__name__}) are none that FITS has"
        raise InputError(problem, cure="Give an image or a slice of one, not rebinned, or one whose wcs is an astropy.wcs.WCS")
    return own


def _place(header: Header, own: Any, shape: tuple[int, int]) -> None:
    """Write the coordinates of an image into its header, in place; what the header has already stays to the last digit."""
    known = wcs(header)
    same = [
        list(own.wcs.ctype) == list(known.wcs.ctype),
        np.allclose(own.pixel_scale_matrix, known.pixel_scale_matrix, rtol=1e-9, atol=1e-14),
        np.allclose(own.wcs.crval, known.wcs.crval, rtol=0, atol=1e-9),
    ]
    if not all(same):
        for key in ("CROTA1", "CROTA2", *(f"CD{axes}" for axes in _MATRIX)):
            header.remove(key, ignore_missing=True)
        header.update(own.to_header())
        scale = np.hypot(*own.pixel_scale_matrix.T)
        turned = (own.pixel_scale_matrix / scale[:, None]).ravel()
        header.update({f"CDELT{axis}": float(step) for axis, step in enumerate(scale, start=1)})
        header.update({f"PC{axes}": float(part) for axes, part in zip(_MATRIX, turned, strict=True)})
    for axis, (moved, size) in enumerate(zip(own.wcs.crpix - known.wcs.crpix, shape[::-1], strict=True), start=1):
        if all(same) and moved:
            header[f"CRPIX{axis}"] = _rounded(header.get(f"CRPIX{axis}", 0.0) + moved)
        if moved:
            header.remove(("XCEN", "YCEN")[axis - 1], ignore_missing=True)  # of the whole
        if f"NAXIS{axis}" in header:
            header[f"NAXIS{axis}"] = size


def _rounded(value: float) -> float:
    """Return a number without the digits that conversions add."""
    return float(f"{value:.12g}")


def in_arcsec(image: Image) -> Image:
    """Return an image in whose header helioprojective coordinates are in arcsec; Astropy writes them in degrees."""
    axes = [axis for axis in (1, 2) if str(image.header.get(f"CUNIT{axis}")).strip() == "deg"]
    axes = [axis for axis in axes if str(image.header.get(f"CTYPE{axis}")).startswith("HP")]
    image = image.with_() if axes else image
    for axis in axes:
        image.header[f"CUNIT{axis}"] = "arcsec"
        for key in (f"CDELT{axis}", f"CRVAL{axis}", f"CD{axis}_1", f"CD{axis}_2"):
            if key in image.header:
                image.header[key] = _rounded(image.header[key] * 3600)
    return image


def _in_known_unit(image: Image, own: Any) -> Image:
    """Return an image whose values are in the unit ``own`` in the unit of its header, in DN or in DN/s."""
    from astropy import units as u

    header, listed, counted = image.header, unit(image.header), in_dn(own)
    if listed in (own, counted):
        return image
    says = str(header.get("BUNIT") or header.get("PIXLUNIT") or "")
    known = {"DN": u.DN, "DN/s": u.DN / u.s}
    known = {**known, str(own): own} if listed == u.dimensionless_unscaled else {says: listed, **known}
    name = next((name for name, known_unit in known.items() if known_unit.is_equivalent(counted)), None)
    if name is None:
        problem = f"the unit of the image is {own}, that of its header {says}"
        raise InputError(problem, cure="Give it in the unit of its header (BUNIT), in DN or in DN/s")
    new = image / known[name].to(counted)
    new.header["BUNIT"] = name
    if "PIXLUNIT" in header:
        new.header["PIXLUNIT"] = name
    return new


def in_dn(own: Any) -> Any:
    """Return a unit with DN in place of adu and counts, of which a camera has one kind."""
    from astropy import units as u

    powers = zip(own.bases, own.powers, strict=True)
    return u.Unit(prod(((u.DN if base in (u.adu, u.ct) else base) ** power for base, power in powers), start=own.scale * u.one))


def _from_planes(data: np.ndarray, header: Header, uncertainty: Any, mask: Any, unit: Any = None, flags: Any = None) -> Image:
    """Return an image of the planes that NDData has."""
    header = header.copy()
    for key in (*STRUCTURAL, *OWN, *STATISTICS):  # as of an image that is read
        header.remove(key, ignore_missing=True, remove_all=True)
    data = np.array(data, np.float32)
    masked = data if mask is None else np.ma.array(data, mask=np.broadcast_to(mask, data.shape))
    return Image(masked, header, _sigma(uncertainty, unit), flags)


def _sigma(uncertainty: Any, unit: Any) -> np.ndarray | None:
    """Return standard deviations in the unit of the data, whatever kind the uncertainty is; None without one."""
    from astropy.nddata import StdDevUncertainty, UnknownUncertainty

    if uncertainty is None:
        return None
    if isinstance(uncertainty, UnknownUncertainty):
        problem = "the uncertainty does not say whether it is a standard deviation"
        raise InputError(problem, cure="Give a StdDevUncertainty or a VarianceUncertainty")
    sigma = uncertainty.represent_as(StdDevUncertainty)
    return np.asarray(sigma.array if None in (unit, sigma.unit) else sigma.quantity.to_value(unit), np.float32)


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
