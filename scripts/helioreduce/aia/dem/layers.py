"""A known plasma: emission measure of every pixel as a sum of Gaussians in log T, as the embedded archive keeps it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io.fits import Header
from scipy import ndimage

from helioreduce.io import fits

#: Unit in which the archive keeps it, cm⁻⁵.
UNIT = 1e26


@dataclass(frozen=True, eq=False)
class Layers:
    """Emission measure (layers, ny, nx) in cm⁻⁵, mean and standard deviation of log T of each layer, and a header."""

    em: np.ndarray
    logt: np.ndarray
    sigma: np.ndarray
    header: Header

    def band(self, low: float, high: float) -> np.ndarray:
        """Return the emission measure (ny, nx) between two log T, cm⁻⁵: ½ Σ EM [erf((high − μ)/√2σ) − erf((low − μ)/√2σ)]."""
        ends = [
            [math.erf((edge - m) / (math.sqrt(2) * s)) for m, s in zip(self.logt, self.sigma, strict=True)]
            for edge in (low, high)
        ]
        return np.tensordot((np.array(ends[1]) - ends[0]) / 2, self.em, axes=1)

    def at(self, header: Header, shape: tuple[int, int], step: int = 1) -> Layers:
        """Return the plasma at the middles of the pixels of another grid, of each row and column every ``step``-th.

        Linear interpolation; both grids have the Sun's north up, and ``shape`` counts what is returned.
        """
        rows, columns = (self._places(header, axis, number, step) for axis, number in zip(("2", "1"), shape, strict=True))
        places = np.meshgrid(rows, columns, indexing="ij")
        layers = [ndimage.map_coordinates(layer, places, order=1, mode="nearest") for layer in self.em]
        return Layers(np.stack(layers), self.logt, self.sigma, header)

    def _places(self, header: Header, axis: str, number: int, step: int) -> np.ndarray:
        """Return the indices along one axis of this grid at which every ``step``-th of the other's pixels lie."""

        def cards(of: Header) -> list[float]:
            """Return CRPIX, CDELT and CRVAL."""
            return [float(of.get(f"{name}{axis}", 0.0)) for name in ("CRPIX", "CDELT", "CRVAL")]

        pixel, scale, value = cards(header)
        own_pixel, own_scale, own_value = cards(self.header)
        world = value + (1 + np.arange(number) * step - pixel) * scale
        return np.asarray((world - own_value) / own_scale + own_pixel - 1)


def read(path: str | Path) -> Layers:
    """Return the plasma of a file ``results/archive/dem/{time}.fits``."""
    values, header = fits.read_array(path, "EM")[0], fits.read_headers(path)[0]
    numbers = range(1, int(header["LAYERS"]) + 1)
    logt, sigma = (np.array([float(header[f"{name}{number}"]) for number in numbers]) for name in ("LOGT", "LOGS"))
    return Layers(np.asarray(values, np.float32) * np.float32(UNIT), logt, sigma, header)
