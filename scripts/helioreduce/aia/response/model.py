"""The embedded archive's own instrument and emissivity: analytic, so that a fresh clone has responses without SolarSoft.

It is a model, not a calibration. Peak areas, centres and widths of the channels are rounded from Boerner et al. (2012, Solar
Physics 275, 41) and SolarSoft's V9 instrument, lines and their emissivity from O'Dwyer et al. (2010, A&A 521, A21) and
CHIANTI 9.0.1 with coronal abundances. Every table made here says so in ``meta.origin``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from helioreduce.aia.channels import CAMERA, EUV
from helioreduce.aia.response.instrument import Channel
from helioreduce.aia.response.temperature import Emissivity
from helioreduce.constants import EV_PER_ELECTRON

ORIGIN = "analytic model of the embedded archive; not for science"

#: Channel: peak effective area at launch (cm²), its wavelength (Å), full width at half maximum of the band (Å).
BANDS = {
    94: (0.31, 93.9, 0.9),
    131: (1.40, 130.3, 3.4),
    171: (2.92, 171.1, 4.6),
    193: (1.87, 193.3, 6.3),
    211: (1.27, 210.5, 6.9),
    304: (0.063, 303.5, 10.5),
    335: (0.045, 335.5, 12.0),
    1600: (0.0327, 1540.0, 145.0),
    1700: (0.0435, 1690.0, 135.0),
    4500: (0.000308, 4560.0, 460.0),
}
#: Electrons per DN by camera; the 94 and 304 Å camera shares the gain of camera 2.
_ELECTRONS_PER_DN = {1: 17.6, 2: 18.3, 3: 17.7, 4: 18.3}
#: Solid angle of 0.6″ × 0.6″, sr.
_PLATE_SCALE = np.deg2rad(0.6 / 3600) ** 2
_EUV_GRID = 50.0 + 0.2 * np.arange(2001)
_UV_GRID = 1200.0 + 4.0 * np.arange(1451)
_ALUMINIUM_EDGE, _ZIRCONIUM_EDGE = 170.0, 210.0

#: Lines: ion, wavelength (Å), log₁₀ T of the peak, half width in log₁₀ T, peak emissivity (photons cm³ s⁻¹ sr⁻¹).
LINES = (
    ("Fe XVIII", 93.93, 6.85, 0.15, 7.0e-16),
    ("Fe X", 94.01, 6.03, 0.09, 2.5e-16),
    ("Fe XXI", 128.75, 7.08, 0.08, 1.1e-15),
    ("Fe VIII", 130.94, 5.75, 0.13, 8.3e-16),
    ("Fe VIII", 131.24, 5.75, 0.13, 1.3e-15),
    ("Fe XX, XXIII", 132.85, 7.15, 0.14, 2.2e-15),
    ("Fe IX", 171.07, 5.90, 0.15, 4.4e-14),
    ("Fe X", 174.53, 6.05, 0.10, 2.0e-14),
    ("Fe XI", 188.20, 6.12, 0.08, 1.6e-14),
    ("Fe XXIV", 192.03, 7.30, 0.17, 1.2e-15),
    ("Fe XII", 192.40, 6.18, 0.08, 4.5e-15),
    ("Ca XVII", 192.85, 6.77, 0.08, 3.4e-16),
    ("O V", 192.90, 5.42, 0.08, 3.8e-15),
    ("Fe XII", 193.50, 6.18, 0.08, 9.7e-15),
    ("Fe XII", 195.12, 6.18, 0.08, 1.5e-14),
    ("Fe XIII", 202.04, 6.25, 0.06, 9.7e-15),
    ("Fe XIV", 211.32, 6.30, 0.06, 1.1e-14),
    ("Fe XV", 284.16, 6.37, 0.08, 3.6e-14),
    ("Si XI", 303.32, 6.22, 0.08, 1.8e-14),
    ("He II", 303.78, 4.93, 0.10, 4.6e-13),
    ("Mg VIII", 335.25, 5.90, 0.10, 2.7e-15),
    ("Fe XVI", 335.41, 6.47, 0.13, 1.9e-14),
)


def instrument() -> dict[int, Channel]:
    """Return the ten channels of the archive's telescopes."""
    return {number: _channel(number) for number in BANDS}


