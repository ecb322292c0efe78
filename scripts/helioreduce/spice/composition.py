"""Composition by the linear combination ratio: which elements are enriched, without the differential emission measure.

Radiance of line i of an element with abundance A_i::

    R_i = A_i ∫ G_i(T, n) DEM(T) dT / 4π

Coefficients a (low first ionisation potential, FIP) and b (high) are chosen so that Σ a_i ⟨G_i, DEM_j⟩ = Σ b_k ⟨G_k, DEM_j⟩ for
every reference DEM_j; then, with photospheric abundances A, the relative enrichment of the low-FIP elements is

    FIP bias = Σ a_i R_i / A_i  ÷  Σ b_k R_k / A_k

Source: Zambrana Prado & Buchlin (2019, A&A 632, A20). With b_1 = 1 the condition is linear: it is solved as a non-negative
least-squares problem, not by a simplex search. Photospheric abundances: Asplund, Amarsi & Grevesse (2021, A&A 653, A141).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from helioreduce.errors import InputError

#: First ionisation potential, eV, and photospheric abundance, log ε with H = 12.
ELEMENTS = {
    "h": (13.60, 12.00), "he": (24.59, 10.914), "c": (11.26, 8.46), "n": (14.53, 7.83), "o": (13.62, 8.69), "ne": (21.56, 8.06),
    "na": (5.14, 6.22), "mg": (7.65, 7.55), "al": (5.99, 6.43), "si": (8.15, 7.51), "s": (10.36, 7.12), "ar": (15.76, 6.38),
    "ca": (6.11, 6.30), "fe": (7.90, 7.46),
}  # fmt: skip
#: Below this an element counts as low-FIP; sulphur (10.36 eV) behaves so in closed structures.
LOW_FIP_EV = 10.5
#: How far a line of the table may be from one of a window, Å.
NEAR = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Contribution functions without abundances: ``functions[line]`` (n, T) over ``log_n`` (cm⁻³) and ``log_t`` (K)."""

    log_t: np.ndarray
    log_n: np.ndarray
    functions: Mapping[str, np.ndarray]
    #: The atomic data and the program that they come from, where that is known.
    origin: str = ""

    def at(self, line: str, log_n: float) -> np.ndarray:
        """Return G(T) of a line named ``s_4 750.22`` at a density; linear in log n, in the nearest line of the same ion.

        Raises
        ------
        InputError
            If the table has no such line, or ends before the density.
        """
        ion, wavelength = line.split()
        distances = {name: abs(float(name.split()[1]) - float(wavelength)) for name in self.functions if name.split()[0] == ion}
        found = min(distances, key=lambda name: distances[name], default=None)
        if found is None or distances[found] > NEAR:
            raise InputError(f"the contribution functions have no line {line!r}", cure=f"Lines: {', '.join(self.functions)}")
        if not self.log_n[0] <= log_n <= self.log_n[-1]:
            raise InputError(f"log n = {log_n} is outside the table", cure=f"Between {self.log_n[0]} and {self.log_n[-1]}")
        i = int(np.clip(np.searchsorted(self.log_n, log_n) - 1, 0, self.log_n.size - 2)) if self.log_n.size > 1 else 0
        j = min(i + 1, self.log_n.size - 1)
        share = 0.0 if i == j else (log_n - self.log_n[i]) / (self.log_n[j] - self.log_n[i])
        return (1 - share) * self.functions[found][i] + share * self.functions[found][j]


class Graph(NamedTuple):
    """What a linear combination ratio rests on.

    Functions (3, T): log T, Σ a_i G_i and Σ b_k G_k, normalised alike; and Σ a_i ⟨G_i, DEM⟩ ÷ Σ b_k ⟨G_k, DEM⟩ for each
    reference DEM and for each trial DEM, 1 where the ratio is exact.
    """

    functions: np.ndarray
    reference: np.ndarray
    trial: np.ndarray


class Ratio(NamedTuple):
    """Lines and positive coefficients of both sides, and the relative error from unknown DEMs (root mean square)."""

    low: dict[str, float]
    high: dict[str, float]
    phi: float
    robustness: float
    graph: Graph


def is_low(line: str, sides: Mapping[str, str] = MappingProxyType({})) -> bool:
    """Return whether a line's element has a low first ionisation potential, or ``sides`` puts the line there.

    ``sides`` says ``low`` or ``high`` of lines, such as sulphur's, whose element behaves otherwise.
    """
    element = _element(line)[0]
    return sides[line] == "low" if line in sides else element < LOW_FIP_EV


def abundance(line: str) -> float:
    """Return the photospheric abundance of a line's element, relative to hydrogen."""
    return 10 ** (_element(line)[1] - 12)


def _element(line: str) -> tuple[float, float]:
    element = line.split("_")[0]
    if element not in ELEMENTS:
        raise InputError(f"no abundance is known for the line {line!r}", cure=f"Elements: {', '.join(ELEMENTS)}")
    return ELEMENTS[element]


def reference_dems(log_t: np.ndarray) -> np.ndarray:
    """Return three shapes DEM (3, T) for which the ratio is made exact: quiet Sun, active region, coronal hole.

    Each is a transition region falling as a power of T plus a corona, Gaussian in log T: analytic, of our own, with the slopes
    and contrasts of published DEMs of such regions.
    """
    shapes = ((2.2, 6.05, 0.20, 0.05), (1.4, 6.35, 0.22, 0.6), (2.8, 5.95, 0.13, 0.01))
    return np.array([10 ** (-s * (log_t - 4.5)) + h * np.exp(-0.5 * ((log_t - c) / w) ** 2) for s, c, w, h in shapes])


