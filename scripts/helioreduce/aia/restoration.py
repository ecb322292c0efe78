"""The methods of deconvolution side by side: what a user chooses, and what each makes of the same data."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import partial
from typing import Any, Literal, NamedTuple

import numpy as np

from helioreduce.aia import linear, padding, richardson_lucy
from helioreduce.errors import InputError
from helioreduce.numerics import gaps

METHODS = ("rl", *linear.METHODS)


@dataclass(frozen=True)
class Options:
    """What a user chooses.

    Parameters
    ----------
    method
        ``rl``, or one of :data:`helioreduce.aia.linear.METHODS`.
    iterations
        Their number, or the largest number where they stop by themselves.
    core
        See :func:`helioreduce.aia.psf.otf`.
    tolerance, accelerate
        Of ``rl``, see :func:`helioreduce.aia.richardson_lucy.restore`.
    largest_change, positive
        Of ``cg`` and ``bid``, see :class:`helioreduce.aia.linear.Control`.
    redraws
        0: the error by K², exact for linear methods. N ≥ 2: the scatter of N deconvolutions of data redrawn from the error
        plane; it is itself uncertain by a fraction 1/√(2(N − 1)).
    precision
        Of the arithmetic.
    """

    method: str = "rl"
    iterations: int = 25
    core: str = "default"
    tolerance: float = 0.0
    accelerate: bool = False
    largest_change: float = 0.1
    positive: bool = False
    redraws: int = 0
    precision: Literal["float32", "float64"] = "float32"

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise InputError(f"there is no method {self.method!r}", cure=f"Methods: {', '.join(METHODS)}")
        _check_iterations(self.iterations)
        if not (isinstance(self.tolerance, int | float) and 0 <= self.tolerance < 1):
            raise InputError(f"tolerance is {self.tolerance!r}", cure="Give a fraction of 0 to 1; 0 is never")
        if self.precision not in ("float32", "float64"):
            raise InputError(f"there is no precision {self.precision!r}", cure="Take float32 or float64")
        if self.redraws < 0:
            raise InputError(f"redraws is {self.redraws}", cure="Take 0, or at least 2")
        if not (isinstance(self.largest_change, int | float) and 0 <= self.largest_change < math.inf):
            raise InputError(f"largest_change is {self.largest_change!r}", cure="Give a change in DN, 0 or more")

    @property
    def control(self) -> dict[str, Any]:
        """All but the precision, by the names of the arguments of :func:`deconvolve`."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "precision"}

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Options:
        """Return the options of a mapping.

        Raises
        ------
        InputError
            If there is no option of a name.
        """
        names = [field.name for field in fields(cls)]
        if unknown := [name for name in given if name not in names]:
            raise InputError(f"deconvolution has no option {unknown[0]!r}", cure=f"Options: {', '.join(names)}")
        return cls(**given)


class Restored(NamedTuple):
    """The data of a scene; what computes the transform of K, for which δ of the data is K ∗ δ of the scene; the record."""

    data: np.ndarray
    response: Callable[[], np.ndarray]
    parameters: dict[str, object]
    cards: dict[str, tuple[Any, str]]


def method(
    options: Options, otf: np.ndarray, known: np.ndarray, sigma: np.ndarray | None, beyond: Any, response: np.ndarray | None
) -> Callable[[np.ndarray], Restored]:
    """Return what restores data (ny, nx)."""
    if options.method == "rl":
        return partial(_richardson_lucy, known=known, otf=otf, options=options)
    control = linear.Control(options.method, options.iterations, options.largest_change, options.positive)
    return partial(_linear, sigma=sigma, known=known, otf=otf, control=control, beyond=beyond, response=response)


def _richardson_lucy(data: np.ndarray, known: np.ndarray, otf: np.ndarray, options: Options) -> Restored:
    """Restore by Richardson–Lucy iteration."""
    control: dict[str, Any] = {"tolerance": options.tolerance, "accelerate": options.accelerate}
    restored, lengths = scene(_counts(np.maximum(data, 0), known, otf), otf, options.iterations, **control)
    done = lengths if options.accelerate else len(lengths)
    parameters: dict[str, object] = {"iterations": len(lengths), "accelerated": options.accelerate}
    return Restored(restored, partial(richardson_lucy.linear_response, otf, done), parameters, {})


