"""Batched, bounded Levenberg–Marquardt fit of Gaussian lines (:mod:`helioreduce.spice.gaussians`), one spectrum per thread.

The variance of a sample is ``a + b max(m, 0)``: it follows the *model* m and is renewed after every accepted step, so that
the fit ends at the root of ``Jᵀ W(m) (y − m) = 0``, which has no bias from noisy weights. ``b = 0`` is ordinary weighting.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

from helioreduce.spice import algebra
from helioreduce.spice.gaussians import Samples, chi2_of, full, weigh, write_model, write_normal_equations
from helioreduce.spice.gaussians import state as new_state

TOO_FEW, CONVERGED, NOT_CONVERGED = 0, 1, 2
_START_DAMPING, _SMALL_DAMPING, _LARGEST_DAMPING = 1e-3, 1e-4, 1e10


class Spectra(NamedTuple):
    """Spectra (N, n), NaN where missing, and their variance ``a + b max(model, 0)``, a and b (N, n) or (1, n)."""

    y: np.ndarray
    a: np.ndarray
    b: np.ndarray


class Results(NamedTuple):
    """What a fit of N spectra writes, in place; the start goes in as ``p``."""

    p: np.ndarray  # (N, P)
    packed: np.ndarray  # (N, P (P + 1) / 2) covariance
    chi2: np.ndarray  # (N,)
    samples: np.ndarray  # (N,)
    status: np.ndarray  # (N,)
    iterations: np.ndarray  # (N,)


class Stop(NamedTuple):
    """When a fit ends: number of iterations, and square of the last step in units of the errors."""

    iterations: int
    tolerance: float


@numba.njit(cache=True)
def _valid_samples(i, spectra, model):
    """Return the valid samples of spectrum i."""
    y = spectra.y[i]
    a, b = spectra.a[i if spectra.a.shape[0] > 1 else 0], spectra.b[i if spectra.b.shape[0] > 1 else 0]
    memory = np.empty((4, y.size))
    edges = np.zeros(model.edges.size, np.int64)
    n = 0
    for w in range(edges.size - 1):
        for k in range(model.edges[w], model.edges[w + 1]):
            if np.isfinite(y[k]) and a[k] > 0.0 and np.isfinite(a[k]):
                memory[0, n], memory[1, n], memory[2, n], memory[3, n] = y[k], a[k], b[k], model.wavelength[k]
                n += 1
        edges[w + 1] = n
    return Samples(memory[0, :n], memory[1, :n], memory[2, :n], memory[3, :n], edges)


@numba.njit(cache=True)
def _forget(p, edges, model):
    """Write NaN in place of the free parameters that matter only in windows without a sample."""
    known = np.zeros(p.size, np.bool_)
    for w in range(model.counts.size):
        if edges[w + 1] > edges[w]:
            for c in range(model.counts[w]):
                known[model.members[w, c]] = True
    for k in range(p.size):
        if not known[k]:
            p[k] = np.nan


@numba.njit(cache=True)
def _linear_start(p, bounds, linear, system):
    """Find the exact peaks and backgrounds for the given centres and widths; lift peaks at a bound off it."""
    n = 0
    for k in range(p.size):
        if linear[k] and system.hessian[k, k] > 0.0:
            system.chosen[n] = k
            n += 1
    if n == 0 or not algebra.damped_step(system, n, 1e-9):
        return
    for i in range(n):
        k = system.chosen[i]
        lower, upper = bounds.lower[k], bounds.upper[k]
        lift = 0.3 / np.sqrt(system.hessian[k, k])
        p[k] = min(max(p[k] + system.delta[i], min(lower + lift, upper)), max(upper - lift, lower))


@numba.njit(cache=True)
def _first_weights(samples, state):
    """Weigh all samples of a window alike, by the window's mean."""
    edges = samples.edges
    for w in range(edges.size - 1):
        if edges[w + 1] > edges[w]:
            state.values[edges[w] : edges[w + 1]] = samples.y[edges[w] : edges[w + 1]].mean()
    weigh(samples, state)


