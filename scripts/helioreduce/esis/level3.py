"""Level 3: one cube (time, camera, latitude, longitude) with its world coordinates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from astropy.io.fits import Header

from helioreduce.errors import InputError
from helioreduce.esis import camera as cam
from helioreduce.image import Mask

#: Departure of an exposure from the regular time axis that is still on it, s.
_JITTER_S = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Cube:
    """The planes of level 3, filled sequence by sequence; what is never filled stays NaN and NO_DATA.

    Parameters
    ----------
    data, sigma
        (n_times, n_cameras, ny, nx) float32.
    mask
        Same shape, uint8: :class:`Mask` bits.
    clear
        Same shape, uint8: 1 where the line is free of Mg X.
    maps
        (n_times, n_cameras, 2, 6): coefficients of the transforms to level 1.
    stops
        (n_times, n_cameras, 8, 2): field stops in level 1.
    index
        Place of each sequence on the time axis.
    """

    data: np.ndarray
    sigma: np.ndarray
    mask: np.ndarray
    clear: np.ndarray
    maps: np.ndarray
    stops: np.ndarray
    index: np.ndarray

    @classmethod
    def empty(cls, index: np.ndarray, cameras: int, shape: tuple[int, int]) -> Cube:
        """A cube without data, long enough for the last index."""
        outer = (int(index.max()) + 1, cameras)
        return cls(
            data=np.full((*outer, *shape), np.nan, np.float32),
            sigma=np.full((*outer, *shape), np.nan, np.float32),
            mask=np.full((*outer, *shape), Mask.NO_DATA, np.uint8),
            clear=np.zeros((*outer, *shape), np.uint8),
            maps=np.full((*outer, 2, 6), np.nan),
            stops=np.full((*outer, 8, 2), np.nan),
            index=index,
        )

    def fill(
        self,
        number: int,
        planes: tuple[np.ndarray, np.ndarray, np.ndarray],
        clear: np.ndarray,
        maps: np.ndarray,
        stops: np.ndarray,
    ) -> None:
        """Put the planes (data, sigma, mask) of sequence ``number``, each (n_cameras, ny, nx), at its time."""
        place = self.index[number]
        self.data[place], self.sigma[place], self.mask[place] = planes
        self.clear[place], self.maps[place], self.stops[place] = clear, maps, stops

    def placed(self, rows: np.ndarray) -> np.ndarray:
        """Values of each sequence (n_sequences, ...) at their place on the time axis, NaN in the gaps."""
        out = np.full((len(self.data), *rows.shape[1:]), np.nan)
        out[self.index] = rows
        return out

    def extras(self) -> dict[str, np.ndarray]:
        """What the file holds behind data, error and mask."""
        return {"CLEAR": self.clear, "QUADRATIC": self.maps, "STOP": self.stops}


def time_axis(times: Sequence[datetime], cadence_s: float = cam.EXPOSURE_S) -> np.ndarray:
    """Index of each sequence on a regular axis that starts with the first; excluded sequences leave gaps.

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
    """Seconds of each time after the first."""
    return np.array([(time - times[0]).total_seconds() for time in times])


def correct(
    image: np.ndarray, sigma: np.ndarray, bits: np.ndarray, lit: np.ndarray, field: np.ndarray, factor: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The cameras' images of one sequence for the cube: × factor / V inside the field stop, NaN and flagged outside.

    Parameters
    ----------
    image, sigma, bits
        Aligned data, standard deviation, mask bits (n, ny, nx).
    lit
        Boolean: inside the field stop.
    field
        Vignetting V (n, ny, nx).
    factor
        Intensity normalisation (n,).

    Returns
    -------
    tuple
        Data and standard deviation float32, mask uint8.
    """
    seen = lit & np.isfinite(image)
    scale = np.float32(factor)[:, None, None] / field
    data, error = (np.where(seen, plane * scale, np.float32(np.nan)) for plane in (image, sigma))
    outside = np.where(lit, 0, Mask.OUTSIDE) | np.where(np.isfinite(image), 0, Mask.NO_DATA)
    return data, error, bits | outside.astype(np.uint8)


def wcs_header(first: datetime, cadence_s: float = cam.EXPOSURE_S) -> Header:
    """World coordinates of the cube: helioprojective longitude and latitude, camera number, UTC.

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
    """Modified Julian date, days."""
    return (time - datetime(1858, 11, 17, tzinfo=UTC)) / timedelta(days=1)


def _date(time: datetime) -> str:
    """ISO 8601 in UTC to the millisecond, as FITS wants it: no zone letter."""
    return time.replace(tzinfo=None).isoformat(timespec="milliseconds")
