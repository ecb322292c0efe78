"""Appearance of the Sun in each channel: parameters of the scene, chosen for the brightness and contrast of AIA images.

Levels follow the statistics of JSOC records (DATAMEDN, DATAP99 of 2011–2020, undone by the degradation of their date).
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np


@dataclass(frozen=True)
class Appearance:
    """Parameters of one channel; contrasts are in natural logarithms.

    ``quiet``: quiet disk centre, DN/s at launch. ``thin``: part of it that is optically thin, with ``height`` (solar radii)
    the scale height of its emission. ``darkening``: linear limb darkening of the rest. ``large``, ``network``, ``fine``:
    contrast of the large scale, the network lanes and the fine texture. ``hole``: brightness of a coronal hole over the
    quiet Sun. ``plage``: gain of the surface in active regions; ``spot``: brightness of an umbra. ``loops``: peak of a
    loop at the best temperature, DN/s; ``width``: its standard deviation, arcsec. ``points``: peak of a bright point.
    ``cool``: peak of prominences; ``filament``: their optical depth. ``bands``: (log T, width, weight) of the response.
    """

    quiet: float
    thin: float
    height: float
    darkening: float
    large: float
    network: float
    fine: float
    hole: float
    plage: float
    spot: float
    loops: float = 0.0
    width: float = 1.0
    points: float = 0.0
    cool: float = 0.0
    filament: float = 0.0
    bands: tuple[tuple[float, float, float], ...] = ()

    def response(self, log_t: np.ndarray) -> np.ndarray:
        """Return the relative response at temperatures ``log_t``, peak 1 for the main band."""
        return sum((w * np.exp(-0.5 * ((log_t - t) / s) ** 2) for t, s, w in self.bands), np.zeros_like(log_t))

    def surface(self) -> np.ndarray:
        """Return the parameters of the disk kernel, in the order of the fields, float64 (10,)."""
        return np.array([getattr(self, field.name) for field in fields(self)[:10]], float)


APPEARANCES = {
     94: Appearance(0.5, 0.28, 0.07, 0.0, 0.7, 0.15, 0.2, 0.45, 3.0, 1.0, 9.0, 1.5, 2.0, 0.0, 0.03,
                    bands=((6.85, 0.22, 1.0), (6.05, 0.15, 0.25))),
    131: Appearance(3.2, 0.22, 0.04, 0.0, 0.45, 0.45, 0.35, 0.55, 2.5, 1.0, 28.0, 1.0, 20.0, 1.5, 0.07,
                    bands=((5.75, 0.18, 1.0), (7.0, 0.2, 0.5))),
    171: Appearance(120.0, 0.2, 0.042, 0.0, 0.5, 0.4, 0.38, 0.5, 2.0, 1.0, 900.0, 1.0, 500.0, 20.0, 0.3,
                    bands=((5.88, 0.16, 1.0),)),
    193: Appearance(130.0, 0.34, 0.06, 0.0, 0.95, 0.22, 0.28, 0.22, 2.5, 1.0, 900.0, 1.3, 800.0, 15.0, 0.4,
                    bands=((6.17, 0.17, 1.0),)),
    211: Appearance(45.0, 0.36, 0.07, 0.0, 1.05, 0.12, 0.22, 0.2, 3.0, 1.0, 450.0, 1.5, 250.0, 0.0, 0.35,
                    bands=((6.28, 0.17, 1.0),)),
    304: Appearance(42.0, 0.05, 0.012, 0.0, 0.15, 0.75, 0.45, 0.7, 2.6, 0.9, 25.0, 1.2, 70.0, 60.0, 0.35,
                    bands=((5.2, 0.45, 1.0),)),
    335: Appearance(1.6, 0.36, 0.075, 0.0, 1.0, 0.1, 0.18, 0.4, 3.5, 1.0, 22.0, 1.7, 6.0, 0.0, 0.1,
                    bands=((6.42, 0.22, 1.0),)),
    1600: Appearance(52.0, 0.002, 0.003, 0.25, 0.0, 0.7, 0.3, 1.0, 2.2, 0.25),
    1700: Appearance(1250.0, 0.001, 0.003, 0.45, 0.0, 0.38, 0.22, 1.0, 1.4, 0.2),
    4500: Appearance(21000.0, 0.0003, 0.002, 0.6, 0.0, 0.02, 0.06, 1.0, 0.08, 0.15),
}  # fmt: skip
