"""Batched, bounded Levenberg–Marquardt fit of Gaussian lines on a constant background, one spectrum per thread.

Model of a spectrum that joins W windows, with G lines, each in one window::

    m(λ) = B_w + Σ_g I_g exp(−(λ − x_g)² / (2 s_g²))          (lines g of the sample's window w)

The full parameters are ``q = [I, x, s] × G + [B] × W``; the free ones are ``p``, with ``q_k = scale_k p_parent(k) + offset_k``
(``parent`` −1: fixed). That one map carries ties, shared and fixed parameters (see :mod:`helioreduce.spice.model`).

The variance of a sample is ``a + b max(m, 0)``: it follows the *model* and is renewed after every accepted step, so that
the fit ends at the root of ``Jᵀ W(m) (y − m) = 0``, which has no bias from noisy weights. ``b = 0`` is ordinary weighting.
"""

from __future__ import annotations

import numba
import numpy as np

from helioreduce.spice.algebra import covariance, damped_step, movable, quadratic

TOO_FEW, CONVERGED, NOT_CONVERGED = 0, 1, 2

_FAST = {"reassoc", "contract", "arcp", "nsz"}  # sums in any order; NaN never enters (missing samples are taken out first)
_START_DAMPING, _SMALL_DAMPING, _LARGEST_DAMPING = 1e-3, 1e-4, 1e10


@numba.njit(cache=True)
def full(p, parent, scale, offset, q):  # type: ignore[no-untyped-def]
    """Full parameters q of free parameters p, in place."""
    for k in range(q.size):
        q[k] = offset[k] + (scale[k] * p[parent[k]] if parent[k] >= 0 else 0.0)


@numba.njit(cache=True, fastmath=_FAST)
def _evaluate(q, wavelength, edges, windows, jacobian, parent, scale, slots, model):  # type: ignore[no-untyped-def]
    """Model (n,) and Jacobian (slot, n) with respect to the free parameters of each sample's window."""
    lines = windows.size
    jacobian[:] = 0.0
    for w in range(edges.size - 1):
        lo, hi, k = edges[w], edges[w + 1], 3 * lines + w
        model[lo:hi] = q[k]
        if parent[k] >= 0:
            jacobian[slots[k], lo:hi] += scale[k]
    for g in range(lines):
        lo, hi, k = edges[windows[g]], edges[windows[g] + 1], 3 * g
        peak, inverse = q[k], 1.0 / q[k + 2]
        by_peak, by_centre, by_width = parent[k] >= 0, parent[k + 1] >= 0, parent[k + 2] >= 0
        for i in range(lo, hi):
            u = (wavelength[i] - q[k + 1]) * inverse
            shape = np.exp(-0.5 * u * u)
            slope = peak * shape * u * inverse
            model[i] += peak * shape
            if by_peak:
                jacobian[slots[k], i] += scale[k] * shape
            if by_centre:
                jacobian[slots[k + 1], i] += scale[k + 1] * slope
            if by_width:
                jacobian[slots[k + 2], i] += scale[k + 2] * slope * u


@numba.njit(cache=True, fastmath=_FAST)
def _normal(y, model, weight, jacobian, edges, members, counts, hessian, gradient):  # type: ignore[no-untyped-def]
    """Half the curvature H = JᵀWJ and −½ the gradient JᵀW(y − m) of χ², in place."""
    hessian[:] = 0.0
    gradient[:] = 0.0
    for w in range(counts.size):
        lo, hi = edges[w], edges[w + 1]
        for a in range(counts[w]):
            total = 0.0
            for i in range(lo, hi):
                total += jacobian[a, i] * weight[i] * (y[i] - model[i])
            gradient[members[w, a]] += total
            for b in range(a + 1):
                total = 0.0
                for i in range(lo, hi):
                    total += jacobian[a, i] * weight[i] * jacobian[b, i]
                hessian[members[w, a], members[w, b]] += total
                if a != b:
                    hessian[members[w, b], members[w, a]] += total


@numba.njit(cache=True)
def _weigh(model, a, b, weight):  # type: ignore[no-untyped-def]
    """Inverse variance of every sample, of the model's own noise."""
    for i in range(model.size):
        weight[i] = 1.0 / (a[i] + b[i] * max(model[i], 0.0))


@numba.njit(cache=True, fastmath=_FAST)
def _chi2(y, model, weight):  # type: ignore[no-untyped-def]
    total = 0.0
    for i in range(y.size):
        total += weight[i] * (y[i] - model[i]) ** 2
    return total


