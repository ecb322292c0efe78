"""Simulate the read-out of an exposure, to level-0 counts: cosmic rays, dark current, gain, read noise and bias."""

from __future__ import annotations

import numpy as np
from astropy.io.fits import Header

from helioreduce.esis import camera as cam

BIAS_DN = 3500.0
DARK_DN = 4.0


def header(camera: int, exposure: int) -> Header:
    """Return the level-0 keywords of an exposure of the flight."""
    cards = Header()
    end = cam.FLIGHT.time_of(exposure)
    cards["IMG_TS"] = end.strftime("%Y-%m-%dT%H:%M:%S.") + f"{end.microsecond // 1000:03d}Z"
    cards["CAM_ID"] = f"ESIS{camera}"
    cards["IMG_ISN"], cards["IMG_CNT"] = exposure, exposure - cam.FLIGHT.first_exposure + 1
    cards["MEAS_EXP"] = round(cam.FLIGHT.exposure_s / cam.TICK_S)
    cards["IMG_STAT"] = "Complete"
    return cards


def level0(photons: np.ndarray, camera: int, rng: np.random.Generator, *, cosmic_rays: int = 25) -> np.ndarray:
    """Return the counts (1040, 2152) uint16 of a frame that collected ``photons`` (level 1, rows as on the Sun).

    Parameters
    ----------
    cosmic_rays
        Mean number of tracks; flight darks hold 23 to 27.
    """
    quantum = cam.electrons_per_photon(cam.FLIGHT.column_wavelength_A())
    electrons = np.flipud(photons * quantum) + tracks(rng, cosmic_rays)
    counts = electrons / cam.by_tap(cam.FLIGHT.gain[camera - 1], cam.ACTIVE_SHAPE) + DARK_DN
    middle = counts.shape[1] // 2
    gap = np.zeros((len(counts), 2 * cam.OVERSCAN))
    blank = np.zeros((len(counts), cam.BLANK))
    frame = np.hstack([blank, counts[:, :middle], gap, counts[:, middle:], blank])
    noise = cam.by_tap(cam.FLIGHT.read_noise_dn[camera - 1], frame.shape) * rng.standard_normal(frame.shape)
    bias = cam.by_tap(BIAS_DN + 30 * np.arange(4), frame.shape)
    return np.clip(np.rint(frame + noise + bias), 0, 65535).astype(np.uint16)


def tracks(rng: np.random.Generator, mean: float) -> np.ndarray:
    """Return cosmic rays on the active area, electrons: straight tracks of 1 to 12 pixels, 300 to 3000 electrons each pixel."""
    image = np.zeros(cam.ACTIVE_SHAPE)
    for _ in range(rng.poisson(mean)):
        start, angle = rng.uniform((0, 0), cam.ACTIVE_SHAPE), rng.uniform(0, 2 * np.pi)
        path = start + np.arange(rng.integers(1, 13))[:, None] * [np.sin(angle), np.cos(angle)]
        row, column = np.clip(path.astype(int), 0, np.array(cam.ACTIVE_SHAPE) - 1).T
        image[row, column] = rng.uniform(300, 3000)
    return image
