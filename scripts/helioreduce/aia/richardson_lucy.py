r"""Richardson–Lucy iteration with weights, on a periodic grid, and how it carries noise.

With data d, PSF operator H (symmetric, of unit sum) and weights w (1 known, 0 unknown), starting from a guess u,

.. math:: u \leftarrow u\,\frac{H\left(w\,d / Hu\right)}{H w} = u \left[1 + \frac{H\left(w\,(d / Hu - 1)\right)}{H w}\right].

The second form, used here, transforms small numbers and so loses less to rounding. Where every weight is 1 this is the
classical iteration (Richardson 1972, JOSA 62, 55; Lucy 1974, AJ 79, 745), which conserves the
total: after each step Σu = Σd.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from helioreduce.aia import kernels
from helioreduce.numerics import fft

#: Sum of weights below which a pixel is out of reach of the data.
_OUT_OF_REACH = 1e-6


def restore(
    data: Any, start: Any, otf: Any, iterations: int, *, tolerance: float = 0.0, accelerate: bool = False
) -> tuple[Any, list[float]]:
    """Return the scene behind ``data``.

    Parameters
    ----------
    data
        Array (ny, nx), not negative, in the precision in which to work; NaN where unknown.
    start
        First guess (ny, nx), finite, not negative; it is overwritten by the scene.
    otf
        Real transform (ny, nx//2+1) of the PSF, in the same precision; nx even.
    iterations
        Their number, or the largest number if ``tolerance`` is positive.
    tolerance
        Stop when the Poisson deviance of data and model falls by less than this fraction from one iteration to the next;
        0: never. On a 171 Å scene with a bright kernel and a dark square 0.1 stops after 14 iterations, 0.02 after 25.
    accelerate
        Extrapolate along the previous steps (Biggs & Andrews 1997, Applied Optics 36, 1766). On that scene 11 such iterations
        have the deviance of 25 plain ones; the images differ by 0.8 % of √(counts) rms, and by 36 % in the worst dark pixel.

    Returns
    -------
    tuple
        The scene (ny, nx), and of each iteration done the length of its extrapolation (0 without ``accelerate``).
    """
    with fft.Filter(otf).threads() as blur:
        iteration = _Iteration(blur, data, measure=tolerance > 0)
        advance = _accelerated if accelerate else _plain
        previous, lengths = np.inf, []
        for deviance, length in advance(iteration, start):
            lengths.append(length)
            if len(lengths) == iterations or previous - deviance < tolerance * deviance:
                break
            previous = deviance
        return start, lengths


def linear_response(otf: Any, iterations: int | Sequence[float]) -> Any:
    r"""Transform of K, which carries a small change of the data to that of the scene: δu = K ∗ δd.

    About a uniform field the iteration is linear. Relative deviations a of the scene and ε of the data obey
    a ← a + h(ε − h a) for every frequency, with h the OTF, and start from a = ε, so that after k iterations a = K̂ ε with

    .. math:: \hat K = \frac{1 - (1 - h^2)^k}{h} + (1 - h^2)^k .

    An accelerated iteration takes each step from a + λ (a − a'), with a' the deviation before; ``iterations`` is then the list
    of the lengths λ that :func:`restore` gives, and the recurrence is followed.

    Returns
    -------
    array
        Real (ny, nx//2+1), like ``otf``.
    """
    return _response(otf, iterations) if isinstance(iterations, int) else _followed(otf, iterations)


def noise_gain(otf: Any, iterations: int | Sequence[float]) -> Any:
    r"""Transform of K², which carries the variance of the data to that of the scene: Var(u) = K² ∗ Var(d).

    K is the :func:`linear_response`.

    # ASSUME: the scene varies slowly over the PSF's core. Measured over predicted error after 25 iterations (171 Å, 60 draws):
    1.00 in texture and loops, 0.97–1.00 in and beside a bright kernel, but 0.5 in a dark region most of whose counts are
    scattered light: there the iteration, being multiplicative, amplifies noise less, and this errs on the safe side.

    Returns
    -------
    array
        Real (ny, nx//2+1), like ``otf``.
    """
    return fft.squared_kernel(linear_response(otf, iterations))


def _response(otf: Any, iterations: int) -> Any:
    """Return K̂ of plain iterations."""
    left = (1 - otf * otf) ** iterations
    opaque = abs(otf) < _OUT_OF_REACH
    return (1 - left) / (otf + opaque) + left  # the first term vanishes where nothing is transmitted


def _followed(otf: Any, lengths: Sequence[float]) -> Any:
    """Return K̂ of iterations with extrapolations of these lengths."""
    before = response = np.ones_like(otf)
    for length in lengths:
        point = response + length * (response - before)
        before, response = response, point + otf * (1 - otf * point)
    return response


class _Iteration:
    """One step of the iteration; the spectrum of the estimate's rows is kept from step to step."""

    def __init__(self, blur: fft.Filter, data: Any, *, measure: bool) -> None:
        self.blur, self.data, self.measure = blur, data, measure
        known = ~np.isnan(data)
        self.has_data = known.any(axis=1)
        self.inverse_weight = None if known.all() else _inverse_weight(blur, known.astype(data.dtype))
        # A model at or below this is a rounding error of the transforms.
        self.floor = float(np.finfo(data.dtype).eps * np.nanmax(data))

    def load(self, estimate: Any) -> None:
        """Transform the rows of an estimate."""
        self.blur.rows(lambda rows: self.blur.forward(rows, estimate[rows]))

    def advance(self, estimate: Any) -> float:
        """Take one step from the loaded estimate, in place; load the result, and return the deviance before the step."""
        blur = self.blur

        def compare(rows: slice) -> float:
            """Replace rows of the model by their excess d/Hu − 1, which is 0 in a margin; return their deviance."""
            if not self.has_data[rows].any():
                blur.clear(rows)
                return 0.0
            model = blur.backward(rows)
            deviance = kernels.deviance(self.data[rows], model) if self.measure else 0.0
            blur.forward(rows, kernels.excess(self.data[rows], model, self.floor))
            return deviance

        def update(rows: slice) -> None:
            """Multiply rows of the estimate by their correction."""
            correction = blur.backward(rows)
            if self.inverse_weight is not None:
                correction *= self.inverse_weight[rows]
            kernels.correct(estimate[rows], correction)
            blur.forward(rows, estimate[rows])

        blur.columns()
        deviance = sum(blur.rows(compare))
        blur.columns()
        blur.rows(update)
        return deviance


def _plain(iteration: _Iteration, estimate: Any) -> Any:
    """Take endless steps on ``estimate``; yield the deviance before each, and the length of its extrapolation."""
    iteration.load(estimate)
    while True:
        yield iteration.advance(estimate), 0.0


def _accelerated(iteration: _Iteration, estimate: Any) -> Any:
    """Take steps as :func:`_plain` does, each from a point extrapolated along the last change of the estimate.

    The length of the extrapolation is the correlation of the last two steps g, between 0 and 1.
    """
    before = estimate.copy()
    steps: list[Any] = []
    while True:
        length = _correlation(*steps) if len(steps) == 2 else 0.0
        point = (estimate + length * (estimate - before)).clip(0)
        before[...], estimate[...] = estimate, point
        iteration.load(estimate)
        deviance = iteration.advance(estimate)
        steps = [*steps[-1:], estimate - point]
        yield deviance, length


def _correlation(older: Any, newer: Any) -> float:
    """Return Σ newer·older / Σ older², limited to 0 … 1."""
    norm = float((older * older).sum(dtype=np.float64))
    return min(max(float((newer * older).sum(dtype=np.float64)) / norm, 0.0), 1.0) if norm else 0.0


def _inverse_weight(blur: fft.Filter, known: Any) -> Any:
    """Return 1/(H w); 0 out of reach of the data, where nothing is to be changed."""
    weight = blur(known, overwrite_x=True)
    reached = weight > _OUT_OF_REACH
    weight += ~reached
    return np.divide(reached, weight, out=weight)
