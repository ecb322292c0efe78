"""Response of AIA to wavelength and to temperature, from the components of its telescopes."""
