"""Wavelength response: the components of a telescope, by name, and what they make together.

R(λ, t) = [A(λ) + X(λ)] · g(λ) · d(t) · e  in cm² DN photon⁻¹ (Boerner et al. 2012, Solar Physics 275, 41, section 2):
effective area, crosstalk from the other channel of the telescope, gain, degradation since launch, EVE correction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime

import numpy as np

from helioreduce.aia import degradation
from helioreduce.errors import InputError

#: h·c in eV Å as SolarSoft rounds it; CODATA's 12398.42 would raise every response by 3.4e-5.
HC_EV_ANGSTROM = 12398.0
#: Channels of one telescope whose shutter and filter wheel let both in: each sees the mirror halves of the other.
CROSSTALK = {94: 304, 304: 94, 131: 335, 335: 131}
#: Unit of each component.
UNITS = {
    "wavelength": "Angstrom",
    "geometric_area": "cm2",
    "primary": "",
    "secondary": "",
    "entrance_filter": "",
    "focal_plane_filter": "",
    "contamination": "",
    "quantum_efficiency": "",
    "plate_scale": "sr / pix",
    "electrons_per_ev": "electron / eV",
    "electrons_per_dn": "electron / DN",
    "effective_area": "cm2",
    "crosstalk": "cm2",
    "gain": "DN / ph",
    "response": "cm2 DN / ph",
}


@dataclass(frozen=True, slots=True, eq=False)
class Channel:
    """One channel's telescope: components on a wavelength grid (n,), efficiencies between 0 and 1.

    Parameters
    ----------
    channel
        Name: the nominal wavelength in Å.
    wavelength
        Å, ascending, (n,).
    primary, secondary
        Reflectance of the mirrors.
    entrance_filter, focal_plane_filter
        Transmission of the filters, mesh included.
    contamination
        Transmission of the contaminants on the optics at launch.
    quantum_efficiency
        Of the CCD.
    geometric_area
        cm²
    plate_scale
        Solid angle of a pixel, sr.
    electrons_per_ev
        Electrons that 1 eV of photon energy frees in the CCD: 1/3.65.
    electrons_per_dn
        Camera's gain.
    """

    channel: int
    wavelength: np.ndarray
    primary: np.ndarray
    secondary: np.ndarray
    entrance_filter: np.ndarray
    focal_plane_filter: np.ndarray
    contamination: np.ndarray
    quantum_efficiency: np.ndarray
    geometric_area: float
    plate_scale: float
    electrons_per_ev: float
    electrons_per_dn: float

    def __post_init__(self) -> None:
        for name in CURVES:
            if getattr(self, name).shape != self.wavelength.shape:
                raise InputError(f"{self.channel} Å: {name} and wavelength have different lengths")
        if self.wavelength.size < 2 or not np.all(np.diff(self.wavelength) > 0):
            raise InputError(f"{self.channel} Å: wavelengths are not ascending", cure="Sort the instrument table")

    @property
    def effective_area(self) -> np.ndarray:
        """A = A_geo · R_primary · R_secondary · T_entrance · T_focal plane · C · Q, cm², at launch."""
        return self._optics * self.focal_plane_filter

    @property
    def _optics(self) -> np.ndarray:
        """All but the focal-plane filter, cm²: what reaches the filter wheel, times the quantum efficiency."""
        mirrors = self.primary * self.secondary
        return self.geometric_area * mirrors * self.entrance_filter * self.contamination * self.quantum_efficiency

    @property
    def gain(self) -> np.ndarray:
        """g = max(E_photon · electrons per eV, 1) / electrons per DN, in DN per photon.

        A photon that is absorbed frees at least one electron: beyond 3397 Å the quantum yield of silicon is one, as in
        SolarSoft. It matters for 4500 Å only.
        """
        electrons = HC_EV_ANGSTROM / self.wavelength * self.electrons_per_ev
        return np.maximum(electrons, 1) / self.electrons_per_dn


SCALARS = ("geometric_area", "plate_scale", "electrons_per_ev", "electrons_per_dn")
CURVES = tuple(field.name for field in fields(Channel) if field.name not in ("channel", "wavelength", *SCALARS))
Instrument = Mapping[int, Channel]


def choose(instrument: Instrument, channel: int) -> Channel:
    """Return the channel out of an instrument.

    Raises
    ------
    InputError
        If the instrument table lacks it.
    """
    if channel not in instrument:
        have = ", ".join(map(str, sorted(instrument))) or "no channel"
        raise InputError(f"the instrument table has no channel {channel} Å (it has {have})", cure="Give a table that has")
    return instrument[channel]


def crosstalk(instrument: Instrument, channel: int) -> np.ndarray:
    """Return the effective area, cm² (n,), through which a channel sees the other one of its telescope; 0 where there is none.

    The light takes the partner's mirrors and entrance filter, and the channel's own focal-plane filter.

    Raises
    ------
    InputError
        If the partner is missing or has another wavelength grid.
    """
    own = choose(instrument, channel)
    if channel not in CROSSTALK:
        return np.zeros(own.wavelength.shape)
    other = choose(instrument, CROSSTALK[channel])
    if not np.array_equal(other.wavelength, own.wavelength):
        raise InputError(f"{channel} and {other.channel} Å share a telescope but not the wavelength grid")
    return other._optics * own.focal_plane_filter


def eve_correction(channel: Channel, rows: Sequence[degradation.Row], version: int, time: datetime) -> float:
    """Return the factor e that brings the channel to the photometry of SDO/EVE.

    e = EFF_AREA(first epoch) / A(EFF_WVLN of the epoch of ``time``): the area that EVE measured at launch over that of the
    components (SolarSoft, ``aia_bp_corrections``).

    Raises
    ------
    InputError
        No epoch for channel, version and time; or an effective wavelength outside the channel's grid.
    """
    first = degradation.epochs(rows, channel.channel, version)[0]
    _, row = degradation.factor(rows, channel.channel, version, time)
    where = float(row["EFF_WVLN"])
    if not channel.wavelength[0] <= where <= channel.wavelength[-1]:
        raise InputError(f"effective wavelength {where} Å is outside the grid of {channel.channel} Å")
    return float(first["EFF_AREA"]) / float(np.interp(where, channel.wavelength, channel.effective_area))


def wavelength_response(
    instrument: Instrument, channel: int, *, degraded: float = 1.0, eve: float = 1.0, blend: bool = True
) -> np.ndarray:
    """Return R(λ) = [A + X]·g·d·e on the channel's grid, cm² DN photon⁻¹, (n,).

    Parameters
    ----------
    degraded
        d(t), sensitivity relative to launch.
    eve
        e, see :func:`eve_correction`.
    blend
        With the crosstalk of the other channel of the telescope.
    """
    own = choose(instrument, channel)
    area = own.effective_area + crosstalk(instrument, channel) if blend else own.effective_area
    return area * own.gain * (degraded * eve)