@numba.njit(cache=True)
def _gather(y, a, b, wavelength, edges, out):  # type: ignore[no-untyped-def]
    """Move the valid samples to the front of ``out`` (5, n: y, a, b, λ, weight); edges of the windows among them."""
    inner = np.zeros(edges.size, np.int64)
    n = 0
    for w in range(edges.size - 1):
        for i in range(edges[w], edges[w + 1]):
            if np.isfinite(y[i]) and a[i] > 0.0 and np.isfinite(a[i]):
                out[0, n], out[1, n], out[2, n], out[3, n] = y[i], a[i], b[i], wavelength[i]
                n += 1
        inner[w + 1] = n
    return inner


@numba.njit(cache=True)
def _forget(p, inner, members, counts):  # type: ignore[no-untyped-def]
    """NaN in place of the free parameters that matter only in windows without a sample."""
    known = np.zeros(p.size, np.bool_)
    for w in range(counts.size):
        if inner[w + 1] > inner[w]:
            for c in range(counts[w]):
                known[members[w, c]] = True
    for k in range(p.size):
        if not known[k]:
            p[k] = np.nan


@numba.njit(cache=True)
def _linear_start(p, lower, upper, linear, hessian, gradient, chosen, factor, delta):  # type: ignore[no-untyped-def]
    """Exact peaks and backgrounds for the given centres and widths; peaks at a bound are lifted off it."""
    n = 0
    for k in range(p.size):
        if linear[k] and hessian[k, k] > 0.0:
            chosen[n] = k
            n += 1
    if n == 0 or not damped_step(hessian, gradient, chosen, n, 1e-9, factor, delta):
        return
    for i in range(n):
        k = chosen[i]
        lift = 0.3 / np.sqrt(hessian[k, k])
        p[k] = min(max(p[k] + delta[i], min(lower[k] + lift, upper[k])), max(upper[k] - lift, lower[k]))


@numba.njit(cache=True)
def _fit_one(  # type: ignore[no-untyped-def]
    y, a, b, wavelength, edges, windows, parent, scale, offset, slots, members, counts, lower, upper, linear, p, limit,
    tolerance, packed,
):  # fmt: skip
    """Fit one spectrum from the start ``p``, in place; status, χ², valid samples, iterations."""
    n_free = p.size
    samples = np.empty((5, y.size))
    inner = _gather(y, a, b, wavelength, edges, samples)
    n = inner[-1]
    if n <= n_free:
        p[:] = np.nan
        packed[:] = np.nan
        return TOO_FEW, np.nan, n, 0
    y, a, b, wavelength, weight = samples[0, :n], samples[1, :n], samples[2, :n], samples[3, :n], samples[4, :n]
    q, model, jacobian = np.empty(parent.size), np.empty(n), np.empty((members.shape[1], n))
    hessian, gradient, factor = np.empty((n_free, n_free)), np.empty(n_free), np.empty((n_free, n_free))
    delta, chosen, trial = np.empty(n_free), np.empty(n_free, np.int64), np.empty(n_free)

    for w in range(edges.size - 1):  # first weights: those of the window's mean, the same for all its samples
        if inner[w + 1] > inner[w]:
            model[inner[w] : inner[w + 1]] = y[inner[w] : inner[w + 1]].mean()
    _weigh(model, a, b, weight)
    full(p, parent, scale, offset, q)
    _evaluate(q, wavelength, inner, windows, jacobian, parent, scale, slots, model)
    _normal(y, model, weight, jacobian, inner, members, counts, hessian, gradient)
    _linear_start(p, lower, upper, linear, hessian, gradient, chosen, factor, delta)
    full(p, parent, scale, offset, q)
    _evaluate(q, wavelength, inner, windows, jacobian, parent, scale, slots, model)
    _weigh(model, a, b, weight)
    _normal(y, model, weight, jacobian, inner, members, counts, hessian, gradient)
    chi2 = _chi2(y, model, weight)

    status, damping, growth, iteration = NOT_CONVERGED, _START_DAMPING, 2.0, 0
    while iteration < limit and damping < _LARGEST_DAMPING:
        iteration += 1
        m = movable(p, lower, upper, hessian, gradient, chosen)
        if m == 0:
            status = CONVERGED
            break
        if not damped_step(hessian, gradient, chosen, m, damping, factor, delta):
            damping = max(10.0 * damping, _START_DAMPING)
            continue
        trial[:] = p
        for i in range(m):
            k = chosen[i]
            trial[k] = min(max(p[k] + delta[i], lower[k]), upper[k])
            delta[i] = trial[k] - p[k]
        square, predicted = quadratic(hessian, chosen, m, delta), 0.0
        for i in range(m):
            predicted += 2.0 * delta[i] * gradient[chosen[i]]
        predicted -= square
        short = square < tolerance
        full(trial, parent, scale, offset, q)
        _evaluate(q, wavelength, inner, windows, jacobian, parent, scale, slots, model)
        after = _chi2(y, model, weight)
        last = short and damping <= _SMALL_DAMPING
        if after <= chi2 or last:
            p[:] = trial
            _weigh(model, a, b, weight)
            _normal(y, model, weight, jacobian, inner, members, counts, hessian, gradient)
            before, chi2 = chi2, _chi2(y, model, weight)
            gain = (before - after) / predicted if predicted > 0.0 else 0.0
            damping *= max(0.1, 1.0 - (2.0 * gain - 1.0) ** 3)
            growth = 2.0
            if short:
                damping = min(damping, _SMALL_DAMPING)
        else:
            damping *= growth
            growth *= 2.0
        if last:
            status = CONVERGED
            break
    covariance(p, lower, upper, hessian, chosen, factor, delta, packed)
    _forget(p, inner, members, counts)
    return status, chi2, n, iteration


