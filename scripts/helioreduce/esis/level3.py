"""Level 3: one cube (time, camera, latitude, longitude) with its world coordinates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
from astropy.io.fits import Header

from helioreduce.errors import InputError
from helioreduce.esis import camera as cam
from helioreduce.esis.values import Aligned, Cube, Masks, Planes, Vignetting
from helioreduce.esis.vignetting import fields, positions
from helioreduce.image import Flag

#: Departure of an exposure from the regular time axis that is still on it, s.
_JITTER_S = 0.5


def empty(dates: Sequence[datetime], line: cam.Line, vignetting: Vignetting, shape: tuple[int, int] = cam.GRID_SHAPE) -> Cube:
    """Return a cube without data, to be filled in place.

    Parameters
    ----------
    dates
        Middle of the exposure of each sequence, UTC.
    line
        The spectral line.
    vignetting
        Of all sequences.
    shape
        (ny, nx) of the level-3 grid.
    """
    index = time_axis(dates)
    outer = (int(index.max()) + 1, len(vignetting.slopes))
    times = np.full(outer[0], np.nan)
    times[index] = seconds(dates)
    return Cube(
        data=np.full((*outer, *shape), np.nan, np.float32),
        sigma=np.full((*outer, *shape), np.nan, np.float32),
        mask=np.full((*outer, *shape), Flag.NO_DATA, np.uint8),
        clear=np.zeros((*outer, *shape), bool),
        quadratic=np.full((*outer, 2, 6), np.nan),
        stops=np.full((*outer, 8, 2), np.nan),
        factors=np.full(outer, np.nan),
        seconds=times,
        vignetting=np.stack([vignetting.slopes, vignetting.slope_errors]),
        header=header(dates[0], line),
    )


def fill(cube: Cube, place: int, aligned: Aligned, masks: Masks, factors: np.ndarray) -> None:
    """Correct a sequence and put it at its ``place`` on the time axis of ``cube``."""
    field = fields(cube.vignetting[0], positions(aligned.quadratic, aligned.stops, aligned.data.shape[1:]))
    planes = Planes(aligned.data, aligned.sigma, aligned.mask)
    cube.data[place], cube.sigma[place], cube.mask[place] = correct(planes, masks.lit, field, factors)
    cube.clear[place] = masks.clear
    cube.quadratic[place], cube.stops[place], cube.factors[place] = aligned.quadratic, aligned.stops, factors


def time_axis(times: Sequence[datetime], cadence_s: float = cam.EXPOSURE_S) -> np.ndarray:
    """Return the index of each sequence on a regular axis that starts with the first; excluded sequences leave gaps.

    Raises
    ------
    InputError
        If a time lies more than 0.5 s off the axis, or two share one index.
    """
    offset = seconds(times) / cadence_s
    index = np.rint(offset).astype(int)
    if np.abs(offset - index).max() * cadence_s > _JITTER_S or len(set(index.tolist())) < len(times):
        away = [f"{o * cadence_s:.1f}" for o in offset]
        raise InputError(f"exposures are not {cadence_s:g} s apart: {away} s", cure="Reduce one flight at a time")
    return index


def seconds(times: Sequence[datetime]) -> np.ndarray:
    """Return the seconds of each time after the first."""
    return np.array([(time - times[0]).total_seconds() for time in times])


def correct(planes: Planes, lit: np.ndarray, field: np.ndarray, factors: np.ndarray) -> Planes:
    """Scale the images of one sequence by factor / V inside the field stop; NaN and flagged outside.

    Parameters
    ----------
    planes
        Aligned images (n, ny, nx).
    lit
        Boolean, same shape: inside the field stop.
    field
        Vignetting V, same shape.
    factors
        Intensity normalisation (n,).
    """
    seen = lit & np.isfinite(planes.data)
    scale = factors.astype(np.float32)[:, None, None] / field
    data = np.where(seen, planes.data * scale, np.float32(np.nan))
    sigma = None if planes.sigma is None else np.where(seen, planes.sigma * scale, np.float32(np.nan))
    outside = np.where(lit, 0, Flag.OUTSIDE) | np.where(np.isfinite(planes.data), 0, Flag.NO_DATA)
    return Planes(data, sigma, planes.mask | outside.astype(np.uint8))


def header(first: datetime, line: cam.Line) -> Header:
    """Return the header of a cube: world coordinates, unit and line."""
    cards = wcs_header(first)
    cards["BUNIT"], cards["LINE"], cards["WAVELNTH"] = "photon", line.name, line.wavelength_A
    return cards


def wcs_header(first: datetime, cadence_s: float = cam.EXPOSURE_S) -> Header:
    """Return the world coordinates of the cube: helioprojective longitude and latitude, camera number, UTC.

    FITS axes 1 to 4 are x, y, camera, time. Axis 3 counts cameras from 1; axis 4 counts seconds from DATEREF, the middle of
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
        for key, entry in (("CTYPE", kind), ("CUNIT", unit), ("CRPIX", pixel), ("CRVAL", value), ("CDELT", step)):
            header[f"{key}{number}"] = entry
    header["TIMESYS"] = "UTC"
    start = first - timedelta(seconds=cadence_s / 2)
    for kind, time, meaning in (
        ("REF", first, "zero of the time axis"),
        ("-AVG", first, "middle of the first exposure"),
        ("-OBS", start, "start of the first exposure"),
    ):
        header[f"DATE{kind}"] = (_date(time), meaning)
        header[f"MJD{kind}"] = (_mjd(time), "[d] the same, modified Julian date")
    return header


def _mjd(time: datetime) -> float:
    """Return the modified Julian date, days."""
    return (time - datetime(1858, 11, 17, tzinfo=UTC)) / timedelta(days=1)


def _date(time: datetime) -> str:
    """Return ISO 8601 in UTC to the millisecond, without a zone letter, as FITS requires."""
    return time.replace(tzinfo=None).isoformat(timespec="milliseconds")
