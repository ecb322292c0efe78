"""The data of the example: a small CCD with a star field, dark frames and known cosmic rays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from helioreduce.cosmic_rays.inject import Injection, inject


@dataclass(frozen=True)
class Camera:
    """A ground-based CCD: ``gain`` e⁻/DN, ``read_noise`` e⁻, ``bias`` DN, ``dark`` and ``sky`` e⁻ per pixel and exposure."""

    shape: tuple[int, int] = (400, 520)
    gain: float = 1.5
    read_noise: float = 10.0
    bias: float = 1000.0
    dark: float = 30.0
    sky: float = 400.0

    def read(self, electrons: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return an exposure in DN, with Poisson and read noise, gain, bias and digitisation; ``electrons`` is its mean."""
        counted = rng.poisson(electrons) + rng.normal(0, self.read_noise, self.shape)
        return np.rint(counted / self.gain + self.bias).astype(np.float32)


def dark_frame(camera: Camera, seed: int, hits: int = 25) -> np.ndarray:
    """Return a dark frame (ny, nx) in DN, with its own cosmic rays."""
    rng = np.random.default_rng([seed, 1])
    numbers = {"point": hits // 2, "track": hits - hits // 2}
    return camera.read(camera.dark + _hits(camera, numbers, rng).charge, rng)


def science_frame(camera: Camera, seed: int, *, stars: int = 150, hits: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Return a star field with cosmic rays (ny, nx) in DN, and the true number of each pixel's hit, 0 for none."""
    rng = np.random.default_rng([seed, 2])
    numbers = {"point": hits // 3, "track": hits // 3, "worm": hits // 6, "edge": hits // 6}
    rays = _hits(camera, numbers, rng)
    light = camera.sky + _stars(camera.shape, stars, rng)
    return camera.read(camera.dark + light + rays.charge, rng), rays.events


def _hits(camera: Camera, numbers: dict[str, int], rng: np.random.Generator) -> Injection:
    """Return hits of tens to thousands of electrons per pixel."""
    return inject(camera.shape, numbers, rng.lognormal(5.8, 0.9, camera.shape), rng)


def _stars(shape: tuple[int, int], number: int, rng: np.random.Generator) -> np.ndarray:
    """Return the electrons of Gaussian stars, FWHM 3.5 pixels, with fluxes as N(> f) ∝ 1 / f."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    light = np.zeros(shape)
    sigma = 3.5 / 2.3548
    for _ in range(number):
        centre, flux = rng.uniform((0, 0), shape), min(3000 / rng.random(), 4e5)
        light += flux / (2 * np.pi * sigma**2) * np.exp(-((y - centre[0]) ** 2 + (x - centre[1]) ** 2) / (2 * sigma**2))
    return light
