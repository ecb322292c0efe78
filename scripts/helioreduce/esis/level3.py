"""Level 3: one cube (time, camera, latitude, longitude) with its world coordinates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
from astropy.io.fits import Header

from helioreduce.errors import InputError
from helioreduce.esis import camera as cam
from helioreduce.image import Mask

#: Departure of an exposure from the regular time axis that is still on it, s.
_JITTER_S = 0.5


def time_axis(times: Sequence[datetime], cadence_s: float = cam.EXPOSURE_S) -> np.ndarray:
    """Index of each sequence on a regular axis that starts with the first.

    Sequences that were excluded leave a gap.

    Raises
    ------
    InputError
        If a time lies more than 0.5 s off the axis, or two share one index.
    """
    offset = np.array([(time - times[0]).total_seconds() for time in times]) / cadence_s
    index = np.rint(offset).astype(int)
    if np.abs(offset - index).max() * cadence_s > _JITTER_S or len(set(index.tolist())) < len(times):
        raise InputError(
            f"exposures are not {cadence_s:g} s apart: {[f'{o * cadence_s:.1f}' for o in offset]} s", cure="Reduce one flight at a time"
        )
    return index


def correct(
    image: np.ndarray, sigma: np.ndarray, bits: np.ndarray, lit: np.ndarray, field: np.ndarray, factor: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One camera's image for the cube: × factor / V inside the field stop, NaN and flagged outside.

    Parameters
    ----------
    image, sigma, bits
        Aligned data, standard deviation, mask bits (ny, nx).
    lit
        Boolean: inside the field stop.
    field
        Vignetting V (ny, nx).
    factor
        Intensity normalisation.

    Returns
    -------
    tuple
        Data and standard deviation float32, mask uint8.
    """
    seen = lit & np.isfinite(image)
    scale = np.float32(factor) / field
    bits = bits | np.where(lit, 0, np.uint8(Mask.OUTSIDE)).astype(np.uint8)
    bits |= np.where(np.isfinite(image), 0, np.uint8(Mask.NO_DATA)).astype(np.uint8)
    data, error = (np.where(seen, plane * scale, np.float32(np.nan)).astype(np.float32) for plane in (image, sigma))
    return data, error, bits


def wcs_header(first: datetime, cadence_s: float = cam.EXPOSURE_S) -> Header:
    """World coordinates of the cube: helioprojective longitude and latitude, camera number, UTC.

    FITS axes 1 to 4 are x, y, camera, time; axis 3 counts cameras from 1; axis 4 counts seconds from DATEREF, the middle of
    the first exposure.
    """
    header = Header()
    header["WCSAXES"] = 4
    axes = (
        ("HPLN-TAN", "arcsec", cam.GRID_CRPIX[0], 0.0, cam.GRID_SCALE_ARCSEC),
        ("HPLT-TAN", "arcsec", cam.GRID_CRPIX[1], 0.0, cam.GRID_SCALE_ARCSEC),
        ("CAMERA", "", 1.0, 1.0, 1.0),
        ("UTC", "s", 1.0, 0.0, float(cadence_s)),
    )
    for number, (kind, unit, pixel, value, step) in enumerate(axes, start=1):
        header[f"CTYPE{number}"] = kind
        header[f"CUNIT{number}"] = unit
        header[f"CRPIX{number}"] = pixel
        header[f"CRVAL{number}"] = value
        header[f"CDELT{number}"] = step
    header["TIMESYS"] = "UTC"
    header["DATEREF"] = (_date(first), "zero of the time axis")
    header["DATE-AVG"] = (_date(first), "middle of the first exposure")
    header["DATE-OBS"] = (_date(first - timedelta(seconds=cadence_s / 2)), "start of the first exposure")
    return header


def _date(time: datetime) -> str:
    """ISO 8601 in UTC to the millisecond, as FITS wants it: no zone letter."""
    return time.replace(tzinfo=None).isoformat(timespec="milliseconds")
