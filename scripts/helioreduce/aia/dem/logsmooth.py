"""The positive DEM whose logarithm is smooth (Plowman & Caspi 2020, ApJ 905, 17), one pixel after another, compiled.

x = eˢ on piecewise linear functions of log T. Each step linearises eˢ about the current s and solves
(MᵀM + R) z = Mᵀ[d − K((1 − s) eˢ)], M = K eˢ/σ, where zᵀRz = n/(δ² ΔlogT) Σ (Δz)²/ΔT keeps the logarithm smooth on the scale
of δ e-foldings per dex. With z = v + cumsum(u) the matrix R is diagonal, and with τ = δ² ΔlogT ΔT/n and M' = the sums of M
over the temperatures above, the step is a system of as many unknowns as there are channels:
(1 + M'τM'ᵀ) λ + m v = d, m·λ = 0, u = τM'ᵀλ, m = the sums of M over all temperatures.

Limits of steps, stall and tolerance are those of the authors' code, which made the results of the paper, not of its text.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

from helioreduce.aia.dem import found as results
from helioreduce.aia.dem.small import backward, cholesky, forward
from helioreduce.aia.dem.status import NEGATIVE, NOT_CONVERGED, RELAXED, usable
from helioreduce.numerics.exponential import exponentials

#: Trial steps, and the largest change of s in the first of them (Plowman & Caspi 2020, code of the appendix).
_SHORT, _LONG, _LARGEST = 0.1, 0.5, 0.5
#: Steps that are taken before a stall counts.
_PATIENCE = 5
_FAST = {"contract", "reassoc"}


class Options(NamedTuple):
    """Scale of smoothness τ n (temperatures − 1,), target and tolerance of χ², least value of the start, most steps."""

    tau: np.ndarray
    chi2: float
    tolerance: float
    floor: float
    iterations: int


@numba.njit(cache=True, nogil=True, parallel=True)
def invert(data, sigma, problem, options, found, chunks):
    """Invert pixels (N, channels); every ``chunks``-th one goes to the same thread."""
    nf, nt = problem.counts.shape
    for chunk in numba.prange(chunks):
        rows, work = np.empty((3 * nf, nt)), np.empty((7, nt))
        system, used = np.empty((nf + 4, nf)), np.empty(nf, np.int64)
        room = np.empty((3, problem.bands.shape[0] + 1, max(nt, nf + 1)))
        for p in range(chunk, data.shape[0], chunks):
            _pixel(p, data[p], sigma[p], problem, options, found, rows, work, system, used, room)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _pixel(p, data, sigma, problem, options, found, rows, work, system, used, room):
    n, status = usable(data, sigma, used)
    if n < problem.least:
        results.fail(found, p, status)
        return
    nf = data.size
    kernel, slopes, sums = rows[:nf], rows[nf : 2 * nf], rows[2 * nf :]
    d = system[nf]
    for k in range(n):
        i = used[k]
        status |= NEGATIVE if data[i] < 0.0 else 0
        d[k] = max(data[i], 0.0) / sigma[i]
        for j in range(problem.counts.shape[1]):
            kernel[k, j] = problem.counts[i, j] / sigma[i]
    start = _start(data, sigma, problem.counts, used, n, options.floor)
    steps = _iterate(start, d, kernel, slopes, sums, options, n, work, system) if start > 0.0 else -1
    if steps < 0:
        results.fail(found, p, status)
        return
    found.dem[p] = work[1]
    found.iterations[p] = steps
    if steps >= options.iterations:
        status |= NOT_CONVERGED
    for k in range(n):  # as they were inverted
        system[nf + 1, used[k]] = d[k] * sigma[used[k]]
    chi2 = results.fit(found, p, system[nf + 1], sigma, used, n, problem.counts, work[1])
    if chi2 > options.chi2 + options.tolerance:
        status |= RELAXED
    found.status[p] = status
    total = results.summarise(found, p, problem)
    if problem.errors:
        _errors(found, p, problem, options.tau, kernel, slopes, sums, n, work, system, total, room)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _start(data, sigma, counts, used, n, floor):
    """Return the flat DEM that fits best, with every value raised to the floor."""
    above, below = 0.0, 0.0
    for k in range(n):
        i = used[k]
        flat = counts[i].sum()
        above += flat * max(data[i], floor) / sigma[i] ** 2
        below += (flat / sigma[i]) ** 2
    return above / below


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def _iterate(start, d, kernel, slopes, sums, options, n, work, system):
    """Take steps until χ² is what was asked for; return their number, −1 where a system is singular.

    ``work[0]`` is s at the end, and ``work[1]`` its exponential.
    """
    nt = kernel.shape[1]
    s, x, z, delta, ratio, trial = work[0], work[1], work[2], work[3], work[4], work[5]
    s[:], x[:] = np.log(start), start
    chi2 = _chi2(d, kernel, x, n)
    for step in range(options.iterations):
        if not _solve(d, kernel, slopes, sums, options.tau, n, s, x, z, system):
            return -1
        largest = 0.0
        for j in range(nt):
            delta[j] = z[j] - s[j]
            largest = max(largest, abs(delta[j]))
        if not largest < np.inf:
            return -1
        sign = -1.0 if chi2 < options.chi2 else 1.0
        scale = sign * min(largest, _LARGEST / _SHORT) / largest if largest > 0.0 else 0.0
        for j in range(nt):
            delta[j] *= scale
            z[j] = delta[j] * _SHORT
        exponentials(z, ratio, work[6])
        for j in range(nt):
            trial[j] = x[j] * ratio[j]
            fourth = ratio[j] * ratio[j]
            ratio[j] = trial[j] * fourth * fourth  # the long step is the short one five times
        short, long = _chi2(d, kernel, trial, n), _chi2(d, kernel, ratio, n)
        length = (_SHORT * (long - options.chi2) + _LONG * (options.chi2 - short)) / (long - short)
        stalled = sign * (chi2 - short) / _SHORT < options.tolerance
        if length <= _SHORT:
            length, chi2, x[:] = _SHORT, short, trial
        elif length >= _LONG:
            length, chi2, x[:] = _LONG, long, ratio
        for j in range(nt):
            s[j] += delta[j] * length
        if _SHORT < length < _LONG:
            exponentials(s, x, work[6])
            chi2 = _chi2(d, kernel, x, n)
        if not chi2 < np.inf:
            return -1
        if (stalled and step > _PATIENCE) or abs(chi2 - options.chi2) < options.tolerance:
            exponentials(s, x, work[6])
            return step + 1
    exponentials(s, x, work[6])
    return options.iterations


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def _chi2(d, kernel, x, n):
    """Return χ² per channel of x."""
    total = 0.0
    for k in range(n):
        model = 0.0
        for j in range(x.size):
            model += kernel[k, j] * x[j]
        total += (d[k] - model) * (d[k] - model)
    return total / n


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def _system(kernel, slopes, sums, tau, n, x, system):
    """Write M, its sums over the temperatures above, and the factor of 1 + M'τM'ᵀ; the sums over all into the row after d.

    Return whether it is positive definite.
    """
    nt, m = x.size, system[system.shape[1] + 1]
    for k in range(n):
        m[k] = 0.0
        for j in range(nt):
            slopes[k, j] = kernel[k, j] * x[j]
    for j in range(nt - 1, 0, -1):  # channels side by side: each sum waits for its own last term only
        for k in range(n):
            m[k] += slopes[k, j]
            sums[k, j - 1] = m[k]
    for k in range(n):
        m[k] += slopes[k, 0]
    for k in range(n):
        for i in range(k + 1):
            total = 0.0
            for j in range(nt - 1):
                total += sums[k, j] * tau[j] * sums[i, j]
            system[k, i] = total / n
        system[k, k] += 1.0
    return cholesky(system, n)


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def _solve(d, kernel, slopes, sums, tau, n, s, x, z, system):
    """Write z, the solution of the system about s; return whether there is one."""
    nf, nt = system.shape[1], x.size
    if not _system(kernel, slopes, sums, tau, n, x, system):
        return False
    m, y, lam = system[nf + 1], system[nf + 2], system[nf + 3]
    for k in range(n):
        linear = 0.0
        for j in range(nt):
            linear += slopes[k, j] * (1.0 - s[j])
        lam[k] = d[k] - linear
    forward(system, m, y, n)
    forward(system, lam, lam, n)
    above, below = 0.0, 0.0
    for k in range(n):
        above += y[k] * lam[k]
        below += y[k] * y[k]
    v = above / below
    for k in range(n):
        lam[k] -= v * y[k]
    backward(system, lam, lam, n)
    z[0] = v
    for j in range(nt - 1):
        z[j + 1] = 0.0
    for k in range(n):
        for j in range(nt - 1):
            z[j + 1] += sums[k, j] * lam[k]
    for j in range(nt - 1):
        z[j + 1] = z[j] + tau[j] / n * z[j + 1]
    return True


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def _errors(found, p, problem, tau, kernel, slopes, sums, n, work, system, total, room):
    """Write every σ from the covariance (MᵀM + R)⁻¹ of ln x.

    With z = v + cumsum(u) the variance of z_j is T + f²/|y|² − c·c, where T is the sum of τ below the temperature, c that of
    L⁻¹M'τ, L the factor of 1 + M'τM'ᵀ, y = L⁻¹m, and f = 1 − c·y (the free constant v). The covariance of two sums gᵀz and hᵀz
    is Σ τ G H + f_g f_h/|y|² − c_g·c_h: G are the sums of g over the temperatures above, f_g and c_g those of g f and g c.
    """
    if not _system(kernel, slopes, sums, tau, n, found.dem[p], system):
        return
    y = system[system.shape[1] + 2]
    forward(system, system[system.shape[1] + 1], y, n)
    below = 0.0
    for k in range(n):
        below += y[k] * y[k]
    _point_errors(found, p, tau, sums, slopes, n, system, y, below, work)
    _sum_errors(found, p, problem, tau, slopes, n, below, work[3], total, room)


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def _point_errors(found, p, tau, sums, c, n, system, y, below, work):
    """Write σ of the DEM at every temperature, DEM × σ(ln DEM); c and f of all temperatures into ``c`` and ``work[3]``."""
    nt, running, prior = found.dem.shape[1], system[system.shape[1] + 3], 0.0
    variance, f = work[2], work[3]
    variance[0] = 0.0
    for k in range(n):
        running[k] = c[k, 0] = 0.0
    for j in range(1, nt):
        step = tau[j - 1] / n
        prior += step
        variance[j] = prior
        for k in range(n):
            running[k] += sums[k, j - 1] * step
            c[k, j] = running[k]
    f[:] = 1.0
    for k in range(n):
        for i in range(k):
            for j in range(nt):
                c[k, j] -= system[k, i] * c[i, j]
        scale = 1.0 / system[k, k]
        for j in range(nt):
            c[k, j] *= scale
            variance[j] -= c[k, j] * c[k, j]
            f[j] -= c[k, j] * y[k]
    for j in range(nt):
        found.sigma[p, j] = found.dem[p, j] * np.sqrt(max(variance[j] + f[j] * f[j] / below, 0.0))


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def _sum_errors(found, p, problem, tau, c, n, below, f, total, room):
    """Write the covariance of the bands, and σ of the EM-weighted log T; ``room`` is for three rows of each."""
    dem, nt, nb = found.dem[p], problem.logt.size, problem.bands.shape[0]
    g, above, small = room[0], room[1], room[2]  # in the last one c and, in column n, f of every sum
    for b in range(nb):
        for j in range(nt):
            g[b, j] = problem.bands[b, j] * dem[j]
    for j in range(nt):
        g[nb, j] = problem.weights[j] * dem[j] * (problem.logt[j] - found.logt[p, 0]) / total
    for b in range(nb + 1):
        above[b, nt - 1] = free = 0.0
        for j in range(nt):
            free += g[b, j] * f[j]
        small[b, n] = free
        for k in range(n):
            value = 0.0
            for j in range(nt):
                value += g[b, j] * c[k, j]
            small[b, k] = value
    for j in range(nt - 1, 0, -1):  # sums side by side: each waits for its own last term only
        for b in range(nb + 1):
            above[b, j - 1] = above[b, j] + g[b, j]
    for b in range(nb + 1):
        for e in range(nb if b == nb else 0, b + 1):
            value = 0.0
            for j in range(nt - 1):
                value += tau[j] * above[b, j] * above[e, j]
            value = value / n + small[b, n] * small[e, n] / below
            for k in range(n):
                value -= small[b, k] * small[e, k]
            if b < nb:
                found.covariance[p, b, e] = found.covariance[p, e, b] = value
            else:
                found.logt[p, 1] = np.sqrt(max(value, 0.0))
