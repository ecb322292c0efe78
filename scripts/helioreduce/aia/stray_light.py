r"""PSFs with light that the mirrors scatter diffusely, over the whole detector.

.. math:: P = (1 - d)\,P_{\rm mesh} + d \sum_k a_k w_k, \qquad \sum_k a_k = 1,

with the meshes' diffraction pattern (:mod:`helioreduce.aia.psf`), the share d of the light in the diffuse part and wings w of
unit sum: power laws r⁻ᵖ from 1 px on (two of them: Hofmeister, Savin & Hahn 2024, arXiv 2410.08967), or a Lorentzian cut by a
Gaussian, and a Gaussian (Poduval et al. 2013, ApJ 765, 144). No number comes with this package: those of AIA's channels are
in no public table, and are the user's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from helioreduce.aia import linear, padding, psf
from helioreduce.errors import InputError
from helioreduce.numerics import fft

#: Half-width (px) of the middle that is averaged over the pixels, and samples per pixel and axis there.
_NEAR, _SAMPLES = 16, 15
#: What describes each kind of wings, px but for the exponent.
KINDS = {"power": ("exponent",), "lorentzian": ("width", "cut"), "gaussian": ("width",)}

Term = Mapping[str, Any]


def wings(shape: tuple[int, int], term: Term) -> np.ndarray:
    """Return one kind of wings, of unit sum, centred on pixel (ny//2, nx//2).

    Parameters
    ----------
    shape
        (ny, nx), both even.
    term
        ``kind``: ``power``, r⁻ᵖ from 1 px on, with ``exponent`` p; ``lorentzian``, exp(−r²/2c²)/(1 + r²/w²), with ``width`` w
        and ``cut`` c; ``gaussian``, exp(−r²/2w²), with ``width`` w; in px.

    Returns
    -------
    numpy.ndarray
        float64 (ny, nx), point-symmetric: the first row and column, which have no partner, are 0.

    Raises
    ------
    InputError
        If there is no such kind, or a number is missing or not positive.
    """
    numbers = _numbers(term)
    y, x = (np.arange(n) - n // 2 for n in shape)
    plane = _profile(term["kind"], numbers, np.hypot(y[:, None], x))
    near = [slice(max(n // 2 - _NEAR, 0), n // 2 + _NEAR + 1) for n in shape]
    steps = (np.arange(_SAMPLES) + 0.5) / _SAMPLES - 0.5
    samples = [np.add.outer(axis[part], steps).ravel() for axis, part in zip((y, x), near, strict=True)]
    fine = _profile(term["kind"], numbers, np.hypot(samples[0][:, None], samples[1]))
    sides = [len(axis[part]) for axis, part in zip((y, x), near, strict=True)]
    plane[tuple(near)] = fine.reshape(sides[0], _SAMPLES, sides[1], _SAMPLES).mean(axis=(1, 3))
    plane[0], plane[:, 0] = 0, 0
    return plane / plane.sum()


def _numbers(term: Term) -> list[float]:
    if term.get("kind") not in KINDS:
        raise InputError(f"there are no wings of the kind {term.get('kind')!r}", cure=f"Kinds: {', '.join(KINDS)}")
    needed = KINDS[term["kind"]]
    for name in (*needed, "weight") if "weight" in term else needed:
        if not (isinstance(term.get(name), int | float) and term[name] > 0):
            raise InputError(f"{name} = {term.get(name)!r} of the wings {term['kind']}", cure="Give a positive number")
    return [float(term[name]) for name in needed]


def _profile(kind: str, numbers: Sequence[float], r: np.ndarray) -> np.ndarray:
    """Return the value at distances r, px."""
    if kind == "power":
        return np.where(r >= 1, np.maximum(r, 1) ** -numbers[0], 0.0)
    if kind == "gaussian":
        return np.exp(-0.5 * (r / numbers[0]) ** 2)
    return np.exp(-0.5 * (r / numbers[1]) ** 2) / (1 + (r / numbers[0]) ** 2)


def parametric(channel: int, core: str, shape: tuple[int, int], diffuse: float, terms: Sequence[Term]) -> np.ndarray:
    """Return a PSF with diffuse light.

    Parameters
    ----------
    channel, core, shape
        See :func:`helioreduce.aia.psf.psf`; up to twice the side of the detector, over which light can be scattered.
    diffuse
        Share d of the light in the diffuse part, 0 to below 1.
    terms
        Wings, see :func:`wings`, each with its ``weight`` a.

    Returns
    -------
    numpy.ndarray
        float64 (ny, nx), not negative, of unit sum, centred on pixel (ny//2, nx//2).

    Raises
    ------
    InputError
        If d is no share, or there are none or no such wings.
    """
    if not 0 <= diffuse < 1 or bool(diffuse) != bool(terms):
        raise InputError(f"a share of {diffuse} of the light in {len(terms)} kinds of wings", cure="Give both, or neither")
    kinds = [wings(shape, term) for term in terms]
    sharp = psf.psf(channel, core, shape).clip(0)
    total = sum(float(term.get("weight", 1)) for term in terms)
    plane = (1 - diffuse) / sharp.sum() * sharp
    for term, kind in zip(terms, kinds, strict=True):
        plane += diffuse * float(term.get("weight", 1)) / total * kind
    return plane


def cards(diffuse: float, terms: Sequence[Term]) -> dict[str, tuple[Any, str]]:
    """Return the cards of a :func:`parametric` PSF."""
    text = "; ".join(" ".join(f"{name}={value}" for name, value in term.items()) for term in terms)
    return {
        "PSFMODEL": ("parametric", "point-spread function"),
        "PSFDIFF": (diffuse, "share of its light that is diffuse"),
        "PSFWINGS": (text, "its wings, px"),
    }


def fit_wings(
    data: np.ndarray, occulted: np.ndarray, sharp: np.ndarray, basis: Sequence[np.ndarray], *, rounds: int = 12
) -> np.ndarray:
    """Return how much of the light is in each kind of wings, from pixels that are dark because something is in front.

    Light in such pixels is scattered: d − h₀ ∗ u = Σ c_k (w_k − h₀) ∗ u, with the scene u dark there. The c_k ≥ 0 that fit best
    (Lawson & Hanson 1974) and the scene, deconvolved with them, are found in turn.

    Parameters
    ----------
    data
        Counts (ny, nx), finite.
    occulted
        Boolean (ny, nx): pixels behind the moon or Venus, well away from its limb.
    sharp
        OTF of the PSF h₀ without diffuse light, (gy, gx//2+1), on a grid on which no light returns.
    basis
        OTFs of the wings w_k on that grid.
    rounds
        Of scene and coefficients.

    Returns
    -------
    numpy.ndarray
        c (len(basis),): their sum is the diffuse share of the light.

    Raises
    ------
    InputError
        If no pixel is occulted.
    """
    from scipy.optimize import nnls  # a second to import, and nothing else here needs it

    occulted = np.asarray(occulted) != 0  # integers would be taken for rows
    if not occulted.any():
        raise InputError("no pixel is occulted", cure="Give a mask of pixels behind the moon or Venus")
    shares = np.zeros(len(basis))
    for _ in range(rounds):
        otf = (1 - shares.sum()) * sharp + sum(share * wing for share, wing in zip(shares, basis, strict=True))
        scene = linear.solve(data.astype(sharp.dtype), otf, linear.Control("cg")).scene
        scene[occulted] = 0
        straight, *scattered = (_seen(scene, each)[occulted].astype(float) for each in (sharp, *basis))
        columns = np.stack(scattered, axis=1) - straight[:, None]
        shares = nnls(columns, data[occulted].astype(float) - straight)[0]
    return shares


def _seen(scene: np.ndarray, otf: np.ndarray) -> np.ndarray:
    """Return a scene on the detector seen through a PSF."""
    with fft.Filter(otf).threads() as blur:
        return padding.Window(blur, scene.shape, otf)(scene, np.empty_like(scene))
