"""SDO/AIA: level 1 to level 1.5 and beyond, with an error plane and flags."""

from helioreduce.exports import attach

__getattr__, __dir__, __all__ = attach(__name__)
