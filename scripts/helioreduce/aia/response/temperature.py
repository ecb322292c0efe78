"""Temperature response: wavelength response times the emissivity of a plasma.

K(T) = Ω Σ_λ R(λ) ε(λ, T) Δλ  in DN cm⁵ s⁻¹ pixel⁻¹ (Boerner et al. 2014, Solar Physics 289, 2377): solid angle of a pixel,
wavelength response, emissivity per emission measure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from helioreduce.aia.response.instrument import Instrument, choose, wavelength_response
from helioreduce.errors import InputError

UNIT = "DN cm5 / (s pix)"
EMISSIVITY_UNIT = "ph cm3 / (s sr Angstrom)"


@dataclass(frozen=True, slots=True, eq=False)
class Emissivity:
    """Emissivity of an optically thin plasma per n_e n_H.

    Parameters
    ----------
    log_temperature
        log₁₀ T/K, ascending, (n_T,).
    wavelength
        Å, evenly spaced, (n,).
    values
        Photons cm³ s⁻¹ sr⁻¹ Å⁻¹, (n, n_T).
    meta
        What made it: abundances, ionization equilibrium, version of the atomic data.
    """

    log_temperature: np.ndarray
    wavelength: np.ndarray
    values: np.ndarray
    meta: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        expected = (self.wavelength.size, self.log_temperature.size)
        if self.values.shape != expected:
            raise InputError(f"emissivity has shape {self.values.shape}, its axes {expected} (wavelength, temperature)")
        steps = np.diff(self.wavelength)
        if steps.size == 0 or steps[0] <= 0 or not np.allclose(steps, steps[0], rtol=1e-3):
            raise InputError("wavelengths of the emissivity are not evenly spaced", cure="Resample the emissivity table")


@dataclass(frozen=True, slots=True, eq=False)
class ChiantiFix:
    """Empirical response, DN cm⁵ s⁻¹ pixel⁻¹, of lines that the atomic data lack: one array (n_T,) per channel."""

    log_temperature: np.ndarray
    values: Mapping[int, np.ndarray]


def fold(response: np.ndarray, wavelength: np.ndarray, plate_scale: float, emissivity: Emissivity) -> np.ndarray:
    """Return K(T) of one wavelength response, DN cm⁵ s⁻¹ pixel⁻¹, (n_T,).

    The response (n,), cm² DN photon⁻¹, is interpolated linearly to the wavelengths of the emissivity, is 0 outside its own,
    and is summed with their step, as SolarSoft's ``aia_bp_make_tresp`` does. In single precision a grid of 0.1 Å has a first
    step of 0.10000002 Å; that step counts.
    """
    resampled = np.interp(emissivity.wavelength, wavelength, response, left=0.0, right=0.0)
    step = emissivity.wavelength[1] - emissivity.wavelength[0]
    return plate_scale * step * (resampled @ emissivity.values)


def temperature_response(
    instrument: Instrument,
    channel: int,
    emissivity: Emissivity,
    *,
    degraded: float = 1.0,
    eve: float | None = None,
    blend: bool = True,
    fix: ChiantiFix | None = None,
) -> np.ndarray:
    """Return K(T) of a channel, DN cm⁵ s⁻¹ pixel⁻¹, (n_T,), on the emissivity's temperatures.

    With ``fix`` K = (K·e + fix)·d: the fix is tuned to the EVE-normalised response at launch, so it needs ``eve``, and it
    degrades with the channel (SolarSoft, ``aia_get_response`` with ``/chiantifix``). Abundances are the emissivity's.

    Raises
    ------
    InputError
        Unknown channel; emissivity that does not reach the channel; fix on other temperatures or without ``eve``.
    """
    own = choose(instrument, channel)
    if not emissivity.wavelength[0] <= channel <= emissivity.wavelength[-1]:
        span = f"{emissivity.wavelength[0]:.0f} to {emissivity.wavelength[-1]:.0f} Å"
        raise InputError(f"the emissivity covers {span}, not {channel} Å", cure="Give an emissivity that covers the channel")
    response = wavelength_response(instrument, channel, eve=1.0 if eve is None else eve, blend=blend)
    folded = fold(response, own.wavelength, own.plate_scale, emissivity)
    return (folded + _fixed(fix, channel, emissivity, eve)) * degraded


def _fixed(fix: ChiantiFix | None, channel: int, emissivity: Emissivity, eve: float | None) -> np.ndarray | float:
    """Return the fix of a channel, or 0."""
    if fix is None or channel not in fix.values:
        return 0.0
    if eve is None:
        raise InputError("chiantifix belongs to the EVE-normalised response", cure="Set aia.response.eve to true")
    if fix.log_temperature.shape != emissivity.log_temperature.shape or not np.allclose(
        fix.log_temperature, emissivity.log_temperature, atol=1e-4
    ):
        raise InputError("chiantifix and emissivity have different temperatures", cure="Give both on one grid")
    return fix.values[channel]