@numba.njit(cache=True)
def _start(p, samples, model, bounds, state, system):
    """Fit the linear parameters, and write model, weights and normal equations there; return χ²."""
    _first_weights(samples, state)
    full(p, model, state.q)
    write_model(samples.wavelength, samples.edges, model, state)
    write_normal_equations(samples, model, state, system)
    _linear_start(p, bounds, model.linear, system)
    full(p, model, state.q)
    write_model(samples.wavelength, samples.edges, model, state)
    weigh(samples, state)
    write_normal_equations(samples, model, state, system)
    return chi2_of(samples, state)


@numba.njit(cache=True)
def _trial(p, bounds, system, n, trial):
    """Write the damped step within the bounds, and the parameters after it; return its squared length and the gain in χ²."""
    chosen, delta = system.chosen, system.delta
    trial[:] = p
    for i in range(n):
        k = chosen[i]
        trial[k] = min(max(p[k] + delta[i], bounds.lower[k]), bounds.upper[k])
        delta[i] = trial[k] - p[k]
    square, predicted = algebra.squared_length(system, n), 0.0
    for i in range(n):
        predicted += 2.0 * delta[i] * system.gradient[chosen[i]]
    return square, predicted - square


@numba.njit(cache=True)
def _descend(p, chi2, samples, model, bounds, stop, state, system):
    """Take Levenberg–Marquardt steps (Nielsen's damping) from the start ``p``, in place; return status, χ² and iterations."""
    trial = np.empty(p.size)
    damping, growth, iteration = _START_DAMPING, 2.0, 0
    while iteration < stop.iterations and damping < _LARGEST_DAMPING:
        iteration += 1
        n = algebra.choose_movable(p, bounds, system)
        if n == 0:
            return CONVERGED, chi2, iteration
        if not algebra.damped_step(system, n, damping):
            damping = max(10.0 * damping, _START_DAMPING)
            continue
        square, predicted = _trial(p, bounds, system, n, trial)
        short = square < stop.tolerance
        full(trial, model, state.q)
        write_model(samples.wavelength, samples.edges, model, state)
        after = chi2_of(samples, state)
        last = short and damping <= _SMALL_DAMPING
        if after <= chi2 or last:
            p[:] = trial
            weigh(samples, state)
            write_normal_equations(samples, model, state, system)
            before, chi2 = chi2, chi2_of(samples, state)
            gain = (before - after) / predicted if predicted > 0.0 else 0.0
            damping *= max(0.1, 1.0 - (2.0 * gain - 1.0) ** 3)
            growth = 2.0
            if short:
                damping = min(damping, _SMALL_DAMPING)
        else:
            damping *= growth
            growth *= 2.0
        if last:
            return CONVERGED, chi2, iteration
    return NOT_CONVERGED, chi2, iteration


@numba.njit(cache=True)
def _fit_one(i, spectra, model, bounds, stop, results):
    """Fit spectrum i.

    All writing to ``results`` is done here: numba (0.68) drops what a parallel loop itself writes to arrays of a tuple.
    """
    samples = _valid_samples(i, spectra, model)
    n, p, packed = samples.y.size, results.p[i], results.packed[i]
    results.samples[i] = n
    if n <= p.size:
        p[:] = np.nan
        packed[:] = np.nan
        results.status[i], results.chi2[i], results.iterations[i] = TOO_FEW, np.nan, 0
        return
    state, system = new_state(model, n), algebra.system(p.size)
    chi2 = _start(p, samples, model, bounds, state, system)
    status, chi2, iterations = _descend(p, chi2, samples, model, bounds, stop, state, system)
    algebra.covariance(p, bounds, system, packed)
    _forget(p, samples.edges, model)
    results.status[i], results.chi2[i], results.iterations[i] = status, chi2, iterations


@numba.njit(cache=True, parallel=True)
def fit(spectra, model, bounds, stop, results):
    """Fit N spectra, each alone, so that results do not depend on threads.

    Parameters
    ----------
    spectra : Spectra
    model : helioreduce.spice.gaussians.Model
    bounds : helioreduce.spice.algebra.Bounds
    stop : Stop
    results : Results
        Written in place; its ``p`` holds the start.
    """
    for i in numba.prange(spectra.y.shape[0]):
        _fit_one(np.int64(i), spectra, model, bounds, stop, results)
