"""Differential emission measure: the temperatures of the plasma behind the counts of several channels."""
