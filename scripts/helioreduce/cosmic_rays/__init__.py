"""Cosmic rays on any CCD or EUV image: L.A.Cosmic, sources on the mask, combined calibration frames, scores."""

from helioreduce.exports import attach

__getattr__, __dir__, __all__ = attach(__name__)
