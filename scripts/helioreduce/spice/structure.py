"""Structure inside a bin: a pixel's own value differs from that of the mean spectrum by more than noise explains.

One linear step from the fit of a bin's mean spectrum gives the parameters of each pixel i in it::

    δp_i = C Jᵀ W (y_i − m)          (Jacobian J, weights W and covariance C of the mean's fit)

Their sample variance is that of noise, σ²(1 − ρ) of one pixel, and of structure. The excess is averaged over all bins of one
size, for the noise of a single one is as large as what is sought: peaks relative to their value, centres, widths and
backgrounds as they are. Of N exchangeable pixels a pixel's own value differs from their mean by (1 − 1/N) of it, which is
added to the variance.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

from helioreduce.spice import algebra, gaussians
from helioreduce.spice.fit import CONVERGED, Fit, evaluate
from helioreduce.spice.fitted import Box
from helioreduce.spice.model import kind

#: A bin counts with this many pixels, and a pixel with this share of the samples of its bin.
_LEAST, _FILLED = 3, 0.9


class Binned(NamedTuple):
    """Mean spectra (M, n) of bins, constant and proportional part of their variance, and their number of pixels (M,)."""

    spectra: np.ndarray
    a: np.ndarray
    b: np.ndarray
    size: np.ndarray


def add(fit: Fit, cube: np.ndarray, pixels: np.ndarray, box: Box, binned: Binned, correlation: float = 0.0) -> np.ndarray:
    """Add the structure inside of bins to the covariances of their fits, in place.

    Parameters
    ----------
    fit
        Fits (M) of the mean spectra.
    cube
        Spectra (t, y, x, n).
    pixels
        Flat indices (M,) of the pixels in the middle of the bins.
    box, binned
        Extent of the bins, and their spectra.
    correlation
        Mean correlation ρ of the noise of two pixels of a bin.

    Returns
    -------
    numpy.ndarray
        Variance of the structure (P,): of peaks relative, of the others in their unit.
    """
    free = fit.model.free
    diagonal = fit.packed[:, [algebra.place(k, k, free) for k in range(free)]]
    model = evaluate(fit.model, fit.p)
    weight = np.where(np.isfinite(binned.spectra), 1 / (binned.a + binned.b * np.maximum(model, 0)), 0.0)
    reach = np.array([box.t // 2, box.y // 2, box.x // 2])
    total, number = _scatter(cube, np.asarray(pixels, np.int64), reach, fit.p, fit.packed, model, weight, fit.model.arrays)
    scale = np.where(_relative(fit), np.abs(fit.p), 1.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        single = diagonal * (binned.size / (1 + (binned.size - 1) * correlation))[:, None]
        noise = single * (1 - correlation) / scale**2
        excess = total / np.maximum(number - 1, 1)[:, None] / scale**2 - noise
    known = (fit.status == CONVERGED) & (number >= _LEAST)
    structure = np.array([_mean(excess[known, k], noise[known, k]) for k in range(free)])
    share = (1 - 1 / np.maximum(binned.size, 1))[:, None]
    for k in range(free):
        fit.packed[:, algebra.place(k, k, free)] += (structure * share * scale**2)[:, k]
    return structure


def _relative(fit: Fit) -> np.ndarray:
    """Return which free parameters (P,) are peaks."""
    parent = fit.model.arrays.parent.tolist()
    return np.array([kind(fit.model.names[parent.index(k)]) == "I" for k in range(fit.model.free)])


def _mean(excess: np.ndarray, noise: np.ndarray) -> float:
    """Return the mean of excess variances, weighted by their own noise, the smallest tenth of it alike; not below 0."""
    finite = np.isfinite(excess) & np.isfinite(noise) & (noise > 0)
    if finite.sum() < 2:
        return 0.0
    own = np.maximum(noise[finite], np.percentile(noise[finite], 10))
    return max(float(np.average(excess[finite], weights=own**-2)), 0.0)


@numba.njit(cache=True, parallel=True)
def _scatter(cube, pixels, reach, p, packed, values, weight, model):
    """Return Σ δp² (M, P) over the pixels of every bin, and the number of pixels that count (M,)."""
    total, number = np.zeros(p.shape), np.zeros(pixels.size)
    for i in numba.prange(pixels.size):
        gain = _gain(p[i], packed[i], weight[i], model)
        number[i] = _scatter_one(cube, pixels[i], reach, gain, values[i], weight[i], total[i])
    return total, number


@numba.njit(cache=True)
def _gain(p, packed, weight, model):
    """Return C Jᵀ W (P, n); parameters without covariance do not count."""
    edges, members, counts = model.edges, model.members, model.counts
    n = model.wavelength.size
    state = gaussians.state(model, n)
    gaussians.full(p, model, state.q)
    gaussians.write_model(model.wavelength, edges, model, state)
    gain = np.zeros((p.size, n))
    for w in range(counts.size):
        for c in range(counts[w]):
            for k in range(p.size):
                shared = packed[algebra.place(min(k, members[w, c]), max(k, members[w, c]), p.size)]
                if np.isfinite(shared):
                    for j in range(edges[w], edges[w + 1]):
                        gain[k, j] += shared * state.jacobian[c, j] * weight[j]
    return gain


@numba.njit(cache=True)
def _scatter_one(cube, pixel, reach, gain, values, weight, total):
    """Add δp² of the pixels of one bin to ``total`` (P,), and return how many count."""
    times, rows, columns, samples = cube.shape
    t, rest = divmod(pixel, rows * columns)
    y, x = divmod(rest, columns)
    used = (weight > 0).sum()
    number = 0
    for tt in range(max(t - reach[0], 0), min(t + reach[0] + 1, times)):
        for yy in range(max(y - reach[1], 0), min(y + reach[1] + 1, rows)):
            for xx in range(max(x - reach[2], 0), min(x + reach[2] + 1, columns)):
                residual = np.zeros(samples)
                finite = 0
                for j in range(samples):
                    if weight[j] > 0 and np.isfinite(cube[tt, yy, xx, j]):
                        residual[j] = cube[tt, yy, xx, j] - values[j]
                        finite += 1
                if used > 0 and finite >= _FILLED * used:
                    number += 1
                    for k in range(gain.shape[0]):
                        step = 0.0
                        for j in range(samples):
                            step += gain[k, j] * residual[j]
                        total[k] += step * step
    return number
