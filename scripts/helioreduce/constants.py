"""Physical constants and units that more than one instrument needs; values of one instrument stand beside its formulae."""

from __future__ import annotations

#: Speed of light, m/s and km/s (exact: SI).
SPEED_OF_LIGHT_M_S = 299_792_458.0
SPEED_OF_LIGHT_KM_S = 299_792.458
#: Planck's constant times the speed of light, eV Å (CODATA 2018).
HC_EV_ANGSTROM = 12398.419843
#: Mean energy that frees one electron in silicon, eV (Boerner et al. 2012, Solar Physics 275, 41).
EV_PER_ELECTRON = 3.65
#: Å per unit of a wavelength, by the unit's name in FITS headers, lower case.
ANGSTROM_PER_UNIT = {"angstrom": 1.0, "nm": 10.0, "um": 1e4, "m": 1e10}
#: Radius of the Sun, m: RSUN_REF of JSOC.
RSUN_M = 696000000.0
