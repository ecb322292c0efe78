"""Spikes: samples far off the fitted line profile where their neighbours are not, by the noise model.

A sample is a spike if its residual, divided by the error of a residual σ √(1 − h) with its own leverage h, exceeds the
threshold upwards (cosmic rays) or downwards (hot pixels with too much dark taken off), and the median of its neighbours at the
same wavelength is not off to the same side: a line that is not in the model is bright in its neighbours too. Spikes are taken
out, not replaced; the fit goes on without them.
"""

from __future__ import annotations

import numpy as np

from helioreduce.spice.fit import Fit, fit_spectra, leverage
from helioreduce.spice.model import Start

#: Residual of a spike, in its own errors.
THRESHOLD = 4.5
#: Median residual of the eight neighbours beyond which an excess is real.
NEIGHBOURS = 2.0
PASSES = 3
#: Spectra of a strip of rows that is looked through at one time: the memory of a large raster stays small.
_SPECTRA = 8000


def find(
    spectra: np.ndarray,
    a: np.ndarray,
    b: np.ndarray,
    start: Start,
    shape: tuple[int, int, int],
    *,
    threshold: float = THRESHOLD,
) -> np.ndarray:
    """Return the spikes among the samples of N spectra, Boolean (N, n).

    Parameters
    ----------
    spectra
        (N, n), N = t × y × x in that order, NaN where missing.
    a, b
        Parts of the variance (n,).
    start
        Model and start of the group.
    shape
        Number of times, rows and columns.
    threshold
        In errors of the residual.

    Notes
    -----
    The strongest sample of a spectrum is taken out first, then the spectrum is fitted again, up to three times: a spike pulls
    its own fit and lifts its neighbours' residuals.
    """
    cube = spectra.reshape(*shape, -1)
    spikes = np.zeros(cube.shape, bool)
    step = max(1, _SPECTRA // (shape[0] * shape[2]))
    for first in range(0, shape[1], step):
        rows = slice(first, first + step)
        halo = slice(max(first - 1, 0), first + step + 1)
        own = slice(first - halo.start, first - halo.start + step)
        spikes[:, rows] = _in_strip(cube[:, halo], a, b, start, own, threshold)
    return spikes.reshape(spectra.shape)


def _in_strip(cube: np.ndarray, a: np.ndarray, b: np.ndarray, start: Start, own: slice, threshold: float) -> np.ndarray:
    """Return the spikes in the rows ``own`` of a strip (t, y, x, n); the rows beside them are only their neighbours."""
    t, y, x, n = cube.shape
    residual = _residuals(cube.reshape(-1, n).astype(float), a, b, start)
    around = _neighbours(residual, (t, y, x)).reshape(cube.shape)[:, own].reshape(-1, n)
    residual, clean = (values.reshape(cube.shape)[:, own].reshape(-1, n) for values in (residual, cube.astype(float)))
    spikes, clean = np.zeros(clean.shape, bool), clean.copy()
    where = np.arange(len(clean))
    for _ in range(PASSES):
        shared = around[where] * np.sign(residual) > NEIGHBOURS
        candidate = np.where(shared | ~np.isfinite(residual), -np.inf, np.abs(residual))
        strongest = candidate.max(axis=1)
        found = candidate > np.maximum(threshold, 0.7 * strongest[:, None])
        hit = found.any(axis=1)
        where = where[hit]
        if not where.size:
            break
        spikes[where] |= found[hit]
        clean[where] = np.where(found[hit], np.nan, clean[where])
        residual = _residuals(clean[where], a, b, start)
    return spikes.reshape(t, -1, x, n)


def _residuals(y: np.ndarray, a: np.ndarray, b: np.ndarray, start: Start) -> np.ndarray:
    """Return residuals (N, n) in units of their own errors; NaN where the spectrum is missing or not fitted."""
    return normalised(fit_spectra(start, y, a, b), y, a, b)


def normalised(fit: Fit, y: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return (y − m) / (σ √(1 − h)), of variance 1 for Gaussian noise."""
    model = fit.evaluate()
    variance = a + b * np.maximum(model, 0)
    share = leverage(fit, np.where(np.isfinite(y), 1 / variance, 0.0))
    with np.errstate(invalid="ignore"):
        return (y - model) / np.sqrt(variance * np.maximum(1 - share, 0.05))


def _neighbours(residual: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    """Return the median residual of the eight spatial neighbours; along time where there is one column."""
    t, y, x = shape
    cube = residual.reshape(t, y, x, -1)
    if x == 1:
        cube = np.moveaxis(cube, 0, 2)
    padded = np.pad(cube, ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=np.nan)
    rows, columns = cube.shape[1:3]
    offsets = [(i, j) for i in range(3) for j in range(3) if (i, j) != (1, 1)]
    around = np.stack([padded[:, i : i + rows, j : j + columns] for i, j in offsets])
    finite = np.isfinite(around)
    ordered = np.sort(np.where(finite, around, np.inf), axis=0)
    middle = np.take_along_axis(ordered, (np.maximum(finite.sum(axis=0), 1) - 1)[None] // 2, axis=0)[0]
    middle = np.where(finite.any(axis=0), middle, 0.0)
    if x == 1:
        middle = np.moveaxis(middle, 2, 0)
    return middle.reshape(residual.shape)
