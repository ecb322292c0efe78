"""Level 0 (raw counts) to level 1 (photons on the active area): bias, dark, gain, stray light.

The order is that of Kankelborg-Group/ESIS (data/level_0.py, level_1.py). Cosmic rays are removed between :func:`electrons` and
:func:`photons`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import numpy as np
from astropy.io.fits import Header
from scipy.stats import trim_mean

from helioreduce import times
from helioreduce.errors import InputError, counted
from helioreduce.esis import camera as cam
from helioreduce.esis import level0
from helioreduce.image import Image

#: Rows at the two ends of the detector, outside every octagon, that see stray light only.
STRAY_ROWS = 100


def header(raw: Mapping[str, Any], camera: int) -> Header:
    """Return the level-1 header: IMG_TS is the end of an exposure, DATE-AVG its middle."""
    end = times.parse(str(raw["IMG_TS"]))
    exposure = timedelta(seconds=float(raw["MEAS_EXP"]) * cam.TICK_S)
    cards = Header()
    cards["TELESCOP"] = ("ESIS", "EUV Snapshot Imaging Spectrograph")
    cards["CAMERA"] = (camera, "camera number")
    cards["SEQUENCE"] = (int(raw["IMG_ISN"]), "exposure number (IMG_ISN)")
    cards["EXPTIME"] = (exposure.total_seconds(), "[s] measured exposure")
    for key, time in (("DATE-OBS", end - exposure), ("DATE-AVG", end - exposure / 2), ("DATE-END", end)):
        cards[key] = time.replace(tzinfo=None).isoformat(timespec="milliseconds")
    cards["BUNIT"] = "electron"
    return cards


def missing(camera: int, exposure: int, why: str, flight: cam.Flight = cam.FLIGHT) -> Image:
    """Return level 1 of a camera without a usable frame: NaN, with the time that the exposure should have, and why."""
    end = flight.time_of(exposure).isoformat()
    cards = header({"IMG_TS": end, "MEAS_EXP": flight.exposure_s / cam.TICK_S, "IMG_ISN": exposure}, camera)
    cards["BUNIT"] = "photon"
    level0.refuse(cards, why)
    return Image(np.full(cam.ACTIVE_SHAPE, np.nan, np.float32), cards)


def debias(frame: np.ndarray) -> np.ndarray:
    """Return the counts above the bias on the active area.

    The bias of a tap is the mean of its blank columns, trimmed by a quarter at each end.

    Parameters
    ----------
    frame
        Level 0 (1040, 2152), DN.

    Returns
    -------
    ndarray
        (1040, 2048) float32, DN.
    """
    counts = np.asarray(frame, np.float32).copy()
    for rows, columns in cam.quadrants(counts.shape):
        left = columns.start is None
        blank = slice(cam.BLANK_IGNORED, cam.BLANK) if left else slice(-cam.BLANK, -cam.BLANK_IGNORED)
        counts[rows, columns] -= trim_mean(counts[rows, blank], 0.25, axis=None)
    return _active(counts)


def _active(counts: np.ndarray) -> np.ndarray:
    """Return the counts without blank columns and overscan: (1040, 2152) → (1040, 2048)."""
    middle = counts.shape[1] // 2
    left = counts[:, cam.BLANK : middle - cam.OVERSCAN]
    return np.hstack([left, counts[:, middle + cam.OVERSCAN : -cam.BLANK]])


def dark(frames: Sequence[np.ndarray]) -> np.ndarray:
    """Return the mean of dark frames, pixel by pixel without the highest and lowest quarter, which removes cosmic rays.

    Parameters
    ----------
    frames
        Darks without bias, each (ny, nx), DN.

    Raises
    ------
    InputError
        With fewer than four frames nothing can be trimmed.
    """
    if len(frames) < 4:
        raise InputError(
            counted(len(frames), "dark frame"), cure="Give four or more of each camera: cosmic rays are trimmed away"
        )
    ordered = np.sort(np.stack(frames), axis=0)
    cut = len(frames) // 4
    return ordered[cut : len(frames) - cut].mean(axis=0, dtype=np.float64).astype(np.float32)


def electrons(frame: np.ndarray, dark_dn: np.ndarray, camera: int, flight: cam.Flight = cam.FLIGHT) -> np.ndarray:
    """Return the photo-electrons of a light frame: (counts − bias − dark) × gain of the tap.

    Returns
    -------
    ndarray
        (1040, 2048) float32, in the detector's own row order.
    """
    counts = debias(frame) - dark_dn
    return counts * cam.by_tap(flight.gain[camera - 1], counts.shape)


def read_noise_e(camera: int, shape: tuple[int, int] = cam.ACTIVE_SHAPE, flight: cam.Flight = cam.FLIGHT) -> np.ndarray:
    """Return the read noise of every pixel (ny, nx), electrons."""
    return cam.by_tap(flight.gain[camera - 1] * flight.read_noise_dn[camera - 1], shape)


def variance_e(image_e: np.ndarray, camera: int, flight: cam.Flight = cam.FLIGHT) -> np.ndarray:
    """Return the variance (ny, nx), electrons²: a photon makes q = hc/(3.6 eV λ) electrons, so the shot noise is q·D, not D.

    σ² = q(column) · max(D, 0) + (read noise · gain)².
    """
    quantum = cam.electrons_per_photon(flight.column_wavelength_A(image_e.shape[1])).astype(np.float32)
    return quantum * np.maximum(image_e, 0) + read_noise_e(camera, image_e.shape, flight) ** 2


def stray_light(image_e: np.ndarray) -> float:
    """Return the level of scattered light, electrons: the smaller of the means of the first and last 100 rows, trimmed by 30 %.

    The flight code takes the end that is darker in the sum over time; each frame by itself gives the same end.
    """
    return float(min(trim_mean(rows, 0.3, axis=None) for rows in (image_e[:STRAY_ROWS], image_e[-STRAY_ROWS:])))


def photons(image: Image, flight: cam.Flight = cam.FLIGHT) -> Image:
    """Subtract stray light and convert electrons to photons; rows are flipped as the optics flip them.

    N = (D − stray) / q(column), σ_N = σ / q(column), with q = hc / (3.6 eV λ).

    Parameters
    ----------
    image
        Electrons with their standard deviation; cosmic rays flagged and replaced.
    """
    level = stray_light(image.data)
    quantum = cam.electrons_per_photon(flight.column_wavelength_A(image.data.shape[1])).astype(np.float32)
    cards = image.header.copy()
    cards["BUNIT"] = "photon"
    cards["STRAY_E"] = (level, "[electron] stray light subtracted")
    return Image(
        np.flipud((image.data - np.float32(level)) / quantum),
        cards,
        None if image.sigma is None else np.flipud(image.sigma / quantum),
        np.flipud(image.flags),
    )
