"""Noise model of a detector, on which all thresholds of L.A.Cosmic depend.

In visible light one photon makes one electron, so that electrons are Poisson. In the extreme ultraviolet one photon makes
many, hν / 3.65 eV, and plain electron noise is too small by the square root of that number: at 171 Å by 4.5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from helioreduce.constants import EV_PER_ELECTRON, HC_EV_ANGSTROM
from helioreduce.errors import InputError

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
        Electrons per DN; 1 for data in electrons.
    read_noise
        Standard deviation of one reading, electrons.
    electrons_per_photon
        1 in visible light; :func:`electrons_per_photon` in the extreme ultraviolet.
    """

    gain: float = 1.0
    read_noise: float = 0.0
    electrons_per_photon: float = 1.0

    def __post_init__(self) -> None:
        if not (self.gain > 0 and self.read_noise >= 0 and self.electrons_per_photon >= 1):
            raise InputError(f"{self} is impossible", cure="Give gain > 0, read noise ≥ 0 and at least one electron per photon")

    def variance(self, data: np.ndarray) -> np.ndarray:
        """Return the variance of ``data`` D (DN), DN²: (q · max(g D, 0) + r²) / g².

        Here g is the gain, r the read noise and q the number of electrons per photon: n photons of q electrons each have the
        variance n q² = q · (n q), electrons times q.
        """
        electrons = np.maximum(np.asarray(data, np.float32) * np.float32(self.gain), np.float32(0))
        electrons *= np.float32(self.electrons_per_photon)
        electrons += np.float32(self.read_noise**2)
        electrons /= np.float32(self.gain**2)
        return electrons

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


def classic_variance(electrons: np.ndarray, read_noise: float) -> np.ndarray:
    """Return D + r², electrons², the variance of astroscrappy: negative data lower it below the read noise."""
    return np.asarray(electrons, np.float32) + np.float32(read_noise) * np.float32(read_noise)
