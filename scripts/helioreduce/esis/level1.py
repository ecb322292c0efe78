"""Level 0 (raw counts) to level 1 (photons on the active area): bias, dark, gain, stray light.

The order is that of Kankelborg-Group/ESIS (data/level_0.py, level_1.py). Cosmic rays are found between :func:`electrons` and
:func:`photons`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

import numpy as np
from astropy.io.fits import Header
from scipy.stats import trim_mean

from helioreduce import times
from helioreduce.errors import InputError
from helioreduce.esis import camera as cam
from helioreduce.image import Image

#: Rows at the two ends of the detector, outside every octagon, that see stray light only.
STRAY_ROWS = 100


def check(header: Mapping[str, object], shape: tuple[int, int]) -> int:
    """Camera number of a level-0 frame that can be reduced.

    Raises
    ------
    InputError
        Wrong detector shape, unknown camera, incomplete transfer, or an exposure that is not 10 s long.
    """
    if shape != cam.FRAME_SHAPE:
        raise InputError(f"a frame of shape {shape}, not {cam.FRAME_SHAPE}", cure="Give ESIS level-0 frames")
    for key in ("CAM_ID", "MEAS_EXP", "IMG_TS", "IMG_ISN"):
        if key not in header:
            raise InputError(f"keyword {key} is missing", cure="Give ESIS level-0 frames")
    number = str(header["CAM_ID"]).strip()[-1:]
    if number not in map(str, cam.CAMERAS):
        raise InputError(f"CAM_ID = {header['CAM_ID']!r} is not ESIS1 to ESIS4")
    if header.get("IMG_STAT", "Complete") != "Complete":
        raise InputError(f"IMG_STAT = {header['IMG_STAT']!r}", cure="Exclude this sequence: its transfer was incomplete")
    exposure_s = float(header["MEAS_EXP"]) * cam.TICK_S  # type: ignore[arg-type]
    if abs(exposure_s / cam.EXPOSURE_S - 1) > 0.01:
        raise InputError(
            f"MEAS_EXP: an exposure of {exposure_s:.2f} s, not {cam.EXPOSURE_S:g} s", cure="Exclude this sequence or dark"
        )
    return int(number)


def complete(cameras: Sequence[int]) -> None:
    """Make sure that a sequence has a frame of every camera, once.

    Raises
    ------
    InputError
        If one is missing or given twice.
    """
    if sorted(cameras) != list(cam.CAMERAS):
        missing = [f"ESIS{number}" for number in cam.CAMERAS if number not in cameras]
        problem = f"no frame of {', '.join(missing)}" if missing else f"frames of cameras {sorted(cameras)}"
        raise InputError(f"the sequence has {problem}", cure="Give one frame of each camera, or exclude the sequence")


def header(level0: Mapping[str, object], camera: int) -> Header:
    """Level-1 header: IMG_TS stamps the end of an exposure, DATE-AVG is its middle."""
    end = times.parse(str(level0["IMG_TS"]))
    exposure = timedelta(seconds=float(level0["MEAS_EXP"]) * cam.TICK_S)  # type: ignore[arg-type]
    cards = Header()
    cards["TELESCOP"] = ("ESIS", "EUV Snapshot Imaging Spectrograph, 2019 flight")
    cards["CAMERA"] = (camera, "camera number")
    cards["SEQUENCE"] = (int(level0["IMG_ISN"]), "exposure number (IMG_ISN)")  # type: ignore[call-overload]
    cards["EXPTIME"] = (exposure.total_seconds(), "[s] measured exposure")
    for key, time in (("DATE-OBS", end - exposure), ("DATE-AVG", end - exposure / 2), ("DATE-END", end)):
        cards[key] = time.replace(tzinfo=None).isoformat(timespec="milliseconds")
    cards["BUNIT"] = "electron"
    return cards


def debias(frame: np.ndarray) -> np.ndarray:
    """Counts above the bias on the active area.

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
    """Without blank columns and overscan: (1040, 2152) → (1040, 2048)."""
    middle = counts.shape[1] // 2
    left = counts[:, cam.BLANK : middle - cam.OVERSCAN]
    return np.hstack([left, counts[:, middle + cam.OVERSCAN : -cam.BLANK]])


def dark(frames: Sequence[np.ndarray]) -> np.ndarray:
    """Mean dark frame, trimmed by a quarter at each end of the time axis, which also removes cosmic rays.

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
        raise InputError(f"{len(frames)} dark frames", cure="Give four or more of each camera: cosmic rays are trimmed away")
    ordered = np.sort(np.stack(frames), axis=0)
    cut = len(frames) // 4
    return ordered[cut : len(frames) - cut].mean(axis=0, dtype=np.float64).astype(np.float32)


def electrons(frame: np.ndarray, dark_dn: np.ndarray, camera: int) -> np.ndarray:
    """Photo-electrons of a light frame: (counts − bias − dark) × gain of the tap.

    Returns
    -------
    ndarray
        (1040, 2048) float32, in the detector's own row order.
    """
    counts = debias(frame) - dark_dn
    return counts * cam.by_tap(cam.GAIN[camera - 1], counts.shape)


def read_noise_e(camera: int, shape: tuple[int, int] = cam.ACTIVE_SHAPE) -> np.ndarray:
    """Read noise of every pixel (ny, nx), electrons."""
    return cam.by_tap(cam.GAIN[camera - 1] * cam.READ_NOISE_DN[camera - 1], shape)


def variance_e(image_e: np.ndarray, camera: int) -> np.ndarray:
    """Variance (ny, nx), electrons²: photons come in lumps of q = hc/(3.6 eV λ), so the shot noise is q·D, not D.

    σ² = q(column) · max(D, 0) + (read noise · gain)².
    """
    lump = cam.electrons_per_photon(cam.column_wavelength_A(image_e.shape[1])).astype(np.float32)
    return lump * np.maximum(image_e, 0) + read_noise_e(camera, image_e.shape) ** 2


def stray_light(image_e: np.ndarray) -> float:
    """Level of scattered light, electrons: the smaller of the means of the first and last 100 rows, trimmed by 30 %.

    The flight code takes the end that is darker summed over time; a frame by itself gives the same end and needs no others.
    """
    return float(min(trim_mean(rows, 0.3, axis=None) for rows in (image_e[:STRAY_ROWS], image_e[-STRAY_ROWS:])))


def photons(image: Image) -> Image:
    """Level 1: electrons less stray light, in photons, rows flipped as the optics flip them.

    N = (D − stray) / q(column), σ_N = σ / q(column), with q = hc / (3.6 eV λ).

    Parameters
    ----------
    image
        Electrons with their standard deviation; cosmic rays flagged and replaced.
    """
    level = stray_light(image.data)
    lump = cam.electrons_per_photon(cam.column_wavelength_A(image.data.shape[1])).astype(np.float32)
    cards = image.header.copy()
    cards["BUNIT"] = "photon"
    cards["STRAY_E"] = (level, "[electron] stray light subtracted")
    return Image(
        np.flipud((image.data - np.float32(level)) / lump),
        cards,
        None if image.sigma is None else np.flipud(image.sigma / lump),
        np.flipud(image.mask),
    )