def _linear(
    data: np.ndarray,
    sigma: np.ndarray | None,
    known: np.ndarray,
    otf: np.ndarray,
    control: linear.Control,
    beyond: Any,
    response: np.ndarray | None,
) -> Restored:
    """Restore by a linear method; unknown pixels are filled."""
    counts, variance = gaps.filled(_counts(data, known, otf)), None
    if control.method == "wiener":
        if sigma is None:
            raise InputError("the method wiener needs an error plane", cure="Take the error step first")
        variance = np.where(known & np.isfinite(sigma), sigma * sigma, 0)
    found = linear.solve(counts, otf, control, beyond=beyond, response=response, variance=variance)
    around = beyond if isinstance(beyond, str) else "given"
    parameters = {
        **{"method": control.method, "iterations": found.iterations, "stopped": found.stopped, "beyond": around},
        **({"positive": control.positive} if control.method == "bid" else {}),
    }
    cards: dict[str, tuple[Any, str]] = {
        "DECONV": (control.method, "method of deconvolution"),
        "DECITER": (found.iterations, "iterations done"),
        "DECSTOP": (found.stopped, "why they ended"),
        "DECTOL": (control.largest_change, "[DN] change of a pixel at which they end"),
        "DECPAD": (around, "what lies beyond the edges"),
        "OTFMIN": (float(otf.min()), "smallest value of the OTF"),
    }
    if found.residual_max is not None:
        cards["DECRESMX"] = (found.residual_max, "[DN] largest residual of data and model")
        cards["DECRESRM"] = (found.residual_rms, "[DN] rms residual of data and model")
    return Restored(found.scene, lambda: found.response, parameters, cards)


def response(otf: np.ndarray, method: str, iterations: int) -> np.ndarray:
    """Return the transform of the kernel K that carries a small change of the data to the scene, like ``otf``.

    It is that of so many plain iterations where it depends on them; of ``wiener``, whose filter depends on the image, it is
    1/h, without smoothing.
    """
    if method == "rl":
        return richardson_lucy.linear_response(otf, iterations)
    return linear.bid_response(otf, iterations) if method == "bid" else linear.inverse_response(otf)


def scene(
    counts: np.ndarray, otf: np.ndarray, iterations: int = 25, *, tolerance: float = 0.0, accelerate: bool = False
) -> tuple[np.ndarray, list[float]]:
    """Return the scene behind counts, and the iterations done, as :func:`richardson_lucy.restore` gives them.

    On a grid of the image's shape edges are periodic. On a larger one (:func:`helioreduce.aia.psf.grid`) the image gets a
    margin of unknown pixels, which starts as its mirror image.

    Parameters
    ----------
    counts
        Array (ny, nx), not negative, NaN where unknown, in the precision of ``otf``.
    otf
        Real transform (gy, gx//2+1) of the PSF on a grid of at least (ny, nx).
    iterations, tolerance, accelerate
        See :func:`richardson_lucy.restore`.
    """
    start, margins = gaps.filled(counts), padding.margins(counts.shape, otf)
    if margins:
        start, counts = np.pad(start, margins, mode="symmetric"), np.pad(counts, margins, constant_values=np.nan)
    result, lengths = richardson_lucy.restore(counts, start, otf, iterations, tolerance=tolerance, accelerate=accelerate)
    return padding.inner(result, margins), lengths


def _counts(data: np.ndarray, known: np.ndarray, otf: np.ndarray) -> np.ndarray:
    """Return the data, NaN where unknown, in the precision of an OTF."""
    return np.where(known, data, np.nan).astype(otf.dtype, copy=False)


def _check_iterations(number: float) -> None:
    """Refuse what is no number of iterations."""
    if number < 1 or number != int(number):
        raise InputError(f"iterations = {number} is no number of iterations", cure="Give a whole number from 1")
