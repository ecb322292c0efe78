"""The error plane from raw counts: shot, dark, read, quantisation and compression noise, and systematic terms.

Source: the error model of Boerner et al. (2012, Solar Physics 275, 41) with the numbers of SolarSoft's error table V3, as
in ``aia_bp_estimate_error`` 1.7.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from typing import Any

import numba
import numpy as np

from helioreduce.aia import cards, steps, tables
from helioreduce.aia.channels import CAMERA, known
from helioreduce.aia.level1 import check_counts
from helioreduce.errors import InputError
from helioreduce.image import Image
from helioreduce.io import ecsv
from helioreduce.io.provenance import record
from helioreduce.numerics import backend

#: Dark-current noise, DN (Boerner et al. 2012).
DARK_DN = 0.18
#: Read noise of cameras 1 to 4, DN (Boerner et al. 2012, table 6).
READ_DN = {1: 1.18, 2: 1.20, 3: 1.15, 4: 1.14}
#: Rounding to whole DN.
QUANTISATION_DN = 1 / sqrt(12)
#: Counts below which the on-board compression is lossless, DN (aia_bp_estimate_error); above, its error is at least rounding.
LOSSLESS_BELOW_DN = 25.0

SYSTEMATIC = {"preflight": "CALERR", "eve": "EVEERR", "chianti": "CHIANTI"}


def components(
    counts: np.ndarray, channel: int, row: Mapping[str, float], *, systematic: tuple[str, ...] = (), n_sample: float = 1
) -> dict[str, np.ndarray]:
    """Return every term of the error of ``counts``, by name; the total is their quadratic sum.

    Parameters
    ----------
    counts
        Raw counts, DN (not per second); negative counts have no shot noise.
    channel
        Wavelength, Å.
    row
        The channel's row of the error table: DNPERPHT (DN per photon), COMPRESS (shot noise per compression noise), and
        CALERR, EVEERR, CHIANTI (fractions).
    systematic
        Names out of ``preflight``, ``eve``, ``chianti``. These errors are common to all pixels of an image.
    n_sample
        Number of measurements averaged in each value.

    Returns
    -------
    dict
        ``shot, dark, read, quantisation, compression`` and the systematic terms asked for; arrays like ``counts``, DN.
    """
    channel, systematic = known(channel), _checked(systematic)
    _check_row(row, channel, systematic, n_sample)
    counts = np.asarray(counts, dtype=float)
    shot = np.sqrt(np.maximum(counts, 0) * row["DNPERPHT"] / n_sample)
    lossy = np.maximum(shot / row["COMPRESS"], QUANTISATION_DN) / sqrt(n_sample)
    return {
        "shot": shot,
        "dark": np.full_like(counts, DARK_DN),  # a drift of the dark frame: averaging does not reduce it
        "read": np.full_like(counts, READ_DN[CAMERA[channel]] / sqrt(n_sample)),
        "quantisation": np.full_like(counts, QUANTISATION_DN / sqrt(n_sample)),
        "compression": np.where(counts < LOSSLESS_BELOW_DN, 0.0, lossy),
        **{name: np.abs(counts) * row[SYSTEMATIC[name]] for name in systematic},
    }


def total(terms: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return the quadratic sum of the terms."""
    return np.sqrt(sum(np.square(term) for term in terms.values()))


def estimate(
    image: Image, row: Mapping[str, float], *, systematic: tuple[str, ...] = (), n_sample: float = 1, reference: str = ""
) -> Image:
    """Return the image with its error plane: the quadratic sum of :func:`components`, in one pass, NaN where the data are.

    Raises
    ------
    AlreadyDone
        If the image has an error plane from this step.
    InputError
        If a later step has been applied, the counts are divided by the exposure time already, or a systematic term is unknown.
    """
    steps.refuse_late(image, "error")
    channel = cards.channel(image.header)
    check_counts(image.header)
    _check_row(row, channel, systematic, n_sample)
    fraction2 = sum(row[SYSTEMATIC[name]] ** 2 for name in _checked(systematic))
    constant = DARK_DN**2 + (READ_DN[CAMERA[channel]] ** 2 + QUANTISATION_DN**2) / n_sample
    shot, rounding = row["DNPERPHT"] / n_sample, QUANTISATION_DN**2 / n_sample
    sigma = total_sigma(image.data, shot, shot / (row["COMPRESS"] ** 2 * n_sample), constant, fraction2, rounding)
    new = image.with_(sigma=sigma)
    if fraction2:
        new.header["SYSFRAC"] = (sqrt(fraction2), "systematic error of all pixels, part of the value")
    averaged = {"n_sample": n_sample} if n_sample != 1 else {}
    record(new.header, "error", {"terms": "+".join(("noise", *systematic)), **averaged}, reference)
    return new


