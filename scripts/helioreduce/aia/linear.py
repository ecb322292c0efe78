r"""Linear deconvolution: the inverse of the PSF on a padded frame, which is unbiased in the dark and carries noise exactly.

A detector M sees of a scene u the data d = M H u, with the PSF's convolution H, real and symmetric, and its OTF h. Where h
stays well above 0, as AIA's does (at least 0.5), u follows from d without a prior:

``inverse``
    the closed form û = d̂/h, on a grid so large that no light returns at the opposite edge. The light that left the detector
    is missing from d, so that it is not exact within the PSF's reach of the edges.
``cg``
    conjugate gradients (Hestenes & Stiefel 1952, J. Res. NBS 49, 409) on M H M u = d, from the closed form: exact for a
    scene whose sources are all on the detector.
``bid``
    u ← u + k (d − M H M u), from u = d (van Cittert 1931; Hofmeister 2024, Solar Physics 299, 77, there with k = 1), with
    k = 2/(1 + min h), for which errors fall by (1 − min h)/(1 + min h) in each iteration. Its fixed point is the solution of
    ``cg``, unless negative pixels are set to 0, which is an option.
``wiener``
    û = h S d̂/(h² S + N), with the mean variance N of the data and the spectrum S of the scene: h² S is the radial mean of
    their periodogram, less N. It smooths frequencies at which there is more noise than scene; σ describes the noise
    that is left, not of what was smoothed away.

Away from the edges each is a convolution with one kernel K, but for ``bid`` with u ≥ 0, so that

.. math:: \mathrm{Var}(u) = K^2 * \mathrm{Var}(d)

exactly. Nothing else is clipped: negative pixels are noise about a dark scene, and to clip them would be a bias.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from helioreduce.aia import padding
from helioreduce.errors import InputError
from helioreduce.numerics import backend, blocks, fft

METHODS = ("inverse", "cg", "bid", "wiener")
#: OTF below which a division by it amplifies noise more than tenfold.
LEAST_OTF = 0.1
#: Rows of a spectrum that are worked on at once.
_ROWS = 256


class Control(NamedTuple):
    """One of :data:`METHODS`; the largest number of iterations; the change (DN) at which they stop; whether u ≥ 0 (``bid``)."""

    method: str
    iterations: int = 25
    largest_change: float = 0.1
    positive: bool = False


class Solution(NamedTuple):
    """A scene (ny, nx) and how it was reached.

    ``response`` is K̂. ``stopped`` is ``direct`` (nothing is iterated), ``change`` (no pixel changed by more than
    ``largest_change``), ``exact`` (the residual d − M H u is 0) or ``iterations``. Maximum and rms are of the residual; None
    where nothing is iterated, for it would cost as much as the scene.
    """

    scene: Any
    response: Any
    iterations: int
    stopped: str
    residual_max: float | None
    residual_rms: float | None


def inverse_response(otf: Any) -> Any:
    """Return 1/h.

    Raises
    ------
    InputError
        If h falls below :data:`LEAST_OTF`.
    """
    if (least := float(otf.min())) < LEAST_OTF:
        problem = f"the OTF falls to {least:.3g}: below {LEAST_OTF:g} it has no stable inverse"
        raise InputError(problem, cure="Take aia.deconvolve.method: rl, or bid with few iterations")
    return 1 / otf


def bid_step(otf: Any) -> float:
    """Return k = 2/(1 + min h)."""
    return 2 / (1 + float(otf.min()))


def bid_response(otf: Any, iterations: int) -> Any:
    """Return K̂ = [1 − (1 − h)(1 − k h)ⁿ]/h of n iterations of ``bid``."""
    return (1 - (1 - otf) * (1 - bid_step(otf) * otf) ** iterations) / otf


def wiener_response(data: Any, variance: Any, otf: Any) -> Any:
    """Return K̂ = h S/(h² S + N) of ``wiener``; 1/h at frequency 0, so that the flux stays.

    The periodogram is that of the data less their mean, under a Hann window.

    Parameters
    ----------
    data, variance
        Finite data and their variance, (ny, nx).
    otf
        h on a grid of at least (ny, nx), (gy, gx//2+1).
    """
    window: Any = np.multiply.outer(*(np.hanning(n + 2)[1:-1] for n in data.shape))
    window = backend.module_of(data).asarray(window, otf.dtype)
    norm = float((window * window).sum(dtype=np.float64))
    noise = float((window * window * variance).sum(dtype=np.float64)) / norm
    tapered = (data - data.dtype.type(data.mean(dtype=np.float64))) * window
    around = padding.margins(data.shape, otf)
    spectrum = fft.rfft2(np.pad(tapered, around) if around else tapered)
    signal = (_radial_mean(spectrum, norm) - noise).clip(0)
    response = np.empty_like(otf)
    for rows, radius in _radii(otf):
        there = backend.module_of(otf).asarray(np.interp(radius, np.arange(signal.size), signal), otf.dtype)
        response[rows] = there / (otf[rows] * (there + otf.dtype.type(noise)))
    response[0, 0] = 1 / otf[0, 0]
    return response


def _radial_mean(spectrum: Any, norm: float) -> np.ndarray:
    """Return the mean of |spectrum|²/norm over rings around frequency 0, as wide as the steps of :func:`_radii`."""
    total = count = np.zeros(1)
    for rows, radius in _radii(spectrum):
        power = backend.to_host(spectrum[rows].real ** 2 + spectrum[rows].imag ** 2)
        ring, size = np.rint(radius).astype(np.intp).ravel(), _rings(spectrum) + 1
        total = total + np.bincount(ring, power.ravel(), size)
        count = count + np.bincount(ring, minlength=size)
    return total / np.maximum(count, 1) / norm


def _rings(spectrum: Any) -> int:
    """Return the number of rings from frequency 0 to the corner, some frequencies wide each."""
    return max(min(padding.grid_of(spectrum)) // 8, 1)


def _radii(spectrum: Any) -> Iterator[tuple[slice, np.ndarray]]:
    """Yield blocks of rows of a half-plane spectrum, and the radii of their frequencies, in rings."""
    ny, nx = padding.grid_of(spectrum)
    scale = _rings(spectrum) / np.sqrt(0.5)
    y, x = np.fft.fftfreq(ny) * scale, np.fft.rfftfreq(nx) * scale
    for rows in blocks.blocks(ny, _ROWS):
        yield rows, np.hypot(y[rows, None], x)


def solve(
    data: Any, otf: Any, control: Control, *, beyond: Any = "dark", response: Any = None, variance: Any = None
) -> Solution:
    """Return the scene behind data.

    Parameters
    ----------
    data
        Array (ny, nx), finite, in the precision in which to work.
    otf
        h on a grid (gy, gx//2+1) of at least (ny, nx), gx even, in the same precision.
    control
        See :class:`Control`.
    beyond
        What lies beyond the edges: ``dark``, nothing; ``mirror``, the mirror image of the scene; or an array (ny, nx), the
        light that is scattered in from there.
    response
        1/h, where it is at hand.
    variance
        Of the data, (ny, nx), for ``wiener``.

    Raises
    ------
    InputError
        If h is too small for the method.
    """
    if control.method == "wiener":
        response = wiener_response(data, variance, otf)
    elif control.method == "inverse" and response is None:
        response = inverse_response(otf)
    elif float(otf.min()) <= 0:
        raise InputError(f"the OTF falls to {float(otf.min()):.3g}: {control.method} does not converge", cure="Take method: rl")
    response = 1 / otf if response is None else response
    if not isinstance(beyond, str):
        data = data - backend.module_of(data).asarray(beyond, data.dtype)
    around = padding.margins(data.shape, otf)
    start, plane = _start(data, response, around, control.method, mirrored=isinstance(beyond, str) and beyond == "mirror")
    if control.method in ("inverse", "wiener"):
        return Solution(start, response, 0, "direct", None, None)
    with fft.Filter(otf).threads() as blur:
        seen = padding.Window(blur, data.shape, otf)
        model = seen(start, np.empty_like(start)) if plane is None else padding.inner(blur(plane, overwrite_x=True), around)
        residual = data - model
        steps = _cg(seen, start, residual) if control.method == "cg" else _bid(seen, start, residual, bid_step(otf), control)
        done, stopped = _iterated(steps, control)
    response = bid_response(otf, done) if control.method == "bid" else response
    rms = float(np.sqrt((residual * residual).mean(dtype=np.float64)))
    return Solution(start, response, done, stopped, float(abs(residual).max()), rms)


def _start(data: Any, response: Any, around: padding.Margins, method: str, *, mirrored: bool) -> tuple[Any, Any]:
    """Return the scene to start from, and the plane of the grid that it is in the middle of; None where there is no light.

    The mirror image beyond the edges stays as the closed form has it.
    """
    if not (mirrored and around):
        if method == "bid":
            return data.copy(), None
        with fft.Filter(response).threads() as inverse:
            return padding.Window(inverse, data.shape, response)(data, np.empty_like(data)), None
    with fft.Filter(response).threads() as inverse:
        plane = inverse(np.pad(data, around, mode="symmetric"), overwrite_x=True)
    if method == "bid":
        padding.inner(plane, around)[...] = data
    return padding.inner(plane, around).copy(), plane


def _iterated(advance: Iterator[float], control: Control) -> tuple[int, str]:
    """Take the steps of an iteration, each of which returns its largest change; return their number and why they ended."""
    done = 0
    for change in advance:
        done += 1
        if change <= control.largest_change:
            return done, "change"
        if done == control.iterations:
            return done, "iterations"
    return done, "exact"


def _bid(seen: padding.Window, scene: Any, residual: Any, step: float, control: Control) -> Iterator[float]:
    """Take endless steps on scene and residual, in place."""
    factor, change = residual.dtype.type(step), np.empty_like(residual)
    while True:
        np.multiply(residual, factor, out=change)
        if control.positive:
            np.maximum(change, -scene, out=change)
        scene += change
        largest = float(abs(change).max())
        residual -= seen(change, change)
        yield largest


def _cg(seen: padding.Window, scene: Any, residual: Any) -> Iterator[float]:
    """Take steps on scene and residual, in place, until the residual is 0."""
    direction, blurred = residual.copy(), np.empty_like(residual)
    norm = _product(residual, residual)
    while norm > 0:
        seen(direction, blurred)
        length = residual.dtype.type(norm / _product(direction, blurred))
        scene += length * direction
        residual -= length * blurred
        before, norm = norm, _product(residual, residual)
        largest = float(abs(length) * abs(direction).max())
        direction *= residual.dtype.type(norm / before)
        direction += residual
        yield largest


def _product(a: Any, b: Any) -> float:
    """Return Σ a b, in the order of the rows, whatever the number of threads."""
    return (
        float(np.einsum("ij,ij->i", a, b, dtype=np.float64).sum())
        if backend.on_host(a)
        else float((a * b).sum(dtype=np.float64))
    )
