"""Gaussian lines on a constant background: model, Jacobian, χ² and normal equations of one spectrum.

Model of a spectrum that joins W windows, with G lines, each in one window::

    m(λ) = B_w + Σ_g I_g exp(−(λ − x_g)² / (2 s_g²))          (lines g of the sample's window w)

The full parameters are ``q = [I, x, s] × G + [B] × W``; the free ones are ``p``, with ``q_k = scale_k p_parent(k) + offset_k``
(``parent`` −1: fixed). That one map carries ties, shared and fixed parameters (see :mod:`helioreduce.spice.model`).
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

from helioreduce.numerics.exponential import exponentials
from helioreduce.spice import algebra

#: Exponents below this are taken for it: 3e-308 of a peak.
_LOWEST = -708.0
_FAST = {"reassoc", "contract", "arcp", "nsz"}  # sums in any order; NaN never enters (missing samples are taken out first)


class Model(NamedTuple):
    """Lines in windows as the kernels take them: n samples, W windows, G lines, K full and P free parameters."""

    wavelength: np.ndarray  # (n,) of the joined samples, Å
    edges: np.ndarray  # (W + 1,) first sample of each window, and the end
    windows: np.ndarray  # (G,) window of each line
    parent: np.ndarray  # (K,) free parameter that a full one follows; −1: fixed
    scale: np.ndarray  # (K,)
    offset: np.ndarray  # (K,)
    slots: np.ndarray  # (K,) place of the parent among the free parameters of its window
    members: np.ndarray  # (W, M) free parameters that matter in each window
    counts: np.ndarray  # (W,) their number
    linear: np.ndarray  # (P,) whether a free parameter moves peaks and backgrounds only


class Samples(NamedTuple):
    """The valid samples of one spectrum (n,), and the edges of the windows among them (W + 1,)."""

    y: np.ndarray
    a: np.ndarray
    b: np.ndarray
    wavelength: np.ndarray
    edges: np.ndarray


class State(NamedTuple):
    """Where a fit is: full parameters (K,), model and inverse variance of the samples (n,), Jacobian (M, n), memory (4, n)."""

    q: np.ndarray
    values: np.ndarray
    weight: np.ndarray
    jacobian: np.ndarray
    memory: np.ndarray


@numba.njit(cache=True)
def state(model, n):
    """Return an empty state of n samples."""
    return State(np.empty(model.parent.size), np.empty(n), np.empty(n), np.empty((model.members.shape[1], n)), np.empty((4, n)))


@numba.njit(cache=True)
def full(p, model, q):
    """Write the full parameters q of the free parameters p."""
    for k in range(q.size):
        q[k] = model.offset[k] + (model.scale[k] * p[model.parent[k]] if model.parent[k] >= 0 else 0.0)


@numba.njit(cache=True, fastmath=_FAST)
def write_model(wavelength, edges, model, state):
    """Write the model and its Jacobian with respect to the free parameters of each sample's window."""
    q, values, jacobian = state.q, state.values, state.jacobian
    parent, scale, slots = model.parent, model.scale, model.slots
    lines = model.windows.size
    jacobian[:] = 0.0
    for w in range(edges.size - 1):
        lo, hi, k = edges[w], edges[w + 1], 3 * lines + w
        values[lo:hi] = q[k]
        if parent[k] >= 0:
            jacobian[slots[k], lo:hi] += scale[k]
    u, power, shape = state.memory[0], state.memory[1], state.memory[2]
    for g in range(lines):
        k = 3 * g
        lo, hi = _ends(edges, model.windows[g])
        peak, centre, inverse = q[k], q[k + 1], 1.0 / q[k + 2]
        for i in range(lo, hi):
            u[i] = (wavelength[i] - centre) * inverse
            power[i] = max(-0.5 * u[i] * u[i], _LOWEST)
        exponentials(power[lo:hi], shape[lo:hi], state.memory[3, lo:hi])
        for i in range(lo, hi):
            values[i] += peak * shape[i]
        if parent[k] >= 0:
            slot, factor = slots[k], scale[k]
            for i in range(lo, hi):
                jacobian[slot, i] += factor * shape[i]
        if parent[k + 1] >= 0:
            slot, factor = slots[k + 1], scale[k + 1] * peak * inverse
            for i in range(lo, hi):
                jacobian[slot, i] += factor * shape[i] * u[i]
        if parent[k + 2] >= 0:
            slot, factor = slots[k + 2], scale[k + 2] * peak * inverse
            for i in range(lo, hi):
                jacobian[slot, i] += factor * shape[i] * u[i] * u[i]


