"""Noise of SPICE radiances: signal, dark current and read-out.

In detector counts, S = radiance × RADCAL (DN)::

    σ² = f² g max(S, 0) + k (D t n + r² n)

with gain g (DN/photon), noise factor f of the intensifier, dark rate D (DN/s/pixel), read noise r (DN), exposure t (s) and n
binned pixels; k = 2 where a dark frame was subtracted, which doubles the constant part. In radiances this is
``variance = a + b max(radiance, 0)``, the form that the fit uses with its own model.

Source: Huang et al. (2023, A&A 673, A82) and the values of the sospice package; k = 1 is sospice up to 0.0.5, k = 2 from 0.0.9.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from helioreduce.errors import InputError
from helioreduce.spice.level2 import number, value

#: Both detectors, DN.
READ_NOISE = 6.9


class Detector(NamedTuple):
    """Dark current (DN/s/pixel), gain (DN/photon) and noise factor of a detector."""

    dark: float
    gain: float
    factor: float


DETECTORS = {"SW": Detector(0.89, 3.58, 1.0), "LW": Detector(0.54, 0.57, 1.6)}


class Noise(NamedTuple):
    """``variance = a + b max(radiance, 0)``, in the square of the data's unit."""

    a: float
    b: float

    def sigma(self, radiance: np.ndarray) -> np.ndarray:
        """Return the standard deviation of a sample whose expected value is ``radiance``."""
        return np.sqrt(self.a + self.b * np.maximum(radiance, 0))


def detector(header: Mapping[str, Any]) -> str:
    """Return ``SW`` (703–791 Å) or ``LW`` (970–1053 Å): the DETECTOR card, or the side on which the window lies."""
    named = value(header, "DETECTOR")
    return str(named) if named in DETECTORS else ("SW" if number(header, "WAVEMIN") < 88.0 else "LW")


def components(radiance: np.ndarray, header: Mapping[str, Any], *, frames: int = 2) -> dict[str, np.ndarray]:
    """Return the terms of the noise, in the data's unit: ``dark``, ``read``, ``signal``; the total is their quadratic sum.

    Parameters
    ----------
    radiance
        Expected value, in the data's unit.
    header
        RADCAL, XPOSURE, NBIN2, NBIN3 and DETECTOR are read.
    frames
        1, or 2 where a dark frame was subtracted (k above).

    Raises
    ------
    InputError
        If RADCAL is not above 0, or XPOSURE below.
    """
    camera = DETECTORS[detector(header)]
    radcal, exposure_s = number(header, "RADCAL"), number(header, "XPOSURE")
    if not (radcal > 0 and exposure_s >= 0):
        problem = f"RADCAL is {radcal:g} and XPOSURE {exposure_s:g}: they give no noise"
        raise InputError(problem, cure="Use a calibrated level-2 file, or leave the window out: spice.windows.exclude")
    binned = number(header, "NBIN3", 1) * number(header, "NBIN2", 1)
    dark = np.sqrt(frames * camera.dark * exposure_s * binned) / radcal
    read = np.sqrt(frames * binned) * READ_NOISE / radcal
    counts = np.maximum(np.asarray(radiance, float) * radcal, 0)
    signal = camera.factor * np.sqrt(counts * camera.gain) / radcal
    return {"dark": np.full_like(signal, dark), "read": np.full_like(signal, read), "signal": signal}


def of(header: Mapping[str, Any], *, frames: int = 2, factor: float = 1.0) -> Noise:
    """Return the constant and proportional part of the variance.

    Parameters
    ----------
    header, frames
        See :func:`components`.
    factor
        Multiplies all standard deviations, for example for the noise of compression.

    Raises
    ------
    InputError
        If ``frames`` is neither 1 nor 2, or ``factor`` not above 0.
    """
    if frames not in (1, 2) or not factor > 0:
        problem = f"the noise is that of {frames!r} frames, times {factor!r}"
        raise InputError(problem, cure="Give frames 1 or 2 and a factor above 0")
    terms = components(np.ones(1), header, frames=frames)
    return Noise(factor**2 * float(terms["dark"][0] ** 2 + terms["read"][0] ** 2), factor**2 * float(terms["signal"][0] ** 2))
