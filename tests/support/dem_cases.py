"""Plasmas of known temperature and the counts that they give."""

from __future__ import annotations

from functools import cache

import numpy as np

from helioreduce.aia.dem.inversion import BANDS, CHANNELS, Inversion, interpolate
from helioreduce.aia.response import model
from helioreduce.aia.response.temperature import temperature_response

#: Where the truth is integrated, dex.
FINE = np.linspace(4.5, 8.5, 4001)
#: Electrons per DN and read noise of the channels, 2.9 s: as good as any other numbers here.
_EXPOSURE_S, _NOISE_DN = 2.9, 1.2


@cache
def responses() -> tuple[np.ndarray, np.ndarray]:
    """Return log T and K(T) (channels, n) of the embedded archive's model."""
    light, telescopes = model.emissivity(), model.instrument()
    return light.log_temperature, np.array([temperature_response(telescopes, channel, light) for channel in CHANNELS])


def inversion(method: str = "logsmooth", bins: int = 30, span: tuple[float, float] = (5.5, 7.5), **options) -> Inversion:
    """Return an inversion with the model's response."""
    edges, (at, values) = np.linspace(*span, bins + 1), responses()
    centres = (edges[1:] + edges[:-1]) / 2
    return Inversion(np.array([interpolate(at, row, centres) for row in values]), edges, method, **{"bands": BANDS, **options})


def gaussian(centre: float, width: float, em: float = 1e28) -> np.ndarray:
    """Return emission measure per dex on :data:`FINE`."""
    return em * np.exp(-0.5 * ((FINE - centre) / width) ** 2) / (width * np.sqrt(2 * np.pi))


def counts(truth: np.ndarray) -> np.ndarray:
    """Return DN/s of a DEM per dex on :data:`FINE`."""
    at, values = responses()
    fine = np.array([interpolate(at, row, FINE) for row in values])
    return np.trapezoid(fine * truth, FINE, axis=1)


def errors(dn: np.ndarray, relative: float = 0.1, pixels: int = 1) -> np.ndarray:
    """Return σ of the mean of some pixels: photons and read noise, and a relative part that does not average out."""
    return np.sqrt((dn * 2 / _EXPOSURE_S + (_NOISE_DN / _EXPOSURE_S) ** 2) / pixels + (relative * dn) ** 2)


def draws(
    truth: np.ndarray, number: int, seed: int = 0, relative: float = 0.1, pixels: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """Return noisy counts (number, channels) of a plasma, and their σ."""
    dn = counts(truth)
    sigma = np.broadcast_to(errors(dn, relative, pixels), (number, dn.size))
    return dn + np.random.default_rng(seed).normal(size=sigma.shape) * sigma, sigma
