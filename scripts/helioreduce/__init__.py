"""Reduction of solar EUV data: SDO/AIA, Solar Orbiter/SPICE, ESIS, and the cosmic rays of any camera."""

from helioreduce.exports import attach

__version__ = "0.1.0"
__getattr__, __dir__, __all__ = attach(__name__)
