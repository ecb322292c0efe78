"""ESIS sounding rocket: level 0 to the co-aligned, vignetting-corrected level 3."""

from helioreduce.exports import attach

__getattr__, __dir__, __all__ = attach(__name__)
