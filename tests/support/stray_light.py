"""A Sun with a coronal hole, the moon's limb and a flare on a sky twice the detector's side, seen through stray light."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from helioreduce.aia import psf
from helioreduce.numerics import fft

#: Read noise of the cameras in the scene, DN.
READ_DN = 1.15


class Scene:
    """Truth and observation of one size and diffuse fraction; the wings r⁻² + 30 r⁻³ are made up for tests.

    Parameters
    ----------
    side
        Of the detector, px; the sky has twice of it.
    diffuse
        Share of the light in the wings.
    outside
        Whether there is a corona beyond the detector.
    """

    def __init__(self, side: int, diffuse: float, *, outside: bool = True) -> None:
        self.side, self.diffuse, self._outside = side, diffuse, outside
        self.on_detector = np.s_[side // 2 : side // 2 + side, side // 2 : side // 2 + side]

    @cached_property
    def kernel(self) -> np.ndarray:
        """PSF (2n, 2n), of unit sum, centred on pixel (n, n)."""
        shape = 2 * self.side, 2 * self.side
        r = self._radius
        wings = np.where(r >= 1, np.maximum(r, 1) ** -2.0 + 30 * np.maximum(r, 1) ** -3.0, 0)
        wings[0], wings[:, 0] = 0, 0
        return (1 - self.diffuse) * psf.psf(171, shape=shape) + self.diffuse * wings / wings.sum()

    @cached_property
    def sky(self) -> np.ndarray:
        """Scene (2n, 2n), DN: quiet Sun 250, coronal hole 3, moon 0, active region 4000, flare 9000."""
        n, (y, x) = self.side, np.indices((2 * self.side, 2 * self.side)) - self.side
        r, limb = self._radius, 0.396 * self.side
        corona = 3 + 200 * np.exp(-(r - limb).clip(0) / (0.05 * n))
        light = np.where(r < limb, 250 + 40 * np.sin(x * 40 / n) * np.cos(y * 31 / n), corona)
        light[self._region(0.12, 0.1, 0.09)] = 3
        light += 4000 * np.exp(-((y + 0.15 * n) ** 2 + (x - 0.1 * n) ** 2) / (0.02 * n) ** 2)
        light[np.hypot(y + 0.2 * n, x + 0.15 * n) < 0.012 * n] = 9000
        light[np.hypot(y, x + 0.62 * n) < 0.3 * n] = 0
        if not self._outside:
            light[~self._detector] = 0
            light[r > 0.45 * n] = 0
        return light

    @property
    def truth(self) -> np.ndarray:
        """The scene on the detector, (n, n)."""
        return self.sky[self.on_detector]

    @cached_property
    def seen(self) -> np.ndarray:
        """Expected counts on the detector, (n, n), DN."""
        transform = np.fft.rfft2(np.fft.ifftshift(self.kernel)).real
        return np.fft.irfft2(np.fft.rfft2(self.sky) * transform, s=self.sky.shape)[self.on_detector].clip(0)

    def variance(self) -> np.ndarray:
        """Variance of the counts, (n, n): photons (one DN each) and read noise."""
        return self.seen + READ_DN**2

    def observed(self, seed: int = 0) -> np.ndarray:
        """Counts with noise, (n, n), float32."""
        generator = np.random.default_rng(seed)
        return (generator.poisson(self.seen) + READ_DN * generator.standard_normal(self.seen.shape)).astype(np.float32)

    def otf(self, dtype: str = "float32") -> np.ndarray:
        """OTF on the grid of twice the side: no light returns."""
        return fft.rfft2(np.fft.ifftshift(self.kernel)).real.astype(dtype)

    @cached_property
    def regions(self) -> dict[str, np.ndarray]:
        """Boolean masks (n, n) well inside parts of the scene: hole, moon, quiet Sun and active region."""
        y, x = np.indices((self.side, self.side)) - self.side // 2
        n = self.side
        quiet = (
            (np.hypot(y, x) < 0.33 * n)
            & (x > 0.12 * n)
            & (y > -0.02 * n)
            & (self._at_detector(self._region(0.12, 0.1, 0.12)) == 0)
        )
        return {
            "hole": self._at_detector(self._region(0.12, 0.1, 0.075)),
            "moon": (np.hypot(y, x + 0.62 * n) < 0.285 * n) & (x > -0.42 * n) & (abs(y) < 0.2 * n),
            "quiet": quiet,
            "bright": np.hypot(y + 0.15 * n, x - 0.1 * n) < 0.02 * n,
        }

    @cached_property
    def occulted(self) -> np.ndarray:
        """Boolean (n, n): behind the moon, away from its limb."""
        y, x = np.indices((self.side, self.side)) - self.side // 2
        return np.hypot(y, x + 0.62 * self.side) < 0.285 * self.side

    @cached_property
    def _radius(self) -> np.ndarray:
        y, x = np.indices((2 * self.side, 2 * self.side)) - self.side
        return np.hypot(y, x)

    @property
    def _detector(self) -> np.ndarray:
        inside = np.zeros((2 * self.side, 2 * self.side), bool)
        inside[self.on_detector] = True
        return inside

    def _region(self, y0: float, x0: float, radius: float) -> np.ndarray:
        """Return a disk on the sky, in units of the side."""
        y, x = np.indices((2 * self.side, 2 * self.side)) / self.side - 1
        return np.hypot(y - y0, x + x0) < radius

    def _at_detector(self, plane: np.ndarray) -> np.ndarray:
        return plane[self.on_detector]
