"""Noise model of a detector, on which all thresholds of L.A.Cosmic depend.

In visible light one photon makes one electron, so that electrons are Poisson. In the extreme ultraviolet one photon makes
many, hν / 3.65 eV, and plain electron noise is too small by the square root of that number: at 171 Å by 4.5.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from helioreduce.constants import EV_PER_ELECTRON, HC_EV_ANGSTROM
from helioreduce.errors import InputError

_SECTION = re.compile(r"\[?(\d+):(\d+),(\d+):(\d+)\]?")
#: Below this wavelength a photon in silicon makes more than one electron: 2 · 3.65 eV, Å.
PHOTON_IS_ELECTRON_ABOVE = HC_EV_ANGSTROM / (2 * EV_PER_ELECTRON)


def electrons_per_photon(wavelength: float) -> float:
    """Return hc / (λ · 3.65 eV), at least 1: the mean number of electrons from a photon of ``wavelength`` λ (Å) in silicon."""
    return max(HC_EV_ANGSTROM / (wavelength * EV_PER_ELECTRON), 1.0)


@dataclass(frozen=True)
class Detector:
    """Noise model of a CCD.

    Parameters
    ----------
    gain
        Electrons per DN; 1 for data in electrons. An array (ny, nx) where amplifiers differ, see :func:`by_amplifier`.
    read_noise
        Standard deviation of one reading, electrons; likewise.
    electrons_per_photon
        1 in visible light; :func:`electrons_per_photon` in the extreme ultraviolet.
    """

    gain: float | np.ndarray = 1.0
    read_noise: float | np.ndarray = 0.0
    electrons_per_photon: float = 1.0

    def __post_init__(self) -> None:
        if not (np.all(self.gain > 0) and np.all(self.read_noise >= 0) and self.electrons_per_photon >= 1):
            raise InputError(f"{self} is impossible", cure="Give gain > 0, read noise ≥ 0 and at least one electron per photon")

    def variance(self, data: np.ndarray) -> np.ndarray:
        """Return the variance of ``data`` D (DN), DN²: (q · max(g D, 0) + r²) / g².

        Here g is the gain, r the read noise and q the number of electrons per photon: n photons of q electrons each have the
        variance n q² = q · (n q), electrons times q.
        """
        electrons = np.maximum(np.asarray(data, np.float32) * np.asarray(self.gain, np.float32), np.float32(0))
        electrons *= np.float32(self.electrons_per_photon)
        electrons += np.asarray(self.read_noise**2, np.float32)
        electrons /= np.asarray(self.gain**2, np.float32)
        return electrons

    def __str__(self) -> str:
        values = (f"{name}={_range(value)}" for name, value in vars(self).items())
        return f"Detector({', '.join(values)})"

    def check(self, wavelength: float | None) -> None:
        """Refuse plain electron noise for an image in the extreme ultraviolet.

        Raises
        ------
        InputError
            If ``wavelength`` (Å) is so short that a photon makes several electrons, and the model says one.
        """
        if wavelength is None or wavelength >= PHOTON_IS_ELECTRON_ABOVE or self.electrons_per_photon > 1:
            return
        many = electrons_per_photon(wavelength)
        raise InputError(
            f"at {wavelength:g} Å one photon makes {many:.1f} electrons: electron noise is {many**0.5:.1f} times too small",
            cure=f"Give electrons_per_photon = {many:.2f}, or a variance",
        )


def by_amplifier(
    shape: tuple[int, int], amplifiers: Sequence[Mapping[str, Any]], gain: float = 1.0, read_noise: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Return gain and read noise of every pixel, two arrays (ny, nx), of a detector with several amplifiers.

    Parameters
    ----------
    shape
        (ny, nx).
    amplifiers
        For each ``section``, as FITS headers have it (``[1:1024, 1:512]``: first and last column, first and last row, from 1),
        ``gain`` (electrons per DN) and ``read_noise`` (electrons).
    gain, read_noise
        Where an amplifier does not say.

    Raises
    ------
    InputError
        If a section is not of this form or outside the frame, or the sections leave pixels out or overlap.
    """
    planes = np.full((2, *shape), np.nan)
    for amplifier in amplifiers:
        text = str(amplifier["section"])
        match = _SECTION.fullmatch(text.replace(" ", ""))
        x0, x1, y0, y1 = map(int, match.groups()) if match else (0, 0, 0, 0)
        if not (1 <= x0 <= x1 <= shape[1] and 1 <= y0 <= y1 <= shape[0]):
            cure = f"Give [x0:x1, y0:y1] within [1:{shape[1]}, 1:{shape[0]}]"
            raise InputError(f"{text!r} is no section of a frame of {shape[1]} x {shape[0]} pixels", cure=cure)
        part = planes[:, y0 - 1 : y1, x0 - 1 : x1]
        if np.isfinite(part).any():
            raise InputError(f"the section {text!r} overlaps another", cure="Give each pixel one amplifier")
        part[0], part[1] = amplifier.get("gain", gain), amplifier.get("read_noise", read_noise)
    if np.isnan(planes).any():
        raise InputError(
            f"{int(np.isnan(planes[0]).sum())} pixels have no amplifier", cure="Give sections that cover the frame"
        )
    return planes[0], planes[1]


def _range(value: float | np.ndarray) -> str:
    """Return a number, or the least and greatest of an array, as text."""
    return f"{np.min(value):g} to {np.max(value):g}" if np.ndim(value) else repr(value)


def classic_variance(electrons: np.ndarray, read_noise: float) -> np.ndarray:
    """Return D + r², electrons², the variance of astroscrappy: negative data lower it below the read noise."""
    return np.asarray(electrons, np.float32) + np.float32(read_noise) * np.float32(read_noise)
