"""Profiles of point sources for the fine structure of L.A.Cosmic: Gaussian, or Moffat; round, or along one axis."""

from __future__ import annotations

import numpy as np

from helioreduce.errors import InputError

#: Full width at half maximum of a Gaussian over its standard deviation.
_FWHM = 2 * np.sqrt(2 * np.log(2))
MODELS = ("gauss", "gaussx", "gaussy", "moffat")


def profile(model: str = "gauss", fwhm: float = 2.5, size: int = 7, beta: float = 4.765) -> np.ndarray:
    """Return a profile (size, size) float32 of sum 1, as astroscrappy makes them.

    Parameters
    ----------
    model
        ``gauss``: exp(−r²/2s²); ``gaussx``, ``gaussy``: the same in x or y alone, for spectra; ``moffat``:
        (1 + r²/a²)^−β with a = fwhm / (2 √(2^(1/β) − 1)).
    fwhm
        Full width at half maximum, pixels.
    size
        Side, pixels, odd.
    beta
        Exponent of ``moffat``.

    Raises
    ------
    InputError
        If the model is unknown, or a number impossible.
    """
    if model not in MODELS:
        raise InputError(f"unknown model {model!r} of a PSF", cure=f"One of: {', '.join(MODELS)}")
    if not (fwhm > 0 and size >= 3 and size % 2 and beta > 0):
        raise InputError(
            f"a PSF of size {size}, fwhm {fwhm:g}, beta {beta:g}", cure="Give an odd size of 3 or more, the others above 0"
        )
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    if model == "moffat":
        shape = (1 + (x**2 + y**2) / (fwhm / (2 * np.sqrt(2 ** (1 / beta) - 1))) ** 2) ** -beta
    else:
        away = {"gauss": x**2 + y**2, "gaussx": x**2 + 0 * y, "gaussy": y**2 + 0 * x}[model]
        shape = np.exp(-0.5 * away / (fwhm / _FWHM) ** 2)
    return (shape / shape.sum()).astype(np.float32)
