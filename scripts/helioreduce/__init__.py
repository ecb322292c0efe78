"""Reduction of solar EUV data: formulas on arrays, shared by every workflow script."""

__version__ = "0.1.0"
