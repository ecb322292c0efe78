"""Solar Orbiter/SPICE: spectral lines of level-2 rasters, fitted; radiance, velocity and composition."""