def emissivity(log_temperature: np.ndarray | None = None) -> Emissivity:
    """Return Gaussian lines on a free–free continuum, 50 to 450 Å.

    ε(λ, T) = Σ ε_line exp[−(log T − log T₀)²/2s²] δ(λ − λ_line) + ε_ff(λ, T), each line in the bin of its wavelength; s is the
    half width over √(2 ln 2). The continuum is that of pure hydrogen with a Gaunt factor of one (Rybicki & Lightman 1979,
    eq. 5.14): 8.2e-13 λ⁻¹ T^(−1/2) exp(−1.4388e8/λT).
    """
    log_t = 4.0 + 0.05 * np.arange(101) if log_temperature is None else np.asarray(log_temperature, float)
    temperature, step = 10.0**log_t, _EUV_GRID[1] - _EUV_GRID[0]
    exponent = -1.4388e8 / (_EUV_GRID[:, None] * temperature)
    values = 8.2e-13 / _EUV_GRID[:, None] / np.sqrt(temperature) * np.exp(exponent)
    for _, wavelength, peak, half_width, strength in LINES:
        spread = half_width / np.sqrt(2 * np.log(2))
        row = round((wavelength - _EUV_GRID[0]) / step)
        values[row] += strength / step * np.exp(-0.5 * ((log_t - peak) / spread) ** 2)
    return Emissivity(log_t, _EUV_GRID, values, {"origin": ORIGIN, "abundances": "coronal"})


def _channel(number: int) -> Channel:
    """Return mirrors of Gaussian reflectance scaled so that the product reaches the band's peak area."""
    peak_area, centre, width = BANDS[number]
    euv = number in EUV
    wave = _EUV_GRID if euv else _UV_GRID
    area = 83.0 if euv else 30.8
    parts = _euv_parts(number, wave) if euv else _uv_parts(wave)
    fixed = set(parts) - {"primary", "secondary"} if euv else set(parts)  # what the band does not make
    peak = peak_area / np.interp(centre, wave, area * np.prod([parts[name] for name in sorted(fixed)], axis=0))
    shape = np.exp(-4 * np.log(2) * ((wave - centre) / width) ** 2)
    if euv:  # two mirrors make the band, on a floor that grows from X-rays to the ultraviolet
        floor = 0.05 * (wave / 400) ** 3
        mirror = floor + (np.sqrt(peak) - np.interp(centre, wave, floor)) * np.sqrt(shape)
        parts |= {"primary": mirror, "secondary": mirror}
    else:  # broad mirrors; the focal-plane filter makes the band
        parts["focal_plane_filter"] = parts["focal_plane_filter"] * peak * shape
    values: dict[str, Any] = {**parts, **_electronics(number, area)}
    return Channel(number, wave, **values)


def _electronics(number: int, area: float) -> dict[str, float]:
    return {
        "geometric_area": area,
        "plate_scale": _PLATE_SCALE,
        "electrons_per_ev": 1 / EV_PER_ELECTRON,
        "electrons_per_dn": _ELECTRONS_PER_DN[CAMERA[number]],
    }


def _euv_parts(number: int, wave: np.ndarray) -> dict[str, np.ndarray]:
    """Return filters of zirconium (94, 131 Å) or aluminium, contamination of 200 Å of hydrocarbon, back-illuminated CCD."""
    edge = 1 / (1 + np.exp(-(wave - _ALUMINIUM_EDGE) / 0.3))
    aluminium = 0.01 + edge * 0.53 * np.exp(-(wave - _ALUMINIUM_EDGE) / 310)
    zirconium = 1e-6 + 0.36 / (1 + np.exp((wave - _ZIRCONIUM_EDGE + 35) / 9))
    filters = zirconium if number in (94, 131) else aluminium
    return {
        "entrance_filter": filters,
        "focal_plane_filter": filters,
        "contamination": np.exp(-0.0348 * (wave / 25) ** 0.883),
        "quantum_efficiency": 0.85 - 0.15 * wave / 330,
    }


def _uv_parts(wave: np.ndarray) -> dict[str, np.ndarray]:
    """Return coated mirrors, MgF₂ window, no contamination, CCD between 0.15 and 0.45."""
    mirror = 0.9 / (1 + np.exp(-(wave - 1300) / 50))
    return {
        "primary": mirror,
        "secondary": mirror,
        "entrance_filter": 0.15 * np.exp(-(((wave - 1500) / 1500) ** 2)) + 1e-4,
        "focal_plane_filter": mirror**2,
        "contamination": np.ones(wave.shape),
        "quantum_efficiency": 0.15 + 0.30 / (1 + np.exp(-(wave - 3500) / 400)),
    }
