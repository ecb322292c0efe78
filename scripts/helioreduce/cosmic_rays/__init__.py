"""Cosmic rays on any CCD or EUV image: L.A.Cosmic, sources on the mask, combined calibration frames, scores."""