@numba.njit(cache=True, fastmath=_FAST)
def write_normal_equations(samples, model, state, system):
    """Write half the curvature H = JᵀWJ and −½ the gradient JᵀW(y − m) of χ²."""
    y, values, weight, jacobian, row = samples.y, state.values, state.weight, state.jacobian, state.memory[0]
    hessian, gradient, members = system.hessian, system.gradient, model.members
    hessian[:] = 0.0
    gradient[:] = 0.0
    for w in range(model.counts.size):
        lo, hi = _ends(samples.edges, w)
        for a in range(model.counts[w]):
            k, b, t0 = members[w, a], 0, 0.0
            for i in range(lo, hi):
                row[i] = jacobian[a, i] * weight[i]
                t0 += row[i] * (y[i] - values[i])
            gradient[k] += t0
            while b + 3 <= a:  # four at a time: the row is read once
                t0 = t1 = t2 = t3 = 0.0
                for i in range(lo, hi):
                    t0 += row[i] * jacobian[b, i]
                    t1 += row[i] * jacobian[b + 1, i]
                    t2 += row[i] * jacobian[b + 2, i]
                    t3 += row[i] * jacobian[b + 3, i]
                _add(hessian, k, members[w, b], t0)
                _add(hessian, k, members[w, b + 1], t1)
                _add(hessian, k, members[w, b + 2], t2)
                _add(hessian, k, members[w, b + 3], t3)
                b += 4
            while b <= a:
                t0 = 0.0
                for i in range(lo, hi):
                    t0 += row[i] * jacobian[b, i]
                _add(hessian, k, members[w, b], t0)
                b += 1


@numba.njit(cache=True)
def _ends(edges, w):
    """Return the first sample of a window and the end, as numbers that are never negative: loops over them become vectors."""
    return np.uint64(edges[w]), np.uint64(edges[w + 1])


@numba.njit(cache=True)
def _add(matrix, i, j, value):
    """Add to an element of a symmetric matrix."""
    matrix[i, j] += value
    matrix[j, i] = matrix[i, j]


@numba.njit(cache=True)
def weigh(samples, state):
    """Write the inverse variance of every sample, of the model's own noise."""
    for i in range(state.values.size):
        state.weight[i] = 1.0 / (samples.a[i] + samples.b[i] * max(state.values[i], 0.0))


@numba.njit(cache=True, fastmath=_FAST)
def chi2_of(samples, state):
    """Return χ² of the model with its weights."""
    y, values, weight = samples.y, state.values, state.weight
    total = 0.0
    for i in range(y.size):
        total += weight[i] * (y[i] - values[i]) ** 2
    return total


@numba.njit(cache=True, parallel=True)
def evaluate(p, model):
    """Return the model of N spectra (N, n) from free parameters p (N, P)."""
    values = np.empty((p.shape[0], model.wavelength.size))
    for i in numba.prange(p.shape[0]):
        _evaluate_one(p[i], model, values[i])
    return values


@numba.njit(cache=True)
def _evaluate_one(p, model, values):
    """Write the model of one spectrum (n,)."""
    wavelength, edges, windows = model.wavelength, model.edges, model.windows
    q = np.empty(model.parent.size)
    full(p, model, q)
    for w in range(edges.size - 1):
        for j in range(edges[w], edges[w + 1]):
            value = q[3 * windows.size + w]
            for g in range(windows.size):
                if windows[g] == w:
                    value += q[3 * g] * np.exp(-0.5 * ((wavelength[j] - q[3 * g + 1]) / q[3 * g + 2]) ** 2)
            values[j] = value


@numba.njit(cache=True, parallel=True)
def leverage(p, packed, weight, model):
    """Return the share h_i = w_i J_i C J_iᵀ (N, n) of each sample in its own fit.

    Parameters without covariance do not count.
    """
    shares = np.zeros(weight.shape)
    for i in numba.prange(p.shape[0]):
        _leverage_one(p[i], packed[i], weight[i], model, shares[i])
    return shares


@numba.njit(cache=True)
def _leverage_one(p, packed, weight, model, shares):
    """Add the shares of one spectrum's samples (n,)."""
    edges, members, counts = model.edges, model.members, model.counts
    n = model.wavelength.size
    own = state(model, n)
    full(p, model, own.q)
    write_model(model.wavelength, edges, model, own)
    for w in range(counts.size):
        for c in range(counts[w]):
            for d in range(counts[w]):
                i, j = min(members[w, c], members[w, d]), max(members[w, c], members[w, d])
                shared = packed[algebra.place(i, j, p.size)]
                if np.isfinite(shared):
                    for k in range(edges[w], edges[w + 1]):
                        shares[k] += weight[k] * own.jacobian[c, k] * shared * own.jacobian[d, k]
