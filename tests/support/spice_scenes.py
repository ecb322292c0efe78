"""Spectra whose truth is known, and their noise."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import numpy as np

from helioreduce.spice import fit, model, noise
from helioreduce.spice.simulate import RADCAL_PER_SECOND
from helioreduce.spice.synthetic import STEP

#: Cards of which the noise of a short-wavelength window follows.
CARDS = {"DETECTOR": "SW", "NBIN2": 1, "NBIN3": 1, "BUNIT": "W/m2/sr/nm"}


class Scene(NamedTuple):
    """Model, true full parameters (N, K), expected and noisy spectra (N, n), parts of the variance (n,)."""

    model: model.LineModel
    q: np.ndarray
    expected: np.ndarray
    spectra: np.ndarray
    a: np.ndarray
    b: np.ndarray

    def fit(self, start: np.ndarray | None = None, **options: object) -> fit.Fit:
        """Fits from a start (default: the mean of the truth), bounds about it."""
        start = self.model.start(self.q.mean(axis=0) if start is None else start)
        return fit.fit_spectra(start, self.spectra, self.a, self.b, **options)


def noise_of(exposure: float) -> noise.Noise:
    """Noise of an exposure (s) as the calibration of data release 3 gives it."""
    return noise.of({**CARDS, "XPOSURE": exposure, "RADCAL": RADCAL_PER_SECOND * exposure})


def wavelengths(centre: float, samples: int = 51) -> np.ndarray:
    return centre + STEP * (np.arange(samples) - samples // 2)


def joined(rng: np.random.Generator, lines: model.LineModel, q: np.ndarray, exposure: float) -> Scene:
    """Noisy spectra of true parameters (N, K): photons and Gaussian read-out, as the noise model says."""
    own = noise_of(exposure)
    expected = fit.evaluate(lines, lines.reduce(q))
    photons = rng.poisson(np.maximum(expected, 0) / own.b) * own.b
    spectra = photons + rng.normal(0, np.sqrt(own.a), expected.shape)
    n = lines.arrays.wavelength.size
    return Scene(lines, q, expected, spectra, np.full(n, own.a), np.full(n, own.b))


def digest_of_fits(seed: int) -> str:
    """SHA-256 of parameters and covariances of 300 fits."""
    lines = model.build([wavelengths(770.1, 50)], [model.Line("ne_8 770.42", 770.42)])
    found = joined(np.random.default_rng(seed), lines, np.tile([0.5, 770.1, 0.35, 0.02], (300, 1)), 60).fit()
    return hashlib.sha256(found.p.tobytes() + found.packed.tobytes()).hexdigest()
