"""What the compiled loops read and write: the problem that all pixels share, and the results of each."""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

from helioreduce.aia.dem.status import NO_SOLUTION


class Problem(NamedTuple):
    """What the pixels of an inversion have in common.

    The unknowns x are coefficients of functions of temperature; everything that is asked of a DEM is linear in them.
    """

    counts: np.ndarray  # (channels, unknowns): counts for x = 1
    values: np.ndarray  # (temperatures, unknowns): DEM for x = 1; (0, 0) where x is the DEM
    bands: np.ndarray  # (bands, temperatures): emission measure of each band for DEM = 1
    weights: np.ndarray  # (temperatures,): emission measure of the whole range for DEM = 1
    logt: np.ndarray  # (temperatures,): centres, dex
    least: int  # channels without which there is no inversion
    errors: bool  # whether any σ is wanted


class Found(NamedTuple):
    """The results of N pixels, written in place."""

    dem: np.ndarray  # (N, temperatures)
    sigma: np.ndarray  # (N, temperatures)
    em: np.ndarray  # (N, bands)
    covariance: np.ndarray  # (N, bands, bands)
    logt: np.ndarray  # (N, 2): EM-weighted mean and its σ
    counts: np.ndarray  # (N, channels): modelled
    chi2: np.ndarray  # (N,): mean over the channels that count
    status: np.ndarray  # (N,)
    iterations: np.ndarray  # (N,)


def empty(pixels: int, channels: int, temperatures: int, bands: int) -> Found:
    """Return room for the results of some pixels, NaN."""
    shapes: list[tuple[int, ...]] = [(temperatures,), (temperatures,), (bands,), (bands, bands), (2,), (channels,), ()]
    dem, sigma, em, covariance, logt, counts, chi2 = (np.full((pixels, *shape), np.nan) for shape in shapes)
    status, iterations = np.zeros(pixels, np.uint8), np.zeros(pixels, np.int16)
    return Found(dem, sigma, em, covariance, logt, counts, chi2, status, iterations)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def fail(found, p, status):
    """Say that a pixel has no solution; its results stay NaN."""
    found.status[p] = status | NO_SOLUTION


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "reassoc"})
def fit(found, p, data, sigma, used, n, counts, x):
    """Write the modelled counts of every channel and χ² of those that count; return χ²."""
    for i in range(counts.shape[0]):
        total = 0.0
        for j in range(counts.shape[1]):
            total += counts[i, j] * x[j]
        found.counts[p, i] = total
    chi2 = 0.0
    for k in range(n):
        i = used[k]
        residual = (data[i] - found.counts[p, i]) / sigma[i]
        chi2 += residual * residual
    found.chi2[p] = chi2 / n
    return chi2 / n


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "reassoc"})
def summarise(found, p, problem):
    """Write the emission measure of the bands and the EM-weighted log T of a DEM; return the whole emission measure."""
    dem, nt = found.dem[p], problem.logt.size
    total, moment = 0.0, 0.0
    for j in range(nt):
        total += problem.weights[j] * dem[j]
        moment += problem.weights[j] * dem[j] * problem.logt[j]
    found.logt[p, 0] = moment / total
    for b in range(problem.bands.shape[0]):
        em = 0.0
        for j in range(nt):
            em += problem.bands[b, j] * dem[j]
        found.em[p, b] = em
    return total


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "reassoc"})
def errors_from_factor(found, p, problem, factor, n, total):
    """Write every σ from the covariance F Fᵀ of the DEM, ``factor`` (temperatures, n)."""
    nt, nb = problem.logt.size, problem.bands.shape[0]
    projected = np.zeros((nb + 1, n))
    for j in range(nt):
        variance = 0.0
        for k in range(n):
            variance += factor[j, k] * factor[j, k]
        found.sigma[p, j] = np.sqrt(variance)
        pull = problem.weights[j] * (problem.logt[j] - found.logt[p, 0]) / total
        for k in range(n):
            projected[nb, k] += pull * factor[j, k]
            for b in range(nb):
                projected[b, k] += problem.bands[b, j] * factor[j, k]
    temperature = 0.0
    for k in range(n):
        temperature += projected[nb, k] * projected[nb, k]
    found.logt[p, 1] = np.sqrt(temperature)
    for b in range(nb):
        for c in range(nb):
            found.covariance[p, b, c] = 0.0
            for k in range(n):
                found.covariance[p, b, c] += projected[b, k] * projected[c, k]
