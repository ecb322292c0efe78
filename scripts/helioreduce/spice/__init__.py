"""Solar Orbiter/SPICE: spectral lines of level-2 rasters, fitted; radiance, velocity and composition."""

from helioreduce.exports import attach

__getattr__, __dir__, __all__ = attach(__name__)