def from_table(image: Image, error_table: ecsv.Calibration, systematic: Mapping[str, bool]) -> Image:
    """Estimate the error by the channel's row of AIA's error table; ``systematic`` says of each term whether it counts."""
    rows, meta = error_table
    terms = tuple(name for name, wanted in systematic.items() if wanted)
    row = tables.error_row(rows, cards.channel(image.header))
    return estimate(image, row, systematic=terms, reference=ecsv.reference(meta))


def total_sigma(
    counts: Any, dn_per_photon: float, compression: float, constant: float, fraction2: float, rounding: float = 1 / 12
) -> Any:
    """Return the total error of every pixel.

    Parameters
    ----------
    counts
        Array (ny, nx), DN, float32.
    dn_per_photon, compression
        Variance of shot noise and of compression per DN.
    constant
        Variance that does not depend on the counts, DN².
    fraction2
        Squared systematic fraction.
    rounding
        Least variance of compression, DN².
    """
    single = [np.float32(factor) for factor in (dn_per_photon, compression, constant, fraction2, rounding)]
    return _sigma(counts, *single) if backend.on_host(counts) else _sigma_by_arrays(counts, *single)


def _sigma_by_arrays(counts: Any, *factors: np.float32) -> Any:
    """Return the same as :func:`_sigma` by whole arrays, for the GPU."""
    dn_per_photon, compression, constant, fraction2, rounding = factors
    photons = counts.clip(0)
    variance = constant + photons * dn_per_photon + fraction2 * counts * counts
    variance += np.where(counts >= np.float32(LOSSLESS_BELOW_DN), (photons * compression).clip(rounding), np.float32(0))
    return np.sqrt(variance) + (counts - counts)


@numba.njit(cache=True, parallel=True, fastmath={"contract", "nsz"})
def _sigma(counts, dn_per_photon, compression, constant, fraction2, rounding):
    """Return the total error of every pixel, by the formula of :func:`components`.

    All in float32 and without a branch, so that the loop becomes vector instructions; the last term hands NaN through.
    """
    sigma = np.empty_like(counts)
    zero, lossless = np.float32(0), np.float32(LOSSLESS_BELOW_DN)
    for y in numba.prange(counts.shape[0]):
        for x in range(counts.shape[1]):
            value = counts[y, x]
            photons = max(value, zero)
            variance = constant + photons * dn_per_photon + fraction2 * value * value
            variance += max(photons * compression, rounding) if value >= lossless else zero
            sigma[y, x] = np.sqrt(variance) + (value - value)
    return sigma


def _check_row(row: Mapping[str, float], channel: int, systematic: tuple[str, ...], n_sample: float) -> None:
    """Refuse a row of another table or channel, and a number of samples that is none."""
    if not n_sample > 0:
        raise InputError(f"n_sample = {n_sample} is no number of samples", cure="Give a positive number")
    missing = [name for name in ("DNPERPHT", "COMPRESS") if not row.get(name, 0) > 0]
    missing += [name for name in (SYSTEMATIC[term] for term in _checked(systematic)) if not row.get(name, -1) >= 0]
    if missing or row.get("WAVELNTH", channel) != channel:
        what = f"{', '.join(missing)} missing or not positive" if missing else f"it is of {row['WAVELNTH']:g} Å"
        raise InputError(
            f"the row is not the error table's of {channel} Å: {what}", cure="Give tables.error_row(rows, channel)"
        )


def _checked(systematic: tuple[str, ...]) -> tuple[str, ...]:
    unknown = [name for name in systematic if name not in SYSTEMATIC]
    if unknown:
        raise InputError(f"no error term is called {unknown[0]!r}", cure=f"Terms: {', '.join(SYSTEMATIC)}")
    if {"preflight", "eve"} <= set(systematic):
        raise InputError("preflight and eve are two estimates of one error", cure="Take one of them")
    return systematic
