"""The windows and lines of the simulated raster."""

from __future__ import annotations

from typing import NamedTuple

#: Distance of two samples, Å.
STEP = 0.0975


class SyntheticLine(NamedTuple):
    """Peak radiance of the mean Sun (W/m²/sr/nm), log T of the contribution function's peak and its width in log T."""

    name: str
    peak: float
    log_t: float
    width: float


class SyntheticWindow(NamedTuple):
    """Name, first wavelength (Å), number of samples, background (W/m²/sr/nm), wavelength offset (Å) and lines."""

    name: str
    first: float
    samples: int
    background: float
    offset: float
    lines: tuple[SyntheticLine, ...]


WINDOWS = (
    SyntheticWindow(
        "O III 703 / Mg IX 706 - Peak", 701.4, 64, 0.010, -0.30,
        (SyntheticLine("o_3 702.70", 0.06, 4.95, 0.15), SyntheticLine("o_3 703.87", 0.16, 4.95, 0.15),
         SyntheticLine("mg_9 706.02", 0.12, 6.00, 0.12)),
    ),
    SyntheticWindow(
        "S IV 750/ Mg IX - Peak", 746.9, 51, 0.015, -0.30,
        (SyntheticLine("s_4 748.40", 0.05, 5.05, 0.14), SyntheticLine("mg_9 749.54", 0.04, 6.00, 0.12),
         SyntheticLine("s_4 750.22", 0.07, 5.05, 0.14)),
    ),
    SyntheticWindow(
        "N IV 765 - Peak ... Ne VIII 770 - Peak (Merged)", 762.6, 96, 0.020, -0.30,
        (SyntheticLine("n_4 765.15", 0.16, 5.15, 0.13), SyntheticLine("ne_8 770.42", 0.45, 5.80, 0.14)),
    ),
)  # fmt: skip