@numba.njit(cache=True, parallel=True)
def fit(  # type: ignore[no-untyped-def]
    y, a, b, wavelength, edges, windows, parent, scale, offset, slots, members, counts, lower, upper, linear, p, limit,
    tolerance, packed, chi2, samples, status, iterations,
):  # fmt: skip
    """Fit N spectra; everything from ``p`` (N, P; the start goes in) to ``iterations`` is written in place.

    ``y`` (N, n); ``a``, ``b`` (N, n) or (1, n). Each spectrum is fitted alone, so that results do not depend on threads.
    """
    for i in numba.prange(y.shape[0]):
        row = np.int64(i) if a.shape[0] > 1 else np.int64(0)
        status[i], chi2[i], samples[i], iterations[i] = _fit_one(
            y[i], a[row], b[row], wavelength, edges, windows, parent, scale, offset, slots, members, counts, lower, upper,
            linear, p[i], limit, tolerance, packed[i],
        )  # fmt: skip


@numba.njit(cache=True, parallel=True)
def evaluate(p, wavelength, edges, windows, parent, scale, offset):  # type: ignore[no-untyped-def]
    """Model of N spectra (N, n) from free parameters p (N, P)."""
    model = np.empty((p.shape[0], wavelength.size))
    for i in numba.prange(p.shape[0]):
        q = np.empty(parent.size)
        full(p[i], parent, scale, offset, q)
        for w in range(edges.size - 1):
            for j in range(edges[w], edges[w + 1]):
                value = q[3 * windows.size + w]
                for g in range(windows.size):
                    if windows[g] == w:
                        value += q[3 * g] * np.exp(-0.5 * ((wavelength[j] - q[3 * g + 1]) / q[3 * g + 2]) ** 2)
                model[i, j] = value
    return model


@numba.njit(cache=True, parallel=True)
def leverage(  # type: ignore[no-untyped-def]
    p, packed, weight, wavelength, edges, windows, parent, scale, offset, slots, members, counts,
):  # fmt: skip
    """Share h_i = w_i J_i C J_iᵀ (N, n) of each sample in its own fit; parameters without covariance do not count."""
    result = np.zeros(weight.shape)
    n_free = p.shape[1]
    for i in numba.prange(p.shape[0]):
        q, model = np.empty(parent.size), np.empty(wavelength.size)
        jacobian = np.empty((members.shape[1], wavelength.size))
        full(p[i], parent, scale, offset, q)
        _evaluate(q, wavelength, edges, windows, jacobian, parent, scale, slots, model)
        for w in range(counts.size):
            for c in range(counts[w]):
                for d in range(counts[w]):
                    k, m = min(members[w, c], members[w, d]), max(members[w, c], members[w, d])
                    shared = packed[i, k * n_free - k * (k - 1) // 2 + m - k]
                    if np.isfinite(shared):
                        for j in range(edges[w], edges[w + 1]):
                            result[i, j] += weight[i, j] * jacobian[c, j] * shared * jacobian[d, j]
    return result
