"""Tracked cubes of a region: one grid for all channels and times, each image interpolated once."""
