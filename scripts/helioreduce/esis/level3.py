"""Level 3: one cube (time, camera, latitude, longitude) with its world coordinates."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
from astropy.io.fits import Header

from helioreduce import times
from helioreduce.errors import InputError
from helioreduce.esis import camera as cam
from helioreduce.esis.transforms import on_grid
from helioreduce.esis.values import Aligned, Cube, Masks, Planes, Vignetting
from helioreduce.esis.vignetting import fields, positions
from helioreduce.image import Flag
from helioreduce.io.provenance import record

#: Unit of a cube: photons divided by vignetting and by responses relative to one camera are no longer those counted.
UNIT = "photon / pix"
#: Cards of processing that a cube takes over.
_PROCESSING = re.compile(r"PR(STEP|PROC|VER|PARA|REF)\d+|ESIS_\w{2,3}")
#: Departure of an exposure from the regular time axis that is still on it, s.
_JITTER_S = 0.5


def empty(
    sequences: Sequence[Header],
    vignetting: Vignetting,
    shape: tuple[int, int] = cam.GRID_SHAPE,
    cadence_s: float = cam.FLIGHT.exposure_s,
) -> Cube:
    """Return a cube without data, to be filled in place.

    Parameters
    ----------
    sequences
        Header of each aligned sequence.
    vignetting
        Of all sequences.
    shape
        (ny, nx) of the level-3 grid.
    cadence_s
        Cadence of the exposures, s.
    """
    dates = [times.parse(str(cards["DATE-AVG"])) for cards in sequences]
    index = time_axis(dates, cadence_s)
    outer = (int(index.max()) + 1, len(vignetting.slopes))
    after = np.full(outer[0], np.nan)
    after[index] = seconds(dates)
    return Cube(
        data=np.full((*outer, *shape), np.nan, np.float32),
        sigma=np.full((*outer, *shape), np.nan, np.float32),
        mask=np.full((*outer, *shape), Flag.NO_DATA, np.uint8),
        clear=np.zeros((*outer, *shape), bool),
        quadratic=np.full((*outer, 2, 6), np.nan),
        stops=np.full((*outer, 8, 2), np.nan),
        factors=np.full(outer, np.nan),
        transmission=np.full(outer[0], np.nan),
        internal=np.full((outer[0], 2, 2, outer[1] * (outer[1] - 1) // 2), np.nan),
        signal_to_noise=np.full(outer, np.nan),
        seconds=after,
        vignetting=np.stack([vignetting.slopes, vignetting.slope_errors]),
        header=header(sequences, cadence_s),
    )


def fill(cube: Cube, place: int, aligned: Aligned, masks: Masks, factors: np.ndarray, transmission: float = np.nan) -> None:
    """Correct a sequence and put it at its ``place`` on the time axis of ``cube``."""
    field = fields(cube.vignetting[0], positions(aligned.quadratic, aligned.stops, aligned.data.shape[1:]))
    planes = Planes(aligned.data, aligned.sigma, aligned.mask)
    cube.data[place], cube.sigma[place], cube.mask[place] = correct(planes, masks.lit, field, factors)
    cube.clear[place] = masks.clear
    cube.quadratic[place], cube.stops[place], cube.factors[place] = aligned.quadratic, aligned.stops, factors
    cube.transmission[place], cube.internal[place] = transmission, aligned.internal
    cube.signal_to_noise[place] = [_signal_to_noise(*one) for one in zip(cube.data[place], cube.sigma[place], strict=True)]


def _signal_to_noise(data: np.ndarray, sigma: np.ndarray) -> float:
    """Return the median of data / σ where both are known; NaN where nothing is."""
    seen = np.isfinite(data) & (sigma > 0)
    return float(np.median(data[seen] / sigma[seen])) if seen.any() else float("nan")


def dispersion(maps: np.ndarray, shape: tuple[int, int] = cam.GRID_SHAPE) -> np.ndarray:
    """Return by how far light of another wavelength is displaced on the grid, pixels of level 3 per ångström: (n, 2) in (x, y).

    The column of level 1 grows with the wavelength by 1/0.0366 per Å; the inverse Jacobian of each camera's map at the middle
    of the grid turns that into pixels of the grid. A pixel at (x, y) of camera j sees the place (x, y) at the wavelength λ₀ of
    the line, and the place (x, y) − d_j (λ − λ₀) at λ.

    Parameters
    ----------
    maps
        Coefficients (n, 2, 6) of the maps from the grid to level 1; NaN for a missing camera.
    """
    found = np.full((len(maps), 2), np.nan)
    for index, one in enumerate(maps):
        if np.isfinite(one).all():
            here = on_grid(one, shape)
            jacobian = here.jacobian(np.array(here.centre[0]), np.array(here.centre[1]))
            found[index] = np.linalg.inv(jacobian)[:, 0] * cam.COLUMNS_PER_A
    return found


def time_axis(dates: Sequence[datetime], cadence_s: float = cam.FLIGHT.exposure_s) -> np.ndarray:
    """Return the index of each sequence on a regular axis that starts with the first; excluded sequences leave gaps.

    Raises
    ------
    InputError
        If a time lies more than 0.5 s off the axis, or two share one index.
    """
    offset = seconds(dates) / cadence_s
    index = np.rint(offset).astype(int)
    if np.abs(offset - index).max() * cadence_s > _JITTER_S or len(set(index.tolist())) < len(dates):
        away = [f"{o * cadence_s:.1f}" for o in offset]
        raise InputError(f"exposures are not {cadence_s:g} s apart: {away} s", cure="Reduce one flight at a time")
    return index


def seconds(dates: Sequence[datetime]) -> np.ndarray:
    """Return the seconds of each time after the first."""
    return np.array([(date - dates[0]).total_seconds() for date in dates])


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


def header(sequences: Sequence[Header], cadence_s: float = cam.FLIGHT.exposure_s) -> Header:
    """Return the header of a cube from those of its aligned sequences.

    World coordinates and their error, line, instrument, exposures, observer (the Earth), unit; then the processing of the
    first sequence, on which those of the whole flight follow.
    """
    first, last = sequences[0], sequences[-1]
    cards = wcs_header(times.parse(str(first["DATE-AVG"])), cadence_s)
    for key in ("TELESCOP", "LINE", "WAVELNTH", "CSYER1", "CSYER2", "DRIFTRMS", "TARGET", *(k for k in first if "CAVEAT" in k)):
        if key in first:
            cards[key] = (first[key], first.comments[key])
    cards["INSTRUME"] = ("ESIS", "EUV Snapshot Imaging Spectrograph")
    cards["WAVEUNIT"] = "Angstrom"
    if "DATE-END" in last:
        cards["DATE-END"] = (last["DATE-END"], "end of the last exposure")
    if lengths := [float(one["EXPTIME"]) for one in sequences if "EXPTIME" in one]:
        cards["EXPTIME"] = (float(np.mean(lengths)), "[s] of one exposure, mean")
        cards["XPOSURE"] = (float(np.sum(lengths)), "[s] of all exposures")
    cards["NSEQ"] = (len(sequences), "sequences in the cube")
    cards["SEQUENCE"] = (" ".join(str(one.get("SEQUENCE", "?")) for one in sequences), "exposure numbers")
    cards.update(observer(times.parse(str(first["DATE-AVG"]))))
    cards["BUNIT"] = (UNIT, f"of a detector pixel, on the scale of camera {cam.REFERENCE}")
    cards.extend(card for card in first.cards if _PROCESSING.fullmatch(card.keyword))
    return cards


def describe(cube: Cube, found: Vignetting, *, flatten: bool = False) -> None:
    """Add to the header of a filled cube, in place, the steps of the whole flight and the correlations."""
    linear, quadratic = np.nanmean(cube.internal, axis=(0, 3))
    for key, stage in (("CORRLIN", linear), ("CORRQUAD", quadratic)):
        cube.header[key] = (round(float(stage[0]), 5), "mean correlation of the cameras, full frame")
    for name, levels in zip(cam.CAMERAS, cube.signal_to_noise.T, strict=False):
        if (level := _median(levels, 3)) is not None:
            cube.header[f"SNR{name}"] = (level, f"median data / sigma of camera {name}")
    first, second, error = found.cross
    for name, terms in zip(cam.CAMERAS, (first + second) / 2, strict=False):
        if np.isfinite(terms):
            cube.header[f"CROSS{name}"] = (round(float(terms), 4), f"across the dispersion, camera {name}; not divided out")
    if np.isfinite(error).all():
        apart = float(np.abs((first - second) / (np.sqrt(2) * error)).max())
        cube.header["CROSSDIF"] = (round(apart, 2), "[sigma] most by which CROSSn of two halves differ")
    record(cube.header, "esis_vignetting", {"scatter": round(found.scatter, 5), "blocks": found.blocks})
    gains, airmass = [_median(factors, 5) for factors in cube.factors.T], "removed" if flatten else "kept"
    record(cube.header, "esis_normalise", {"factors": gains, "flatten": flatten, "airmass": airmass})


def _median(values: np.ndarray, digits: int) -> float | None:
    """Return the rounded median of one camera's values; None where it has none."""
    known = values[np.isfinite(values)]
    return round(float(np.median(known)), digits) if known.size else None


def observer(time: datetime) -> dict[str, tuple[float, str]]:
    """Return the observer's cards: the Earth, from which a sounding rocket is 300 km at most."""
    from sunpy.coordinates import sun  # takes a second: only here, once for each cube

    moment = time.replace(tzinfo=None)
    return {
        "HGLN_OBS": (0.0, "[deg] Stonyhurst longitude of the Earth"),
        "HGLT_OBS": (float(sun.B0(moment).deg), "[deg] Stonyhurst latitude of the Earth"),
        "DSUN_OBS": (float(sun.earth_distance(moment).to_value("m")), "[m] distance of the Earth"),
    }


def wcs_header(first: datetime, cadence_s: float = cam.FLIGHT.exposure_s) -> Header:
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
