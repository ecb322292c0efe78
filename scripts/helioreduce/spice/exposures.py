"""When each exposure was taken, how the header says where it points, and what does not hold for a wide slit.

A level-2 file has the start of every exposure in the column TIMAQUTC of a table that VAR_KEYS names; the linear axis 4 has the
middle of the exposures of a regular raster. XPOSURE is the time of exposure, not the distance between two.

Source: SOLARNET metadata recommendations, section 2.1 and appendix I; SPICE data product description.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from astropy.io.fits import Header

    from helioreduce.io.fits import Table

#: A slit wider than this (arcsec) smears the spectrum over many samples: its lines are no Gaussians.
WIDEST = 10.0


class Times(NamedTuple):
    """Middle of every exposure (t, x), seconds since DATEREF, and where it comes from."""

    middle: np.ndarray
    source: str


def times(header: Mapping[str, Any], shape: tuple[int, int], tables: Iterable[Table] = ()) -> Times:
    """Return the middle of every exposure, seconds since DATEREF.

    Parameters
    ----------
    header
        Cards of a level-2 window.
    shape
        Number of times and columns.
    tables
        Tables of the file; the column TIMAQUTC of the one that VAR_KEYS names goes before the linear axis 4, unless an entry or
        DATEREF is no time.
    """
    table, _, names = str(header.get("VAR_KEYS", "")).partition(";")
    reference = str(header.get("DATEREF") or header.get("DATE-BEG") or "")
    for own in tables:
        if own.name == table and "TIMAQUTC" in names and "TIMAQUTC" in own.columns and reference:
            begins = np.asarray(own.columns["TIMAQUTC"]).reshape(-1)
            if begins.size == shape[0] * shape[1]:
                with suppress(ValueError):  # text that is no time
                    seconds = (begins.astype("datetime64[ms]") - np.datetime64(reference, "ms")) / np.timedelta64(1, "s")
                    middle = seconds.reshape(shape) + 0.5 * float(header.get("XPOSURE") or 0.0)
                    return Times(middle, f"{table} TIMAQUTC + XPOSURE/2")
    return Times(_linear(header, shape), "axis of the header")


def _linear(header: Mapping[str, Any], shape: tuple[int, int], axis: int = 4) -> np.ndarray:
    """Return the times (t, x) of the linear axis ``axis``; NaN where the header has none."""
    pixels = np.indices(shape) + 1.0
    try:
        value, step = float(header[f"CRVAL{axis}"]), float(header.get(f"CDELT{axis}", 1.0))
        along_t = (pixels[0] - float(header.get(f"CRPIX{axis}", 1.0))) * float(header.get(f"PC{axis}_{axis}", 1.0))
        along_x = (pixels[1] - float(header.get("CRPIX1", 1.0))) * float(header.get(f"PC{axis}_1", 0.0))
    except (KeyError, TypeError, ValueError):  # commissioning files have text in place of numbers, or a blank
        return np.full(shape, np.nan)
    return np.asarray(value + step * (along_t + along_x))


def cadence(time: np.ndarray) -> float:
    """Return the median time between two exposures (s); NaN for one."""
    ordered = np.sort(time[np.isfinite(time)].ravel())
    return float(np.median(np.diff(ordered))) if ordered.size > 1 else np.nan


def describe(header: Header, found: Times, *, jitter: bool) -> None:
    """Say in the header, in place, where the times come from, and whether the file has its tables of pointing jitter."""
    header["TIMESRC"] = (found.source, "middle of the exposures, extension TIME")
    step = cadence(found.middle)
    if np.isfinite(step):
        header["CADENCE"] = (step, "[s] median time between exposures")
    if "CWDIS1" in header or "CWDIS2" in header:
        text = "tables WCSDVARR are in level 3, not applied" if jitter else "the file has no tables WCSDVARR"
        header["JITTER"] = ("CARRIED" if jitter else "ABSENT", text)


def is_sit_and_stare(header: Mapping[str, Any], columns: int) -> bool:
    """Return whether the slit stands still: one column, or columns without a step."""
    return columns == 1 or float(header.get("CDELT1", 1.0)) == 0


def notes(header: Mapping[str, Any]) -> list[str]:
    """Return what a user should know of an exposure: a wide slit, pointing jitter that is not applied."""
    found = []
    width = header.get("SLIT_WID")
    if isinstance(width, int | float) and width > WIDEST:
        found.append(f"the slit is {width:g} arcsec wide: lines are images of the Sun, not Gaussians; widths mean nothing")
    if header.get("JITTER") == "CARRIED":
        found.append("the tables of pointing jitter are carried to level 3, and not applied")
    if header.get("JITTER") == "ABSENT":
        found.append("the header names tables of pointing jitter, and the file has none: pointing jitter is not corrected")
    return found