def trial_dems(log_t: np.ndarray) -> np.ndarray:
    """Return DEMs (J, T) that the coefficients were not made for: Gaussians in log T and slopes of the transition region."""
    gaussians = [np.exp(-0.5 * ((log_t - c) / w) ** 2) for c in np.arange(4.9, 5.51, 0.1) for w in (0.1, 0.2, 0.4)]
    slopes = [10 ** (s * (log_t - 4.5)) for s in (-3.0, -2.0, -1.0, 0.0)]
    return np.array([*gaussians, *slopes])


def responses(table: Table, lines: Sequence[str], log_n: float, dems: np.ndarray) -> np.ndarray:
    """Return ⟨G_i, DEM_j⟩ = ∫ G_i DEM_j dT (J, lines), by the trapezoidal rule in log T (dT = T ln 10 dlog T)."""
    temperature = 10**table.log_t * np.log(10)
    functions = np.array([table.at(line, log_n) for line in lines])
    return np.trapezoid(dems[:, None, :] * functions[None] * temperature, table.log_t, axis=-1)


def on_grid(log_t: np.ndarray, dems: Sequence[np.ndarray]) -> np.ndarray:
    """Return DEMs (J, T) on a grid of log T, from pairs (2, n) of log T and log DEM: linear in both, 0 outside."""
    return np.array([10 ** np.interp(log_t, own[0], own[1], left=-np.inf, right=-np.inf) for own in dems])


def ratio(
    table: Table,
    lines: Sequence[str],
    log_n: float,
    dems: np.ndarray | None = None,
    sides: Mapping[str, str] = MappingProxyType({}),
) -> Ratio:
    """Return the coefficients of the linear combination ratio for the lines at hand.

    Parameters
    ----------
    table, log_n
        Contribution functions and the density, log10 of cm⁻³.
    lines
        Names such as ``s_4 750.22``, with at least one of low and one of high first ionisation potential.
    dems
        Reference DEMs (J, T); default :func:`reference_dems`.
    sides
        Lines that are put on the side ``low`` or ``high``, whatever their element.

    Raises
    ------
    InputError
        If one side has no line.
    """
    low, high = ([line for line in lines if is_low(line, sides) is side] for side in (True, False))
    if not low or not high:
        side = "low" if not low else "high"
        raise InputError(
            f"no line of {side} first ionisation potential among {', '.join(lines) or 'no lines'}",
            cure="Set spice.composition.lines or spice.composition.sides, or switch composition off",
        )
    from scipy.optimize import nnls  # slow to import, and every plan asks this module for the sides of lines

    dems = reference_dems(table.log_t) if dems is None else dems
    both = responses(table, [*low, *high], log_n, dems)
    scale = np.median(both.max(axis=0))
    a_side, b_side = both[:, : len(low)] / scale, both[:, len(low) :] / scale
    weight = 1 / b_side[:, 0]
    for _ in range(50):  # the residual counts relative to the denominator, which depends on the solution
        system = np.hstack([a_side, -b_side[:, 1:]]) * weight[:, None]
        solution, _ = nnls(system, b_side[:, 0] * weight)
        a, b = solution[: len(low)], np.concatenate([[1.0], solution[len(low) :]])
        weight, before = 1 / (b_side @ b), weight
        if np.allclose(weight, before, rtol=1e-12):
            break
    reference = (a_side @ a) / (b_side @ b)
    other = responses(table, [*low, *high], log_n, trial_dems(table.log_t)) / scale
    trial = (other[:, : len(low)] @ a) / (other[:, len(low) :] @ b)
    functions = np.array([sum(c * table.at(line, log_n) for line, c in zip(side, found, strict=True))
                          for side, found in ((low, a), (high, b))])  # fmt: skip
    graph = Graph(np.stack([table.log_t, *(functions / functions.max())]), reference, trial)
    robustness = float(np.sqrt(np.mean((trial - 1) ** 2)))
    left, right = (dict(zip(side, map(float, found), strict=True)) for side, found in ((low, a), (high, b)))
    return Ratio(left, right, float(np.linalg.norm(reference - 1)), robustness, graph)


def fip_bias(
    ratio: Ratio, radiance: Mapping[str, np.ndarray], covariance: Mapping[tuple[str, str], np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the FIP bias and its standard error, both absolute and of the radiances' shape.

    Parameters
    ----------
    ratio
        Lines and coefficients.
    radiance
        Radiance of every line, one unit for all.
    covariance
        Covariances of pairs of lines, in the square of that unit; (i, i) is needed, other pairs count as 0 where absent.

    Notes
    -----
    To first order, variance = gᵀ C g with g_i = ∂(bias)/∂R_i.
    """
    # A line with coefficient 0 takes no part: nor does it matter where it was not found, or has no error.
    weights = {line: c / abundance(line) for side in (ratio.low, ratio.high) for line, c in side.items() if c > 0}
    low, high = (sum(w * radiance[line] for line, w in weights.items() if line in side) for side in (ratio.low, ratio.high))
    with np.errstate(divide="ignore", invalid="ignore"):
        bias = np.where(high > 0, low / high, np.nan)
        gradient = {line: (w if line in ratio.low else -bias * w) / high for line, w in weights.items()}
    pairs = [(i, j) for i in weights for j in weights]
    variance = sum(gradient[i] * gradient[j] * covariance.get((i, j), covariance.get((j, i), 0.0)) for i, j in pairs)
    with np.errstate(invalid="ignore"):
        return bias, np.sqrt(variance)
